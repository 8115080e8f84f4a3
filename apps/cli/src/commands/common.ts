/** What several commands read from their arguments, and how costs and amounts are shown. */
import { createInterface } from 'node:readline/promises';
import { formatAmount, parseAmount, SokkinError } from '@sokkin/codec';
import { pinBlock } from '@sokkin/purse';
import type { Account, HttpApi } from '../api/http-api.ts';
import type { Tear } from '../data/purse-file.ts';
import type { TapCost } from '../flows/tap.ts';
import { type Args, type Flag, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';

export const ACCOUNT: Flag = { value: 'ACCOUNT', says: 'id or name; may be left out if there is only one' };
export const PIN: Flag = { value: 'DIGITS', says: 'the PIN, where the card asks for it' };
export const AMOUNT = { name: 'amount', says: 'whole yen, like 1500 or 1,500' } as const;
export const TEARS: Readonly<Record<string, Flag>> = {
  tear: { value: 'WHEN', says: 'tear the card away: before, during or after an exchange' },
  'at-exchange': { value: 'N', says: 'which exchange is torn, from 1 (default 2)' },
};
export const SHORT: Readonly<Record<string, Flag>> = {
  short: { says: 'play a reader that knows short APDUs only' },
};

export function amountOf(text: string): bigint {
  try {
    const amount = parseAmount(text);
    if (amount === 0n) throw new UsageError('The amount must be at least 1.');
    return amount;
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof SokkinError)) throw error;
    throw new UsageError(`"${text}": ${error.message}.`);
  }
}

export function tearOf(args: Args): Tear | undefined {
  const when = args.maybe('tear');
  const at = args.maybe('at-exchange');
  if (when === undefined) {
    if (at !== undefined) throw new UsageError('--at-exchange says where, --tear must say how.');
    return undefined;
  }
  if (when !== 'before' && when !== 'during' && when !== 'after')
    throw new UsageError(`--tear is before, during or after, not "${when}".`);
  const exchange = Number(at ?? 2);
  if (!Number.isInteger(exchange) || exchange < 1)
    throw new UsageError('--at-exchange is a number from 1 on.');
  return { when, exchange };
}

/** A PIN from the flag or, on a terminal, from the person. Never a default. */
export async function pinOf(context: Context, args: Args, flag = 'pin'): Promise<string> {
  const given = args.maybe(flag) ?? (await asked(context, flag));
  if (given === undefined)
    throw new UsageError(`--${flag} is missing: 4 to 12 digits. There is no default PIN.`);
  return mustBePin(given);
}
export const maybePin = (args: Args): string | undefined => {
  const pin = args.maybe('pin');
  return pin === undefined ? undefined : mustBePin(pin);
};

function mustBePin(digits: string): string {
  if (pinBlock(digits) === undefined) throw new UsageError('A PIN has 4 to 12 digits.');
  return digits;
}

async function asked({ json }: Context, flag: string): Promise<string | undefined> {
  if (json || process.stdin.isTTY !== true || process.stdout.isTTY !== true) return undefined;
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await prompt.question(`${flag === 'pin' ? 'PIN' : flag} (4 to 12 digits): `)).trim();
  } finally {
    prompt.close();
  }
}

/** The account that the words mean, or the only one there is. */
export async function accountFor(api: HttpApi, wanted: string | undefined): Promise<Account> {
  const all = await api.accounts();
  const found = wanted === undefined ? all : all.filter((a) => a.id === wanted || a.name === wanted);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = all.map((a) => `${a.name} (${a.id})`).join(', ');
  if (all.length === 0)
    throw new SokkinError('not_found', 'There is no account yet. Open one: sokkin account create NAME');
  if (only === undefined)
    throw new SokkinError('not_found', `There is no account "${wanted}". There are: ${names}.`);
  const why =
    wanted === undefined ? 'Say whose: --account' : `Several accounts are called "${wanted}": use the id.`;
  throw new UsageError(`${why} There are: ${names}.`);
}

export const money = (a: bigint): string => formatAmount(a);

export const costJson = (costs: readonly TapCost[]) =>
  costs.map(({ who, exchanges, bytesSent, bytesReceived, milliseconds }) => ({
    purse: who,
    exchanges,
    bytes_sent: bytesSent,
    bytes_received: bytesReceived,
    milliseconds: Math.round(milliseconds * 1000) / 1000,
  }));

export const costLines = ({ style }: Context, costs: readonly TapCost[]): string[] =>
  costs.map((c) =>
    style.dim(
      `  ${c.who}: ${c.exchanges} exchanges, ${c.bytesSent} bytes to the card, ${c.bytesReceived} back, ${c.milliseconds.toFixed(1)} ms`,
    ),
  );
