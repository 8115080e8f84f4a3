/** What a study is made of: what was asked, and what the runs answered. */
import type { RunResult } from '../result.ts';
import type { Scenario } from '../scenario.ts';

export interface Study {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly runs: readonly RunResult[];
  /** Of how many runs; fewer were made when somebody stopped it. */
  readonly wanted: number;
}
