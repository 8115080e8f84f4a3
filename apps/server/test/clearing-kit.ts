/**
 * Shops for tests of clearing: real cards that approve offline at a terminal, and merchants of an acquirer.
 * What must hold: every TC here comes from a card, over APDUs.
 */
import {
  type Bytes,
  DE55_TABLES,
  fromHex,
  hex,
  type IsoMessage,
  type IsoValue,
  selectDe55,
} from '@sokkin/codec';
import { type AcceptanceOutcome, Pan } from '@sokkin/issuer';
import { nodeRsa } from '@sokkin/node';
import { inProcess, payWithEmv } from '@sokkin/testkit';
import { clear } from '../src/acceptance/clearing/clear.ts';
import { clearingForDesk } from '../src/acceptance/clearing/for-desk.ts';
import type { PresentedTc } from '../src/acceptance/clearing/presented.ts';
import type { ShopAnswer } from '../src/acceptance/desk.ts';
import { openDesk } from '../src/acceptance/open-desk.ts';
import { openPool, openWriterPool } from '../src/store/pool.ts';
import { MONEY, NumberTable, original1987, PAN, say, V1987 } from './desk-kit.ts';
import { type Blank, newBlank, personalise, purseOn } from './factory.ts';
import { type Api, crypto, fundPurse, issueTo, type Purse, type Rig, sync } from './kit.ts';

const DAY = 86_400_000;

export interface ShopCard {
  readonly purse: Purse;
  readonly blank: Blank;
  readonly profile: string;
  readonly account: string;
  /** Approves offline; what the terminal then has for its acquirer. */
  pay(amount: bigint): Promise<PresentedTc>;
  /** Asks its issuer, over the server's own desk, with whatever number of a message; what the shop was told. */
  ask(n: number, amount: bigint): Promise<AcceptanceOutcome | undefined>;
  /** The purse as it is now on the card. */
  awake(): Promise<Purse>;
  /** Carries its journal to the back-end; applies the Grant. */
  sync(): Promise<Purse>;
}

/** A personalised card, with this much in it. */
export async function shopCard(
  r: Rig,
  shop: Shop,
  { amount = 50_000n, profile = 'white-label' }: { amount?: bigint; profile?: string } = {},
): Promise<ShopCard> {
  const { api } = r;
  const account = (await api.make('/v1/accounts', { name: 'Cardholder' })).id as string;
  const blank = await newBlank(api);
  const done = await personalise(api, blank, account, { profile });
  if (done.body.status !== 'done') throw new Error(JSON.stringify(done.body));
  const awake = () => purseOn(blank, account, done);
  const purse = await awake();
  await sync(api, purse);
  if (amount > 0n) await fundPurse(api, purse, amount);
  const aid = r.server.backend.profiles.get(profile)?.control.aid ?? new Uint8Array(0);
  return {
    ...{ purse, blank, profile, account, awake },
    async ask(n, sum) {
      let outcome: AcceptanceOutcome | undefined;
      const online = async (message: ReadonlyMap<number, Bytes>) => {
        const { elements } = selectDe55(DE55_TABLES.request, message);
        const pan = hex(message.get(0x5a) ?? new Uint8Array(0)).replace(/f+$/, '');
        const chip = [...elements].map(([tag, value]) => ({ tag, value }));
        const question = say('0200', n, { 2: pan, 4: sum, 22: '071', 42: padded(shop), 55: chip });
        ({ outcome } = await r.server.desk.answer({
          ...{ acquirer: shop.acquirer, profile: V1987, message: question },
          receivedAt: r.server.backend.clock().getTime(),
        }));
        return undefined;
      };
      const setup = await terminalSetup(r, aid);
      await payWithEmv(inProcess(await blank.tap()), setup, { amount: sum, request: 'arqc', online });
      return outcome;
    },
    async pay(sum) {
      const setup = await terminalSetup(r, aid);
      const end = await payWithEmv(inProcess(await blank.tap()), setup, { amount: sum, request: 'tc' });
      if (end.ended !== 'approved') throw new Error(`the card ended ${end.ended}`);
      return presentedOf(shop, sum, end.message, end.elements);
    },
    async sync() {
      const now = await awake();
      await sync(api, now);
      return now;
    },
  };
}

interface CaKey extends Record<'rid' | 'modulus' | 'exponent', string> {
  readonly index: number;
}

/** A contactless terminal that knows the keys which the back-end publishes. */
async function terminalSetup({ api, server }: Rig, aid: Bytes) {
  const caKeys = (await api.get('/v1/emv/ca-keys')).body.data as CaKey[];
  return {
    rsa: nodeRsa(),
    randomBytes: (n: number) => crypto.randomBytes(n),
    caKeys: caKeys.map(({ rid, index, modulus, exponent }) => ({
      ...{ rid: fromHex(rid), index },
      ...{ modulus: fromHex(modulus), exponent: fromHex(exponent) },
    })),
    today: Math.floor(server.backend.clock().getTime() / DAY),
    interface: 'contactless' as const,
    applications: [{ aid }],
    onDevice: true,
  };
}

