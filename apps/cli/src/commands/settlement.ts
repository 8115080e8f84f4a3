/** Clearing of offline approvals, days of an acquirer, statements of its merchants. */
import { writeFile } from 'node:fs/promises';
import { SokkinError } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import type { HttpApi } from '../api/http-api.ts';
import { all } from '../api/lists.ts';
import { readIfThere } from '../data/files.ts';
import { type Args, type Command, UsageError } from '../io/command.ts';
import { money } from './common.ts';

const ACQUIRER = { name: 'acquirer', says: 'ins_...' } as const;
const MERCHANT = { name: 'merchant', says: 'mch_...' } as const;
const DAY = { name: 'day', says: 'its number, as `settlement days` shows it' } as const;
const INS = 'ins_00112233445566778899aabb';
const MCH = 'mch_00112233445566778899aabb';
/** Items of one request: a file of any length goes in parts. */
const PART = 500;

const yen = (value: unknown, what: string): string => money(BigInt(read.text(value, what)));
const path = (acquirer: string, rest = ''): string =>
  `/v1/institutions/${encodeURIComponent(acquirer)}/settlement${rest}`;
const merchantPath = (args: Args, rest = ''): string =>
  `/v1/merchants/${encodeURIComponent(args.text('merchant'))}${rest}`;

function dayOf(args: Args): string {
  const day = args.text('day');
  if (!/^[1-9][0-9]{0,5}$/.test(day)) throw new UsageError(`"${day}" is no number of a day.`);
  return day;
}

interface Sums {
  settled: number;
  refused: number;
  unreadable: number;
  amount: bigint;
}

export const clearCommand: Command = {
  name: 'clear',
  says: 'clear offline approvals of cards from a file: the same file again pays nothing again',
  positionals: [{ name: 'file', says: 'one JSON object a line (docs/clearing.md), or messages in frames' }],
  flags: {
    acquirer: { value: 'ins_...', says: 'for whom; left out: your own institution' },
    profile: { value: 'NAME', says: 'the file holds ISO 8583 advices in this dialect' },
    link: { value: 'ID', says: 'the file holds ISO 8583 advices in the dialect of this link' },
  },
  examples: [`sokkin clear batch.jsonl --acquirer ${INS}`, 'sokkin clear batch.iso --profile 1987-bcd'],
  async run(context, args) {
    const [profile, link] = [args.maybe('profile'), args.maybe('link')];
    if (profile !== undefined && link !== undefined)
      throw new UsageError('--profile and --link both name a dialect: give one of them.');
    const file = args.text('file');
    const bytes = await readIfThere(file);
    if (bytes === undefined) throw new SokkinError('not_found', `There is no file ${file}.`);
    const isIso = profile !== undefined || link !== undefined;
    const about = { acquirer: args.maybe('acquirer'), profile, link };
    const parts = isIso ? [Buffer.from(bytes).toString('base64')] : partsOf(bytes, file);
    const sums: Sums = { settled: 0, refused: 0, unreadable: 0, amount: 0n };
    const results: read.Json[] = [];
    for (const data of parts) {
      const body = { ...about, format: isIso ? 'iso8583' : 'json-lines', data };
      const json = await context.api().post('/v1/clearing-files', body);
      take(sums, results, json);
    }
    const wrong = results.filter((r) => r.status !== 'settled');
    const lines = wrong.map((r) => `  item ${String(r.item)}: ${String(r.status)}. ${String(r.detail)}`);
    const { settled, refused, unreadable, amount } = sums;
    return {
      json: { ...sums, amount: amount.toString(), results },
      lines: [
        `${settled} settled, ${money(amount)} paid now; ${refused} refused, ${unreadable} unreadable.`,
        ...lines,
      ],
      exit: wrong.length === 0 ? 0 : 1,
    };
  },
};

function take(sums: Sums, results: read.Json[], json: read.Json): void {
  const before = results.length;
  for (const name of ['settled', 'refused', 'unreadable'] as const) sums[name] += Number(json[name]);
  sums.amount += BigInt(read.text(json.amount, 'amount'));
  for (const item of read.list(json.results, 'results')) {
    const result = read.object(item, 'results[]');
    results.push({ ...result, item: before + Number(result.item) });
  }
}

