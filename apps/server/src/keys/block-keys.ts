/** What issuer master keys of payment cards must be like, wherever they are kept. */
import { assert, type Bytes } from '@sokkin/codec';
import type { BlockKind, KeyKind } from '@sokkin/issuer';
import { keyWrongKind } from './key-ids.ts';

export const BLOCK_BYTES: Readonly<Record<BlockKind, number>> = { tdes: 8, aes: 16 };
/** Of keys that are made here. */
export const NEW_SECRET_BYTES: Readonly<Record<BlockKind, number>> = { tdes: 16, aes: 16 };

export function checkSecret(kind: BlockKind, secret: Bytes): void {
  const lengths = kind === 'aes' ? [16, 24, 32] : [16];
  assert(lengths.includes(secret.length), () => `a ${kind} key of ${secret.length} bytes`);
}

/** Fails with `key_wrong_kind` under a key that is for something else. */
export function checkBlocks(id: string, kind: KeyKind, blocks: Bytes): void {
  if (kind !== 'tdes' && kind !== 'aes') throw keyWrongKind(id, kind);
  const isWhole = blocks.length > 0 && blocks.length % BLOCK_BYTES[kind] === 0;
  assert(isWhole, () => `${blocks.length} bytes are no blocks of ${kind}`);
}
