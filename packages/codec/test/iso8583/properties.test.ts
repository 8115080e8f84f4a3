/** Of every profile: encoding and decoding are exact inverses, whatever the message and whatever the octets. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Bytes,
  decodeIso,
  dissectIso,
  encodeIso,
  hex,
  IsoError,
  type IsoProfile,
} from '../../src/index.ts';
import { anyMessage, ordered, PROFILE_NAMES, plain, roomy } from './support.ts';

/** Either an IsoError, or a message that writes back to these octets. Returns which. */
function judge(dialect: IsoProfile, octets: Bytes): 'refused' | 'understood' {
  try {
    const message = decodeIso(dialect, octets);
    expect(hex(encodeIso(dialect, message))).toBe(hex(octets));
    return 'understood';
  } catch (error) {
    if (!(error instanceof IsoError)) throw error;
    expect(error.message).toMatch(/^ISO 8583 .+: .+\. Expected: .+\.$/s);
    expect(error.path).not.toBe('');
    if (error.offset !== undefined) expect(error.offset).toBeLessThanOrEqual(octets.length);
    return 'refused';
  }
}

describe.each(PROFILE_NAMES)('profile %s', (name) => {
  const dialect = roomy(name);
  const messages = anyMessage(dialect);

  test('what is written reads back as the same message', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const octets = encodeIso(dialect, message);
        expect(plain(decodeIso(dialect, octets))).toEqual(plain(ordered(message)));
      }),
      { numRuns: 200 },
    );
  });

  test('the pieces of a message are all of it, in order', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const octets = encodeIso(dialect, message);
        const { pieces } = dissectIso(dialect, octets);
        let at = 0;
        for (const piece of pieces) {
          expect(piece.start).toBe(at);
          at = piece.end;
        }
        expect(at).toBe(octets.length);
        expect(pieces.flatMap((p) => p.field ?? [])).toEqual([...ordered(message).fields.keys()]);
      }),
      { numRuns: 50 },
    );
  });

  test('every message that is cut short is refused', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const octets = encodeIso(dialect, message);
        for (let end = 0; end < octets.length; end++)
          expect(judge(dialect, octets.subarray(0, end))).toBe('refused');
      }),
      { numRuns: 10 },
    );
  });

  test('every octet replaced by every other: refused, or understood as exactly that', () => {
    const [message] = fc.sample(messages, { numRuns: 1, seed: 8583 });
    if (message === undefined) throw new Error('no sample');
    const octets = encodeIso(dialect, message);
    let refused = 0;
    for (let at = 0; at < octets.length; at++) {
      const copy = octets.slice();
      for (let value = 0; value < 256; value++) {
        copy[at] = value;
        if (judge(dialect, copy) === 'refused') refused++;
      }
    }
    expect(refused).toBeGreaterThan(octets.length);
  });

  test('any change of any message, and any octets: refused, or understood as exactly that', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(messages, fc.array(change, { minLength: 1, maxLength: 4 }), (message, changes) => {
        const octets = encodeIso(dialect, message).slice();
        for (const [at, value] of changes) octets[at % octets.length] = value;
        judge(dialect, octets);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        judge(dialect, octets);
      }),
      { numRuns: 300 },
    );
  });
});
