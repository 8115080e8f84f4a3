/** `sokkin pos load`: thousands of terminals at a sandbox's host, with cards whose cryptograms are real. */

import { ISO_RESPONSE_CODES } from '@sokkin/codec';
import { IsoLine, nodeSymmetric } from '@sokkin/node';
import { type Answer, type Args, type Command, EXIT, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { showProgress } from '../io/progress.ts';
import type { LoadCard } from '../pos/load/cards.ts';
import type { LoadResult } from '../pos/load/tally.ts';
import { LoadTerminal } from '../pos/load/terminals.ts';
import { runTraffic } from '../pos/load/traffic.ts';
import {
  cardsOf,
  keepWorld,
  LOAD_MERCHANT,
  type LoadWorld,
  lineKeyOf,
  loadWorld,
  panAt,
  withLine,
} from '../pos/load/world.ts';
import { register } from '../pos/register.ts';
import { macKeyOf, type PosSettings, profileOf } from '../pos/settings.ts';

const MOST_TERMINALS = 50_000;

export const posLoad: Command = {
  name: 'pos load',
  says: 'let thousands of terminals pay at a sandbox, and measure its answers',
  flags: {
    terminals: { value: 'N', says: 'how many (100)' },
    cards: { value: 'N', says: 'how many cards they share; at least one each (one each)' },
    connections: { value: 'N', says: 'how many lines they share (4)' },
    rate: {
      value: 'N',
      says: 'questions a second of all together; without it, as fast as they are answered',
    },
    seconds: { value: 'N', says: 'how long is measured (10)' },
    warm: { value: 'N', says: 'seconds before that, which do not count (2)' },
    hold: { says: 'ask for holds (0100), not for payments (0200)' },
    line: { value: 'HOST:PORT', says: 'the host (127.0.0.1:8583)' },
    profile: { value: 'NAME', says: 'the dialect of the line (1987-ascii)' },
    timeout: { value: 'MS', says: 'when an answer is given up (10000)' },
  },
  examples: ['sokkin pos load --terminals 100 --seconds 10', 'sokkin pos load --terminals 5000 --rate 500'],
  async run(context, args) {
    const terminals = whole(args, 'terminals', 100, 1, MOST_TERMINALS);
    const count = Math.max(whole(args, 'cards', terminals, 1, MOST_TERMINALS), terminals);
    const settings = await settingsOf(args);
    const [seconds, warmSeconds] = [whole(args, 'seconds', 10, 1, 86_400), whole(args, 'warm', 2, 0, 3600)];
    const connections = whole(args, 'connections', Math.min(4, terminals), 1, 1000);
    const rate = args.maybe('rate') === undefined ? undefined : whole(args, 'rate', 1, 1, 1_000_000);
    const progress = showProgress(context, count, 'cards made');
    const made = await loadWorld(context, count, () => progress.step());
    progress.end();
    const mac = lineKeyOf(made, settings);
    const line = await register(context, { ...settings, ...(mac && { mac }) }, made.treasury);
    const world = withLine(made, line);
    await keepWorld(context, world);
    const cards = await cardsOf(world);
    try {
      const result = await measured(args, line, cards, {
        terminals,
        connections,
        rate,
        seconds,
        warmSeconds,
        // Each message takes one cryptogram of one card: no terminal has sent more than that.
        sent: world.counters.reduce((sum, atc) => sum + atc, 0),
      });
      return answerOf(context, result, rate);
    } finally {
      await keepWorld(context, withCounters(world, cards));
    }
  },
};

interface Wish {
  readonly terminals: number;
  readonly connections: number;
  readonly rate: number | undefined;
  readonly seconds: number;
  readonly warmSeconds: number;
  /** By earlier loads. */
  readonly sent: number;
}

async function measured(
  args: Args,
  settings: PosSettings,
  cards: readonly LoadCard[],
  wish: Wish,
): Promise<LoadResult> {
  const profile = await profileOf(settings.profile);
  const mac = macKeyOf(settings);
  const line = new IsoLine(profile, nodeSymmetric(), mac);
  const { category, host, port, timeoutMs } = settings;
  const shop = { merchant: LOAD_MERCHANT, category, acquirer: undefined };
  const kind = args.has('hold') ? 'hold' : 'pay';
  const terminals = Array.from({ length: wish.terminals }, (_, number) => {
    const own = cards.filter((_card, i) => i % wish.terminals === number);
    const more = { sent: wish.sent, amount: () => 1n, now: () => new Date(), write: line.write.bind(line) };
    return new LoadTerminal({ ...{ profile, shop, kind, number, cards: own }, ...more });
  });
  const traffic = { ...wish, ...{ host, port, profile, mac, timeoutMs, tls: undefined, signOn: undefined } };
  return runTraffic(traffic, terminals);
}

/** Where the cards' counters are now; those that are used up stay so. */
function withCounters(world: LoadWorld, cards: readonly LoadCard[]): LoadWorld {
  const used = new Map(cards.map((card) => [card.pan, card.nextAtc]));
  return { ...world, counters: world.counters.map((atc, i) => used.get(panAt(world, i)) ?? atc) };
}

async function settingsOf(args: Args): Promise<PosSettings> {
  const found = /^\[?([^[\]]+?)\]?:(\d{1,5})$/.exec(args.maybe('line') ?? '127.0.0.1:8583');
  if (found?.[1] === undefined) throw new UsageError('--line is HOST:PORT, like 127.0.0.1:8583.');
  const profile = args.maybe('profile') ?? '1987-ascii';
  await profileOf(profile);
  return {
    ...{ format: 'sokkin-pos-1', host: found[1], port: Number(found[2]), profile, terminal: 'L0000000' },
    ...{
      merchant: LOAD_MERCHANT,
      category: '5411',
      shop: 'Load',
      language: 'en',
      columns: 32,
      signOn: false,
    },
    timeoutMs: whole(args, 'timeout', 10_000, 50, 600_000),
  };
}

function whole(args: Args, name: string, usual: number, least: number, most: number): number {
  const text = args.maybe(name);
  if (text === undefined) return usual;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw new UsageError(`--${name} is a whole number from ${least} to ${most}, not "${text}".`);
  return value;
}

const ms = (value: number): string =>
  Number.isNaN(value) ? 'nothing was answered' : `${value.toFixed(1)} ms`;

function answerOf({ style }: Context, result: LoadResult, rate: number | undefined): Answer {
  const { terminals, connections, answered, unanswered, strange, codes } = result;
  const meaning = (code: string): string =>
    ISO_RESPONSE_CODES[code.length === 2 ? '1987' : '1993'].get(code)?.meaning ?? 'not of the standard';
  const isAllThere = unanswered === 0 && strange === 0 && answered > 0;
  return {
    json: { ...result, wanted: rate ?? null },
    lines: [
      style.bold(
        `${Math.round(result.rate)} answers a second to ${terminals} terminals over ${connections} lines`,
      ),
      `  half of them within ${ms(result.p50Ms)}, 99 of 100 within ${ms(result.p99Ms)}, the slowest ${ms(result.mostMs)}`,
      ...Object.entries(codes).map(([code, n]) => `  ${String(n).padStart(9)}  ${code}  ${meaning(code)}`),
      ...(unanswered > 0 ? [`  ${unanswered} got no answer in time`] : []),
      ...(strange > 0 ? [`  ${strange} answers belong to no question, or their code is wrong`] : []),
    ],
    exit: isAllThere ? EXIT.done : EXIT.refused,
  };
}
