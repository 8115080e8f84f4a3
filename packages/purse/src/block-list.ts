/**
 * What a phone or terminal holds of the block list, and how it takes a newer one (docs/spec/block-list.md, section 4).
 *
 * What must hold: the newest wins, and an older one is refused, so that nobody takes a purse off the list by showing
 * yesterday's; a change is applied to exactly the list that it was made for, or not at all.
 */
import { type Bytes, type Epoch, equal } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import type { BlockList } from './messages/block-list.ts';
import type { References } from './messages/packed-set.ts';

export interface HeldBlockList {
  readonly number: number;
  readonly epoch: Epoch;
  readonly issuers: readonly Bytes[];
  readonly purses: References;
}

export type BlockListTaken =
  | { readonly status: 'taken'; readonly held: HeldBlockList }
  /** It is the one that is held, of the same day. */
  | { readonly status: 'same' }
  /** An older one than is held: it is not looked at. */
  | { readonly status: 'older' }
  /** It changes another list than the one that is held, or does not fit it: fetch the whole one. */
  | { readonly status: 'other_base' };

/** `list` was verified before (`verifyBlockList`). */
export function takeBlockList(held: HeldBlockList | undefined, list: BlockList): BlockListTaken {
  const { number, epoch, issuers } = list;
  if (held !== undefined) {
    if (number < held.number || epoch < held.epoch) return { status: 'older' };
    if (number === held.number && epoch === held.epoch) return { status: 'same' };
  }
  if (list.base === 0) return { status: 'taken', held: { number, epoch, issuers, purses: list.added } };
  if (held === undefined || held.number !== list.base) return { status: 'other_base' };
  const purses = changed(held.purses, list.removed, list.added);
  return purses === undefined
    ? { status: 'other_base' }
    : { status: 'taken', held: { number, epoch, issuers, purses } };
}

/** undefined: what is removed is not there, or what is added is. */
export function changed(base: References, removed: References, added: References): References | undefined {
  const size = base.length - removed.length + added.length;
  if (size < 0) return undefined;
  const result = new BigUint64Array(size);
  let [r, a, n] = [0, 0, 0];
  const take = (reference: bigint): void => {
    if (n < size) result[n] = reference;
    n++;
  };
  for (const reference of base) {
    for (let next = added[a]; next !== undefined && next < reference; next = added[++a]) take(next);
    if (added[a] === reference) return undefined;
    if (removed[r] === reference) r++;
    else take(reference);
  }
  for (let next = added[a]; next !== undefined; next = added[++a]) take(next);
  return r === removed.length && n === size ? result : undefined;
}

/** How old a list may be before whoever carries it has to say so: devices that are online once a week have a newer one. */
export const LIST_DAYS = 7;

export interface ListAge {
  /** `none`: nothing is carried. */
  readonly state: 'none' | 'current' | 'outdated';
  /** Since it was signed; undefined: there is none. */
  readonly days: number | undefined;
}

/** `today` is the device's own; one that is behind the list takes it for a list of today. */
export function listAge(
  held: Pick<HeldBlockList, 'epoch'> | undefined,
  today: Epoch,
  mostDays: number = LIST_DAYS,
): ListAge {
  if (held === undefined) return { state: 'none', days: undefined };
  const days = Math.max(0, today - held.epoch);
  return { state: days > mostDays ? 'outdated' : 'current', days };
}

/** Eight bytes of a purse's id as what sets of them hold. */
export const referenceOf = (id: Bytes): bigint => new DataView(id.buffer, id.byteOffset, 8).getBigUint64(0);

export function idOf(reference: bigint): Bytes {
  const id = new Uint8Array(8);
  new DataView(id.buffer).setBigUint64(0, reference);
  return id;
}

/** Sorted, and none twice. */
export function referencesOf(ids: Iterable<Bytes>): References {
  const sorted = BigUint64Array.from([...ids].map(referenceOf)).sort();
  return sorted.filter((reference, i) => i === 0 || sorted[i - 1] !== reference);
}

/** Whether this purse, or its issuer, is on the list. */
export function isListed(
  { issuers, purses }: HeldBlockList,
  purse: Pick<Certificate, 'subjectRef' | 'issuerRef'>,
): boolean {
  return issuers.some((id) => equal(id, purse.issuerRef)) || has(purses, referenceOf(purse.subjectRef));
}

function has(references: References, wanted: bigint): boolean {
  let [low, high] = [0, references.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = references[middle] ?? wanted;
    if (found === wanted) return true;
    if (found < wanted) low = middle + 1;
    else high = middle;
  }
  return false;
}
