/**
 * The signed list of blocked purses, for whoever carries it offline (docs/spec/block-list.md).
 *
 * What must hold: whoever asks gets everything that was blocked before they asked; one list is signed once for each issuer,
 * however many ask for it. A device takes the list of its own issuer alone, so each issuer's authority signs the same one.
 */
import { type Bytes, fromHex, hex } from '@sokkin/codec';
import type { LedgerTx } from '@sokkin/issuer';
import { encodeBlockList, referencesOf } from '@sokkin/purse';
import { type Backend, dayOf, sign } from '../backend.ts';
import { currentLine, type IssuerLine } from '../keys/pki.ts';
import { Problem } from '../problems.ts';

export interface SignedBlockList {
  readonly number: number;
  /** The list that this one changes; 0: none. */
  readonly base: number;
  readonly epoch: number;
  readonly message: Bytes;
  readonly authority: Bytes;
  readonly issuer: Bytes;
}

export interface BlockListWish {
  /** An issuer in certificates, in hexadecimal; undefined: the first one. */
  readonly issuer?: string | undefined;
  /** The number of the list that is held already. */
  readonly since?: number | undefined;
}

/** Lists that are kept signed. A whole one of a million purses has 6 MB. */
const KEPT = 8;

/** A purse is listed for so long after its last day: clocks of devices differ, and a card believes its own epoch. */
export const EXPIRED_DAYS = 30;

export interface BlockLists {
  /** Names the list that `get` would give now: the same name, the same list. */
  tagFor(wish: BlockListWish): Promise<string>;
  get(wish: BlockListWish): Promise<SignedBlockList>;
}

export function blockLists(b: Backend, firstIssuer: string): BlockLists {
  const kept = new Map<string, Promise<SignedBlockList>>();
  const lineFor = ({ issuer }: BlockListWish): IssuerLine => {
    const line =
      issuer === undefined
        ? currentLine(b.pki, firstIssuer)
        : b.pki.lines.find((l) => hex(l.issuer.certificate.subjectRef) === issuer);
    if (line === undefined) throw new Problem('not_found', `There is no issuer ${issuer}.`, 'issuer');
    return line;
  };
  const now = async (wish: BlockListWish) => {
    const line = lineFor(wish);
    const number = await newest(b);
    const epoch = dayOf(b.clock());
    // Of one that was never given out, and after a restore from a backup: the whole list.
    const base = wish.since === undefined || wish.since > number ? 0 : wish.since;
    const tag = `${hex(line.authority.certificate.subjectRef)}-${base}-${number}-${epoch}`;
    return { line, number, epoch, base, tag };
  };
  return {
    tagFor: async (wish) => (await now(wish)).tag,
    async get(wish) {
      const { line, number, epoch, base, tag } = await now(wish);
      const before = kept.get(tag);
      if (before !== undefined) return before;
      const making = b.store.read((tx) => signed(b, tx, line, { base, epoch, atLeast: number }));
      kept.set(tag, making);
      making.catch(() => kept.delete(tag));
      for (const old of [...kept.keys()].slice(0, -KEPT)) kept.delete(old);
      return making;
    },
  };
}

/** The number of the list that has everything that is committed now. */
async function newest(b: Backend): Promise<number> {
  const seen = await b.store.read(async (tx) => ({
    isBehind: await tx.blockList.isBehind(),
    number: await tx.blockList.number(),
  }));
  return seen.isBehind
    ? b.store.write((tx) => tx.blockList.publish(dayOf(b.clock()) - EXPIRED_DAYS))
    : seen.number;
}

async function signed(
  b: Backend,
  tx: LedgerTx,
  { issuer, authority }: IssuerLine,
  { base, epoch, atLeast }: { readonly base: number; readonly epoch: number; readonly atLeast: number },
): Promise<SignedBlockList> {
  // A newer one may have been made since: the list is that one, then.
  const number = await tx.blockList.number();
  if (number < atLeast) throw new Error('Bug: a list is read after it was made');
  const { removed, added } =
    base === 0 ? { removed: [], added: await tx.blockList.whole() } : await tx.blockList.since(base);
  const issuers = (await tx.blockList.revokedIssuers()).map(fromHex);
  const body = encodeBlockList({
    authority: authority.certificate.subjectRef,
    number,
    base,
    epoch,
    issuers,
    removed: referencesOf(removed.map(fromHex)),
    added: referencesOf(added.map(fromHex)),
  });
  return {
    number,
    base,
    epoch,
    message: await sign(b, authority.key, body),
    authority: authority.certificate.bytes,
    issuer: issuer.certificate.subjectRef,
  };
}
