/**
 * What this wallet does, whatever the screens look like. It reaches every purse, its own included, through APDUs only.
 *
 * What must hold: whatever is begun is finished or begun again with the same names, so that nothing is paid twice; what a screen shows of
 * the purse was read from the purse after the last thing that happened to it.
 */
import { type Bytes, SokkinError } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import {
  type Failure,
  fund,
  history,
  keepPayment,
  keepReceipt,
  limits,
  MOST_HANDED_UP,
  provision,
  receiptTaken,
  redeem,
  select,
  summary,
  syncPurse,
  type Verifier,
} from '@sokkin/terminal';
import type { OwnPurse } from '@sokkin/web/purse';
import { keepPaymentProof, keepReceiptProof } from '../keep/proofs.ts';
import type { MoneyRecord, WalletStore } from '../keep/store.ts';
import { joinAccount, openAccount, pinTrust, type WalletBackend, walletBackend } from './backend.ts';
import { fetchBlockList, MOST_LIST_DAYS } from './block-list.ts';
import { isConnected } from './network.ts';
import type { OwnApi } from './own-backend.ts';
import type { People } from './people.ts';
import { issuerAmong, takeIn } from './records.ts';
import { bankNow, bankToday } from './time.ts';
import { finishReceived, unfinishedIn } from './unfinished.ts';
import type { Showing } from './view.ts';

/** A tap comes first: a sync that had to make way begins again, so often. */
const MOST_TRIES = 5;

export interface Beginning {
  readonly name: string;
  readonly pin: string;
  /** Minor units, to top up with. */
  readonly first: bigint;
  /** Of a customer who has another phone, or had one. */
  readonly code?: string | undefined;
}

export interface WalletParts {
  readonly store: WalletStore;
  readonly purse: OwnPurse;
  /** To check what others sign. */
  readonly crypto: CryptoPort;
  readonly showing: Showing;
  readonly people: People;
}

/** Not done, and why: a purse's own no, or a sentence. */
export type Undone = Failure | { readonly status: 'said'; readonly code: string; readonly message: string };
export type Done<T = void> = { readonly status: 'ok'; readonly value: T } | Undone;

export class Wallet {
  readonly parts: WalletParts;
  #backend: WalletBackend | undefined;
  #isUnlocked = false;

  constructor(parts: WalletParts) {
    this.parts = parts;
  }

  /** At the start of the page. */
  async open(): Promise<void> {
    const { store, showing } = this.parts;
    const registered = await store.get('registered');
    const device = await store.get('device');
    if (registered === undefined || device === undefined) {
      showing.change({ stage: 'new' });
      return;
    }
    this.#backend = walletBackend({ device: registered.device, jwk: device.jwk, key: device.key });
    const { name, account } = registered;
    showing.change({ name, account });
    await this.refresh();
    const lifecycle = showing.now().purse?.lifecycle;
    const isUnborn = lifecycle === undefined || lifecycle === 'blank' || lifecycle === 'personalised';
    const isLocked = (await store.get('locks')) === true && !this.#isUnlocked;
    showing.change({ stage: isUnborn ? 'new' : isLocked ? 'locked' : 'ready' });
  }

  /** The purse has taken the PIN: it is not asked for again until the page is opened anew. */
  unlock(): void {
    this.#isUnlocked = true;
    this.parts.showing.change({ stage: 'ready' });
  }

