/**
 * BlockList: purses and issuers that are not to be paid or believed, for whoever carries it offline
 * (docs/spec/block-list.md). A Grant tells one purse of a few; this tells a phone or terminal of all.
 */
import { type Bytes, compare, decodeDate, type Epoch, encodeDate, type Reader, Writer } from '@sokkin/codec';
import { SUITE_P256 } from '@sokkin/crypto';
import {
  badMessage,
  PROTOCOL_VERSION,
  PURSE_ID_LENGTH,
  parseBody,
  parseSigned,
  readPreamble,
  type Signed,
  TYPE,
} from './header.ts';
import { type References, readSet, writeSet } from './packed-set.ts';

export const MAX_REVOKED_ISSUERS = 64;

export interface BlockList {
  /** The certificate holder that signs: an authority of the issuer whose purses take this list. */
  readonly authority: Bytes;
  /** From 1; rises with every change. */
  readonly number: number;
  /** The number of the list that this one changes; 0: it changes none, and is whole. Its own: it has only another day. */
  readonly base: number;
  /** The day on which it was signed. */
  readonly epoch: Epoch;
  /** Issuers whose certificates are revoked, ascending; always all of them. */
  readonly issuers: readonly Bytes[];
  /** Purses that are blocked no more. */
  readonly removed: References;
  readonly added: References;
}

export function encodeBlockList(list: BlockList): Bytes {
  const w = new Writer()
    .u8(TYPE.blockList)
    .u8(PROTOCOL_VERSION)
    .u8(SUITE_P256)
    .bytes(list.authority)
    .u32(list.number)
    .u32(list.base)
    .bytes(encodeDate(list.epoch))
    .u8(list.issuers.length);
  for (const issuer of list.issuers) w.bytes(issuer);
  writeSet(w, list.removed);
  writeSet(w, list.added);
  return w.finish();
}

export function parseBlockListBody(body: Bytes): BlockList {
  return parseBody('BlockList', body, (r) => {
    readPreamble(r, TYPE.blockList, 'BlockList');
    const authority = r.take(PURSE_ID_LENGTH);
    const [number, base] = [r.u32(), r.u32()];
    if (number === 0) throw badMessage('BlockList: numbers begin at 1');
    if (base > number) throw badMessage(`BlockList: number ${number} does not follow ${base}`);
    const epoch = decodeDate(r.take(6));
    const issuers = readIssuers(r);
    const removed = readSet(r, 'BlockList: removed');
    if (base === 0 && removed.length > 0) throw badMessage('BlockList: a whole list takes nothing away');
    const added = readSet(r, 'BlockList: added');
    if (base === number && removed.length + added.length > 0)
      throw badMessage('BlockList: a list that changes itself');
    return { authority, number, base, epoch, issuers, removed, added };
  });
}

function readIssuers(r: Reader): Bytes[] {
  const count = r.u8();
  if (count > MAX_REVOKED_ISSUERS)
    throw badMessage(`BlockList: ${count} issuers, at most ${MAX_REVOKED_ISSUERS} fit`);
  const issuers = Array.from({ length: count }, () => r.take(PURSE_ID_LENGTH));
  const ascend = issuers.every((issuer, i) => i === 0 || compare(issuers[i - 1] ?? issuer, issuer) < 0);
  if (!ascend) throw badMessage('BlockList: issuers do not ascend');
  return issuers;
}

export const parseBlockList = (message: Bytes): Signed<BlockList> =>
  parseSigned('BlockList', message, parseBlockListBody);