function partsOf(bytes: Uint8Array, file: string): string[] {
  const lines = textOf(bytes, file)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  if (lines.length === 0) throw new UsageError(`${file} is empty.`);
  return Array.from({ length: Math.ceil(lines.length / PART) }, (_, i) =>
    lines.slice(i * PART, (i + 1) * PART).join('\n'),
  );
}

function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SokkinError('file_damaged', `${file} is no text: name its dialect with --profile or --link.`, {
      cause,
    });
  }
}

function dayLines(day: read.Json): string[] {
  const fees = read.object(day.fees, 'fees');
  return [
    `${String(day.acquirer)}, day ${String(day.day)} (${String(day.business_date)}): ${String(day.status)}`,
    `  net to merchants  ${yen(day.net, 'net')}`,
    `  fees              ${yen(fees.due, 'due')}, of which ${yen(fees.paid, 'paid')} are paid; ${yen(fees.owed, 'owed')} owed`,
    ...read.list(day.positions, 'positions').map(positionLine),
  ];
}

function positionLine(item: unknown): string {
  const position = read.object(item, 'positions[]');
  const sums = read.object(position.sums, 'sums');
  const part = (name: string): string => {
    const { count, amount } = read.object(sums[name], name);
    return `${name} ${String(count)}/${String(amount)}`;
  };
  const parts = ['payments', 'offline', 'reversals', 'refunds'].map(part).join('  ');
  return `  ${String(position.merchant)}  ${parts}  fee ${String(position.fee)}`;
}

export const settlementShow: Command = {
  name: 'settlement show',
  says: 'the day that is open, or one that is over: what merchants got, gave back and owe',
  positionals: [ACQUIRER, { ...DAY, optional: true }],
  examples: [`sokkin settlement show ${INS}`, `sokkin settlement show ${INS} 3 --json`],
  async run(context, args) {
    const acquirer = args.text('acquirer');
    if (args.maybe('day') === undefined) {
      const json = await context.api().get(path(acquirer));
      const when = json.cut_over === null ? 'when the acquirer says so' : `at ${String(json.cut_over)} UTC`;
      return { json, lines: [`Days end ${when}.`, ...dayLines(read.object(json.open, 'open'))] };
    }
    const json = await context.api().get(path(acquirer, `/days/${dayOf(args)}`));
    return { json, lines: dayLines(json) };
  },
};

export const settlementDays: Command = {
  name: 'settlement days',
  says: 'the days of an acquirer that are over',
  positionals: [ACQUIRER],
  examples: [`sokkin settlement days ${INS}`],
  async run(context, args) {
    const days = await all(context.api(), path(args.text('acquirer'), '/days'));
    const line = (d: read.Json): string =>
      `${String(d.day).padStart(5)}  ${String(d.business_date)}  ${String(d.status).padEnd(8)} closed ${String(d.closed_at)}`;
    return { json: { days }, lines: days.length === 0 ? ['No day is over yet.'] : days.map(line) };
  },
};

export const settlementSet: Command = {
  name: 'settlement set',
  says: 'set when the days of an acquirer end, and where fees go',
  positionals: [ACQUIRER],
  flags: {
    'cut-over': { value: 'HH:MM', says: 'UTC; left out: when the acquirer says so' },
    'fee-account': {
      value: 'ACCOUNT',
      says: "an account of the acquirer's own; left out: fees are only owed",
    },
  },
  examples: [`sokkin settlement set ${INS} --cut-over 15:00 --fee-account acc_00112233445566778899aabb`],
  async run(context, args) {
    const body = {
      cut_over: args.maybe('cut-over') ?? null,
      fee_account: args.maybe('fee-account') ?? null,
    };
    const json = await context.api().post(path(args.text('acquirer')), body, crypto.randomUUID());
    return {
      json,
      lines: [
        `Days end ${json.cut_over === null ? 'when the acquirer says so' : `at ${String(json.cut_over)} UTC`}.`,
        json.fee_account === null
          ? 'Fees are owed, and stay where they are.'
          : `Fees go to ${String(json.fee_account)}.`,
      ],
    };
  },
};

