/**
 * Data groupings as blocks of STORE DATA (GPCS 2.3, 11.11; EMV Card Personalization Specification, section 4).
 *
 * What must hold: secret groupings leave enciphered under the data key; each grouping begins a block of its own, so that
 * what the card answers to a block is the answer to one grouping. The data is enciphered here once, for one card.
 */
import {
  type Bytes,
  type DataGrouping,
  encodeGrouping,
  isSecretGrouping,
  STORE_DATA_P1,
} from '@sokkin/codec';
import { pad80, type Scp03Keys, type SymmetricPort, scp03EncryptSecret } from '@sokkin/crypto';

/** P2 counts the blocks in one byte. */
export const MOST_BLOCKS = 256;

export interface Block {
  /** Which of the groupings it belongs to, from 0, and its identifier. */
  readonly grouping: number;
  readonly dgi: number;
  readonly p1: number;
  readonly p2: number;
  readonly data: Bytes;
}

/** All blocks of one personalisation, each of at most `room` bytes; undefined if they are more than can be counted. */
export function blocksOf(
  symmetric: SymmetricPort,
  keys: Scp03Keys,
  groupings: readonly DataGrouping[],
  room: number,
): Block[] | undefined {
  const pieces = groupings.flatMap((plain, grouping) => {
    const bytes = encodeGrouping(isSecretGrouping(plain.dgi) ? enciphered(symmetric, keys, plain) : plain);
    return cut(bytes, room).map((data) => ({ grouping, dgi: plain.dgi, data }));
  });
  if (pieces.length > MOST_BLOCKS) return undefined;
  const { lastBlock, encryptedByIdentifier, groupings: format, mayAnswer } = STORE_DATA_P1;
  return pieces.map((piece, p2) => {
    const last = p2 === pieces.length - 1 ? lastBlock : 0;
    return { ...piece, p1: last | encryptedByIdentifier | format | mayAnswer, p2 };
  });
}

const enciphered = (
  symmetric: SymmetricPort,
  keys: Scp03Keys,
  { dgi, value }: DataGrouping,
): DataGrouping => ({
  dgi,
  value: scp03EncryptSecret(symmetric, keys, pad80(value, 16)),
});

const cut = (bytes: Bytes, room: number): Bytes[] =>
  Array.from({ length: Math.ceil(bytes.length / room) }, (_, i) => bytes.subarray(i * room, (i + 1) * room));
