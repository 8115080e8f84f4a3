/**
 * A shop for tests: a server with its host and its desk, an acquirer's link, a merchant, cards that make real cryptograms, and
 * terminals that speak over TCP as any terminal does.
 *
 * What must hold: nothing between the socket and the ledger is played; only who stands behind a card's number is told to the desk directly.
 */
import { readFileSync } from 'node:fs';
import { fromHex, type IsoMessage, type IsoProfile, readIsoProfile } from '@sokkin/codec';
import { IsoLink, type IsoLinkOptions, type IsoMacKey, nodeSymmetric } from '@sokkin/node';
import { EMPTY_TILL, type Shop, Till, type TillState } from '@sokkin/terminal';
import pg from 'pg';
import { LoadCard, panOf } from '../../../cli/src/pos/load/cards.ts';
import type { Clearing } from '../../src/acceptance/clearing.ts';
import type { AcceptanceDesk } from '../../src/acceptance/desk.ts';
import type { Instrument } from '../../src/acceptance/instruments.ts';
import type { OpenDesk } from '../../src/acceptance/open-desk.ts';
import { issueTo, type Rig, rig } from '../kit.ts';
import { CARD_VERSION, MASTER_KEY, Numbers, PREFIX, realDesk } from './desk.ts';

const file = (path: string): string =>
  readFileSync(new URL(`../../../../packages/${path}`, import.meta.url), 'utf8');
export const dialect = (name: string): IsoProfile =>
  readIsoProfile(file(`codec/profiles/iso8583-${name}.json`));
export const MAC_KEY: IsoMacKey = {
  algorithm: 'retail-80',
  key: fromHex('89abcdef0123456776543210fedcba98'),
};

export interface ShopOptions {
  readonly dialect?: IsoProfile;
  readonly mac?: boolean;
  /** Cards, each with an account of its own. */
  readonly cards?: number;
  readonly balance?: bigint;
  /** Members of the link, as the API takes them. */
  readonly link?: object;
  readonly clearing?: Clearing;
  /** Between the host and the real desk. */
  readonly around?: (desk: AcceptanceDesk) => AcceptanceDesk;
}

export interface ShopCard {
  readonly card: LoadCard;
  readonly account: string;
}

export async function openShop(options: ShopOptions = {}) {
  const { mac = true, cards = 1, balance = 10_000n } = options;
  const profile = options.dialect ?? dialect('1987-bcd');
  const numbers = new Numbers();
  let desk: OpenDesk | undefined;
  const behind: AcceptanceDesk = {
    answer: (message) => {
      if (desk === undefined) throw new Error('the desk is not open');
      return desk.answer(message);
    },
  };
  const r = await rig({ desk: options.around?.(behind) ?? behind, isoHost: '127.0.0.1', isoPort: 0 });
  const pool = new pg.Pool({ connectionString: r.databaseUrl, max: 2 });
  desk = realDesk(r.databaseUrl, numbers, options.clearing);
  const { id: acquirer } = await r.api.make('/v1/institutions', { kind: 'acquirer', name: 'Acquirer' });
  const { id: merchantAccount } = await r.api.make('/v1/accounts', { name: 'Shop' });
  await pool.query(
    `INSERT INTO merchants (id, acquirer, acceptor, name, category, account, takes_partial, created_at)
     VALUES ('mer_shop', $1, 'SHOP1', 'Shop', '5411', $2, true, now())`,
    [acquirer, merchantAccount],
  );
  const shopCards: ShopCard[] = [];
  for (let i = 0; i < cards; i++) shopCards.push(await newCard(r, numbers, i, balance));
  await r.api.make('/v1/acquirer-links', {
    ...{ institution: acquirer, name: 'Line', profile: profile.name },
    ...(mac ? { mac: { algorithm: MAC_KEY.algorithm, key: hexOf(MAC_KEY.key) } } : {}),
    ...options.link,
  });
  await r.server.acceptance?.reload();
  const line: IsoLinkOptions = {
    ...{ host: '127.0.0.1', port: r.server.acceptance?.port ?? 0, profile },
    ...(mac ? { mac: MAC_KEY } : {}),
    timeoutMs: 5000,
  };
  const closing: (() => void)[] = [];
  return {
    ...{ rig: r, pool, profile, cards: shopCards, merchantAccount, acquirer, line, numbers },
    link(more: Partial<IsoLinkOptions> = {}): IsoLink {
      const opened = new IsoLink({ ...line, ...more });
      closing.push(() => opened.close());
      return opened;
    },
    /** What is in the books now, and that the books are whole. */
    balance: (account: string) => balanceOf(r, pool, account),
    async close() {
      for (const end of closing) end();
      // The database goes last
      await r.server.close();
      await desk?.close();
      await pool.end();
      await r.close();
    },
  };
}

