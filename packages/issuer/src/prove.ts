/**
 * Does the Statement prove the uploaded entries, and do they continue what we know?
 * (docs/spec/protocol.md, section 6.5)
 *
 * The entries come unsigned through an untrusted phone, so nothing in them is anybody's word before their hash
 * chain has been followed to the head that the purse signed. What must hold: only `fork` accuses the purse;
 * `incomplete` and `stale` say that the phone should read the purse and try again.
 */
import { type Bytes, equal, SokkinError } from '@sokkin/codec';
import { type Entry, GENESIS_LINK, headAfter, parseEntry } from '@sokkin/purse';

/** One entry, parsed, with the hash that names it. */
export interface ReadEntry {
  readonly entry: Entry;
  readonly body: Bytes;
  readonly hash: Bytes;
}

/** What a signed Statement claims. */
export interface ChainClaim {
  readonly purse: Bytes;
  readonly seq: number;
  readonly head: Bytes;
}

/** What was proven before: the newest number, and the head after each older one. */
export interface KnownChain {
  readonly seq: number;
  readonly headAt: (seq: number) => Bytes | undefined;
}

export type Proof = { readonly verdict: 'proven'; readonly fresh: readonly ReadEntry[] } | Unproven;

export type Unproven =
  | { readonly verdict: 'malformed'; readonly index: number; readonly says: string }
  | { readonly verdict: 'gap'; readonly says: string }
  | { readonly verdict: 'broken'; readonly seq: number; readonly says: string }
  | { readonly verdict: 'stale'; readonly says: string }
  | { readonly verdict: 'fork'; readonly seq: number; readonly says: string };

/** Parses bodies; the index of the first bad one otherwise. `hashOf` is SHA-256 by whatever is fast where this runs. */
export function readEntries(
  bodies: readonly Bytes[],
  hashOf: (body: Bytes) => Bytes = headAfter,
): readonly ReadEntry[] | { readonly bad: number; readonly says: string } {
  const entries: ReadEntry[] = [];
  for (const [index, body] of bodies.entries()) {
    try {
      entries.push({ entry: parseEntry(body), body, hash: hashOf(body) });
    } catch (error) {
      if (!(error instanceof SokkinError)) throw error;
      return { bad: index, says: error.message };
    }
  }
  return entries;
}

/** Entries that lead to what their purse signed, whatever was known of it before. */
export type Chain = { readonly verdict: 'chained'; readonly entries: readonly ReadEntry[] } | Unproven;

/** The half of the proof that needs nothing but the upload. */
export function readChain(
  claim: ChainClaim,
  bodies: readonly Bytes[],
  hashOf?: (body: Bytes) => Bytes,
): Chain {
  const entries = readEntries(bodies, hashOf);
  if ('bad' in entries) return { verdict: 'malformed', index: entries.bad, says: entries.says };
  return followChain(claim, entries) ?? { verdict: 'chained', entries };
}

export function prove(known: KnownChain, claim: ChainClaim, bodies: readonly Bytes[]): Proof {
  const chain = readChain(claim, bodies);
  return chain.verdict === 'chained' ? continues(known, claim, chain.entries) : chain;
}

/** The entry before the first of the chain: without entries, the Statement alone says where the purse stands. */
export function startOf(claim: ChainClaim, entries: readonly ReadEntry[]): { seq: number; head: Bytes } {
  const first = entries[0]?.entry.fields;
  return first === undefined ? claim : { seq: first.seq - 1, head: first.link };
}

/** The other half: does the chain continue what was proven before? */
export function continues(known: KnownChain, claim: ChainClaim, entries: readonly ReadEntry[]): Proof {
  const start = startOf(claim, entries);
  if (start.seq > known.seq) {
    return { verdict: 'gap', says: `Entries ${known.seq + 1} to ${start.seq} are missing from the upload.` };
  }
  const forked = firstFork(known, start, entries);
  if (forked !== undefined) return forked;
  if (claim.seq < known.seq) {
    return {
      verdict: 'stale',
      says: `The Statement is of entry ${claim.seq}; the purse has proven ${known.seq} since.`,
    };
  }
  return { verdict: 'proven', fresh: entries.slice(known.seq - start.seq) };
}

function firstFork(
  known: KnownChain,
  start: { readonly seq: number; readonly head: Bytes },
  entries: readonly ReadEntry[],
): Unproven | undefined {
  const differs = (seq: number, head: Bytes): boolean => {
    const ours = headAt(known, seq);
    return ours !== undefined && !equal(ours, head);
  };
  const fork = (seq: number): Unproven => ({
    verdict: 'fork',
    seq,
    says: `The purse signed two different histories of its entry ${seq}.`,
  });
  if (differs(start.seq, start.head)) return fork(start.seq);
  for (const { entry, hash } of entries) {
    const { seq } = entry.fields;
    if (seq > known.seq) return undefined;
    if (differs(seq, hash)) return fork(seq);
  }
  return undefined;
}

const headAt = (known: KnownChain, seq: number): Bytes | undefined =>
  seq === 0 ? GENESIS_LINK : known.headAt(seq);

/** The entries are contiguous, chained, by the signer, and end where the Statement stands. */
function followChain(claim: ChainClaim, entries: readonly ReadEntry[]): Unproven | undefined {
  let before: ReadEntry | undefined;
  for (const e of entries) {
    const { purse, seq, link } = e.entry.fields;
    if (!equal(purse, claim.purse)) return broken(seq, `Entry ${seq} is of another purse.`);
    if (seq === 0) return broken(seq, 'Entries are numbered from 1.');
    if (before !== undefined) {
      const expected = before.entry.fields.seq + 1;
      if (seq !== expected) return { verdict: 'gap', says: `Entry ${expected} is missing, ${seq} follows.` };
      if (!equal(link, before.hash)) return broken(seq, `Entry ${seq} does not continue the one before it.`);
    }
    before = e;
  }
  return before === undefined ? undefined : endsAt(claim, before);
}

function endsAt(claim: ChainClaim, { entry, hash }: ReadEntry): Unproven | undefined {
  const { seq } = entry.fields;
  if (seq < claim.seq)
    return { verdict: 'gap', says: `The upload ends at ${seq}, the Statement at ${claim.seq}.` };
  if (seq > claim.seq) return broken(seq, `The upload goes beyond entry ${claim.seq} of the Statement.`);
  if (equal(hash, claim.head)) return undefined;
  return broken(seq, 'The entries do not lead to the head that the Statement signs.');
}

const broken = (seq: number, says: string): Unproven => ({ verdict: 'broken', seq, says });
