/**
 * Which runs a study is made of: every combination of the grid, with each seed.
 *
 * What must hold: the order of the runs, and so of everything that is written, depends on what was asked alone, and not on
 * how many workers there are or which is faster.
 */
import { parseScenario, type Scenario, ScenarioError } from './scenario.ts';

export interface Job {
  readonly scenario: Scenario;
  readonly seed: number;
}

export interface Grid {
  readonly limits: readonly string[];
  readonly sync: readonly string[];
}

const DIMENSIONS = ['limits', 'sync'] as const;
const MOST_RUNS = 2000;

/** `limits=half,normal,sync=daily,weekly`: a word with `=` begins a dimension. */
export function parseGrid(text: string, scenario: Scenario): Grid {
  const grid: { limits: string[]; sync: string[] } = { limits: [], sync: [] };
  let into: string[] | undefined;
  for (const word of text.split(',')) {
    const [before, after] = word.includes('=') ? word.split('=', 2) : [undefined, word];
    if (before !== undefined) {
      const dimension = DIMENSIONS.find((d) => d === before.trim());
      if (dimension === undefined)
        throw new ScenarioError(`--grid has no dimension "${before}". There are: ${DIMENSIONS.join(', ')}.`);
      into = grid[dimension];
    }
    const name = after?.trim() ?? '';
    if (into === undefined || name === '')
      throw new ScenarioError(`--grid is written like limits=half,normal,sync=daily,weekly, not "${text}".`);
    into.push(name);
  }
  return {
    limits: known(grid.limits, 'limit_profiles', scenario),
    sync: known(grid.sync, 'sync_habits', scenario),
  };
}

function known(
  wanted: readonly string[],
  where: 'limit_profiles' | 'sync_habits',
  s: Scenario,
): readonly string[] {
  const there = Object.keys(s[where]);
  const unknown = wanted.find((name) => !there.includes(name));
  if (unknown !== undefined)
    throw new ScenarioError(
      `--grid names "${unknown}", which is not in ${where} of the scenario (${there.join(', ')}).`,
    );
  return wanted;
}

/** Seeds are `seed`, `seed + 1` and so on, the same for every combination: they differ in nothing else. */
export function planOf(scenario: Scenario, grid: Grid | undefined, seed: number, runs: number): Job[] {
  const limits = grid === undefined || grid.limits.length === 0 ? [scenario.limits] : grid.limits;
  const habits = grid === undefined || grid.sync.length === 0 ? [scenario.sync] : grid.sync;
  const jobs = limits.flatMap((l) =>
    habits.flatMap((sync) => {
      const changed = parseScenario(
        { ...scenario, limits: l, sync },
        `the scenario with limits ${l} and sync ${sync}`,
      );
      return Array.from({ length: runs }, (_, i) => ({ scenario: changed, seed: seed + i }));
    }),
  );
  if (jobs.length > MOST_RUNS)
    throw new ScenarioError(
      `These are ${jobs.length} runs, and at most ${MOST_RUNS} are made at once: ask for fewer.`,
    );
  return jobs;
}
