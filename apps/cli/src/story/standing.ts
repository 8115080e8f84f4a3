/** Where things stand, and how to go on by hand: what `sokkin start` says when it stays up. */
import { resolve } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import { select, summary } from '@sokkin/terminal';
import type { HttpApi } from '../api/http-api.ts';
import { money } from '../commands/common.ts';
import { auditLines } from '../commands/money.ts';
import { listPlaces, type Place } from '../data/places.ts';
import { withTap } from '../flows/tap.ts';
import { type Context, DEFAULT_PORT } from '../io/context.ts';

/** The balance of a purse, or why it cannot be read. */
export async function balanceOf(context: Context, place: Place): Promise<bigint | undefined> {
  try {
    return await withTap({ ...context, trace: false }, place, {}, async ({ transport }) => {
      const selected = await select(transport);
      const s = selected.status === 'ok' ? await summary(transport) : selected;
      return s.status === 'ok' ? s.value.balance : undefined;
    });
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

export async function standing(context: Context, api: HttpApi): Promise<string[]> {
  const places = [...(await listPlaces(context, 'card')), ...(await listPlaces(context, 'phone'))];
  const rows: string[] = [];
  for (const place of places.slice(0, 12)) {
    const balance = await balanceOf(context, place);
    const shown = balance === undefined ? 'unreadable' : money(balance);
    rows.push(`  ${place.kind.padEnd(6)} ${place.name.padEnd(16)} ${shown.padStart(12)}`);
  }
  return ['', ...rows, ...(await audited(context, api)).map((line) => `  ${line}`)];
}

/** A live back-end makes nobody who could ask, and stays up all the same. */
async function audited(context: Context, api: HttpApi): Promise<readonly string[]> {
  try {
    return auditLines(context, await api.audit());
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    return error.code === 'no_credentials' ? [] : [`No audit: ${error.message}`];
  }
}

/** Commands that work as they stand, from the root of the repository. */
export async function goOnByHand(context: Context, url: string): Promise<string[]> {
  const [card] = await listPlaces(context, 'card');
  const phones = await listPlaces(context, 'phone');
  const tail = [
    ...(resolve('.sokkin') === context.data ? [] : [`--data ${quoted(context.data)}`]),
    ...(url === `http://127.0.0.1:${DEFAULT_PORT}` ? [] : [`--api ${url}`]),
  ].join(' ');
  const line = (words: string) => {
    const all = tail === '' || words === '--help' ? words : `${words} ${tail}`;
    return `    npm run -s sokkin -- ${all}`;
  };
  const [one, two] = phones;
  const beginning = ['account create Mine', 'issue 50000', 'phone create mia --pin 1234', 'fund mia 5000'];
  const further = [
    ...(card === undefined ? [] : [`card show ${card.name}`]),
    ...(one === undefined || two === undefined
      ? []
      : [`pay --from ${two.name} --to ${one.name} --amount 500`]),
    ...(card === undefined || one === undefined
      ? []
      : [`pay --from ${card.name} --to ${one.name} --amount 300 --tear after --at-exchange 2`]),
    'audit',
    '--help',
  ];
  const words = one === undefined ? [...beginning, 'audit', '--help'] : further;
  return ['', '  Go on by hand, in another terminal:', ...words.map(line), ''];
}

const quoted = (path: string): string =>
  /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
