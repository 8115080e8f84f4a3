/**
 * What a study leaves in its folder.
 *
 * What must hold: the same study gives the same bytes; nothing in a file says when, where or how fast it was made.
 */
import { join } from 'node:path';
import { writeWhole } from '../../data/files.ts';
import type { RunResult } from '../result.ts';
import { figureSvg, figuresOf } from './charts.ts';
import { csv } from './csv.ts';
import { page } from './page.ts';
import type { Study } from './study.ts';
import { type SummaryRow, summarise } from './summary.ts';

export function studyFiles(study: Study): Map<string, string> {
  const { runs, scenario, seed, wanted } = study;
  const summary: readonly SummaryRow[] = summarise(runs);
  const named = ({ limits, sync, seed: of }: RunResult) => ({ limits, sync, seed: of });
  const attacks = runs.flatMap((run) => run.attacks.map((row) => ({ ...named(run), ...row })));
  const days = runs.flatMap((run) => run.days.map((row) => ({ ...named(run), ...row })));
  const totals = runs.map((run) => ({ ...named(run), ...run.totals }));
  const json = { scenario, seed, runs_wanted: wanted, runs_made: runs.length, summary, totals, attacks };
  const figures = figuresOf(runs, summary);
  return new Map([
    ['study.html', page(study, summary, figures)],
    ...figures.map((figure) => [figure.name, figureSvg(figure)] as const),
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