  /** A customer of the sandbox, a purse with this PIN, and money in it. Torn anywhere, the same call goes on where it stopped. */
  async begin({ name, pin, first, code }: Beginning): Promise<Done> {
    return this.#trying(async () => {
      const { store, crypto, purse, showing } = this.parts;
      const before = await store.get('registered');
      if (before === undefined && code !== undefined) await joinAccount(store, name, code);
      else if (before === undefined) await openAccount(store, name);
      await pinTrust(store, crypto);
      const [registered, device] = [await store.get('registered'), await store.get('device')];
      if (registered === undefined || device === undefined) throw new Error('Bug: it was just registered');
      const { account } = registered;
      this.#backend = walletBackend({ device: registered.device, jwk: device.jwk, key: device.key });
      const { root } = await store.trust(bankToday());
      const { taps } = this.#backend;
      const wish = { account, assurance: 'software', pin, root } as const;
      const born = await purse.use((t) => provision(t, crypto, taps, wish));
      if (born.status !== 'ok') return born;
      await fetchBlockList(this.parts);
      showing.change({ name: registered.name, account });
      const funded = first > 0n ? await this.topUp(first) : ok;
      await this.refresh();
      this.unlock();
      return funded;
    });
  }

  async verifier(): Promise<Verifier> {
    const { crypto, store } = this.parts;
    const [trust, blockList] = [await store.trust(bankToday()), await store.get('blocked')];
    return { crypto, trust, blockList, mostListDays: MOST_LIST_DAYS };
  }

  /** Reads the purse anew. Answers the records that are new. */
  async refresh(): Promise<MoneyRecord[]> {
    const { purse, store, showing } = this.parts;
    const read = await purse.use(async (t) => {
      const selected = await select(t);
      if (selected.status !== 'ok') return undefined;
      const lastDay = selected.value.certificate?.expiration;
      const [s, l, h] = [await summary(t), await limits(t), await history(t)];
      return s.status === 'ok' && l.status === 'ok' && h.status === 'ok'
        ? { summary: s.value, limits: l.value, lines: h.value, lastDay }
        : { summary: s.status === 'ok' ? s.value : undefined, limits: undefined, lines: [], lastDay };
    });
    const issuers = (await store.get('issuerPurses')) ?? [];
    const fresh = await takeIn(store, read?.lines ?? [], issuerAmong(issuers), new Date(bankNow()));
    const [online, syncedAt] = [await store.get('online'), await store.get('syncedAt')];
    showing.change({
      purse: read?.summary,
      limits: read?.limits,
      lastDay: read?.lastDay,
      records: await store.records(),
      unfinished: await unfinishedIn(store),
      online: online && { balance: BigInt(online.balance), at: new Date(online.at) },
      syncedAt: syncedAt === undefined ? undefined : new Date(syncedAt),
    });
    return fresh;
  }

  /** From the account into the purse. */
  topUp(amount: bigint): Promise<Done> {
    return this.#trying(async () => {
      const { store, purse } = this.parts;
      const { account, taps } = await this.#atBackend();
      const name = `top up ${amount}`;
      const { reference, key } = await store.attempt(name);
      const verifier = await this.verifier();
      const done = await this.#settled(name, () =>
        purse.use((t) => fund(t, verifier, taps, { account, amount, reference, key })),
      );
      if (done.status !== 'ok') return done;
      await this.#knowIssuer(done.value.payment.fields.purse);
      await this.#afterBackend();
      // The money is here; that the bank knows of it, too, may wait.
      await this.sync();
      return ok;
    });
  }

  /** From the purse into the account. */
  cashOut(amount: bigint, pin: string | undefined): Promise<Done> {
    return this.#trying(async () => {
      const { store, purse } = this.parts;
      const { account, taps } = await this.#atBackend();
      const name = `cash out ${amount}`;
      const { key, again } = await store.attempt(name);
      const verifier = await this.verifier();
      const done = await this.#settled(name, () =>
        purse.use((t) => redeem(t, verifier, taps, { account, amount, pin, key, again })),
      );
      if (done.status !== 'ok') return done;
      await this.#knowIssuer(done.value.payment.fields.payee);
      await this.#afterBackend();
      return ok;
    });
  }

  /** The purse meets the network; what this wallet carries for others goes along. */
  sync(): Promise<Done> {
    return this.#trying(async () => {
      const { store, purse, people } = this.parts;
      const { taps } = await this.#atBackend();
      const box = await store.mailbox();
      const upload = {
        payments: box.payments.slice(0, MOST_HANDED_UP),
        receipts: box.receipts.slice(0, MOST_HANDED_UP),
      };
      const verifier = await this.verifier();
      const done = await makingWay(() =>
        purse.use((t) => syncPurse(t, verifier, taps, upload), { givesWay: true }),
      );
      if (done.status !== 'ok') return done;
      const { received, settled } = done.value;
      for (const payment of upload.payments) await keepPaymentProof(people.store, payment);
      for (const receipt of [...received, ...settled]) await keepReceiptProof(people.store, receipt);
      for (const receipt of received) await people.paidBy(receipt);
      await store.changeMailbox((now) => {
        const rid = upload.receipts.reduce(receiptTaken, now);
        const given = upload.payments.reduce(keepPayment, rid);
        return [...received, ...settled].reduce((b, r) => receiptTaken(keepReceipt(b, r), r), given);
      });
      await store.put('syncedAt', new Date(bankNow()).toISOString());
      await finishReceived(store, purse);
      await fetchBlockList(this.parts);
      await this.#afterBackend();
      return ok;
    });
  }

  /** Who this wallet is at its bank, and the way there: for what is done beside the purse (cards). */
  readonly atBackend = () => this.#atBackend();
  readonly afterBackend = () => this.#afterBackend();
  /** For attempts that are made elsewhere: as this class makes its own. */
  readonly settled = <T>(name: string, run: () => Promise<Done<T>>) => this.#settled(name, run);
  readonly trying = <T>(run: () => Promise<Done<T>>) => this.#trying(run);
  async ownApi(): Promise<OwnApi> {
    return (await this.#atBackend()).own;
  }

  async #atBackend() {
    const registered = await this.parts.store.get('registered');
    if (this.#backend === undefined || registered === undefined)
      throw new SokkinError('no_trust', 'This wallet has not been opened yet.');
    return { account: registered.account, ...this.#backend };
  }

  /** A definite no ends an attempt; a lost network leaves it to be finished. */
  async #settled<D extends Done<unknown>>(name: string, run: () => Promise<D>): Promise<D> {
    const { store } = this.parts;
    try {
      const done = await run();
      await store.finish(name);
      return done;
    } catch (error) {
      if (error instanceof SokkinError && error.code === 'backend_refused') await store.finish(name);
      throw error;
    }
  }

  async #knowIssuer(purse: Bytes): Promise<void> {
    const { store } = this.parts;
    const known = (await store.get('issuerPurses')) ?? [];
    if (!issuerAmong(known)(purse)) await store.put('issuerPurses', [...known, purse.slice()]);
  }

  async #afterBackend(): Promise<void> {
    const { store, showing } = this.parts;
    const { account, onlineBalance } = await this.#atBackend();
    try {
      const balance = await onlineBalance(account);
      await store.put('online', { balance: balance.toString(), at: new Date().toISOString() });
    } catch (error) {
      // The money has moved; what the account holds is asked for next time.
      if (!(error instanceof SokkinError)) throw error;
    }
    showing.change({ isOnline: isConnected() });
    await this.refresh();
  }

  /** Expected failures as values; the screens are told whether the back-end can be reached. */
  async #trying<T>(run: () => Promise<Done<T>>): Promise<Done<T>> {
    const { showing } = this.parts;
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof SokkinError)) throw error;
      if (error.code === 'backend_unreachable') showing.change({ isOnline: false });
      if (error.code === 'device_refused') showing.change({ isGivenUp: true });
      return { status: 'said', code: error.code, message: error.message };
    }
  }
}

/** What was torn by somebody else who wanted the purse begins again. */
async function makingWay<T>(run: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof SokkinError) || error.code !== 'purse_taken' || n === MOST_TRIES) throw error;
    }
  }
}

const ok: Done = { status: 'ok', value: undefined };
