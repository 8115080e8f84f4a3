/**
 * The data of one transaction by tags, and its results (Book 3, 5.4, 7.5 and 10.2; Annex A and C5, C6).
 *
 * What must hold: what the card gives comes once, in its length and format, and never takes the place of the terminal's
 * own; whatever breaks that ends the application. Values are never changed: each step makes new ones.
 */
import {
  type Bytes,
  buildDolData,
  type DolEntry,
  emvElement,
  encodeFlags,
  hex,
  parseDol,
  SokkinError,
  type Tlv,
  TSI_FLAGS,
  type TsiFlag,
  TVR_FLAGS,
  type TvrFlag,
} from '@sokkin/codec';
import { TAG, tagText } from '../tags.ts';

export interface KernelData {
  /** The terminal's elements. */
  readonly own: ReadonlyMap<number, Bytes>;
  /** The card's. */
  readonly card: ReadonlyMap<number, Bytes>;
  readonly tvr: ReadonlySet<TvrFlag>;
  readonly tsi: ReadonlySet<TsiFlag>;
}

/** What the card sent is against the books: the application ends (Book 3, 7.5). */
export function cardError(section: string, text: string): never {
  throw new SokkinError('card_data', `${text} (${section})`);
}

/** With these bits of the results besides. */
export const withResults = <D extends KernelData>(
  data: D,
  tvr: Iterable<TvrFlag>,
  tsi: Iterable<TsiFlag> = [],
): D => ({
  ...data,
  tvr: new Set([...data.tvr, ...tvr]),
  tsi: new Set([...data.tsi, ...tsi]),
});

/** With elements of the terminal set anew. */
export const withOwn = <D extends KernelData>(data: D, elements: Iterable<readonly [number, Bytes]>): D => ({
  ...data,
  own: new Map([...data.own, ...elements]),
});

/** With elements of the card, each new (Book 3, 10.2: a second occurrence ends the transaction). */
export function withCard<D extends KernelData>(data: D, objects: readonly Tlv[], section: string): D {
  const card = new Map(data.card);
  for (const { tag, value, children } of objects) {
    if (children !== undefined) continue;
    if (card.has(tag)) cardError(section, `The card gave ${tagText(tag)} twice`);
    checkElement(tag, value, section);
    card.set(tag, value.slice());
  }
  return { ...data, card };
}

/** Book 3, 7.5: an element that the dictionary knows has its source, length and format. */
function checkElement(tag: number, value: Bytes, section: string): void {
  const known = emvElement(tag);
  if (known === undefined) return;
  const name = `${tagText(tag)} (${known.name})`;
  if (known.source !== 'card') cardError(section, `${name} is not the card's to give`);
  if (value.length < known.min || value.length > known.max)
    cardError(section, `${name} has ${value.length} bytes`);
  if (known.format === 'n' && !/^\d*$/.test(hex(value))) cardError(section, `${name} is no number`);
  if (known.format === 'cn' && !/^\d+f*$/.test(hex(value))) cardError(section, `${name} is no number`);
}

/** An element as lists ask for it (Book 3, 5.4): the terminal's own first. */
export function lookUp(data: KernelData, tag: number): Bytes | undefined {
  if (tag === TAG.results) return encodeFlags(TVR_FLAGS, data.tvr);
  if (tag === TAG.status) return encodeFlags(TSI_FLAGS, data.tsi);
  return data.own.get(tag) ?? data.card.get(tag);
}

/** A list of the card; a list that does not parse ends the application. */
export const listOf = (data: KernelData, tag: number): readonly DolEntry[] => {
  const bytes = data.card.get(tag);
  return bytes === undefined ? [] : parseDol(bytes);
};

export const dolData = (data: KernelData, list: readonly DolEntry[]): Bytes =>
  buildDolData(list, (tag) => lookUp(data, tag));

/** All that both sides know now, by tag: what a cryptogram made now would stand for. */
export const everything = (data: KernelData): Map<number, Bytes> =>
  new Map([
    ...data.card,
    ...data.own,
    [TAG.results, encodeFlags(TVR_FLAGS, data.tvr)],
    [TAG.status, encodeFlags(TSI_FLAGS, data.tsi)],
  ]);
