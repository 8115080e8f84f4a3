/** What the ISO 8583 tests share: the profiles as they are shipped, and any message that one of them can say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  type Bytes,
  type IsoFormat,
  type IsoMessage,
  type IsoProfile,
  type IsoTlv,
  type IsoValue,
  parseIsoProfile,
  parseMti,
} from '../../src/index.ts';

export const PROFILE_NAMES = [
  '1987-ascii',
  '1987-bcd',
  '1987-binary-ebcdic',
  '1993-ascii',
  '1993-bcd',
  'example-acquirer',
] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

const FOLDER = join(import.meta.dirname, '../../profiles');

export const profileJson = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(FOLDER, `iso8583-${name}.json`), 'utf8'));
/** A shipped profile that takes the longest messages there are: several fields of 999 characters. */
export const roomy = (name: string): IsoProfile => {
  const of = profile(name);
  return { ...of, framing: { ...of.framing, most: 65_535 } };
};
/** A shipped profile, with members of its file replaced. */
export const profile = (name: string, change: Readonly<Record<string, unknown>> = {}): IsoProfile =>
  parseIsoProfile({ ...profileJson(name), ...change });

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const digits = '0123456789';
const special = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const ALPHABET = {
  n: digits,
  a: letters,
  an: digits + letters,
  anp: `${digits}${letters} `,
  ns: digits + special,
  ans: `${digits}${letters}${special} `,
  z: `${digits}=`,
} as const;

const text = (alphabet: string, min: number, max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: min, maxLength: max });

/** Mostly short, sometimes as long as it may be. */
const lengths = ({ prefix, most }: IsoFormat): [min: number, max: number] =>
  prefix === undefined ? [most, most] : [0, Math.min(most, 40)];

/** Any value that the format takes. */
export function anyValue(format: IsoFormat): fc.Arbitrary<IsoValue> {
  const [min, max] = lengths(format);
  if (format.content !== undefined) return anyContent(format);
  const { kind, most } = format;
  const amount = fc.bigInt({ min: 0n, max: 10n ** BigInt(most) - 1n });
  if (kind === 'b') return fc.uint8Array({ minLength: min, maxLength: max });
  if (kind === 'x+n') return fc.record({ sign: fc.constantFrom('C' as const, 'D' as const), amount });
  if (format.isAmount) return amount;
  const plainText = text(ALPHABET[kind], min, max);
  const longest = text(ALPHABET[kind], most, most);
  if ((kind !== 'a' && kind !== 'an') || format.prefix !== undefined)
    return fc.oneof({ weight: 30, arbitrary: plainText }, { weight: 1, arbitrary: longest });
  return fc.oneof(
    plainText,
    text(ALPHABET[kind], 0, max).map((s) => s.padEnd(max, ' ')),
  );
}

const CHIP_TAGS = [0x82, 0x84, 0x95, 0x9a, 0x9c, 0x5f2a, 0x9f02, 0x9f10, 0x9f26, 0x9f36, 0xdf8104];

function anyContent({ content, most }: IsoFormat): fc.Arbitrary<IsoValue> {
  if (content?.form === 'ber-tlv') {
    const object = fc.record({ tag: fc.constantFrom(...CHIP_TAGS), value: fc.uint8Array({ maxLength: 16 }) });
    return fc.uniqueArray(object, { maxLength: 8, selector: (o: IsoTlv) => o.tag });
  }
  if (content?.form === 'tlv') {
    const { tagSize } = content;
    const value = text(ALPHABET.ans, 0, 20);
    const entry = fc.tuple(text(ALPHABET.an, tagSize, tagSize), value);
    return fc
      .uniqueArray(entry, { maxLength: Math.min(8, Math.floor(most / 30)), selector: ([t]) => t })
      .map((entries) => new Map<string, IsoValue>(entries));
  }
  if (content === undefined) throw new Error('no content');
  const { items, required } = content;
  return fc
    .integer({ min: required, max: items.length })
    .chain((count) =>
      fc
        .tuple(...items.slice(0, count).map(anyValue))
        .map((values) => new Map(values.map((v, i): [string, IsoValue] => [items[i]?.name ?? '', v]))),
    );
}

/** Any message in this dialect. */
export function anyMessage(of: IsoProfile): fc.Arbitrary<IsoMessage> {
  const formats = of.fields.filter((f) => f !== undefined);
  const version = of.version === '1987' ? '0' : '1';
  const mti = fc
    .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 5 }))
    .map((rest) => parseMti(version + rest.join('')));
  const fields = fc
    .subarray(formats, { maxLength: 24 })
    .chain((chosen) =>
      fc
        .tuple(...chosen.map(anyValue))
        .map((values) => new Map(values.map((v, i): [number, IsoValue] => [chosen[i]?.field ?? 0, v]))),
    );
  const { header } = of;
  const octets: fc.Arbitrary<Bytes | undefined> =
    header === undefined
      ? fc.constant(undefined)
      : fc.uint8Array({ minLength: header.octets, maxLength: header.octets }).map((b) => {
          b.set(header.begins);
          return b;
        });
  return fc.record({ header: octets, mti, fields });
}

/** Comparable whatever buffers are behind it. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `octets ${Buffer.from(value).toString('hex')}`;
  if (value instanceof Map) return [...value].map(([k, v]) => [k, plain(v)]);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'bigint') return `amount ${value}`;
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
  return value;
}

/** A message with its fields in order, as decoding gives it. */
export const ordered = (m: IsoMessage): IsoMessage => ({
  ...m,
  fields: new Map([...m.fields].sort(([a], [b]) => a - b)),
});
