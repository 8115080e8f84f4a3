/**
 * What a run answers, as plain data: one row for each attack, one for each day, and the totals.
 *
 * What must hold: the same run gives the same bytes; amounts are yen, times are days unless a name says otherwise.
 */
import type { Refusal } from '@sokkin/purse';
import type { Findings } from './network/findings.ts';
import type { Scenario } from './scenario.ts';
import { type Group, MARKS, type MarkName } from './world/attack.ts';
import type { Money } from './world/money.ts';
import { DAY } from './world/society.ts';

export interface DayRow {
  readonly day: number;
  /** So far. */
  readonly payments: number;
  readonly balances: number;
  readonly in_flight: number;
  /** By all attacks, beyond what they had and were given. */
  readonly made: number;
  readonly blocked: number;
  /** Honest purses whose shadow is below zero at the end of the day. */
  readonly suspected_now: number;
}

/** Days after the attack began, and yen that it had made by then; null: it did not come to that. */
export type AttackRow = {
  readonly attack: string;
  readonly group: number;
  readonly from_day: number;
  readonly contacts: number;
  readonly credited: number;
  readonly cancelled: number;
  readonly made: number;
  readonly made_after_block: number;
  readonly first_finding: string | null;
  readonly proof: string | null;
} & { readonly [K in MarkName as `${K}_days`]: number | null } & {
  readonly [K in MarkName as `${K}_made`]: number | null;
};

export interface Totals {
  readonly purses: number;
  readonly days: number;
  readonly tries: number;
  readonly payments: number;
  readonly value: number;
  readonly issued: string;
  readonly redeemed: string;
  readonly in_flight: number;
  readonly invented: number;
  readonly refusals: Readonly<Record<string, number>>;
  /** Purses of honest people that were ever suspected, by what came first; proven; blocked. */
  readonly honest_suspected: number;
  readonly honest_contradicted: number;
  readonly honest_proven: number;
  readonly honest_blocked: number;
  /** Days under a shadow below zero, all honest purses together. */
  readonly honest_suspicion_days: number;
}

export interface RunResult {
  readonly seed: number;
  readonly limits: string;
  readonly sync: string;
  readonly attacks: readonly AttackRow[];
  readonly days: readonly DayRow[];
  readonly totals: Totals;
}

export interface RunParts {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly days: readonly DayRow[];
  readonly groups: readonly Group[];
  readonly findings: Findings;
  readonly paid: { readonly count: number; readonly value: number };
  readonly taps: number;
  readonly refusals: ReadonlyMap<Refusal, number>;
  readonly issued: bigint;
  readonly redeemed: bigint;
  readonly money: Money;
  readonly purses: number;
}

export function collect(parts: RunParts): RunResult {
  const { scenario, seed, days, groups } = parts;
  const begun = groups.filter((g) => g.begunAt !== undefined);
  return {
    seed,
    limits: scenario.limits,
    sync: scenario.sync,
    attacks: begun.map((g) => attackRow(g, parts.findings)),
    days,
    totals: totalsOf(parts),
  };
}

/** To a thousandth of a day: a minute and a half. */
const inDays = (seconds: number): number => Math.round((seconds / DAY) * 1000) / 1000;

function attackRow(group: Group, findings: Findings): AttackRow {
  const marks = Object.fromEntries(
    MARKS.flatMap((name) => {
      const mark = group.marks[name];
      return [
        [`${name}_days`, mark === undefined ? null : inDays(mark.after)],
        [`${name}_made`, mark?.made ?? null],
      ];
    }),
  ) as { readonly [K in MarkName as `${K}_days`]: number | null } & {
    readonly [K in MarkName as `${K}_made`]: number | null;
  };
  const standings = [...group.ids].flatMap((id) => findings.of(id) ?? []);
  const first = standings.filter((s) => s.suspectedAt !== undefined);
  first.sort((a, b) => (a.suspectedAt ?? 0) - (b.suspectedAt ?? 0));
  return {
    attack: group.attack.kind,
    group: group.number,
    from_day: group.attack.from_day,
    contacts: group.contacts.size,
    credited: group.credited,
    cancelled: group.cancelled,
    made: group.made,
    made_after_block: group.madeAfterBlock,
    first_finding: first[0]?.firstKind ?? null,
    proof: standings.find((s) => s.provenKind !== undefined)?.provenKind ?? null,
    ...marks,
  };
}

function totalsOf({ findings, groups, paid, ...parts }: RunParts): Totals {
  const guilty = new Set(groups.flatMap((g) => [...g.ids]));
  const honest = [...findings.all()].filter(([id]) => !guilty.has(id)).map(([, standing]) => standing);
  const end = parts.days.length * DAY;
  const suspicion = honest.reduce(
    (sum, s) => sum + s.explainedSeconds + (s.shadowSince === undefined ? 0 : end - s.shadowSince),
    0,
  );
  return {
    purses: parts.purses,
    days: parts.days.length,
    tries: parts.taps,
    payments: paid.count,
    value: paid.value,
    issued: parts.issued.toString(),
    redeemed: parts.redeemed.toString(),
    in_flight: parts.money.flight,
    invented: parts.money.made,
    refusals: Object.fromEntries([...parts.refusals].sort(([a], [b]) => (a < b ? -1 : 1))),
    honest_suspected: honest.length,
    honest_contradicted: honest.filter((s) => s.kinds.has('contradicted')).length,
    honest_proven: honest.filter((s) => s.provenAt !== undefined).length,
    honest_blocked: honest.filter((s) => s.blockedAt !== undefined).length,
    honest_suspicion_days: inDays(suspicion),
  };
}
