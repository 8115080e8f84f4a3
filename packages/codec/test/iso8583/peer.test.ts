/**
 * Beside somebody else's library: npm `iso_8583` 2.6.7, which speaks ISO 8583:1987 in characters, with binary
 * bitmaps of 128 bits. What one writes the other reads, in both directions, octet for octet.
 */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeIso,
  encodeIso,
  formatMti,
  ISO_DICTIONARY,
  type IsoMessage,
  type IsoValue,
  isoMessage,
} from '../../src/index.ts';
import { anyMessage, profile } from './support.ts';

type Fields = Record<string, string>;
interface PeerMessage {
  getRawMessage(): Buffer | { error: string };
  getIsoJSON(octets: Buffer, config: { lenHeader: boolean }): Fields | { error: string };
}
interface PeerFormat {
  ContentType: string;
  LenType: string;
  MaxLen: number;
}
const require = createRequire(import.meta.url);
const Peer: new (fields: Fields) => PeerMessage = require('iso_8583');
const PEER_FORMATS: Readonly<Record<string, PeerFormat>> = require('iso_8583/lib/formats.js');

/** Fields in which the peer's table is another one than ours, and what it has there. */
const DIFFERENT: Readonly<Record<number, string>> = {
  36: 'n lllvar 104',
  37: 'anp fixed 12',
  38: 'anp fixed 6',
  40: 'n fixed 3',
  49: 'n fixed 3',
  51: 'n fixed 3',
  // A key serial number, it seems.
  53: 'b fixed 96',
  54: 'an lllvar 120',
  58: 'n llvar 11',
  59: 'ans lllvar 255',
  // Four octets, where the standard has 64 bits.
  64: 'b fixed 8',
  93: 'an fixed 5',
  96: 'b fixed 8',
  118: 'n lllvar 999',
  119: 'n lllvar 999',
  120: 'n lllvar 999',
  121: 'n lllvar 999',
  122: 'n lllvar 999',
  123: 'an lllvar 999',
  // A field of subfields with a bitmap of their own.
  127: 'ans llllllvar 999999',
  128: 'b fixed 8',
};

test('the peer has the same fields as our table of 1987, but for those that we name', () => {
  for (const [number, { kind, most, lengthDigits }] of ISO_DICTIONARY['1987']) {
    const theirs = PEER_FORMATS[number];
    const units = kind === 'b' ? 2 * most : kind === 'x+n' ? most + 1 : most;
    const ours = `${kind} ${lengthDigits === 0 ? 'fixed' : `${'l'.repeat(lengthDigits)}var`} ${units}`;
    expect(`${number}: ${theirs?.ContentType} ${theirs?.LenType} ${theirs?.MaxLen}`).toBe(
      `${number}: ${DIFFERENT[number] ?? ours}`,
    );
  }
});

/** The peer's dialect, as an acquirer would write it down. */
const dialect = profile('1987-ascii', {
  name: 'peer',
  bitmap: 'binary',
  secondary: 'always',
  binary: 'raw',
  without: Object.keys(DIFFERENT).map(Number),
  fields: {},
});

const asText = (value: IsoValue): string => {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'object' && 'sign' in value) return `${value.sign}${value.amount}`;
  throw new Error('not in this dialect');
};

/** What the peer takes: our digits and characters; amounts with their zeros. */
function peerFields(message: IsoMessage): Fields {
  const fields: Fields = { 0: formatMti(message.mti) };
  for (const [number, value] of message.fields) {
    const most = dialect.fields[number]?.most ?? 0;
    if (typeof value === 'bigint') fields[number] = value.toString().padStart(most, '0');
    else if (typeof value === 'object' && 'sign' in value)
      fields[number] = value.sign + value.amount.toString().padStart(most, '0');
    else fields[number] = asText(value);
  }
  return fields;
}

const MTIS = ['0100', '0110', '0120', '0200', '0210', '0220', '0400', '0410', '0420', '0430', '0800', '0810'];

/** Messages that both take: the peer knows no empty fields, no blanks in an, and none of the characters # @ \. */
const shared = fc.tuple(anyMessage(dialect), fc.constantFrom(...MTIS)).map(([message, mti]) => {
  const fields: Record<number, IsoValue> = {};
  for (const [number, value] of message.fields) {
    if (typeof value !== 'string') fields[number] = value;
    else if (value !== '')
      fields[number] = value.replaceAll(dialect.fields[number]?.kind === 'an' ? ' ' : /[#@\\]/g, '0');
  }
  return isoMessage(mti, fields);
});

describe('messages', () => {
  test('ours and the peer’s are the same octets', () => {
    fc.assert(
      fc.property(shared, (message) => {
        const theirs = new Peer(peerFields(message)).getRawMessage();
        if (!Buffer.isBuffer(theirs)) throw new Error(theirs.error);
        expect(Buffer.from(encodeIso(dialect, message)).toString('latin1')).toBe(theirs.toString('latin1'));
      }),
      { numRuns: 300 },
    );
  });

  test('the peer reads what we wrote, and we what the peer wrote', () => {
    fc.assert(
      fc.property(shared, (message) => {
        const fields = peerFields(message);
        const octets = encodeIso(dialect, message);
        expect(new Peer({}).getIsoJSON(Buffer.from(octets), { lenHeader: false })).toMatchObject(fields);
        expect(peerFields(decodeIso(dialect, octets))).toEqual(fields);
      }),
      { numRuns: 300 },
    );
  });

  test('where the peer takes a message that ends in the middle, we refuse it', () => {
    const whole = encodeIso(dialect, isoMessage('0800', { 7: '1122213000', 11: '000042', 70: '301' }));
    const cut = whole.subarray(0, whole.length - 2);
    expect(new Peer({}).getIsoJSON(Buffer.from(cut), { lenHeader: false })).toMatchObject({ 70: '3' });
    expect(() => decodeIso(dialect, cut)).toThrow(/^ISO 8583 field 70 at octet 36: 3 octets needed, 1 left/);
  });
});