function presentedOf(
  shop: Shop,
  amount: bigint,
  message: ReadonlyMap<number, Bytes>,
  elements: ReadonlyMap<number, Bytes>,
): PresentedTc {
  const { elements: chip } = selectDe55(DE55_TABLES.advice, message);
  const pan = hex(elements.get(0x5a) ?? new Uint8Array(0)).replace(/f+$/, '');
  return {
    ...{ acquirer: shop.acquirer, acceptor: shop.acceptor, terminal: 'TERM0001' },
    ...{ pan: Pan.of(pan), amount, currency: '392', chip, reference: undefined, stan: undefined },
  };
}

export interface Shop {
  readonly acquirer: string;
  readonly acceptor: string;
  readonly merchant: string;
  readonly account: string;
}

export interface Acquirer {
  readonly id: string;
  /** As its first client, who may do all that an acquirer may. */
  readonly api: Api;
}

export async function newAcquirer(r: Rig, name = 'Acquirer'): Promise<Acquirer> {
  const { id, client } = await r.api.make('/v1/institutions', { kind: 'acquirer', name });
  return { id, api: r.as(client) };
}

let shops = 0;

/** A merchant with an account of its own. */
export async function newShop(r: Rig, acquirer: Acquirer): Promise<Shop> {
  const no = ++shops;
  const account = (await acquirer.api.make('/v1/accounts', { name: `Shop ${no}` })).id as string;
  const [merchant, acceptor] = [`mch_test${no}`, `SHOP${String(no).padStart(11, '0')}`];
  await query(
    r,
    `INSERT INTO merchants (id, acquirer, acceptor, name, category, account, created_at) VALUES ($1, $2, $3, $4, '5411', $5, now())`,
    [merchant, acquirer.id, acceptor, `Shop ${no}`, account],
  );
  return { acquirer: acquirer.id, acceptor, merchant, account };
}

export async function query(r: Rig, text: string, values: unknown[] = []) {
  const pool = openPool(r.databaseUrl);
  try {
    return (await pool.query(text, values)).rows;
  } finally {
    await pool.end();
  }
}

export const present = (r: Rig, tc: PresentedTc) => clear(r.server.backend, tc);

export const balanceOf = async (r: Rig, account: string): Promise<bigint> =>
  BigInt((await r.api.get(`/v1/accounts/${account}`)).body.balance);

/** A desk over the rig's database, with a customer who pays by card number, and clearing behind it. */
export async function shopDesk(r: Rig, acquirer: Acquirer, funds: bigint) {
  const payer = (await r.api.make('/v1/accounts', { name: 'Customer' })).id as string;
  await issueTo(r.api, payer, funds);
  const instruments = new NumberTable();
  instruments.rows.set(PAN, {
    ...{
      kind: 'pan',
      id: 'lnk_payer',
      account: payer,
      domain: undefined,
      refusal: undefined,
      own: undefined,
    },
  });
  const desk = openDesk({
    pool: openWriterPool(r.databaseUrl, { connections: 2 }),
    instruments,
    money: MONEY,
    clock: r.server.backend.clock,
    clearing: clearingForDesk(r.server.backend),
    openSecret: (sealed) => Promise.resolve(sealed),
    policy: { withoutChip: new Set(['manual', 'magnetic'] as const), holdFor: 7 * DAY },
  });
  const ask = (message: IsoMessage, profile = V1987): Promise<ShopAnswer> =>
    desk.answer({ acquirer: acquirer.id, profile, message, receivedAt: r.server.backend.clock().getTime() });
  return { payer, ask, close: () => desk.close() };
}

const padded = (shop: Shop): string => shop.acceptor.padEnd(15);

/** What the terminal of a shop says: payments of a customer by number, and offline approvals of cards. */
export const words = (shop: Shop) => ({
  pay: (n: number, amount: bigint) => say('0200', n, { 4: amount, 42: padded(shop) }),
  reverse: (n: number, of: number) => say('0400', n, { 42: padded(shop), 90: original1987('0200', of) }),
  refund: (n: number, of: number, amount: bigint) =>
    say('0200', n, { 3: '200000', 4: amount, 42: padded(shop), 90: original1987('0200', of) }),
  advice: (n: number, tc: PresentedTc) =>
    say('0220', n, {
      ...{ 2: tc.pan.reveal(), 4: tc.amount, 22: '071', 42: padded(shop) },
      55: [...tc.chip].map(([tag, value]) => ({ tag, value })),
    }),
  totals: (n: number, fields: Record<number, IsoValue>) =>
    say('0500', n, {
      ...{
        2: undefined,
        3: undefined,
        22: undefined,
        37: undefined,
        49: undefined,
        12: undefined,
        13: undefined,
      },
      ...{ 41: undefined, 42: padded(shop), 50: '392', ...fields },
    }),
});
