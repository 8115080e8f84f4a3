/** Commands about the ledger: transfers, their reversals, statements, and what stands behind the audit. */
import { SokkinError } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import { beginAttempt } from '../data/attempts.ts';
import { writeWhole } from '../data/files.ts';
import type { Answer, Command } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { AMOUNT, accountFor, amountOf, money } from './common.ts';

/** An id as it is, since it may be another's; a name among our own. */
const idOf = async (context: Context, wanted: string): Promise<string> =>
  /^acc_[0-9a-z_]{1,40}$/.test(wanted) ? wanted : (await accountFor(context.api(), wanted)).id;

const yen = (value: unknown): string => money(BigInt(read.text(value, 'amount')));

/** Does it once, however often the command is run until it has come to its end. */
async function once(
  context: Context,
  words: readonly string[],
  work: (key: string) => Promise<read.Json>,
): Promise<read.Json> {
  const attempt = await beginAttempt(context, words);
  const json = await work(attempt.key).catch(async (error: unknown) => {
    if (error instanceof SokkinError && error.code === 'backend_refused') await attempt.finish();
    throw error;
  });
  await attempt.finish();
  return json;
}

export const transferCommand: Command = {
  name: 'transfer',
  says: 'move money from one account to another',
  positionals: [
    { name: 'from', says: 'id or name of an account of yours' },
    { name: 'to', says: 'id of an account, or name of one of yours' },
    AMOUNT,
  ],
  flags: {
    memo: { value: 'TEXT', says: 'for the payee to read' },
    'dry-run': { says: 'say what would happen; nothing moves' },
  },
  examples: [
    'sokkin transfer Mine Pilot 1,500 --memo "for the cake"',
    'sokkin transfer Mine Pilot 1500 --dry-run',
  ],
  async run(context, args) {
    const { ledger } = context.api();
    const [from, to] = [await idOf(context, args.text('from')), await idOf(context, args.text('to'))];
    const wish = { from, to, amount: amountOf(args.text('amount')), memo: args.maybe('memo') };
    if (args.has('dry-run')) {
      const json = await ledger.transfer(wish, undefined);
      const balances = read.object(json.balances, 'balances');
      return { json, lines: [`It would go: ${from} would hold ${yen(balances.from)}.`] };
    }
    const words = ['transfer', from, to, wish.amount.toString(), wish.memo ?? ''];
    const json = await once(context, words, (key) => ledger.transfer(wish, key));
    return { json, lines: [`Moved ${money(wish.amount)} from ${from} to ${to}: ${json.id}`] };
  },
};

export const reverseCommand: Command = {
  name: 'reverse',
  says: 'send a transfer back, or a part of it',
  positionals: [{ name: 'transfer', says: 'its id, trf_...' }],
  flags: {
    amount: { value: 'YEN', says: 'a part; else all that is left of it' },
    reason: { value: 'TEXT', says: 'why; both sides read it', required: true },
  },
  examples: ['sokkin reverse trf_0123456789abcdef01234567 --reason "wrong shop" --amount 500'],
  async run(context, args) {
    const id = args.text('transfer');
    const part = args.maybe('amount');
    const amount = part === undefined ? undefined : amountOf(part);
    const reason = args.text('reason');
    const words = ['reverse', id, part ?? '', reason];
    const json = await once(context, words, (key) => context.api().ledger.reverse(id, amount, reason, key));
    return { json, lines: [`Sent ${yen(json.amount)} back to ${json.to}: ${json.id}`] };
  },
};

export const statementCommand: Command = {
  name: 'statement',
  says: 'what moved on an account in a period',
  positionals: [{ name: 'account', says: 'id or name' }],
  flags: {
    from: { value: 'TIME', says: 'of this time and later, like 2026-11-01T00:00:00Z' },
    to: { value: 'TIME', says: 'before this time' },
    camt: { value: 'FILE', says: 'write it as ISO 20022 camt.053 instead' },
  },
  examples: ['sokkin statement Mine', 'sokkin statement Mine --from 2026-11-01T00:00:00Z --camt mine.xml'],
  async run(context, args) {
    const account = await idOf(context, args.text('account'));
    const period = { from: args.maybe('from'), to: args.maybe('to') };
    const file = args.maybe('camt');
    if (file !== undefined) {
      await writeWhole(file, await context.api().ledger.camt053(account, period));
      return { json: { account, file }, lines: [`Written to ${file}.`] };
    }
    return statement(context, account, period);
  },
};

async function statement(
  context: Context,
  account: string,
  wish: { readonly from: string | undefined; readonly to: string | undefined },
): Promise<Answer> {
  const { ledger } = context.api();
  const first = await ledger.statement(account, wish);
  // The pages after it are of the very same period, also if it ends now.
  const period = { from: read.text(first.from, 'from'), to: read.text(first.to, 'to') };
  const data = await allOf(first, (cursor) => ledger.statement(account, period, cursor));
  const { opening_balance, closing_balance } = first;
  const lines = data.map(({ at, amount, kind, reference, memo }) =>
    [at, yen(amount).padStart(14), kind, reference, ...(memo === null ? [] : [memo])].join('  '),
  );
  return {
    json: { account, ...period, opening_balance, closing_balance, data },
    lines: [`Before: ${yen(opening_balance)}`, ...lines, `After: ${yen(closing_balance)}`],
  };
}

/** The rows of all pages of a list. */
async function allOf(
  first: read.Json,
  more: (cursor: string) => Promise<read.Json>,
): Promise<readonly read.Json[]> {
  const rows: read.Json[] = [];
  for (let page = first; ; page = await more(read.text(page.next_cursor, 'next_cursor'))) {
    rows.push(...read.list(page.data, 'data').map((row, i) => read.object(row, `data[${i}]`)));
    if (page.has_more !== true) return rows;
  }
}

/** `sokkin audit --term`: the entries behind a figure. */
export async function auditTerm(context: Context, term: string): Promise<Answer> {
  const { ledger } = context.api();
  const first = await ledger.auditTerm(term);
  const data = await allOf(first, (cursor) => ledger.auditTerm(term, cursor));
  const lines = data.map(({ amount, account, purse, counterpart, reference }) =>
    [yen(amount).padStart(14), account, purse, counterpart, reference].filter((x) => x !== null).join('  '),
  );
  const head = `${term}: ${yen(first.total)}, ${first.says}`;
  return { json: { term, total: first.total, says: first.says, data }, lines: [head, ...lines] };
}

/** `sokkin audit --history`: what the audit found when it ran by itself. */
export async function auditHistory(context: Context): Promise<Answer> {
  const json = await context.api().ledger.auditRuns();
  const lines = read.list(json.data, 'data').map((row, i) => {
    const { at, holds, milliseconds } = read.object(row, `data[${i}]`);
    const verdict = holds === true ? context.style.good('holds') : context.style.bad('DOES NOT HOLD');
    return `${at}  ${verdict}  ${milliseconds} ms`;
  });
  const none = ['The audit has not run by itself yet: SOKKIN_AUDIT_SECONDS says how often it does.'];
  return { json, lines: lines.length === 0 ? none : lines };
}
