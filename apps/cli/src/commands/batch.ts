/** `card perso`: one card, several by name, or many that are made on the way. */
import { findPlace } from '../data/places.ts';
import { type BatchTotals, mustHaveSerial, persoBatch } from '../flows/batch.ts';
import { type Answer, type Args, type Command, EXIT, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { showProgress } from '../io/progress.ts';
import { stopSignal } from '../io/stop.ts';
import { TEARS, tearOf } from './common.ts';
import { ORDER_FLAGS, orderOf, personalise } from './perso.ts';

export const USUAL_JOBS = 4;
export const MOST_JOBS = 32;
const MOST_CARDS = 100_000;
/** So that a longer batch goes on with the names of a shorter one, and lists stand in order. */
export const DIGITS = 4;
const FAILURES_SHOWN = 10;

export const cardPerso: Command = {
  name: 'card perso',
  says: 'give cards their keys, certificates, payment application and PIN, and activate them',
  positionals: [{ name: 'name', says: 'one card or several', optional: true, many: true }],
  flags: {
    ...ORDER_FLAGS,
    count: { value: 'N', says: 'instead of names: make and personalise N cards; run again, it goes on' },
    prefix: { value: 'TEXT', says: 'how their names begin: batch- for batch-0001 and so on' },
    jobs: { value: 'N', says: `how many at a time (${USUAL_JOBS})` },
    ...TEARS,
  },
  examples: [
    'sokkin card perso alice --account "Pilot" --pin 1234',
    'sokkin card perso --count 100 --prefix batch- --jobs 4 --pin 1234',
  ],
  async run(context, args) {
    const many = wantedOf(args);
    const [only] = many.names;
    if (!many.isMaking && many.names.length === 1 && only !== undefined) {
      const place = await findPlace(context, only, 'card');
      await mustHaveSerial(place);
      return personalise(context, args, place);
    }
    if (tearOf(args) !== undefined) throw new UsageError('--tear is for one card.');
    for (const name of many.isMaking ? [] : many.names) await findPlace(context, name, 'card');
    return runBatch(context, args, many);
  },
};

interface Wanted {
  readonly names: readonly string[];
  readonly isMaking: boolean;
  readonly jobs: number;
}

function wantedOf(args: Args): Wanted {
  const names = [...new Set(args.list('name'))];
  const [count, prefix] = [args.maybe('count'), args.maybe('prefix')];
  const jobs = numberOf(args, 'jobs', MOST_JOBS) ?? USUAL_JOBS;
  if (names.length > 0) {
    const extra = count !== undefined ? 'count' : prefix !== undefined ? 'prefix' : undefined;
    if (extra !== undefined) throw new UsageError(`--${extra} makes cards: name none, or leave it out.`);
    return { names, isMaking: false, jobs };
  }
  const total = numberOf(args, 'count', MOST_CARDS);
  if (total === undefined) throw new UsageError('Which cards? Name them, or say --count N --prefix TEXT.');
  if (prefix === undefined) throw new UsageError('--prefix is missing: how the names of the cards begin.');
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,29}$/.test(prefix))
    throw new UsageError(`--prefix is up to 30 letters, digits, - and _, not "${prefix}".`);
  const numbered = (_: unknown, i: number) => `${prefix}${String(i + 1).padStart(DIGITS, '0')}`;
  return { names: Array.from({ length: total }, numbered), isMaking: true, jobs };
}

export function numberOf(args: Args, flag: string, most: number): number | undefined {
  const text = args.maybe(flag);
  if (text === undefined) return undefined;
  const n = Number(text);
  if (!/^\d+$/.test(text) || n < 1 || n > most)
    throw new UsageError(`--${flag} is a number from 1 to ${most}, not "${text}".`);
  return n;
}

async function runBatch(context: Context, args: Args, { names, isMaking, jobs }: Wanted): Promise<Answer> {
  const api = context.api();
  const order = await orderOf(context, args, api, 'card');
  const stop = stopSignal();
  const progress = showProgress(context, names.length, 'cards');
  const totals = await persoBatch(context, api, {
    names,
    isMaking,
    orderOf: () => order,
    jobs,
    isStopped: stop.isAsked,
    onCard: progress.step,
  });
  progress.end();
  return answerOf(totals, names.length);
}

export function answerOf(totals: BatchTotals, count: number): Answer {
  const { done, skipped, failed, seconds, stoppedBy } = totals;
  const left = count - done - skipped - failed.length;
  const rate = seconds === 0 ? 0 : done / seconds;
  return {
    json: {
      done,
      skipped,
      failed,
      left,
      seconds: Math.round(seconds * 1000) / 1000,
      cards_per_second: Math.round(rate * 100) / 100,
    },
    lines: [
      `${done} done, ${skipped} active already, ${failed.length} failed, in ${seconds.toFixed(1)} s: ${rate.toFixed(1)} cards per second.`,
      ...failed.slice(0, FAILURES_SHOWN).map(({ name, message }) => `  ${name}: ${message}`),
      ...(failed.length > FAILURES_SHOWN
        ? [`  and ${failed.length - FAILURES_SHOWN} more: --json has all.`]
        : []),
      ...(left === 0
        ? []
        : [`${left} are left. ${stoppedBy?.message ?? 'Run the same command again to go on.'}`]),
    ],
    exit: left === 0 && failed.length === 0 ? EXIT.done : EXIT.refused,
  };
}
