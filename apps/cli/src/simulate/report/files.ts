/**
 * What a study leaves in its folder.
 *
 * What must hold: the same study gives the same bytes; nothing in a file says when, where or how fast it was made.
 */
import { join } from 'node:path';
import { writeWhole } from '../../data/files.ts';
import type { RunResult } from '../result.ts';
import type { Scenario } from '../scenario.ts';
import { csv } from './csv.ts';
import { type SummaryRow, summarise } from './summary.ts';

export interface Study {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly runs: readonly RunResult[];
  /** Of how many runs; fewer were made when somebody stopped it. */
  readonly wanted: number;
}

export function studyFiles(study: Study): Map<string, string> {
  const { runs, scenario, seed, wanted } = study;
  const summary: readonly SummaryRow[] = summarise(runs);
  const named = ({ limits, sync, seed: of }: RunResult) => ({ limits, sync, seed: of });
  const attacks = runs.flatMap((run) => run.attacks.map((row) => ({ ...named(run), ...row })));
  const days = runs.flatMap((run) => run.days.map((row) => ({ ...named(run), ...row })));
  const totals = runs.map((run) => ({ ...named(run), ...run.totals }));
  const json = { scenario, seed, runs_wanted: wanted, runs_made: runs.length, summary, totals, attacks };
  return new Map([
    ['summary.csv', csv(summary.map((row) => ({ ...row })))],
    ['attacks.csv', csv(attacks)],
    ['days.csv', csv(days)],
    ['study.json', `${JSON.stringify(json, null, 2)}\n`],
  ]);
}

export async function writeStudy(folder: string, study: Study): Promise<string[]> {
  const files = studyFiles(study);
  for (const [name, content] of files) await writeWhole(join(folder, name), content);
  return [...files.keys()];
}
