/**
 * A shop for tests: a server with its host and its desk, an acquirer's line, a merchant, cards of another issuer that are linked to
 * accounts, and terminals that speak over TCP as any terminal does.
 *
 * What must hold: everything is set up by the API, and nothing between the socket and the ledger is played.
 */
import { readFileSync } from 'node:fs';
import { fromHex, hex, type IsoMessage, type IsoProfile, readIsoProfile } from '@sokkin/codec';
import { readCryptogramProfile } from '@sokkin/issuer';
import { IsoLink, type IsoLinkOptions, type IsoMacKey, nodeSymmetric } from '@sokkin/node';
import { EMPTY_TILL, type Shop, Till, type TillState } from '@sokkin/terminal';
import pg from 'pg';
import { LoadCard, panOf } from '../../../cli/src/pos/load/cards.ts';
import { bringRange } from '../../../cli/src/pos/load/range.ts';
import { type Api, issueTo, type Rig, rig } from '../kit.ts';

const file = (path: string): string =>
  readFileSync(new URL(`../../../../packages/${path}`, import.meta.url), 'utf8');
export const dialect = (name: string): IsoProfile =>
  readIsoProfile(file(`codec/profiles/iso8583-${name}.json`));

const MASTER_KEY = fromHex('0123456789abcdeffedcba9876543210');
export const MAC_KEY: IsoMacKey = {
  algorithm: 'retail-80',
  key: fromHex('89abcdef0123456776543210fedcba98'),
};
const RANGE = { prefix: '999915', digits: 16, version: 'cvn18', keyIndex: 1, masterKey: MASTER_KEY };
const ISSUER = {
  ...{ port: nodeSymmetric(), keyIndex: RANGE.keyIndex, masterKey: MASTER_KEY },
  profile: readCryptogramProfile(file(`issuer/cryptograms/${RANGE.version}.json`)),
};

export interface ShopOptions {
  readonly dialect?: IsoProfile;
  readonly mac?: boolean;
  /** Cards, each with an account of its own. */
  readonly cards?: number;
  readonly balance?: bigint;
  /** Members of the line, as the API takes them. */
  readonly link?: object;
}

export interface ShopCard {
  readonly card: LoadCard;
  readonly account: string;
}

/** `at`: a server that is there already, with a host for acquirers; it stays open. */
export async function openShop(options: ShopOptions = {}, at?: Rig) {
  const { mac = true, cards = 1, balance = 10_000n } = options;
  const profile = options.dialect ?? dialect('1987-bcd');
  const r = at ?? (await rig({ isoHost: '127.0.0.1', isoPort: 0 }));
  const pool = new pg.Pool({ connectionString: r.databaseUrl, max: 2 });
  const { id: acquirer } = await r.api.make('/v1/institutions', { kind: 'acquirer', name: 'Acquirer' });
  const { id: merchantAccount } = await r.api.make('/v1/accounts', { name: 'Shop' });
  const shop = { acceptor: SHOP.merchant, category: SHOP.category, name: 'Shop', takes_partial: true };
  await r.api.make('/v1/merchants', { ...shop, institution: acquirer, account: merchantAccount });
  if (cards > 0) await bringRange(ISSUER.port, r.api.make, r.second.make, RANGE);
  const shopCards: ShopCard[] = [];
  for (let i = 0; i < cards; i++) shopCards.push(await newCard(r.api, i, balance));
  await r.api.make('/v1/acquirer-connections', {
    ...{ institution: acquirer, name: 'Line', profile: profile.name },
    ...(mac ? { mac: { algorithm: MAC_KEY.algorithm, key: hex(MAC_KEY.key) } } : {}),
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
    ...{ rig: r, pool, profile, cards: shopCards, merchantAccount, acquirer, line },
    link(more: Partial<IsoLinkOptions> = {}): IsoLink {
      const opened = new IsoLink({ ...line, ...more });
      closing.push(() => opened.close());
      return opened;
    },
    balance: (account: string) => balanceOf(pool, account),
    async close() {
      for (const end of closing) end();
      // The database goes last
      if (at === undefined) await r.server.close();
      await pool.end();
      if (at === undefined) await r.close();
    },
  };
}

export type OpenShop = Awaited<ReturnType<typeof openShop>>;

async function newCard(api: Api, number: number, balance: bigint): Promise<ShopCard> {
  const { id: account } = await api.make('/v1/accounts', { name: `Holder ${number}` });
  if (balance > 0n) await issueTo(api, account, balance);
  const card = new LoadCard(ISSUER, panOf(RANGE.prefix, number, RANGE.digits), 1);
  await api.make('/v1/links', { account, card: { pan: card.pan, expiry: '3112' } });
  return { card, account };
}

/** Balance and what is held; fails where postings or payments say something else. */
async function balanceOf(pool: pg.Pool, account: string): Promise<{ balance: bigint; held: bigint }> {
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
  const save = async (state: TillState): Promise<void> => void saved.push(state);
  return { till: new Till({ profile, shop }, { ask, save, now: stampNow }, from), saved, name };
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
