/**
 * The chip data of a request as values, and back (DE 55 of a request or an advice; Book 3, Annex A).
 *
 * What must hold: reading and writing are inverse for every value that is here; bits without a name stay zero when written, so
 * hand on the bytes as they came wherever a cryptogram is checked.
 */
import { type Bytes, fromHex, hex, u8 } from '../bytes.ts';
import { fail } from '../errors.ts';
import { CRYPTOGRAM, type CryptogramType } from './cvr.ts';
import { encodeN } from './digits.ts';
import { AIP_FLAGS, type AipFlag, decodeFlags, encodeFlags, TVR_FLAGS, type TvrFlag } from './flags.ts';

export interface ChipData {
  readonly cryptogram: Bytes;
  readonly type: CryptogramType;
  /** Tag 9F10. */
  readonly issuerData: Bytes;
  readonly unpredictableNumber: Bytes;
  readonly atc: number;
  readonly results: ReadonlySet<TvrFlag>;
  /** YYMMDD. */
  readonly date: string;
  /** Two digits: 00 goods and services, 01 cash, 20 refund. */
  readonly transactionType: string;
  /** Minor units. */
  readonly amount: bigint;
  readonly amountOther: bigint | undefined;
  /** ISO 4217 and ISO 3166-1, three digits. */
  readonly currency: string;
  readonly country: string;
  readonly interchange: ReadonlySet<AipFlag>;
  /** Two digits; undefined: the card has none. */
  readonly sequence: string | undefined;
  /** Tag 9F34. */
  readonly cvmResults: Bytes | undefined;
}

const TYPES = Object.keys(CRYPTOGRAM) as CryptogramType[];

/** From elements that `readDe55` read by a table which has these as mandatory; a missing one is `missing_tag`. */
export function chipDataOf(elements: ReadonlyMap<number, Bytes>): ChipData {
  const need = (tag: number): Bytes =>
    elements.get(tag) ?? fail('missing_tag', `DE 55: ${tag.toString(16).toUpperCase()} is missing`);
  const digits = (tag: number): string => digitsIn(tag, need(tag));
  const code = (need(0x9f27)[0] ?? 0xff) >> 6;
  const atc = need(0x9f36);
  const [other, sequence] = [elements.get(0x9f03), elements.get(0x5f34)];
  return {
    cryptogram: need(0x9f26),
    type: TYPES.find((t) => CRYPTOGRAM[t] === code) ?? fail('bad_value', 'DE 55: 9F27 has a reserved type'),
    issuerData: need(0x9f10),
    unpredictableNumber: need(0x9f37),
    atc: ((atc[0] ?? 0) << 8) | (atc[1] ?? 0),
    results: decodeFlags(TVR_FLAGS, need(0x95)),
    date: digits(0x9a),
    transactionType: digits(0x9c),
    amount: BigInt(digits(0x9f02)),
    amountOther: other === undefined ? undefined : BigInt(digitsIn(0x9f03, other)),
    currency: digits(0x5f2a).slice(-3),
    country: digits(0x9f1a).slice(-3),
    interchange: decodeFlags(AIP_FLAGS, need(0x82)),
    sequence: sequence === undefined ? undefined : digitsIn(0x5f34, sequence),
    cvmResults: elements.get(0x9f34),
  };
}

function digitsIn(tag: number, value: Bytes): string {
  const text = hex(value);
  return /^\d+$/.test(text)
    ? text
    : fail('bad_value', `DE 55: ${tag.toString(16).toUpperCase()} is no number`);
}

/** The elements, for `writeDe55`. */
export function elementsOfChipData(d: ChipData): Map<number, Bytes> {
  return new Map<number, Bytes>([
    [0x82, encodeFlags(AIP_FLAGS, d.interchange)],
    [0x95, encodeFlags(TVR_FLAGS, d.results)],
    [0x9a, encodeN(d.date, 3)],
    [0x9c, encodeN(d.transactionType, 1)],
    [0x5f2a, encodeN(d.currency, 2)],
    [0x9f02, encodeN(d.amount.toString(), 6)],
    [0x9f10, d.issuerData],
    [0x9f1a, encodeN(d.country, 2)],
    [0x9f26, d.cryptogram],
    [0x9f27, u8(CRYPTOGRAM[d.type] << 6)],
    [0x9f36, fromHex(d.atc.toString(16).padStart(4, '0'))],
    [0x9f37, d.unpredictableNumber],
    ...(d.amountOther === undefined ? [] : [[0x9f03, encodeN(d.amountOther.toString(), 6)] as const]),
    ...(d.sequence === undefined ? [] : [[0x5f34, encodeN(d.sequence, 1)] as const]),
    ...(d.cvmResults === undefined ? [] : [[0x9f34, d.cvmResults] as const]),
  ]);
}