export type OpenShop = Awaited<ReturnType<typeof openShop>>;

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

async function newCard(r: Rig, numbers: Numbers, number: number, balance: bigint): Promise<ShopCard> {
  const { id: account } = await r.api.make('/v1/accounts', { name: `Holder ${number}` });
  if (balance > 0n) await issueTo(r.api, account, balance);
  const issuer = { port: nodeSymmetric(), profile: CARD_VERSION, keyIndex: 1, masterKey: MASTER_KEY };
  const card = new LoadCard(issuer, panOf(PREFIX, number, 16), 1);
  const row: Instrument = {
    ...{ kind: 'pan', id: `lnk_${number}`, account, domain: undefined, refusal: undefined },
  };
  numbers.rows.set(card.pan, row);
  return { card, account };
}

/** Balance and what is held; fails where postings or payments say something else. */
async function balanceOf(r: Rig, pool: pg.Pool, account: string): Promise<{ balance: bigint; held: bigint }> {
  const { rows } = await pool.query(
    `SELECT balance::text, held::text,
       (SELECT coalesce(sum(amount), 0)::text FROM postings WHERE account = $1) AS posted,
       (SELECT coalesce(sum(held), 0)::text FROM acceptance_payments WHERE account = $1) AS kept
     FROM accounts WHERE id = $1`,
    [account],
  );
  const [row] = rows;
  if (row === undefined || row.posted !== row.balance || row.kept !== row.held)
    throw new Error(`the books of ${account} do not agree: ${JSON.stringify(row)}`);
  const audit = await r.api.get('/v1/audit');
  if (audit.body.holds === false) throw new Error(`the audit does not hold: ${JSON.stringify(audit.body)}`);
  return { balance: BigInt(row.balance), held: BigInt(row.held) };
}

let terminals = 0;
export const SHOP = { merchant: 'SHOP1', category: '5411', currency: '392', acquirer: undefined } as const;

/** A terminal with a till of its own; what it saved is in `saved`, for one that is switched off and on again. */
export function openTerminal(
  profile: IsoProfile,
  ask: (message: IsoMessage) => Promise<IsoMessage | undefined>,
  from: TillState = EMPTY_TILL,
  name = `T${String(++terminals).padStart(7, '0')}`,
) {
  const shop: Shop = { ...SHOP, terminal: name };
  const saved: TillState[] = [from];
  const till = new Till(
    { profile, shop },
    { ask, save: async (s) => void saved.push(s), now: stampNow },
    from,
  );
  return { till, saved, name };
}

/** Asks over a line; whatever goes wrong is no answer. */
export const askOver =
  (link: IsoLink, timeoutMs?: number) =>
  async (message: IsoMessage): Promise<IsoMessage | undefined> => {
    try {
      return await link.request(message, { repeats: 0, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    } catch {
      return undefined;
    }
  };

export function stampNow(): { local: string; transmitted: string } {
  const text = new Date().toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return { local: text, transmitted: text.slice(2) };
}

/** As a tap of that card for that amount, today. */
export const tapOf = ({ card }: ShopCard, amount: bigint) => ({
  card: card.tap(amount, stampNow().local.slice(0, 6)),
  amount,
  holder: 'none' as const,
});
