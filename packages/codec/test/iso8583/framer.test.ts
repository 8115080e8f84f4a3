/** Cutting a stream into messages: the same however it comes, bounded, and never guessing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Bytes,
  concat,
  frameIso,
  fromHex,
  hex,
  IsoFramer,
  type IsoFraming,
  type IsoProfile,
} from '../../src/index.ts';
import { messageOf } from '../support.ts';
import { profile } from './support.ts';

const FRAMINGS: readonly IsoFraming[] = [
  { coding: 'binary', size: 2, includesItself: false, most: 300, heartbeats: false },
  { coding: 'binary', size: 2, includesItself: true, most: 300, heartbeats: true },
  { coding: 'binary', size: 4, includesItself: false, most: 65_535, heartbeats: true },
  { coding: 'text', size: 4, includesItself: false, most: 300, heartbeats: false },
  { coding: 'text', size: 4, includesItself: true, most: 9995, heartbeats: true },
  { coding: 'bcd', size: 2, includesItself: false, most: 300, heartbeats: false },
];
const [first, itself] = FRAMINGS as [IsoFraming, IsoFraming];

/** All messages of a stream that comes in these chunks, and how it ends. */
function cut(
  framing: IsoFraming,
  chunks: readonly Bytes[],
): { messages: string[]; code: string | undefined } {
  const framer = new IsoFramer(framing);
  const messages: string[] = [];
  for (const chunk of chunks) messages.push(...framer.push(chunk).messages.map(hex));
  return { messages, code: framer.end()?.code };
}

/** The octets in chunks of these sizes, over and over. */
function chunked(octets: Bytes, sizes: readonly number[]): Bytes[] {
  const chunks: Bytes[] = [];
  for (let at = 0, i = 0; at < octets.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(octets.slice(at, at + size));
    at += size;
  }
  return chunks;
}

const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 });

describe.each(FRAMINGS)('framing $coding, $size octets, itself counted: $includesItself', (framing) => {
  const message = fc.uint8Array({ minLength: framing.heartbeats ? 0 : 1, maxLength: 300 });

  test('whatever was framed comes out, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), sizes, (messages, cuts) => {
        const stream = concat(...messages.map((m) => frameIso(framing, m)));
        expect(cut(framing, chunked(stream, cuts))).toEqual({ messages: messages.map(hex), code: undefined });
      }),
    );
  });

  test('any octets give the same messages and the same end, however they are cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), sizes, (octets, cuts) => {
        expect(cut(framing, chunked(octets, cuts))).toEqual(cut(framing, [octets]));
      }),
    );
  });

  test('a stream that ends within a message says so', () => {
    const stream = frameIso(framing, new Uint8Array(9));
    for (let end = 1; end < stream.length; end++)
      expect(cut(framing, [stream.subarray(0, end)])).toEqual({ messages: [], code: 'truncated' });
  });
});

describe('lengths on the wire', () => {
  test.each<[string, Partial<IsoFraming>]>([
    ['0005', {}],
    ['0007', { includesItself: true }],
    ['00000005', { size: 4 }],
    ['30303035', { coding: 'text', size: 4 }],
    ['30303039', { coding: 'text', size: 4, includesItself: true }],
    ['0005', { coding: 'bcd' }],
  ])('%s', (length, change) => {
    expect(hex(frameIso({ ...first, ...change }, fromHex('0102030405')))).toBe(`${length}0102030405`);
  });

  test('twelve packed digits are decimal', () => {
    expect(hex(frameIso({ ...first, coding: 'bcd' }, new Uint8Array(12))).slice(0, 4)).toBe('0012');
  });
});

describe('what cannot be a length ends the stream', () => {
  test('messages before it are given out, nothing after it', () => {
    const framer = new IsoFramer(first);
    const good = frameIso(first, fromHex('aabb'));
    const { messages, failure } = framer.push(concat(good, fromHex('ffff'), good));
    expect(messages.map(hex)).toEqual(['aabb']);
    expect(failure?.code).toBe('bad_frame');
    expect(failure?.offset).toBe(4);
    expect(failure?.message).toBe(
      'ISO 8583 frame at octet 4: the length says 65535. Expected: a length in 2 octets, big-endian, of a message of at most 300 octets.',
    );
    expect(framer.push(good)).toEqual({ messages: [], failure });
    expect(framer.end()).toBe(failure);
  });

  test.each<[string, string, Partial<IsoFraming>]>([
    ['no octets, where there are no heartbeats', '0000', {}],
    ['less than itself', '0001', { includesItself: true }],
    ['one more than the greatest', '012d', {}],
    ['letters', '30304130', { coding: 'text', size: 4 }],
    ['a half octet that is no digit', '00a0', { coding: 'bcd' }],
  ])('%s', (_, octets, change) => {
    const framer = new IsoFramer({ ...first, ...change });
    expect(framer.push(fromHex(octets)).failure?.message).toMatch(/^ISO 8583 frame at octet [0-3]: /);
  });

  test('a heartbeat is a message of no octets', () => {
    expect(cut(itself, [fromHex('00020002')])).toEqual({ messages: ['', ''], code: undefined });
    expect(hex(frameIso(itself, new Uint8Array(0)))).toBe('0002');
  });

  test('too long a message is not framed', () => {
    expect(messageOf(() => frameIso(first, new Uint8Array(301)))).toContain('a message of 301 octets');
    expect(messageOf(() => frameIso(first, new Uint8Array(0)))).toContain('a message of 0 octets');
  });
});

test('the frames of the shipped profiles', () => {
  const length = (of: IsoProfile) => hex(frameIso(of.framing, new Uint8Array(258))).slice(0, -516);
  expect(length(profile('1987-ascii'))).toBe('30323538');
  expect(length(profile('1987-bcd'))).toBe('0102');
  expect(length(profile('example-acquirer'))).toBe('0104');
});
