/** What the tests of EMV cryptography share: both symmetric ports, and the vectors with their sources. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '@sokkin/codec';
import { portableSymmetric, type SymmetricPort } from '@sokkin/crypto';
import { nodeSymmetric } from '@sokkin/node';
import fc from 'fast-check';

export const node = nodeSymmetric();
export const portable = portableSymmetric(node.randomBytes);
export const PORTS: readonly (readonly [string, SymmetricPort])[] = [
  ['node:crypto', node],
  ['TypeScript', portable],
];

const ROOT = join(import.meta.dirname, '../../../..');

/** A file of vectors/emv; the caller says what is in it. */
export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(join(ROOT, 'vectors/emv', `${name}.json`), 'utf8')) as T;
}

/** Bytes of exactly that many. */
export const exactly = (length: number): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ minLength: length, maxLength: length });

/** The bytes with one bit of them turned: bit `at` modulo their length. */
export function bitTurned(bytes: Bytes, at: number): Bytes {
  const bit = at % (bytes.length * 8);
  return bytes.map((byte, i) => (i === bit >>> 3 ? byte ^ (0x80 >>> (bit & 7)) : byte));
}
