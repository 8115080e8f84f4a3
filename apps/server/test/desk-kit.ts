/** A desk over a database of its own: accounts, a merchant, and messages as terminals send them, in words. */
import { readFileSync } from 'node:fs';
import { type IsoMessage, type IsoProfile, type IsoValue, isoMessage, readIsoProfile } from '@sokkin/codec';
import { CENTRAL_BANK, FIRST_ISSUER, move, SYSTEM_ACCOUNTS, type TokenUse, UNUSED } from '@sokkin/issuer';
import type pg from 'pg';
import type { ShopAnswer } from '../src/acceptance/desk.ts';
import type { Instrument, Instruments, TokenNow } from '../src/acceptance/instruments.ts';
import { type DeskParts, openDesk } from '../src/acceptance/open-desk.ts';
import { testDatabase } from '../src/postgres/test-database.ts';
import { migrate } from '../src/store/migrate.ts';
import { openPool, openWriterPool } from '../src/store/pool.ts';
import { sqlStore } from '../src/store/sql-store.ts';
import type { Chip } from '../src/vault/chips.ts';

const profileOf = (name: string): IsoProfile =>
  readIsoProfile(
    readFileSync(new URL(`../../../packages/codec/profiles/iso8583-${name}.json`, import.meta.url), 'utf8'),
  );
export const V1987 = profileOf('1987-ascii');
export const V1993 = profileOf('1993-ascii');
export const ACQUIRER = 'ins_acquirer';
export const MONEY = { letters: 'JPY', digits: '392' };
const AT = new Date('2026-04-01T09:00:00Z');

/** Numbers that stand for accounts, as a vault would say; tokens with what they have used up, in memory. */
export class NumberTable implements Instruments {
  readonly rows = new Map<string, Instrument>();
  readonly tokens = new Map<string, TokenNow>();
  chip: Chip | undefined;

  find(_run: unknown, numbers: readonly string[]): Promise<ReadonlyMap<string, Instrument>> {
    return Promise.resolve(
      new Map(
        numbers.flatMap((number) => {
          const row = this.rows.get(number);
          return row === undefined ? [] : [[number, row] as const];
        }),
      ),
    );
  }
  chipOf(): Promise<Chip | undefined> {
    return Promise.resolve(this.chip);
  }
  lockTokens(): Promise<ReadonlyMap<string, TokenNow>> {
    return Promise.resolve(new Map(this.tokens));
  }
  addUse(_run: unknown, changes: readonly { number: string; change: TokenUse }[]): Promise<void> {
    for (const { number, change } of changes) {
      const now = this.tokens.get(number);
      if (now === undefined) throw new Error('no such token');
      const use = { total: now.use.total + change.total, count: now.use.count + change.count };
      this.tokens.set(number, { ...now, use });
    }
    return Promise.resolve();
  }
}

export const PAN = '9999120000000016';
export const NEW_TOKEN: TokenNow = { life: { stage: 'active', suspendedBy: new Set() }, use: UNUSED };

/** Digits that a message may leave to their defaults. */
export interface Words {
  readonly mti?: string;
  readonly stan?: string;
  /** Number of the payment: makes trace number, time and reference of their own. */
  readonly n?: number;
  readonly amount?: bigint;
  readonly fields?: Readonly<Record<number, IsoValue | undefined>>;
}

const six = (n: number): string => n.toString().padStart(6, '0');
export const timeOf = (n: number): string => `04010900${(n % 60).toString().padStart(2, '0')}`;

/** As an ordinary terminal of 1987 says it; `undefined` in `fields` leaves a field out. */
export function say(
  mti: string,
  n: number,
  fields: Readonly<Record<number, IsoValue | undefined>> = {},
): IsoMessage {
  const all = {
    2: PAN,
    3: '000000',
    7: timeOf(n),
    11: six(n),
    12: '090000',
    13: '0401',
    22: '011',
    37: `REF${n.toString().padStart(9, '0')}`,
    41: 'TERM0001',
    42: 'SHOP1          ',
    49: '392',
    ...fields,
  };
  const told = Object.entries(all).flatMap(([number, value]): [string, IsoValue][] =>
    value === undefined ? [] : [[number, value]],
  );
  return isoMessage(mti, Object.fromEntries(told));
}

