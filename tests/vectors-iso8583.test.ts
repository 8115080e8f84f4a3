/**
 * The ISO 8583 vectors are what they say: what others published is understood and written back, and our own messages
 * agree with a small encoder that knows nothing but the dictionary's formats and the five dialects in words.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodeIso,
  encodeIso,
  frameIso,
  fromHex,
  hex,
  ISO_DICTIONARY,
  IsoError,
  isoMacInput,
  isoMatchingKey,
  isoMessage,
  parseIsoProfile,
  type SignedAmount,
} from '@sokkin/codec';
import { describe, expect, test } from 'vitest';
import {
  type JsonMessage,
  type JsonValue,
  messageOfJson,
  valueToJson,
} from '../vectors/generator/iso8583/json.ts';
import { present, read } from './vector-files.ts';

interface Shown extends JsonMessage {
  octets: string;
  pieces: string[];
  framed: string;
  macInput?: string;
  key: string;
}
interface MessagesFile {
  profiles: {
    profile: string;
    conversations: { request: Shown; response: Shown }[];
    refused: { about: string; octets: string; code: string; path: string; offset: number; message: string }[];
  }[];
}
interface PublishedFile {
  messages: (JsonMessage & {
    source: string;
    profile: string;
    change?: Record<string, unknown>;
    octets: string;
  })[];
  bitmaps: { source: string; octets: string; fields: number[] }[];
  charsets: { cp037: string; cp500: string };
}
const messages: MessagesFile = JSON.parse(read('iso8583/messages.json'));
const published: PublishedFile = JSON.parse(read('iso8583/published.json'));

const PROFILES = join(import.meta.dirname, '../packages/codec/profiles');
const profileOf = (name: string, change: Record<string, unknown> = {}) =>
  parseIsoProfile({
    ...JSON.parse(readFileSync(join(PROFILES, `iso8583-${name}.json`), 'utf8')),
    ...change,
  });

describe('what others published', () => {
  test.each(published.messages)('$source, $profile', ({ profile, change, octets, ...message }) => {
    const dialect = profileOf(profile, change);
    expect(hex(encodeIso(dialect, messageOfJson(message)))).toBe(octets);
    const understood = decodeIso(dialect, fromHex(octets));
    const fields = Object.fromEntries([...understood.fields].map(([n, v]) => [n, valueToJson(v)]));
    expect(fields).toEqual(message.fields);
  });

  test.each(published.bitmaps)('bitmap $octets', ({ octets, fields }) => {
    const dialect = profileOf('1987-bcd');
    const values = Object.fromEntries(fields.map((n) => [n, smallest(n)]));
    const encoded = hex(encodeIso(dialect, isoMessage('0200', values)));
    expect(encoded.slice(4, 4 + octets.length)).toBe(octets);
  });

  test.each(['cp037', 'cp500'] as const)('every printable character in %s', (charset) => {
    const dialect = profileOf('1987-binary-ebcdic', { charset });
    const all = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).join('');
    const encoded = hex(encodeIso(dialect, isoMessage('0600', { 48: all })));
    expect(encoded).toBe(`0600${'0000000000010000'}005f${published.charsets[charset]}`);
  });
});

/** Any value that a field of 1987 takes. */
function smallest(number: number): string | bigint | Uint8Array | SignedAmount | [] {
  const { kind, most, lengthDigits, isAmount } = present(ISO_DICTIONARY['1987'].get(number), `${number}`);
  if (number === 55) return [];
  if (isAmount) return 0n;
  if (kind === 'b') return new Uint8Array(most);
  if (kind === 'x+n') return { sign: 'C', amount: 0n };
  return lengthDigits === 0 ? '0'.repeat(most) : '';
}

/** The dialects of the shipped profiles in words. */
interface Words {
  packed: boolean;
  text: (s: string) => string;
  octets: (h: string) => string;
  length: (n: number, digits: number) => string;
  trackPad: 'left' | 'right';
}
const asciiHex = (s: string): string => Buffer.from(s, 'latin1').toString('hex');
const ebcdicHex = (s: string): string =>
  [...s].map((c) => published.charsets.cp500.slice(2 * (c.charCodeAt(0) - 0x20)).slice(0, 2)).join('');
