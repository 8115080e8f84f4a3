/**
 * The cards of this wallet's owner, and what may be done with them over this phone.
 *
 * What must hold: a card is believed once it has signed; whatever is begun with one is finished or begun again under the same names, so that
 * nothing is paid, issued or reported twice; what was done in a touch stays done if the card leaves before it was read.
 */
import { fromHex } from '@sokkin/codec';
import {
  type ApduTransport,
  attempt,
  changePin,
  collect,
  fund,
  isCardLost,
  keepPayment,
  type Met,
  type Outcome,
  purseName,
  receiptTaken,
  summary,
  syncPurse,
  ticketFor,
  verifyPin,
} from '@sokkin/terminal';
import { CardStore, type CarriedMoney, type KeptCard } from '../../keep/cards.ts';
import type { Done, Wallet } from '../wallet.ts';
import type { LossKind } from './bank.ts';
import { CardsShowing } from './showing.ts';
import {
  type Chores,
  handOver,
  idOf,
  keepWord,
  meetGenuine,
  noteCarried,
  readCard,
  stockTickets,
  ticketsOf,
  type VisitParts,
} from './visit.ts';

/** What came of a touch, beside what it was for. */
export type Touched<T = void> = { readonly value: T; readonly chores: Chores };

export class Cards {
  readonly wallet: Wallet;
  readonly store: CardStore;
  readonly showing = new CardsShowing();

  private constructor(wallet: Wallet, store: CardStore) {
    this.wallet = wallet;
    this.store = store;
  }

  static async open(wallet: Wallet, name: string): Promise<Cards> {
    const cards = new Cards(wallet, await CardStore.open(name));
    await cards.refresh();
    return cards;
  }

  async parts(): Promise<VisitParts> {
    const verifier = await this.wallet.verifier();
    return { store: this.wallet.parts.store, cards: this.store, verifier };
  }

  async refresh(): Promise<void> {
    const { store } = this.wallet.parts;
    const [cards, carried, draft, box] = [
      await this.store.cards(),
      await this.store.carried(),
      await this.store.draft(),
      await store.mailbox(),
    ];
    const ready = new Map(cards.map(({ id }) => [id, ticketsOf(box.tickets, fromHex(id)).length]));
    this.showing.change({ isOpen: true, cards, carried, draft, ready });
  }

