/**
 * The simulation held against what it stands for: the same small world, once on paper and once with real cards and the real server. Every
 * tap, every purse and every finding must be the same in both (docs/simulate.md).
 */
import { hex } from '@sokkin/codec';
import { ROLE } from '@sokkin/crypto';
import { limitsFor } from '@sokkin/issuer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  creditBy,
  fundPurse,
  newPurse,
  payOn,
  type Purse as RealPurse,
  type Rig,
  rig,
  settleBy,
  sync,
  ticketOf,
} from '../../server/test/kit.ts';
import { BackEnd } from '../src/simulate/network/back-end.ts';
import type { Seen } from '../src/simulate/network/signed.ts';
import { certificateOf, idOf, MEMORY, newElement } from '../src/simulate/world/element.ts';
import { Money } from '../src/simulate/world/money.ts';
import { fund, visit } from '../src/simulate/world/network-visit.ts';
import { Streams } from '../src/simulate/world/random.ts';
import type { Purse as PaperPurse } from '../src/simulate/world/society.ts';
import { tap } from '../src/simulate/world/tap.ts';

const PURSES = 10;
/** The number of the copy of purse 0. */
const CLONE = PURSES;
const FIRST = 2_000;
const DAY = 86_400;

interface Wish {
  readonly payer: number;
  readonly payee: number;
  readonly amount: number;
  readonly isReceipted: boolean;
  /** The payee's phone keeps the signed Payment for its next sync. */
  readonly handsIn: boolean;
}

interface Standing {
  readonly balances: readonly [balance: number, pending: number][];
  readonly forked: readonly number[];
  /** Purses of which a payee says that they paid, and their own journals say otherwise. */
  readonly contradicted: readonly number[];
  readonly belowZero: readonly number[];
}

interface World {
  /** What became of the money. */
  tap(wish: Wish): Promise<'paid' | 'not paid'>;
  clone(): Promise<void>;
  sync(purse: number): Promise<void>;
  dayEnds(): Promise<Standing>;
}

async function onPaper(): Promise<World> {
  const backEnd = new BackEnd({ block_proven: true, block_shadow_below: null, list: 16 });
  const money = new Money();
  const purses: PaperPurse[] = [];
  const seen = Array.from({ length: PURSES + 1 }, (): Seen[] => []);
  let at = 0;
  const at_ = (n: number) => purses[n] as PaperPurse;
  for (let n = 0; n < PURSES; n++) {
    const certificate = certificateOf(ROLE.purse, n + 1);
    backEnd.enrol(idOf(certificate), certificate, limitsFor('secure_element'));
    purses.push({ id: idOf(certificate), certificate, state: newElement(certificate, MEMORY) });
    await visit(backEnd, money, at_(n), [], at);
    expect(fund(backEnd, at_(n), FIRST)).toBe(FIRST);
    await visit(backEnd, money, at_(n), [], at);
  }
  return {
    async tap({ payer, payee, handsIn, ...wish }) {
      const done = tap(money, at_(payer), at_(payee), { ...wish, isTorn: false });
      if (done.status === 'refused') return 'not paid';
      const { message: payment, hash } = done.payment;
      if (handsIn) seen[payee]?.push({ payment, hash });
      return done.status === 'paid' ? 'paid' : 'not paid';
    },
    async clone() {
      purses.push({ ...at_(0) });
    },
    async sync(n) {
      await visit(backEnd, money, at_(n), seen[n]?.splice(0) ?? [], at);
      await backEnd.round(at);
    },
    async dayEnds() {
      at += DAY;
      const numbers = [...Array(PURSES).keys()];
      const of = (n: number) => backEnd.findings.of(at_(n).id);
      const pendingOf = ({ state }: PaperPurse) =>
        state.cells.reduce(
          (sum, cell) =>
            cell !== undefined && 'payment' in cell && cell.payment === 'open'
              ? sum + Number(cell.entry.fields.amount)
              : sum,
          0,
        );
      return {
        balances: purses.map((p) => [Number(p.state.balance), pendingOf(p)]),
        forked: numbers.filter((n) => of(n)?.provenKind === 'fork'),
        contradicted: numbers.filter((n) => of(n)?.kinds.has('contradicted')),
        belowZero: numbers.filter((n) => of(n)?.shadowSince !== undefined),
      };
    },
  };
}

