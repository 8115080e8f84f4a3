/**
 * Many runs in few rows: for each kind of attack, limits and sync habits, how long until it was found and what it made.
 *
 * What must hold: a median over attacks of which some were never found counts those as later than all others, so it is
 * never better than the truth; null says that it was not reached.
 */
import type { AttackRow, RunResult } from '../result.ts';
import type { MarkName } from '../world/attack.ts';

export interface SummaryRow {
  readonly attack: string;
  readonly limits: string;
  readonly sync: string;
  readonly attacks: number;
  /** Share of the attacks. */
  readonly suspected: number;
  readonly proven: number;
  readonly blocked: number;
  readonly suspected_days_median: number | null;
  readonly proven_days_median: number | null;
  readonly proven_days_p90: number | null;
  readonly blocked_days_median: number | null;
  readonly half_days_median: number | null;
  readonly all_days_median: number | null;
  readonly proven_made_median: number | null;
  readonly made_median: number;
  readonly made_p90: number;
  readonly made_most: number;
  /** Of the payments that honest people tried, refused for a limit, a window or an empty purse; share. */
  readonly refused: number;
  readonly refused_by_limits: number;
  /** Honest purses under suspicion at a time, of a thousand, on average. */
  readonly suspected_per_thousand: number;
  readonly honest_proven: number;
  readonly honest_blocked: number;
}

const LIMITS = [
  'over_payment_limit',
  'over_cumulative_limit',
  'over_count_limit',
  'over_holding_limit',
  'outgoing_window_full',
  'journal_full',
  'ticket_window_full',
];

export function summarise(runs: readonly RunResult[]): SummaryRow[] {
  const groups = new Map<string, { run: RunResult[]; rows: AttackRow[]; name: [string, string, string] }>();
  for (const run of runs) {
    const kinds = new Set(run.attacks.map((a) => a.attack));
    for (const kind of kinds.size === 0 ? ['none'] : kinds) {
      const key = `${run.limits} ${run.sync} ${kind}`;
      const group = groups.get(key) ?? { run: [], rows: [], name: [kind, run.limits, run.sync] };
      groups.set(key, group);
      group.run.push(run);
      group.rows.push(...run.attacks.filter((a) => a.attack === kind));
    }
  }
  return [...groups.values()].map(({ run, rows, name }) => rowOf(run, rows, name));
}

function rowOf(
  runs: readonly RunResult[],
  rows: readonly AttackRow[],
  name: [string, string, string],
): SummaryRow {
  const days = (mark: MarkName) => rows.map((r) => r[`${mark}_days`]);
  const reached = (mark: MarkName) => share(days(mark).filter((d) => d !== null).length, rows.length);
  const made = rows.map((r) => r.made);
  const sum = (of: (run: RunResult) => number) => runs.reduce((all, run) => all + of(run), 0);
  const tries = sum((r) => r.totals.tries);
  const refused = (which: (name: string) => boolean) =>
    share(
      sum((r) =>
        Object.entries(r.totals.refusals).reduce((all, [why, count]) => all + (which(why) ? count : 0), 0),
      ),
      tries,
    );
  const purseDays = sum((r) => r.totals.purses * r.totals.days);
  return {
    attack: name[0],
    limits: name[1],
    sync: name[2],
    attacks: rows.length,
    suspected: reached('suspected'),
    proven: reached('proven'),
    blocked: reached('blocked'),
    suspected_days_median: quantile(days('suspected'), 0.5),
    proven_days_median: quantile(days('proven'), 0.5),
    proven_days_p90: quantile(days('proven'), 0.9),
    blocked_days_median: quantile(days('blocked'), 0.5),
    half_days_median: quantile(days('half'), 0.5),
    all_days_median: quantile(days('all'), 0.5),
    proven_made_median: quantile(
      rows.map((r) => r.proven_made),
      0.5,
    ),
    made_median: quantile(made, 0.5) ?? 0,
    made_p90: quantile(made, 0.9) ?? 0,
    made_most: Math.max(0, ...made),
    refused: refused(() => true),
    refused_by_limits: refused((why) => LIMITS.includes(why)),
    suspected_per_thousand: rounded(
      (1000 * sum((r) => r.totals.honest_suspicion_days)) / Math.max(1, purseDays),
    ),
    honest_proven: sum((r) => r.totals.honest_proven),
    honest_blocked: sum((r) => r.totals.honest_blocked),
  };
}

const rounded = (x: number): number => Math.round(x * 10_000) / 10_000;
const share = (part: number, whole: number): number => (whole === 0 ? 0 : rounded(part / whole));

/** The smallest value that at least this share does not exceed; null counts as later than all. */
export function quantile(values: readonly (number | null)[], at: number): number | null {
  const sorted = values.map((v) => v ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(at * sorted.length) - 1)];
  return value === undefined || value === Number.POSITIVE_INFINITY ? null : value;
}
