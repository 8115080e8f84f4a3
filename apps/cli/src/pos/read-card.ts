/**
 * How the terminal gets a card's word: by its contactless kernel from a card in the field, or from recorded chip data.
 *
 * What must hold: an approval that the card gave offline is in the till before the kernel forgets it; a card that left too
 * early is asked for again, as the kernel says.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, epochOfIso } from '@sokkin/codec';
import { nodeRsa } from '@sokkin/node';
import {
  type ContactlessOutcome,
  contactlessTerminal,
  type OutcomeName,
  parseTerminalConfig,
  type ReadCard,
  type Recorded,
  type ShownCard,
  type TerminalConfig,
  type TillSale,
  type TornLogPort,
} from '@sokkin/terminal';
import { readJson } from '../data/files.ts';
import { findPlace } from '../data/places.ts';
import type { Tear } from '../data/purse-file.ts';
import { withTap } from '../flows/tap.ts';
import type { Context } from '../io/context.ts';
import { readChipFile } from './chip-file.ts';
import type { PosPlace } from './settings.ts';

/** What the card said, once it is gone. */
export type CardWord =
  | { readonly kind: 'online' | 'offline'; readonly sale: TillSale }
  /** `isAgain`: the same card, held to it once more, may still pay. */
  | { readonly kind: 'none'; readonly because: string; readonly isAgain: boolean };

export const terminalFile = ({ folder }: PosPlace): string => join(folder, 'terminal.json');

/** The configuration that `pos new` wrote, or a file of one's own. */
export async function terminalConfig(place: PosPlace): Promise<TerminalConfig> {
  const json = await readJson(terminalFile(place));
  return parseTerminalConfig(json ?? (await exampleConfig()));
}

export async function exampleConfig(): Promise<unknown> {
  const url = new URL(import.meta.resolve('@sokkin/terminal/config/example.json'));
  return JSON.parse(await readFile(url, 'utf8'));
}

export interface Tap {
  readonly card: string;
  readonly id: string;
  readonly amount: bigint;
  readonly forceOnline: boolean;
  readonly hasNetwork: boolean;
  readonly torn: TornLogPort;
  readonly tear: Tear | undefined;
  /** An offline approval, of this tap or of one that was torn before. */
  readonly keep: (sale: TillSale) => Promise<unknown>;
}

export async function tapCard(context: Context, config: TerminalConfig, tap: Tap): Promise<CardWord> {
  const place = await findPlace(context, tap.card);
  const terminal = contactlessTerminal(config, {
    rsa: nodeRsa(),
    randomBytes: (n) => context.crypto.randomBytes(n),
    clock: terminalTime,
    torn: tap.torn,
    record: (found) => keepOffline(found, tap),
  });
  const { id, amount, forceOnline, hasNetwork } = tap;
  const begun = terminal.begin({ id, amount, forceOnline, hasNetwork });
  if (begun.status === 'ended') return wordOf(begun.outcome, amount);
  const outcome = await withTap(context, place, { tear: tap.tear }, ({ transport }) =>
    begun.payment.tap(transport),
  );
  return wordOf(outcome, amount);
}

async function keepOffline(found: Recorded, { amount, keep }: Tap): Promise<void> {
  if (found.kind === 'outcome') {
    const word = wordOf(found.outcome, amount);
    if (word.kind === 'offline') await keep(word.sale);
  } else if (found.recovered.approved) {
    const { dataRecord } = found.recovered;
    await keep({ card: contactless(dataRecord), amount: amountOf(dataRecord), holder: 'none' });
  }
}

const KINDS: Partial<Record<OutcomeName, 'online' | 'offline'>> = {
  approved: 'offline',
  onlineRequest: 'online',
};

export function wordOf(outcome: ContactlessOutcome, amount: bigint): CardWord {
  const { dataRecord, cvm, discretionary } = outcome;
  const kind = KINDS[outcome.outcome];
  if (kind === undefined || dataRecord === undefined)
    return { kind: 'none', because: discretionary.because, isAgain: outcome.outcome === 'tryAgain' };
  if (cvm === 'onlinePin')
    return {
      kind: 'none',
      because: 'The card wants a PIN, and this terminal has no PIN pad.',
      isAgain: false,
    };
  const holder: ShownCard['holder'] =
    cvm === 'signature' ? 'signature' : cvm === 'onDevice' ? 'device' : 'none';
  return { kind, sale: { card: contactless(dataRecord), amount, holder } };
}

export async function recordedCard(path: string): Promise<CardWord & { readonly amount: bigint }> {
  const { data, amount, type } = await readChipFile(path);
  if (type === 'aac')
    return { kind: 'none', because: 'The recorded card declined (AAC).', isAgain: false, amount };
  const sale: TillSale = { card: contactless(data), amount, holder: 'none' };
  return { kind: type === 'tc' ? 'offline' : 'online', sale, amount };
}

const contactless = (data: ReadonlyMap<number, Bytes>): ReadCard => ({ entry: 'contactlessChip', data });

function amountOf(data: ReadonlyMap<number, Bytes>): bigint {
  const digits = [...(data.get(0x9f02) ?? [])].map((b) => b.toString(16).padStart(2, '0')).join('');
  return BigInt(digits === '' ? '0' : digits);
}

/** The terminal's own clock, local time. */
export function terminalTime() {
  const now = new Date();
  const two = (n: number): string => n.toString().padStart(2, '0');
  const [year, month, day] = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())];
  return {
    date: `${two(year % 100)}${month}${day}`,
    time: `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`,
    today: epochOfIso(`${year}-${month}-${day}`),
    seconds: now.getTime() / 1000,
  };
}

/** For DE 7 and 12. */
export function stampTime(): { readonly local: string; readonly transmitted: string } {
  const { date, time } = terminalTime();
  const utc = new Date().toISOString().replaceAll(/[-:T]/g, '');
  return { local: `${date}${time}`, transmitted: utc.slice(4, 14) };
}