/** Field 90: of the payment number n. */
export const original1987 = (mti: string, n: number): string =>
  `${mti}${six(n)}${timeOf(n)}${'0'.repeat(22)}`;

export async function deskRig(more: Partial<DeskParts> = {}) {
  const database = await testDatabase();
  const pool = openPool(database.url);
  await migrate(pool, () => undefined);
  const store = sqlStore(pool);
  const instruments = new NumberTable();
  const all = { withoutChip: new Set(['manual', 'magnetic'] as const), holdFor: 7 * 86_400_000 };
  let now = AT;
  const desks: { close(): Promise<void> }[] = [];
  const newDesk = (parts: Partial<DeskParts> = {}) => {
    const desk = openDesk({
      pool: openWriterPool(database.url, { connections: 2 }),
      instruments,
      money: MONEY,
      clock: () => now,
      clearing: undefined,
      openSecret: (sealed) => Promise.resolve(sealed),
      policy: all,
      ...more,
      ...parts,
    });
    desks.push(desk);
    return desk;
  };
  const desk = newDesk();
  const addAccount = (id: string, balance: bigint, institution: string = FIRST_ISSUER) =>
    store.write(async (tx) => {
      await tx.accounts.add({ id, kind: 'online', name: id, institution }, now);
      if (balance > 0n)
        await tx.accounts.post(
          move('issuance', `iss_${id}`, SYSTEM_ACCOUNTS.centralBank.id, id, balance),
          now,
        );
    });
  await store.write(async (tx) => {
    for (const account of Object.values(SYSTEM_ACCOUNTS)) await tx.accounts.add(account, now);
  });
  await addAccount('acc_payer', 1000n);
  await addAccount('acc_shop', 0n, CENTRAL_BANK);
  await pool.query(
    `INSERT INTO merchants (id, acquirer, acceptor, name, category, account, created_at)
     VALUES ('mch_1', $1, 'SHOP1', 'Shop', '5411', 'acc_shop', now())`,
    [ACQUIRER],
  );
  const payer: Instrument = {
    ...{
      kind: 'pan',
      id: 'lnk_payer',
      account: 'acc_payer',
      domain: undefined,
      refusal: undefined,
      own: undefined,
    },
  };
  instruments.rows.set(PAN, payer);
  return {
    ...{ pool, store, desk, newDesk, instruments, addAccount, databaseUrl: database.url },
    at: () => now,
    advance(ms: number) {
      now = new Date(now.getTime() + ms);
    },
    ask(
      message: IsoMessage,
      by: { answer: typeof desk.answer } = desk,
      profile = V1987,
    ): Promise<ShopAnswer> {
      return by.answer({ acquirer: ACQUIRER, profile, message, receivedAt: now.getTime() });
    },
    money: (account: string) => moneyOf(pool, account),
    async close() {
      for (const one of desks) await one.close();
      await store.close();
      await database.drop();
    },
  };
}

export type DeskRig = Awaited<ReturnType<typeof deskRig>>;

/** What the account has, what is held on it, and whether its payments and postings say the same. */
async function moneyOf(pool: pg.Pool, account: string): Promise<{ balance: bigint; held: bigint }> {
  const { rows } = await pool.query<Record<'balance' | 'held' | 'posted' | 'kept', bigint>>(
    `SELECT balance, held, (SELECT coalesce(sum(amount), 0)::bigint FROM postings WHERE account = $1) AS posted,
       (SELECT coalesce(sum(held), 0)::bigint FROM acceptance_payments WHERE account = $1) AS kept
     FROM accounts WHERE id = $1`,
    [account],
  );
  const [row] = rows;
  if (row === undefined || row.posted !== row.balance || row.kept !== row.held)
    throw new Error(`account ${account}: ${Object.entries(row ?? {}).join(' ')}`);
  return { balance: row.balance, held: row.held };
}