async function inReality(r: Rig): Promise<World> {
  const purses: RealPurse[] = [];
  const seen = Array.from({ length: PURSES + 1 }, (): object[] => []);
  const at_ = (n: number) => purses[n] as RealPurse;
  for (let n = 0; n < PURSES; n++) {
    purses.push(await newPurse(r.api));
    await fundPurse(r.api, at_(n), BigInt(FIRST));
    await sync(r.api, at_(n));
  }
  const numberOf = (id: string) => purses.findIndex((p) => p.id === id);
  return {
    async tap({ payer, payee, amount, isReceipted, handsIn }) {
      const [from, to] = [at_(payer), at_(payee)];
      const attempt = async () => {
        const ticket = await ticketOf(to, BigInt(amount));
        const payment = await payOn(from, to.certificate, ticket, BigInt(amount));
        if (handsIn) seen[payee]?.push({ payment: hex(payment), purse: hex(from.certificate) });
        const before = (await to.summary()).balance;
        const receipt = await creditBy(to, from.certificate, payment);
        const isPaid = (await to.summary()).balance > before;
        if (isReceipted || !isPaid) await settleBy(from, to.certificate, receipt);
        return isPaid;
      };
      // A purse that refuses changes nothing.
      return (await attempt().catch(() => false)) ? 'paid' : 'not paid';
    },
    async clone() {
      purses.push(await at_(0).clone());
    },
    async sync(n) {
      const more = { payments: seen[n]?.splice(0) ?? [] };
      // Whose journal accuses it is refused.
      await sync(r.api, at_(n), more).catch((error: unknown) => {
        if (!/journal_fork/.test(String(error))) throw error;
      });
    },
    async dayEnds() {
      const { data } = (await r.api.get('/v1/alerts?limit=100&status=open')).body;
      const found = (kind: string, side: (a: { purse: string; evidence: { payee?: string } }) => string[]) =>
        [
          ...new Set<number>(
            data
              .filter((a: { kind: string }) => a.kind === kind)
              .flatMap(side)
              .map(numberOf),
          ),
        ].sort((x, y) => x - y);
      const balances: [number, number][] = [];
      for (const purse of purses) {
        const { balance, pending } = await purse.summary();
        balances.push([Number(balance), Number(pending)]);
      }
      return {
        balances,
        forked: found('fork', (a) => [a.purse]),
        // On paper both are suspected: which of the two it was, journals do not say.
        contradicted: found('payment_contradicted', (a) => [a.purse, a.evidence.payee ?? '']),
        belowZero: found('shadow_negative', (a) => [a.purse]),
      };
    },
  };
}

let r: Rig;
beforeAll(async () => {
  r = await rig({ webhooks: false });
});
afterAll(() => r.close());

test('ten purses, three days and a clone: on paper as with real cards and the real server', {
  timeout: 600_000,
}, async () => {
  const worlds = [await onPaper(), await inReality(r)] as const;
  const draw = new Streams(11).of('reality');
  const both = async <T>(act: (world: World) => Promise<T>): Promise<T> => {
    const [paper, real] = [await act(worlds[0]), await act(worlds[1])];
    expect(paper).toEqual(real);
    return real;
  };
  const outcomes: string[] = [];
  for (let day = 0; day < 3; day++) {
    if (day === 1) await both((world) => world.clone());
    for (let i = 0; i < 14; i++) {
      // Of the clone's payments, half of the payees hand in what they saw; of others, all may.
      const isClone = day > 0 && i % 4 === 0;
      const payer = isClone ? CLONE : draw.below(PURSES);
      const payee = 1 + draw.below(PURSES - 1);
      const wish = {
        ...{ payer, payee, amount: 20 + draw.below(180) },
        ...{ isReceipted: draw.chance(0.6), handsIn: draw.chance(0.5) },
      };
      if (payer !== payee) outcomes.push(await both((world) => world.tap(wish)));
    }
    // Some come on the first two days, everybody but the clone on the last.
    for (let n = 0; n < PURSES; n++) if (day === 2 || draw.chance(0.5)) await both((world) => world.sync(n));
    // What a payer learns at once from the server's Grant, it learns on paper with its next one: so everybody comes again.
    if (day === 2) for (let n = 0; n < PURSES; n++) await both((world) => world.sync(n));
    const standing = await both(async (world) => {
      const { balances, ...findings } = await world.dayEnds();
      return { ...findings, balances: day === 2 ? balances : balances.map(([balance]) => [balance, 0]) };
    });
    if (day < 2) continue;
    expect(standing.forked).toEqual([0]);
    expect(standing.contradicted.length).toBeGreaterThan(0);
  }
  expect(outcomes.filter((o) => o === 'paid').length).toBeGreaterThan(20);
});
