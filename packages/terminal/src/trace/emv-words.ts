/** Values of EMV data elements in words (Book 3, Annexes A and C). */
import {
  AIP_FLAGS,
  AUC_FLAGS,
  type Bytes,
  CRYPTOGRAM,
  type CryptogramType,
  CVR_LENGTH,
  decodeCvr,
  decodeFlags,
  digitsOf,
  emvElement,
  type FlagTable,
  formatAmount,
  fromAscii,
  hex,
  parseTagList,
  SokkinError,
  TSI_FLAGS,
  TVR_FLAGS,
} from '@sokkin/codec';
import { tagText } from './tlv.ts';

/** Tags of these applications that the books leave to the issuer (docs/spec/card-application.md, section 11.2). */
const OWN: ReadonlyMap<number, string> = new Map([
  [0x9f50, 'balance'],
  [0x9f51, 'DRDOL: values of RECOVER AC'],
]);

export const elementName = (tag: number): string | undefined => emvElement(tag)?.name ?? OWN.get(tag);

const ACRONYMS: ReadonlyMap<string, string> = new Map([
  ...['AAC', 'ARQC', 'CDA', 'CVM', 'DDA', 'EMV', 'ICC', 'PIN', 'SDA', 'TC', 'TDOL'].map(
    (word) => [word.toLowerCase(), word] as const,
  ),
  ['atms', 'ATMs'],
  ['oda', 'offline data authentication'],
  ['x', 'X'],
  ['y', 'Y'],
]);

/** "lastOnlineNotCompleted" as "last online not completed". */
export const wordsOfName = (name: string): string =>
  name
    .replace(/[A-Z]/g, ' $&')
    .toLowerCase()
    .split(' ')
    .map((word) => ACRONYMS.get(word) ?? word)
    .join(' ');

const listed = (names: Iterable<string>): string => [...names].map(wordsOfName).join(', ');

const numberOf = (value: Bytes): number => value.reduce((n, b) => n * 256 + b, 0);

function flags<N extends string>(table: FlagTable<N>, value: Bytes): string {
  const names = listed(decodeFlags(table, value));
  return `${hex(value)}${names === '' ? '' : `: ${names}`}`;
}

/** The type of cryptogram in the two high bits of a byte, as of P1 of GENERATE AC. */
export function cryptogramOf(byte: number): string {
  const names = Object.keys(CRYPTOGRAM) as CryptogramType[];
  return names.find((name) => CRYPTOGRAM[name] === byte >> 6)?.toUpperCase() ?? 'unknown type';
}

/** Card verification results in words: both cryptograms, the bits that are set, the counters. */
export function cvrWords(value: Bytes): string {
  if (value.length !== CVR_LENGTH) return hex(value);
  try {
    const { first, second, bits, pinTriesLeft, scripts } = decodeCvr(value);
    const answers = `first ${first.toUpperCase()}, second ${second?.toUpperCase() ?? 'not asked for'}`;
    const said = [answers, listed(bits), `PIN tries left ${pinTriesLeft}`, `scripts ${scripts}`];
    return `${hex(value)}: ${said.filter((part) => part !== '').join('; ')}`;
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    return hex(value);
  }
}

const amount = (value: Bytes): string =>
  /^\d+$/.test(hex(value)) ? formatAmount(BigInt(hex(value))) : hex(value);
const date = (value: Bytes): string => {
  const [year, month, day] = [...value].map((b) => hex(Uint8Array.of(b)));
  return value.length === 3 && /^\d+$/.test(hex(value)) ? `20${year}-${month}-${day}` : hex(value);
};
const decimal = (value: Bytes): string => String(numberOf(value));
const tagNames = (value: Bytes): string =>
  parseTagList(value)
    .map((tag) => `${tagText(tag)} ${elementName(tag) ?? 'unknown'}`)
    .join(', ');
const tvr = (value: Bytes): string => flags(TVR_FLAGS, value);

const SHOWN: ReadonlyMap<number, (value: Bytes) => string> = new Map([
  [0x82, (v) => flags(AIP_FLAGS, v)],
  [0x87, (v) => hex(v)],
  [0x88, decimal],
  [0x95, tvr],
  [0x99, () => '(not shown)'],
  [0x9a, date],
  [0x9b, (v) => flags(TSI_FLAGS, v)],
  [0x5f24, date],
  [0x5f25, date],
  [0x9f02, amount],
  [0x9f03, amount],
  [0x9f07, (v) => flags(AUC_FLAGS, v)],
  [0x9f0d, tvr],
  [0x9f0e, tvr],
  [0x9f0f, tvr],
  [0x9f13, decimal],
  [0x9f14, decimal],
  [0x9f17, decimal],
  [0x9f23, decimal],
  [0x9f27, (v) => (v.length === 1 ? `${hex(v)}: ${cryptogramOf(v[0] ?? 0)}` : hex(v))],
  [0x9f36, decimal],
  [0x9f4a, tagNames],
  [0x9f50, amount],
]);

/** The value of a primitive element; text and digits where its format says so, hexadecimal else. */
export function valueWords(tag: number, value: Bytes): string {
  try {
    const shown = SHOWN.get(tag);
    if (shown !== undefined) return shown(value);
    return byFormat(tag, value);
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    return hex(value);
  }
}

function byFormat(tag: number, value: Bytes): string {
  switch (emvElement(tag)?.format) {
    case 'cn':
      return digitsOf(value);
    case 'a':
    case 'an':
    case 'ans':
      return value.every((b) => b >= 0x20 && b < 0x7f) ? `"${fromAscii(value)}"` : hex(value);
    default:
      return hex(value);
  }
}
