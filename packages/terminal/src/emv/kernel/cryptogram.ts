/**
 * The first GENERATE AC (Book 3, 6.5.5 and 9; Book 4, 6.3.2.1 for CDA) and the answers to it and to RECOVER AC, in clear or
 * signed (Book 2, 6.6).
 *
 * What must hold: pure; a card gives what was asked for or less; a signature that was asked for is there and holds, or
 * the cryptogram counts for nothing.
 */
import {
  type Bytes,
  type CommandApdu,
  CRYPTOGRAM,
  type CryptogramType,
  command,
  decodeTlv,
  decodeTlvs,
  equal,
  type Tlv,
} from '@sokkin/codec';
import { answerWithoutSignature, type RsaPublicKey, type RsaVerifier, verifyCda } from '@sokkin/crypto';
import { TAG, tagText } from '../tags.ts';
import { cardError } from './data.ts';

/** What was asked for, and all that a signature over the answer covers. */
export interface Asked {
  readonly type: CryptogramType;
  readonly pdolData: Bytes;
  readonly cdol1Data: Bytes;
  readonly unpredictableNumber: Bytes;
  readonly isSigned: boolean;
}

export interface GivenCryptogram {
  readonly type: CryptogramType;
  readonly information: number;
  readonly atc: Bytes;
  /** Undefined: it was to come in a signature, and that does not hold. */
  readonly cryptogram: Bytes | undefined;
  readonly issuerData: Bytes | undefined;
  /** The verdict on its signature; undefined: none was asked for, or the card declined. */
  readonly cda: string | undefined;
  readonly dynamicNumber?: Bytes;
}

/** P1, bit 5: the cryptogram shall come signed (Book 3, table 12). */
const SIGNED = 0x10;

export const generateAc = ({ type, isSigned, cdol1Data }: Asked): CommandApdu =>
  command(0x80, 0xae, (CRYPTOGRAM[type] << 6) | (isSigned ? SIGNED : 0), 0x00, cdol1Data, 256);

/** card-application.md, 11.5; the name and the list's tag are those of Book C-2. */
export const recoverAc = (drdolData: Bytes): CommandApdu => command(0x80, 0xd0, 0x00, 0x00, drdolData, 256);

const SECTION = 'Book 3, 6.5.5.4';
const MOST_ISSUER_DATA = 32;
const TYPES: readonly (CryptogramType | undefined)[] = ['aac', 'tc', 'arqc', undefined];
/** Book 3, 9.3: TC over ARQC over AAC. */
const RANK: Readonly<Record<CryptogramType, number>> = { aac: 0, arqc: 1, tc: 2 };

/** Refuses what is no answer to GENERATE AC. `key`: the card's, if its certificates hold. */
export function readGiven(
  rsa: RsaVerifier,
  key: RsaPublicKey | undefined,
  asked: Asked,
  data: Bytes,
): GivenCryptogram {
  const answer = decodeTlv(data, { padding: true });
  const given = answer.tag === 0x80 ? readFormat1(answer.value, asked) : readFormat2(rsa, key, asked, answer);
  if (RANK[given.type] > RANK[asked.type])
    cardError('Book 3, 9.3', `The card gave ${given.type} where ${asked.type} was asked for`);
  return given;
}

function typeOf(information: number): CryptogramType {
  return TYPES[information >> 6] ?? cardError(SECTION, '9F27 has a reserved type');
}

const unsigned = (type: CryptogramType, { isSigned }: Asked): string | undefined =>
  isSigned && type !== 'aac' ? 'no-signature' : undefined;

/** Information, counter, cryptogram, issuer data, one after the other: there is no room for a signature. */
function readFormat1(value: Bytes, asked: Asked): GivenCryptogram {
  if (value.length < 11 || value.length > 11 + MOST_ISSUER_DATA)
    cardError(SECTION, `Format 1 has ${value.length} bytes`);
  const information = value[0] ?? 0;
  const type = typeOf(information);
  const cda = unsigned(type, asked);
  return {
    type,
    information,
    atc: value.slice(1, 3),
    cryptogram: cda === undefined ? value.slice(3, 11) : undefined,
    issuerData: value.length > 11 ? value.slice(11) : undefined,
    cda,
  };
}

function readFormat2(
  rsa: RsaVerifier,
  key: RsaPublicKey | undefined,
  asked: Asked,
  answer: Tlv,
): GivenCryptogram {
  if (answer.tag !== 0x77) cardError(SECTION, 'The answer is neither template 80 nor 77');
  const objects = decodeTlvs(answer.value, { padding: true });
  const find = (tag: number, least: number, most = least): Bytes | undefined => {
    const value = objects.find((t) => t.tag === tag)?.value.slice();
    if (value !== undefined && (value.length < least || value.length > most))
      cardError(SECTION, `${tagText(tag)} has ${value.length} bytes`);
    return value;
  };
  const need = (tag: number, length: number): Bytes =>
    find(tag, length) ?? cardError(SECTION, `${tagText(tag)} is missing`);
  const information = need(TAG.information, 1)[0] ?? 0;
  const type = typeOf(information);
  const clear = {
    type,
    information,
    atc: need(TAG.atc, 2),
    issuerData: find(TAG.issuerData, 0, MOST_ISSUER_DATA),
  };
  const [signature, plain] = [find(TAG.signature, 1, 248), find(TAG.cryptogram, 8)];
  // Book 2, 6.6.1: an AAC is never signed, and nothing hangs on it
  if (signature === undefined || !asked.isSigned || type === 'aac') {
    const cda = unsigned(type, asked);
    const cryptogram = cda === undefined ? (plain ?? need(TAG.cryptogram, 8)) : undefined;
    return { ...clear, cryptogram, cda };
  }
  return {
    ...clear,
    ...openSignature(rsa, key, asked, { signature, information, plain, inside: answer.value }),
  };
}

interface Seen {
  readonly signature: Bytes;
  readonly information: number;
  readonly plain: Bytes | undefined;
  readonly inside: Bytes;
}

/** Book 2, 6.6.2. */
function openSignature(
  rsa: RsaVerifier,
  key: RsaPublicKey | undefined,
  { pdolData, cdol1Data, unpredictableNumber }: Asked,
  { signature, information, plain, inside }: Seen,
): Pick<GivenCryptogram, 'cryptogram' | 'cda' | 'dynamicNumber'> {
  if (key === undefined) return { cryptogram: undefined, cda: 'no-key' };
  const transaction = { pdolData, cdol1Data, answer: answerWithoutSignature(inside) };
  const found = verifyCda(rsa, key, signature, { information, unpredictableNumber, transaction });
  if (found.verdict !== 'authentic') return { cryptogram: undefined, cda: found.verdict };
  if (plain !== undefined && !equal(plain, found.cryptogram))
    return { cryptogram: undefined, cda: 'other-cryptogram-in-clear' };
  return { cryptogram: found.cryptogram, cda: 'authentic', dynamicNumber: found.dynamicNumber };
}