  /** A card becomes one of this phone's. One that is known already is read, and keeps its name. */
  pair(card: ApduTransport, name: string, virtual?: string): Promise<Done<string>> {
    return this.#done(async () => {
      const parts = await this.parts();
      const met = await meetGenuine(card, parts);
      if (met.status !== 'ok') return met;
      const id = idOf(met.value);
      const reading = await readCard(card);
      if (reading.status !== 'ok') return reading;
      const { leaf, issuer } = met.value.chain;
      const known = await this.store.card(id);
      const fresh: KeptCard = {
        ...{ id, name, certificate: leaf.bytes.slice(), issuer: issuer.bytes.slice() },
        ...{ pairedAt: reading.value.at, reading: reading.value, isMine: undefined, takes: undefined },
        ...{ claim: undefined, virtual },
      };
      await this.store.keepCard(known === undefined ? fresh : { ...known, reading: reading.value });
      await attempt(() => handOver(parts, met.value));
      return { status: 'ok', value: id };
    });
  }

  /** Reads the card, and does what waits for it. `act` comes first; its outcome is the touch's. */
  touch<T>(
    card: ApduTransport,
    id: string,
    act: (met: Met, parts: VisitParts, kept: KeptCard) => Promise<Outcome<T>>,
  ): Promise<Done<Touched<T>>> {
    return this.#done(async () => {
      const parts = await this.parts();
      const met = await meetGenuine(card, parts);
      if (met.status !== 'ok') return met;
      const kept = await this.store.card(id);
      if (kept === undefined || idOf(met.value) !== id) return { status: 'not_for_this_purse' };
      const acted = await act(met.value, parts, kept);
      if (acted.status !== 'ok') return acted;
      const chores = await this.#chores(card, met.value, parts, id);
      return { status: 'ok', value: { value: acted.value, chores } };
    });
  }

  /** What a card that leaves over it has not lost: the next touch does it. */
  async #chores(card: ApduTransport, met: Met, parts: VisitParts, id: string): Promise<Chores> {
    const handed = await attempt(() => handOver(parts, met));
    const now = await this.store.card(id);
    if (handed.status === 'ok') await attempt(() => stockTickets(parts, met, now?.takes));
    const reading = await attempt(() => readCard(card));
    if (reading.status === 'ok')
      await this.store.changeCard(id, (kept) => ({ ...kept, reading: reading.value }));
    return handed.status === 'ok' ? handed.value : { arrived: 0n, back: 0n };
  }

  changePin(
    card: ApduTransport,
    id: string,
    pins: { readonly before: string; readonly after: string; readonly again: boolean },
  ): Promise<Done<Touched>> {
    return this.touch(card, id, async () => {
      // Torn before: whether it has the new one is asked first, as long as a wrong answer leaves a try.
      if (pins.again) {
        const now = await summary(card);
        if (now.status !== 'ok') return now;
        if (now.value.pinTriesLeft > 1 && (await verifyPin(card, pins.after)).status === 'ok') return DONE;
      }
      return changePin(card, pins.before, pins.after);
    });
  }

  /** From the account at the bank onto the card, through this phone. */
  async topUp(card: ApduTransport, id: string, amount: bigint): Promise<Done<Touched>> {
    const { store } = this.wallet.parts;
    const name = `top up card ${id} ${amount}`;
    return this.#trying(async () => {
      const { account, taps } = await this.wallet.atBackend();
      const { reference, key } = await store.attempt(name);
      const wish = { account, amount, reference, key };
      const done = await this.wallet.settled(name, () =>
        this.touch(card, id, async (_met, { verifier }) => {
          const funded = await fund(card, verifier, taps, wish);
          return funded.status === 'ok' ? DONE : funded;
        }),
      );
      await this.wallet.afterBackend();
      return done;
    });
  }

  /** The card meets the bank: its payments are checked, its limits begin anew. */
  async sync(card: ApduTransport, id: string): Promise<Done<Touched>> {
    return this.#trying(async () => {
      const { taps } = await this.wallet.atBackend();
      const done = await this.touch(card, id, async (_met, parts) => {
        const synced = await syncPurse(card, parts.verifier, taps);
        if (synced.status !== 'ok') return synced;
        for (const receipt of synced.value.received) await keepWord(parts, receipt);
        // The bank has heard of both kinds from the card's own journal.
        await parts.store.changeMailbox((box) =>
          [...synced.value.received, ...synced.value.settled].reduce(receiptTaken, box),
        );
        return DONE;
      });
      await this.wallet.afterBackend();
      return done;
    });
  }

  /** Up to which amount this phone takes payments for the card; the card's tickets come, or go back, at its next touch. */
  async take(id: string, takes: bigint | undefined): Promise<void> {
    await this.store.changeCard(id, (card) => ({ ...card, takes }));
    await this.refresh();
  }

  /** The card gives its tickets to this phone. A card that has no room for them says so. */
  stock(card: ApduTransport, id: string): Promise<Done<Touched>> {
    return this.touch(card, id, (met, parts, { takes }) => stockTickets(parts, met, takes));
  }

  /** A payment for a card that is not here. `payer` is held to this phone. */
  async takeFor(
    payer: ApduTransport,
    id: string,
    { amount, pin }: { readonly amount: bigint; readonly pin?: string | undefined },
  ): Promise<Done<CarriedMoney>> {
    return this.#done(async () => {
      const parts = await this.parts();
      const { store } = parts;
      const name = `take ${id} ${amount}`;
      const begun = await store.attempt(name);
      const box = await store.mailbox();
      const kept = await this.store.card(id);
      const ticket = ticketFor(box, fromHex(id), amount);
      if (kept === undefined || ticket === undefined)
        return { status: 'said', code: 'no_ticket', message: 'No ticket of the card is left on this phone.' };
      const asked = await collect(payer, parts.verifier, { ticket, amount, pin, again: begun.again });
      if (asked.status !== 'ok') {
        if (asked.status === 'ticket_spent') await store.finish(name);
        return asked;
      }
      const { payment } = asked.value;
      const carried = await noteCarried(parts, payment);
      await store.changeMailbox((now) => keepPayment(now, payment));
      await store.finish(name);
      return { status: 'ok', value: carried };
    });
  }

  async rename(id: string, name: string): Promise<void> {
    await this.store.changeCard(id, (card) => ({ ...card, name }));
    await this.refresh();
  }

  /** What this phone carries for it stays. */
  async remove(id: string): Promise<void> {
    await this.store.removeCard(id);
    await this.refresh();
  }

  /** Whether it is of this customer; asked once, when there is a network. */
  askWhose(id: string): Promise<Done> {
    return this.#trying(async () => {
      const { account, cards } = await this.wallet.atBackend();
      const isMine = await cards.isMine(purseName(fromHex(id)), account);
      await this.store.changeCard(id, (card) => ({ ...card, isMine }));
      await this.refresh();
      return DONE;
    });
  }

  /** The bank blocks it at once, and refunds what can be proven by the date that it names. */
  reportLost(id: string, kind: LossKind): Promise<Done> {
    return this.#claiming(id, `report card ${id} ${kind}`, async ({ cards }, key) =>
      cards.report(purseName(fromHex(id)), kind, key),
    );
  }
  /** It was found again. */
  withdrawReport(id: string, claim: string): Promise<Done> {
    return this.#claiming(id, `withdraw ${claim}`, ({ cards }, key) => cards.withdraw(claim, key));
  }
  /** How the report stands now. */
  askClaim(id: string, claim: string): Promise<Done> {
    return this.#claiming(id, `look ${claim}`, ({ cards }) => cards.claim(claim));
  }

  #claiming(
    id: string,
    name: string,
    ask: (
      at: Awaited<ReturnType<Wallet['atBackend']>>,
      key: string,
    ) => Promise<NonNullable<KeptCard['claim']>>,
  ): Promise<Done> {
    const { store } = this.wallet.parts;
    return this.#trying(async () => {
      const { key } = await store.attempt(name);
      const claim = await ask(await this.wallet.atBackend(), key);
      await this.store.changeCard(id, (card) => ({ ...card, claim }));
      await store.finish(name);
      await this.refresh();
      return DONE;
    });
  }

  /** Whatever came of it, the screens are told how things stand. */
  async #done<T>(run: () => Promise<Done<T>>): Promise<Done<T>> {
    try {
      return await run();
    } finally {
      await this.refresh();
    }
  }
  /** A card that left is waited for again, by whoever holds the reader. */
  async #trying<T>(run: () => Promise<Done<T>>): Promise<Done<T>> {
    let lost: unknown;
    const done = await this.wallet.trying(() =>
      run().catch((error: unknown) => {
        if (isCardLost(error)) lost = error;
        throw error;
      }),
    );
    if (lost !== undefined) throw lost;
    return done;
  }
}

const DONE = { status: 'ok', value: undefined } as const;
