/**
 * The explicit-state checker: breadth first through every situation that the moves reach within the bounds.
 *
 * What must hold is said in rig.ts (one purse), play.ts (all of them) and homecoming.ts (liveness); here every
 * situation is met once, by a shortest way, and a violation is thrown with the moves that lead to it.
 */
import { bringHome, type Homecoming } from './homecoming.ts';
import { holdings, homecomingKey, situationKey } from './key.ts';
import { type Bounds, type Move, movesOf, words } from './moves.ts';
import { play } from './play.ts';
import type { Count } from './rig.ts';
import type { Situation } from './situation.ts';
import type { Table } from './table.ts';
import { Violation } from './violation.ts';

export interface ExploreOptions {
  readonly bounds: Bounds;
  /** Stop after so many situations; the report then says that it is not complete. */
  readonly most?: number;
  /** Asked now and then; `true` stops. */
  readonly enough?: () => boolean;
}

export interface Report {
  readonly situations: number;
  readonly transitions: number;
  /** Every situation within the bounds was met. */
  readonly complete: boolean;
  /** Longest of the shortest ways. */
  readonly depth: number;
  readonly home: Readonly<Record<Homecoming, number>>;
  /** How often each outcome of each command was seen. */
  readonly outcomes: ReadonlyMap<string, number>;
}

/** The report as one line, with what the rig counted. */
export function told(name: string, report: Report, { runs, powerCuts }: Count): string {
  const end = report.complete ? 'all within the bounds' : 'not all: it was stopped';
  const home = Object.entries(report.home).map(([way, n]) => `${n} ${way}`);
  return [
    `${name}: ${report.situations} situations, ${report.transitions} transitions (${end}), depth ${report.depth},`,
    `${runs} engine runs, ${powerCuts} power cuts; value home: ${home.join(', ')}`,
  ].join(' ');
}

interface Node {
  readonly situation: Situation | undefined;
  readonly parent: number;
  readonly move: Move | undefined;
  readonly outcome: string;
  readonly depth: number;
}

export async function explore(table: Table, start: Situation, options: ExploreOptions): Promise<Report> {
  const { bounds, most = Number.POSITIVE_INFINITY, enough = () => false } = options;
  const seen = new Seen();
  seen.isNew(start);
  const ways = new Map<string, Homecoming>();
  const home = { 'in balances': 0, 'by messages': 0, 'by the back-end': 0 };
  const outcomes = new Map<string, number>();
  const nodes: Node[] = [{ situation: start, parent: -1, move: undefined, outcome: '', depth: 0 }];
  let transitions = 0;
  let at = 0;
  for (; at < nodes.length; at++) {
    const node = nodes[at];
    if (node?.situation === undefined) throw new Error('A situation was dropped too early');
    const { situation } = node;
    if (at % 64 === 0 && enough()) break;
    const way = await traced(nodes, at, async () => {
      const key = homecomingKey(situation);
      const known = ways.get(key) ?? (await bringHome(table, situation)).way;
      ways.set(key, known);
      return known;
    });
    home[way]++;
    for (const move of movesOf(situation, bounds)) {
      const played = await traced(nodes, at, () => play(table, situation, move));
      if (played === undefined) continue;
      transitions++;
      const what = `${move.kind} ${move.kind === 'sync' ? 'ok' : played.outcome}`;
      outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
      if (played.situation === situation) continue;
      if (nodes.length >= most || !seen.isNew(played.situation)) continue;
      const next = {
        situation: played.situation,
        parent: at,
        move,
        outcome: played.outcome,
        depth: node.depth + 1,
      };
      nodes.push(next);
    }
    // Its memories are not needed any more; the way to it is.
    nodes[at] = { ...node, situation: undefined };
  }
  const complete = at === nodes.length && nodes.length < most;
  return {
    situations: nodes.length,
    transitions,
    complete,
    depth: nodes[at - 1]?.depth ?? 0,
    home,
    outcomes,
  };
}

/** The situations met, each with the most that the adversary held in it (see `holdings`). */
class Seen {
  readonly #held = new Map<string, ReadonlySet<string>[]>();

  isNew(s: Situation): boolean {
    const key = situationKey(s);
    const held = holdings(s);
    const before = this.#held.get(key) ?? [];
    if (before.some((more) => includes(more, held))) return false;
    this.#held.set(key, [...before.filter((less) => !includes(held, less)), held]);
    return true;
  }
}

const includes = (more: ReadonlySet<string>, less: ReadonlySet<string>): boolean =>
  less.size <= more.size && [...less].every((name) => more.has(name));

/** Puts the way from the start before the trace of a violation. */
async function traced<T>(nodes: readonly Node[], at: number, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    throw new Violation(error.invariant, error.what, [...wayTo(nodes, at), ...error.trace], { cause: error });
  }
}

function wayTo(nodes: readonly Node[], at: number): string[] {
  const way: string[] = [];
  for (let node = nodes[at]; node?.move !== undefined; node = nodes[node.parent]) {
    way.unshift(words(node.move, node.outcome));
  }
  return way;
}
