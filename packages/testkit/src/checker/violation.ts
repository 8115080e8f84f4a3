/** What the checker throws when something does not hold: which invariant, and what happened. */

/**
 * The invariants of DESIGN.md, and some that stand behind them:
 * - `tear`: a torn write leaves the old state or the new one, and an answer says what is in memory;
 * - `status`: a refusal is one that the table allows here, and a refused command wrote nothing;
 * - `liveness`: from here, honest deliveries and syncs bring all value into balances;
 * - `atc`: a payment application's counter is in memory before anything made with it leaves, so none is used twice;
 * - `pin`: a try is gone, durably, before anything tells whether the PIN was right.
 */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I6' | 'tear' | 'status' | 'liveness' | 'atc' | 'pin';

export class Violation extends Error {
  override readonly name = 'Violation';
  constructor(
    readonly invariant: Invariant,
    readonly what: string,
    /** The moves that lead here from the start, in words. */
    readonly trace: readonly string[] = [],
    options?: { cause?: unknown },
  ) {
    super(
      [`${invariant} is broken: ${what}`, ...trace.map((line, i) => `  ${i + 1}. ${line}`)].join('\n'),
      options,
    );
  }
}

/** Which invariants are checked. Tests of broken engines leave some out, to see what the others find. */
export type Checks = ReadonlySet<Invariant>;
export const ALL_CHECKS: Checks = new Set([
  'I1',
  'I2',
  'I3',
  'I4',
  'I6',
  'tear',
  'status',
  'liveness',
  'atc',
  'pin',
]);

export function must(checks: Checks, invariant: Invariant, holds: boolean, what: () => string): void {
  if (!holds && checks.has(invariant)) throw new Violation(invariant, what());
}
