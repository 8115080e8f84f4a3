/**
 * The random walk: long lives of two or three purses, with a shop or without, beyond the bounds of the exploration. Windows fill and roll,
 * journals fill and are acknowledged, torn memories are carried on with, everything old is replayed.
 *
 * What must hold is the same as in the exploration. A violation comes with its seed, and with a trace that was
 * shortened until every move in it is needed.
 */
import { bringHome } from './homecoming.ts';
import type { Machinery } from './machinery.ts';
import { type Bounds, type Move, type MoveKind, movesOf, words } from './moves.ts';
import { play } from './play.ts';
import { type Random, seeded } from './random.ts';
import { prepare, type Setup } from './setups.ts';
import type { Situation } from './situation.ts';
import type { Table } from './table.ts';
import { ALL_CHECKS, type Checks, Violation } from './violation.ts';

export interface WalkOptions {
  readonly machinery: Machinery;
  readonly purses: 2 | 3;
  /** Whether the cards also pay in a shop. Lives without are the better ones for payments: windows are free. */
  readonly shop?: boolean;
  readonly seed: number;
  /** Moves in one life. */
  readonly length: number;
  readonly checks?: Checks;
}

export interface WalkReport {
  readonly moves: number;
  readonly powerCuts: number;
  readonly payments: number;
  readonly approvals: number;
}

const setupOf = ({ purses, shop = false }: WalkOptions): Setup => {
  const each = <T>(value: T): T[] => Array.from({ length: purses }, () => value);
  const bounds: Bounds = {
    tickets: each(40),
    payments: each(40),
    grants: each(40),
    amount: 3n,
    maximum: 3n,
    taps: shop ? each(60) : [],
    sales: [1, 2, 3].map((n) => ({ name: `s${n}`, amount: BigInt(n), number: n })),
  };
  return {
    name: 'random walk',
    why: '',
    profile: { cells: 14, tickets: 2, outgoing: 2, pinTries: 3, history: 1 },
    balances: each(5n),
    bounds,
    wider: bounds,
  };
};

/** One life. Throws a Violation whose trace is as short as it can be made. */
export async function walk(options: WalkOptions): Promise<WalkReport> {
  const setup = setupOf(options);
  const random = seeded(options.seed);
  const made: Move[] = [];
  const { table, start } = await ready(setup, options);
  let situation = start;
  try {
    for (let i = 0; i < options.length; i++) {
      const move = choose(situation, setup.bounds, random);
      made.push(move);
      situation = (await play(table, situation, move))?.situation ?? situation;
      if (i % 8 !== 7) continue;
      const home = await bringHome(table, situation);
      if (random.below(2) === 0) continue;
      // Honest people win this time, and life goes on from there: else it would soon be stuck in full windows.
      made.push(...home.moves);
      situation = home.situation;
    }
    await bringHome(table, situation);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    throw await shortened(setup, options, made, error);
  }
  const { powerCuts } = table.rig.count;
  return {
    moves: made.length,
    powerCuts,
    payments: situation.payments.length,
    approvals: situation.approvals.length,
  };
}

const ready = (setup: Setup, { machinery, checks = ALL_CHECKS }: WalkOptions) =>
  prepare(setup, { machinery, checks, secondCuts: 'off' });

/** How often each kind is tried: else most tickets would be withdrawn before anybody pays on them. */
const WEIGHTS: Readonly<Record<MoveKind, number>> = {
  ticket: 2,
  void: 1,
  pay: 4,
  credit: 4,
  cancel: 1,
  settle: 3,
  reissue: 1,
  sync: 1,
  grant: 3,
  decline: 1,
  sell: 2,
  ask: 1,
  unable: 1,
  online: 1,
  recover: 1,
  clear: 2,
  expire: 1,
};

/** Kinds first, then one of the kind: else the many ways to replay would leave no time for anything new. */
function choose(s: Situation, bounds: Bounds, random: Random): Move {
  const moves = movesOf(s, bounds);
  const kinds = [...new Set(moves.map((m) => m.kind))];
  const kind = random.pick(kinds.flatMap((k) => new Array<MoveKind>(WEIGHTS[k]).fill(k)));
  const ofKind = moves.filter((m) => m.kind === kind);
  // Half of the time something recent and sent where it belongs, so that life goes on; else anything ever seen.
  const aimed = ofKind.filter((m) => isAimed(s, m)).slice(-8);
  const move = random.pick(aimed.length > 0 && random.below(2) === 0 ? aimed : ofKind);
  const isOfCard = kind !== 'sync' && kind !== 'clear' && kind !== 'expire';
  if (!isOfCard || random.below(4) > 0) return move;
  return { ...move, answer: 'torn', cut: random.below(1 << 20) };
}

function isAimed(s: Situation, { kind, purse, about }: Move): boolean {
  switch (kind) {
    case 'pay':
      return s.known.get(about)?.of !== purse;
    case 'credit':
    case 'cancel':
      return s.payments.some((p) => p.name === about && p.payee === purse);
    case 'settle':
      return s.payments.some((p) => p.payer === purse && about.endsWith(` ${p.name}`));
    case 'grant':
      return s.known.get(about)?.of === purse;
    default:
      return true;
  }
}

/** Leaves out ever smaller stretches of moves while the same invariant still breaks. */
async function shortened(
  setup: Setup,
  options: WalkOptions,
  made: Move[],
  first: Violation,
): Promise<Violation> {
  let moves = made;
  let violation = first;
  for (let size = moves.length >> 1; size >= 1; size = size >> 1) {
    for (let from = 0; from < moves.length; ) {
      const fewer = [...moves.slice(0, from), ...moves.slice(from + size)];
      const found = await replay(setup, options, fewer);
      if (found?.invariant === first.invariant) {
        moves = fewer;
        violation = found;
      } else from += size;
    }
  }
  const told = `${violation.what} (seed ${options.seed}, ${options.purses} purses${options.shop === true ? ', a shop' : ''})`;
  return new Violation(violation.invariant, told, violation.trace, { cause: first });
}

/** Plays the moves from the start; gives the violation that they end in, with all of them in its trace. */
async function replay(
  setup: Setup,
  options: WalkOptions,
  moves: readonly Move[],
): Promise<Violation | undefined> {
  const { table, start } = await ready(setup, options);
  const trace: string[] = [];
  let situation = start;
  try {
    for (const move of moves) situation = await step(table, situation, move, trace);
    await bringHome(table, situation);
    return undefined;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return new Violation(error.invariant, error.what, [...trace, ...error.trace]);
  }
}

async function step(table: Table, s: Situation, move: Move, trace: string[]): Promise<Situation> {
  const played = await play(table, s, move);
  if (played !== undefined) trace.push(words(move, played.outcome));
  return played?.situation ?? s;
}