export const settlementCut: Command = {
  name: 'settlement cut',
  says: 'end the day that is open: what comes now is of the next',
  positionals: [ACQUIRER],
  examples: [`sokkin settlement cut ${INS}`],
  async run(context, args) {
    const acquirer = args.text('acquirer');
    const cut = await context.api().post(path(acquirer, '/cut-overs'), {}, crypto.randomUUID());
    const json = await context.api().get(path(acquirer, `/days/${String(cut.day)}`));
    return { json, lines: dayLines(json) };
  },
};

export const settlementTotals: Command = {
  name: 'settlement totals',
  says: 'what acquirers said their totals are, and what differs from ours',
  positionals: [ACQUIRER],
  examples: [`sokkin settlement totals ${INS}`],
  async run(context, args) {
    const totals = await all(context.api(), path(args.text('acquirer'), '/totals'));
    const line = (t: read.Json): string => {
      const whose =
        t.merchant === null ? 'all merchants' : `${String(t.merchant)} ${String(t.terminal ?? '')}`;
      const differs = read.list(t.differs, 'differs').map(String).join(', ');
      const verdict = t.in_balance === true ? 'in balance' : `out of balance: ${differs}`;
      return `${String(t.at)}  day ${String(t.day)}  ${whose.trim()}  ${verdict}`;
    };
    return {
      json: { totals },
      lines: totals.length === 0 ? ['Nothing was compared yet.'] : totals.map(line),
    };
  },
};

export const settlementTerms: Command = {
  name: 'settlement terms',
  says: 'what a merchant pays its acquirer; with flags, set it',
  positionals: [MERCHANT],
  flags: {
    'basis-points': { value: 'N', says: 'hundredths of a percent of what it kept of its payments' },
    fixed: { value: 'YEN', says: 'for each payment (default 0)' },
  },
  examples: [`sokkin settlement terms ${MCH}`, `sokkin settlement terms ${MCH} --basis-points 125 --fixed 3`],
  async run(context, args) {
    const json = await termsOf(context.api(), args);
    const line = `${String(json.basis_points)} basis points and ${String(json.fixed)} JPY a payment (version ${String(json.version)})`;
    return { json, lines: [line] };
  },
};

function termsOf(api: HttpApi, args: Args): Promise<read.Json> {
  const [points, fixed] = [args.maybe('basis-points'), args.maybe('fixed')];
  const where = merchantPath(args, '/fee-terms');
  if (points === undefined && fixed === undefined) return api.get(where);
  if (!/^[0-9]{1,5}$/.test(points ?? '0')) throw new UsageError(`"${points}" is no number of basis points.`);
  if (!/^[0-9]{1,9}$/.test(fixed ?? '0')) throw new UsageError(`"${fixed}" is no amount in yen.`);
  const body = { basis_points: Number(points ?? 0), fixed: fixed ?? '0' };
  return api.post(where, body, crypto.randomUUID());
}

const FORMATS: Readonly<Record<string, string>> = { text: 'text', csv: 'csv', camt: 'camt.053' };

export const settlementStatement: Command = {
  name: 'settlement statement',
  says: "a merchant's day on paper, as CSV, or as camt.053",
  positionals: [MERCHANT, DAY],
  flags: {
    format: { value: 'FORMAT', says: 'text (default), csv, camt' },
    out: { value: 'FILE', says: 'write it there' },
  },
  examples: [
    `sokkin settlement statement ${MCH} 3`,
    `sokkin settlement statement ${MCH} 3 --format camt --out day3.xml`,
  ],
  async run(context, args) {
    const format = args.maybe('format') ?? 'text';
    const name = FORMATS[format];
    if (name === undefined)
      throw new UsageError(`"${format}" is none of ${Object.keys(FORMATS).join(', ')}.`);
    const text = await context.api().ledger.text(merchantPath(args, `/days/${dayOf(args)}/${name}`));
    const out = args.maybe('out');
    if (out === undefined) return { json: { format, text }, lines: text.trimEnd().split(/\r?\n/) };
    await writeFile(out, text).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new SokkinError('file_failed', `${out} could not be written: ${why}.`, { cause });
    });
    return { json: { format, out }, lines: [`Written to ${out}.`] };
  },
};

export const settlementCommands: readonly Command[] = [
  clearCommand,
  settlementShow,
  settlementDays,
  settlementSet,
  settlementCut,
  settlementTotals,
  settlementTerms,
  settlementStatement,
];
