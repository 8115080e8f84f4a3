/** What the tests of this package share: the error code of a refusal, and fast-check inputs. */

import fc from 'fast-check';
import { type Bytes, SokkinError } from '../src/index.ts';

/** The code with which the call is refused; any other exception, or none, fails the test. */
export function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof SokkinError) return error.code;
    throw error;
  }
  return 'accepted';
}

/** The sentence of the refusal. */
export function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof SokkinError) return error.message;
    throw error;
  }
  return 'accepted';
}

export const anyBytes = (maxLength: number): fc.Arbitrary<Bytes> => fc.uint8Array({ maxLength });

/** A plain copy, so that vitest's comparison does not depend on the shared buffer behind a view. */
export const list = (b: Bytes): number[] => [...b];
