/**
 * Files of offline approvals: JSON lines.
 *
 * What must hold: each item stands for itself: one that cannot be read keeps back no other; what is said of one never shows its card's
 * number; the same file again has the same results.
 */
import { type Bytes, DE55_TABLES, fromHex, readDe55, SokkinError } from '@sokkin/codec';
import { z } from 'zod';
import type { Backend } from '../../backend.ts';
import { clear } from './clear.ts';
import { panOf } from './pan-of.ts';
import { CLEARING_REFUSALS, type ClearingResult, type PresentedTc } from './presented.ts';

/** Items of one call. */
export const MOST_ITEMS = 1_000;
/** Cleared at once: they wait for the disk, and not for each other. */
const LANES = 8;

export type ReadItem = { readonly presented: PresentedTc } | { readonly unreadable: string };

export interface FileResult {
  readonly item: number;
  readonly status: 'settled' | 'refused' | 'unreadable';
  readonly repeat: boolean;
  readonly clearing: string | null;
  readonly reason: ClearingResult['reason'] | null;
  readonly detail: string;
  /** Paid now. */
  readonly paid: bigint;
}

/** Each item with its result, in their order. */
export async function clearAll(b: Backend, items: readonly ReadItem[]): Promise<readonly FileResult[]> {
  const results: FileResult[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (;;) {
      const at = next++;
      const item = items[at];
      if (item === undefined) return;
      results[at] = await resultOf(b, item, at + 1);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}

async function resultOf(b: Backend, read: ReadItem, item: number): Promise<FileResult> {
  if ('unreadable' in read)
    return {
      ...{ item, status: 'unreadable', repeat: false, clearing: null, reason: null, paid: 0n },
      detail: read.unreadable,
    };
  const { id, status, reason, isRepeat: repeat, amount } = await clear(b, read.presented);
  const detail = reason === undefined ? `The merchant was paid ${amount}.` : CLEARING_REFUSALS[reason].says;
  const paid = repeat ? 0n : amount;
  return { item, status, repeat, clearing: id, reason: reason ?? null, detail, paid };
}

const line = z.strictObject({
  card_acceptor: z.string().regex(/^[!-~]([ -~]{0,13}[!-~])?$/),
  terminal: z
    .string()
    .regex(/^[!-~]([ -~]{0,14}[!-~])?$/)
    .optional(),
  pan: z
    .string()
    .regex(/^\d{12,19}$/)
    .optional(),
  amount: z.string().regex(/^[1-9][0-9]{0,14}$/),
  currency: z
    .string()
    .regex(/^\d{3}$/)
    .default('392'),
  chip: z
    .string()
    .max(2 * DE55_TABLES.advice.most)
    .regex(/^([0-9a-fA-F]{2})+$/),
  reference: z
    .string()
    .regex(/^[ -~]{1,12}$/)
    .optional(),
  stan: z
    .string()
    .regex(/^\d{6}$/)
    .optional(),
});

/** One object a line; empty lines are none. */
export const readJsonLines = (acquirer: string, data: string): ReadItem[] =>
  data
    .split(/\r?\n/)
    .filter((text) => text.trim() !== '')
    .map((text) => readLine(acquirer, text));

function readLine(acquirer: string, text: string): ReadItem {
  const parsed = line.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') ?? '';
    return {
      unreadable: `The line is no approval as docs/clearing.md has them${where === '' ? '.' : `: look at ${where}.`}`,
    };
  }
  const {
    card_acceptor: acceptor,
    terminal,
    pan: said,
    amount,
    currency,
    chip: octets,
    ...rest
  } = parsed.data;
  const chip = elementsIn(fromHex(octets.toLowerCase()));
  if (chip === undefined) return { unreadable: 'chip is no DE 55 of an advice.' };
  const number = numberIn(chip);
  if (said !== undefined && number !== undefined && said !== number)
    return { unreadable: 'pan and chip name different cards.' };
  const pan = panOf(said ?? number ?? '');
  if (pan === undefined) return { unreadable: 'Neither pan nor chip names a card.' };
  const { reference, stan } = rest;
  return {
    presented: { acquirer, acceptor, terminal, pan, amount: BigInt(amount), currency, chip, reference, stan },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function elementsIn(octets: Bytes): ReadonlyMap<number, Bytes> | undefined {
  try {
    return readDe55(DE55_TABLES.advice, octets).elements;
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

const [PAN, TRACK2] = [0x5a, 0x57];

/** Of tag 5A, or of the track. */
function numberIn(chip: ReadonlyMap<number, Bytes>): string | undefined {
  const value = chip.get(PAN) ?? chip.get(TRACK2);
  if (value === undefined) return undefined;
  const text = [...value].map((octet) => octet.toString(16).padStart(2, '0')).join('');
  return /^\d+/.exec(text)?.[0];
}
