/**
 * What `seal` makes, whichever port made it: the key it takes to open it is in it.
 *
 *     01 | length of key id 1 | key id | nonce 12 | AES-256-GCM ciphertext | tag 16
 *
 * What must hold: the head is authenticated with the context, so that no part of an envelope is worth anything elsewhere.
 */
import { type Bytes, concat, SokkinError } from '@sokkin/codec';
import { MAX_KEY_ID, parseKeyId } from './key-ids.ts';

const VERSION = 1;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

export interface Envelope {
  readonly key: string;
  readonly nonce: Bytes;
  /** With the tag at its end. */
  readonly ciphertext: Bytes;
}

/** How everything begins that is sealed with this key. */
export const headOf = (key: string): Bytes => {
  const name = new TextEncoder().encode(key);
  return concat(Uint8Array.of(VERSION, name.length), name);
};

/** What is authenticated beside the ciphertext. */
export const associatedData = (key: string, context: Bytes): Bytes => concat(headOf(key), context);

export const writeEnvelope = ({ key, nonce, ciphertext }: Envelope): Bytes =>
  concat(headOf(key), nonce, ciphertext);

export function readEnvelope(bytes: Bytes): Envelope {
  const length = bytes[1] ?? 0;
  const start = 2 + length;
  if (bytes[0] !== VERSION || length > MAX_KEY_ID || bytes.length < start + NONCE_BYTES + TAG_BYTES)
    throw sealedDamaged();
  const key = new TextDecoder().decode(bytes.subarray(2, start));
  if (parseKeyId(key) === undefined) throw sealedDamaged();
  const nonce = bytes.slice(start, start + NONCE_BYTES);
  return { key, nonce, ciphertext: bytes.slice(start + NONCE_BYTES) };
}

export const sealedDamaged = (): SokkinError =>
  new SokkinError('sealed_damaged', 'What was sealed is damaged, or was sealed for something else.');
