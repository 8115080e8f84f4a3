/**
 * What the number on a terminal is: a token, the PAN of a card that was linked, the PAN of a card of ours, or nobody's.
 *
 * What must hold: however many numbers are asked for, it is a fixed number of statements; a number that is no PAN by its check digit
 * is nobody's, and costs none.
 */
import { hex, SokkinError } from '@sokkin/codec';
import { type LinkRow, type OwnCard, Pan, type PanIndex, type TokenRow } from '@sokkin/issuer';
import type { EmvKeySource } from '../keys/emv-keys.ts';
import { linksOfPans, ownCardsOfPans, type Run, resolveTokens } from '../store/vault-sql.ts';
import type { PanKeys } from './pan-keys.ts';

export type Numbered =
  | { readonly kind: 'token'; readonly token: TokenRow; readonly link: LinkRow }
  /** The card of another issuer. */
  | { readonly kind: 'linked'; readonly link: LinkRow }
  /** A payment card of ours; its account is that of its purse. */
  | { readonly kind: 'own'; readonly card: OwnCard; readonly account: string }
  | { readonly kind: 'unknown' };

export interface NumberParts {
  readonly pans: PanKeys;
  readonly emvKeys: EmvKeySource;
  /** Whether a number is of a range of tokens. */
  readonly isToken: (number: string) => boolean;
  /** Whether it is of the range of our own cards. */
  readonly isOwn: (number: string) => boolean;
}

const UNKNOWN: Numbered = { kind: 'unknown' };

/** Every one of `numbers` has its answer. Nothing is locked. */
export async function resolveNumbers(
  { pans, emvKeys, isToken, isOwn }: NumberParts,
  run: Run,
  numbers: readonly string[],
): Promise<ReadonlyMap<string, Numbered>> {
  const known = [...new Set(numbers)].filter(isPan);
  const found = new Map<string, Numbered>(numbers.map((number) => [number, UNKNOWN]));
  const tokens = await resolveTokens(run, known.filter(isToken));
  for (const [number, { token, link }] of tokens) found.set(number, { kind: 'token', token, link });
  const own = known.filter(isOwn);
  if (own.length > 0) {
    const { panHash } = await emvKeys.get();
    const byHash = new Map(own.map((number) => [hex(panHash(number)), number]));
    for (const { card, account } of await ownCardsOfPans(run, own.map(panHash))) {
      const number = byHash.get(hex(card.application.panHash));
      if (number !== undefined) found.set(number, { kind: 'own', card, account });
    }
  }
  const others = known.filter((number) => !isToken(number) && !isOwn(number));
  for (const [number, link] of await linksOf(pans, run, others)) found.set(number, { kind: 'linked', link });
  return found;
}

async function linksOf(
  pans: PanKeys,
  run: Run,
  numbers: readonly string[],
): Promise<ReadonlyMap<string, LinkRow>> {
  if (numbers.length === 0) return new Map();
  const box = await pans.box();
  const indexes = await Promise.all(numbers.map((number) => box.indexesOf(Pan.of(number))));
  const byIndex = new Map<string, string>();
  for (const [i, number] of numbers.entries())
    for (const index of indexes[i] ?? []) byIndex.set(nameOf(index), number);
  const found = new Map<string, LinkRow>();
  for (const link of await linksOfPans(run, indexes.flat())) {
    const number = link.pan && byIndex.get(nameOf(link.pan.index));
    if (number !== undefined) found.set(number, link);
  }
  return found;
}

const nameOf = ({ key, value }: PanIndex): string => `${key} ${hex(value)}`;

function isPan(number: string): boolean {
  try {
    Pan.of(number);
    return true;
  } catch (error) {
    if (error instanceof SokkinError) return false;
    throw error;
  }
}
