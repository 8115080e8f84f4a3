/** A nation on paper: how long until broken elements are found, and what they make until then. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { assertWritable } from '../data/files.ts';
import { type Answer, type Args, type Command, EXIT, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { showProgress } from '../io/progress.ts';
import { stopSignal } from '../io/stop.ts';
import type { SummaryRow } from '../simulate/report/summary.ts';
import type { Scenario } from '../simulate/scenario.ts';

const MOST_WORKERS = 256;
const MOST_RUNS = 1000;
const MOST_SEED = 0xffff_ffff;

export const simulateCommand: Command = {
  name: 'simulate',
  says: 'let a made-up nation pay offline, with broken cards in it, and see how soon they are found',
  flags: {
    scenario: {
      value: 'FILE',
      says: 'JSON as docs/simulate.md describes it; without it: 10,000 purses and no attack',
    },
    purses: { value: 'N', says: 'instead of what the scenario says' },
    days: { value: 'N', says: 'instead of what the scenario says' },
    seed: { value: 'N', says: 'where all chance comes from: the same seed gives the same bytes (1)' },
    runs: { value: 'N', says: 'how many runs of each, with seeds one after the other (1)' },
    grid: { value: 'LIST', says: 'compare what the scenario names: limits=half,normal,sync=daily,weekly' },
    out: { value: 'FOLDER', says: 'write tables (CSV, JSON), charts (SVG) and a page (HTML) there' },
    workers: { value: 'N', says: 'how many runs at a time (one for each processor); changes no result' },
  },
  examples: [
    'sokkin simulate --purses 1000 --days 30 --seed 7',
    'sokkin simulate --scenario clones.json --grid limits=half,normal,sync=daily,weekly --runs 5 --out study',
  ],
  async run(context, args) {
    // Loaded by nobody else: every other command would wait for it.
    const [{ parseGrid, planOf }, { runAll, usualWorkers }, { writeStudy }, { summarise }] =
      await Promise.all([
        import('../simulate/plan.ts'),
        import('../simulate/pool.ts'),
        import('../simulate/report/files.ts'),
        import('../simulate/report/summary.ts'),
      ]);
    const scenario = await scenarioOf(args);
    const seed = numberOf(args, 'seed', 0, MOST_SEED) ?? 1;
    const runs = numberOf(args, 'runs', 1, MOST_RUNS) ?? 1;
    const grid = args.maybe('grid');
    const jobs = planOf(scenario, grid === undefined ? undefined : parseGrid(grid, scenario), seed, runs);
    const workers = numberOf(args, 'workers', 1, MOST_WORKERS) ?? usualWorkers();
    const out = args.maybe('out');
    if (out !== undefined) await assertWritable(resolve(out));
    const stop = stopSignal();
    const progress = showProgress(onStderr(context), jobs.length * scenario.days, 'days');
    const results = await runAll(jobs, workers, stop, () => progress.step());
    progress.end();
    const study = { scenario, seed, runs: results, wanted: jobs.length };
    const files = out === undefined ? [] : await writeStudy(resolve(out), study);
    return answerOf(context, summarise(results), {
      isWhole: !stop.isAsked(),
      out,
      files,
      made: results.length,
    });
  },
};

async function scenarioOf(args: Args): Promise<Scenario> {
  const path = args.maybe('scenario');
  const read: unknown = path === undefined ? {} : await readJson(path);
  const changed = typeof read === 'object' && read !== null && !Array.isArray(read) ? { ...read } : read;
  const purses = numberOf(args, 'purses', 20, 2_000_000);
  const days = numberOf(args, 'days', 1, 3650);
  const own = { ...(purses === undefined ? {} : { purses }), ...(days === undefined ? {} : { days }) };
  const whole = typeof changed === 'object' && changed !== null ? Object.assign(changed, own) : changed;
  const { parseScenario } = await import('../simulate/scenario.ts');
  return parseScenario(whole, path ?? 'the scenario');
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(
      `--scenario: ${path} cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`,
    );
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--scenario: ${path} is not JSON: ${why}.`);
  }
}

function numberOf(args: Args, name: string, least: number, most: number): number | undefined {
  const text = args.maybe(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw new UsageError(`--${name} is a whole number from ${least} to ${most}, not "${text}".`);
  return value;
}

/** The bar goes where no result goes; where nobody looks, there is none. */
function onStderr(context: Context): Context {
  const isSeen = process.stderr.isTTY === true && context.env.TERM !== 'dumb';
  const rewrite = (line: string): void => void process.stderr.write(`\r\u001b[2K${line}`);
  return { ...context, say: () => {}, rewrite: isSeen ? rewrite : undefined };
}

interface Told {
  readonly isWhole: boolean;
  readonly made: number;
  readonly out: string | undefined;
  readonly files: readonly string[];
}

function answerOf(
  context: Context,
  rows: readonly SummaryRow[],
  { isWhole, made, out, files }: Told,
): Answer {
  const lines = rows.flatMap((row) => rowLines(context, row));
  const stopped = isWhole
    ? []
    : [`Stopped: this is what there was after ${made} runs, the last ones cut short.`];
  const where = out === undefined ? [] : [`In ${out}: ${files.join(', ')}`];
  return {
    json: { summary: rows, stopped: !isWhole, files },
    lines: [...lines, ...stopped, ...where],
    exit: isWhole ? EXIT.done : EXIT.refused,
  };
}

const yen = (amount: number | null): string =>
  amount === null ? 'not reached' : `${amount.toLocaleString('en-US')} yen`;
const days = (value: number | null): string => (value === null ? 'not reached' : `${value} days`);
const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

function rowLines({ style }: Context, row: SummaryRow): string[] {
  const name = `limits ${row.limits}, sync ${row.sync}`;
  const honest = [
    `  honest payments refused by limits ${percent(row.refused_by_limits)}, for any reason ${percent(row.refused)}`,
    `  honest purses under suspicion at a time ${row.suspected_per_thousand} in a thousand, proven broken ${row.honest_proven}`,
  ];
  if (row.attack === 'none') return [style.bold(`no attack, ${name}`), ...honest];
  return [
    style.bold(`${row.attack}, ${name}: ${row.attacks} attacks`),
    `  suspected ${percent(row.suspected)}, proven ${percent(row.proven)}`,
    `  half of them suspected after ${days(row.suspected_days_median)}, proven after ${days(row.proven_days_median)}, listed at half of the contacts after ${days(row.half_days_median)}`,
    `  made: median ${yen(row.made_median)}, nine in ten at most ${yen(row.made_p90)}, most ${yen(row.made_most)}`,
    ...honest,
  ];
}
