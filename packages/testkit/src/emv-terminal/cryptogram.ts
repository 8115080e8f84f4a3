/**
 * GENERATE AC and RECOVER AC (Book 3, 6.5.5; Book C-2, 5.7), and the answers to both: in clear or with CDA
 * (Book 2, 6.6).
 *
 * What must hold: a card gives what was asked for or less, never more; a signature that was asked for is there and holds,
 * or the cryptogram counts for nothing.
 */
import {
  type Bytes,
  CRYPTOGRAM,
  type CryptogramType,
  command,
  decodeTlv,
  decodeTlvs,
  type ResponseApdu,
  SW,
  type Tlv,
} from '@sokkin/codec';
import { answerWithoutSignature, type RsaPublicKey, verifyCda } from '@sokkin/crypto';
import { ask, type Session } from './session.ts';
import type { GivenCryptogram, SignedData } from './types.ts';
import { strictly, violated } from './violation.ts';

const TYPES: readonly (CryptogramType | undefined)[] = ['aac', 'tc', 'arqc', undefined];
/** P1, bit 5: the cryptogram shall come signed (Book 3, table 12). */
const CDA_REQUESTED = 0x10;
const SECTION = 'Book 3, 6.5.5.4';

/** What was asked for, and all that the signature over the answer covers. */
export interface Asked {
  readonly type: CryptogramType;
  readonly hashed: SignedData;
  readonly unpredictableNumber: Bytes;
  /** The card's key, if a signature was asked for. */
  readonly key: RsaPublicKey | undefined;
}

export const generateAc = (session: Session, asked: Asked, data: Bytes): Promise<ResponseApdu> => {
  const p1 = (CRYPTOGRAM[asked.type] << 6) | (asked.key === undefined ? 0 : CDA_REQUESTED);
  return ask(session, command(0x80, 0xae, p1, 0x00, data, 256));
};

export const recoverAc = (session: Session, drdolData: Bytes): Promise<ResponseApdu> =>
  ask(session, command(0x80, 0xd0, 0x00, 0x00, drdolData, 256));

/** The cryptogram in an answer with 9000; undefined for another status word. Sets the bit of CDA if it fails. */
export function readGiven(
  session: Session,
  asked: Asked,
  { sw, data }: ResponseApdu,
): GivenCryptogram | undefined {
  if (sw !== SW.ok) return undefined;
  const answer = strictly(SECTION, () => decodeTlv(data, { padding: true }));
  const given = answer.tag === 0x80 ? readFormat1(answer.value, asked) : readFormat2(session, answer, asked);
  if (RANK[given.type] > RANK[asked.type])
    violated('Book 3, 9.3', `${given.type} was given where ${asked.type} was asked for`);
  if (given.cda !== undefined && given.cda !== 'authentic') session.tvr.add('cdaFailed');
  return given;
}

/** Book 3, 9.3: TC over ARQC over AAC. */
const RANK: Readonly<Record<CryptogramType, number>> = { aac: 0, arqc: 1, tc: 2 };

function typeOf(information: number): CryptogramType {
  return TYPES[information >> 6] ?? violated(SECTION, 'cryptogram information data has a reserved type');
}

const MOST_IAD = 32;

/** Information, ATC, cryptogram, issuer data, one after the other. It has no room for a signature. */
function readFormat1(value: Bytes, { key }: Asked): GivenCryptogram {
  if (value.length < 11 || value.length > 11 + MOST_IAD)
    violated(SECTION, `format 1 with ${value.length} bytes`);
  const information = value[0] ?? 0;
  const type = typeOf(information);
  return {
    type,
    information,
    atc: value.slice(1, 3),
    cryptogram: value.slice(3, 11),
    iad: value.length > 11 ? value.slice(11) : undefined,
    cda: key === undefined || type === 'aac' ? undefined : 'no-signature',
  };
}

function readFormat2(session: Session, answer: Tlv, asked: Asked): GivenCryptogram {
  if (answer.tag !== 0x77) violated(SECTION, 'the answer is neither template 80 nor 77');
  const objects = strictly(SECTION, () => decodeTlvs(answer.value, { padding: true }));
  const find = (tag: number, min: number, max = min): Bytes | undefined => {
    const value = objects.find((t) => t.tag === tag)?.value;
    if (value !== undefined && (value.length < min || value.length > max))
      violated(SECTION, `${tag.toString(16).toUpperCase()} has ${value.length} bytes`);
    return value;
  };
  const need = (tag: number, length: number): Bytes =>
    find(tag, length) ?? violated(SECTION, `${tag.toString(16).toUpperCase()} is missing`);
  const information = need(0x9f27, 1)[0] ?? 0;
  const atc = need(0x9f36, 2);
  const iad = find(0x9f10, 1, MOST_IAD);
  const signature = find(0x9f4b, 1, 248);
  const plain = find(0x9f26, 8);
  const type = typeOf(information);
  if (signature === undefined) {
    const cda = asked.key === undefined || type === 'aac' ? undefined : 'no-signature';
    return { type, information, atc, cryptogram: plain ?? need(0x9f26, 8), iad, cda };
  }
  if (asked.key === undefined) violated('Book 2, 6.6', 'a signature that nobody asked for');
  if (type === 'aac') violated('Book 2, 6.6.1', 'an AAC is not signed');
  if (plain !== undefined) violated('Book 2, 6.6.1', 'the cryptogram stands in clear beside its signature');
  const signed = openSignature(session, asked, { signature, information, answer: answer.value });
  return { type, information, atc, iad, ...signed };
}

function openSignature(
  { setup, card }: Session,
  { key, hashed, unpredictableNumber }: Asked,
  seen: { readonly signature: Bytes; readonly information: number; readonly answer: Bytes },
): { readonly cryptogram: Bytes | undefined; readonly cda: string } {
  if (key === undefined) return { cryptogram: undefined, cda: 'no-key' };
  const { information } = seen;
  const transaction = { ...hashed, answer: answerWithoutSignature(seen.answer) };
  const found = verifyCda(setup.rsa, key, seen.signature, { information, unpredictableNumber, transaction });
  if (found.verdict !== 'authentic') return { cryptogram: undefined, cda: found.verdict };
  card.set(0x9f4c, found.dynamicNumber);
  return { cryptogram: found.cryptogram, cda: 'authentic' };
}