const even = (digits: string): string => (digits.length % 2 === 1 ? `0${digits}` : digits);
const ASCII: Words = {
  packed: false,
  text: asciiHex,
  octets: (h) => asciiHex(h.toUpperCase()),
  length: (n, digits) => asciiHex(String(n).padStart(digits, '0')),
  trackPad: 'left',
};
const BCD: Words = {
  packed: true,
  text: asciiHex,
  octets: (h) => h,
  length: (n, digits) => even(String(n).padStart(digits, '0')),
  trackPad: 'right',
};
const BINARY: Words = {
  ...BCD,
  text: ebcdicHex,
  length: (n, digits) => n.toString(16).padStart(digits === 2 ? 2 : 4, '0'),
  trackPad: 'left',
};
const WORDS: Readonly<Record<string, Words>> = {
  '1987-ascii': ASCII,
  '1987-bcd': BCD,
  '1987-binary-ebcdic': BINARY,
  '1993-ascii': ASCII,
  '1993-bcd': BCD,
};

function fieldByHand(words: Words, version: '1987' | '1993', number: number, json: JsonValue): string {
  const { kind, most, lengthDigits } = present(ISO_DICTIONARY[version].get(number), `${number}`);
  const before = (count: number, digits = lengthDigits): string =>
    digits === 0 ? '' : words.length(count, digits);
  if (typeof json !== 'string' && 'tlv' in json) {
    const data = json.tlv.map(
      ([tag, value]) => tag + (value.length / 2).toString(16).padStart(2, '0') + value,
    );
    return before(data.join('').length / 2, 3) + words.octets(data.join(''));
  }
  if (typeof json !== 'string' && 'hex' in json) return before(json.hex.length / 2) + words.octets(json.hex);
  if (typeof json !== 'string' && 'parts' in json) throw new Error('not in these dialects');
  const isAmount = typeof json !== 'string';
  const digits = isAmount ? json.amount.padStart(most, '0') : json;
  const sign = isAmount && json.sign !== undefined ? words.text(json.sign) : '';
  if (words.packed && kind === 'z') {
    const track = digits.replaceAll('=', 'd');
    const full = track.length % 2 === 0 ? track : words.trackPad === 'left' ? `0${track}` : `${track}f`;
    return before(digits.length) + full;
  }
  const isNumeric = kind === 'n' || kind === 'x+n';
  return sign + before(digits.length) + (words.packed && isNumeric ? even(digits) : words.text(digits));
}

function messageByHand(name: string, { mti, fields }: JsonMessage): string {
  const words = present(WORDS[name], name);
  const version = name.startsWith('1987') ? '1987' : '1993';
  const numbers = Object.keys(fields).map(Number);
  const second = numbers.some((n) => n > 64);
  let bits = second ? 1n << 127n : 0n;
  for (const n of numbers) bits |= 1n << BigInt(128 - n);
  const bitmap = bits
    .toString(16)
    .padStart(32, '0')
    .slice(0, second ? 32 : 16);
  const values = numbers
    .sort((a, b) => a - b)
    .map((n) => fieldByHand(words, version, n, present(fields[n], `${n}`)));
  return (words.packed ? mti : asciiHex(mti)) + words.octets(bitmap) + values.join('');
}

describe.each(messages.profiles)('$profile', ({ profile, conversations, refused }) => {
  const dialect = profileOf(profile);
  const all = conversations.flatMap(({ request, response }) => [request, response]);

  test('what we wrote is what the dialect says in words', () => {
    if (WORDS[profile] === undefined) return;
    for (const shown of all) expect(messageByHand(profile, shown), shown.mti).toBe(shown.octets);
  });

  test('every member of a message follows from its fields', () => {
    for (const shown of all) {
      const message = messageOfJson(shown);
      expect(hex(encodeIso(dialect, message))).toBe(shown.octets);
      expect(decodeIso(dialect, fromHex(shown.octets)).fields.size).toBe(Object.keys(shown.fields).length);
      expect(shown.pieces.map((p) => p.slice(p.lastIndexOf(' ') + 1)).join('')).toBe(shown.octets);
      expect(hex(frameIso(dialect.framing, fromHex(shown.octets)))).toBe(shown.framed + shown.octets);
      if (shown.macInput !== undefined) expect(hex(isoMacInput(dialect, message))).toBe(shown.macInput);
      expect(isoMatchingKey(dialect, message)).toBe(shown.key);
    }
  });

  test('a response has the key of its request', () => {
    for (const { request, response } of conversations) expect(response.key).toBe(request.key);
    expect(new Set(conversations.map(({ request }) => request.key)).size).toBeGreaterThan(1);
  });

  test.each(refused)('refused: $about', ({ octets, code, path, offset, message }) => {
    const refusal = (() => {
      try {
        return decodeIso(dialect, fromHex(octets));
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(IsoError);
    expect(refusal).toMatchObject({ code, path, offset, message });
  });
});
