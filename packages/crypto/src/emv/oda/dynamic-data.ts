/**
 * Signed dynamic application data (tag 9F4B): the card's own signature, over the terminal's challenge for
 * INTERNAL AUTHENTICATE (DDA; Book 2, section 6.5), and over cryptogram and transaction besides for
 * GENERATE AC (CDA; section 6.6).
 *
 * What must hold: the checks run in the books' order and the first that fails names the verdict; CDA is
 * authentic only for the very cryptogram, information byte and transaction that the terminal saw.
 */
import { assert, type Bytes, concat, decodeTlvs, equal, u8 } from '@sokkin/codec';
import { sha1 } from '../../hash.ts';
import type { RsaPublicKey } from '../../ports.ts';
import {
  HASH_SHA1,
  isHashed,
  padBb,
  type RecoveryFailure,
  type RsaSigner,
  type RsaVerifier,
  recover,
  recoverableLength,
  SIGNED_FORMAT,
  sign,
} from './recoverable.ts';

interface IccKey {
  readonly handle: Bytes;
  readonly modulusLength: number;
}

type DynamicFailure = RecoveryFailure | 'unknown-hash' | 'bad-dynamic-data' | 'bad-hash';

/** The card's signature: format, hash algorithm, length, ICC dynamic data, filling (tables 15 and 18). */
function signDynamic(rsa: RsaSigner, key: IccKey, dynamicData: Bytes, terminalData: Bytes): Promise<Bytes> {
  const head = Uint8Array.of(SIGNED_FORMAT.dynamicData, HASH_SHA1, dynamicData.length);
  const data = padBb(recoverableLength(key.modulusLength), head, dynamicData);
  return sign(rsa, key.handle, data, terminalData);
}

function openDynamic(rsa: RsaVerifier, key: RsaPublicKey, signature: Bytes) {
  const recovery = recover(rsa, key, signature, SIGNED_FORMAT.dynamicData);
  if (recovery.verdict !== 'recovered') return recovery;
  const { data, hash } = recovery;
  const length = data[2] ?? 0;
  if (data[1] !== HASH_SHA1) return { verdict: 'unknown-hash' } as const;
  if (length > data.length - 3) return { verdict: 'bad-dynamic-data' } as const;
  return { verdict: 'open', data, hash, dynamicData: data.subarray(3, 3 + length) } as const;
}

/** The ICC dynamic number at the head of ICC dynamic data: its length, then 2 to 8 bytes. */
function dynamicNumberOf(dynamicData: Bytes): Bytes | undefined {
  const length = dynamicData[0] ?? 0;
  if (length < 2 || length > 8 || dynamicData.length < 1 + length) return undefined;
  return dynamicData.slice(1, 1 + length);
}

/** DDA, the card's side: `terminalData` is what the DDOL asked for (section 6.5.1). */
export function signDda(
  rsa: RsaSigner,
  key: IccKey,
  dynamicNumber: Bytes,
  terminalData: Bytes,
): Promise<Bytes> {
  assert(dynamicNumber.length >= 2 && dynamicNumber.length <= 8, 'an ICC dynamic number has 2 to 8 bytes');
  return signDynamic(rsa, key, concat(u8(dynamicNumber.length), dynamicNumber), terminalData);
}

export type DdaVerdict =
  | { readonly verdict: DynamicFailure }
  /** The number becomes tag 9F4C of the terminal. */
  | { readonly verdict: 'authentic'; readonly dynamicNumber: Bytes };

/** The checks of section 6.5.2, in its order. */
export function verifyDda(
  rsa: RsaVerifier,
  key: RsaPublicKey,
  signature: Bytes,
  terminalData: Bytes,
): DdaVerdict {
  const opened = openDynamic(rsa, key, signature);
  if (opened.verdict !== 'open') return { verdict: opened.verdict };
  if (!isHashed(opened.hash, opened.data, terminalData)) return { verdict: 'bad-hash' };
  const dynamicNumber = dynamicNumberOf(opened.dynamicData);
  return dynamicNumber === undefined
    ? { verdict: 'bad-dynamic-data' }
    : { verdict: 'authentic', dynamicNumber };
}

/** What a card says with a cryptogram (GENERATE AC). */
export interface CdaFields {
  readonly dynamicNumber: Bytes;
  /** Cryptogram information data, tag 9F27. */
  readonly information: number;
  /** The application cryptogram, 8 bytes: with CDA it travels only inside the signature. */
  readonly cryptogram: Bytes;
}

/**
 * What both sides hash of the transaction (section 6.6.1 and 6.6.2): the values of the PDOL, of CDOL1, for a
 * second GENERATE AC of CDOL2, then the data objects of the card's answer but its signature.
 */
export interface CdaTransaction {
  readonly pdolData: Bytes;
  readonly cdol1Data: Bytes;
  readonly cdol2Data?: Bytes;
  /** The objects of the answer's template 77, in the order of the answer; `answerWithoutSignature` cuts them. */
  readonly answer: Bytes;
}

const SIGNATURE_TAG = 0x9f4b;

/** The objects inside template 77, as they came, without the signature. Refuses what is no list of objects. */
export function answerWithoutSignature(templateValue: Bytes): Bytes {
  const kept = decodeTlvs(templateValue, { padding: true }).filter(({ tag }) => tag !== SIGNATURE_TAG);
  return concat(...kept.map(({ start, end }) => templateValue.subarray(start, end)));
}

export function transactionDataHash(t: CdaTransaction): Bytes {
  return sha1(t.pdolData, t.cdol1Data, ...(t.cdol2Data === undefined ? [] : [t.cdol2Data]), t.answer);
}

/** CDA, the card's side (section 6.6.1). `unpredictableNumber` is the 4 bytes of the terminal, tag 9F37. */
export function signCda(
  rsa: RsaSigner,
  key: IccKey,
  fields: CdaFields,
  transaction: CdaTransaction,
  unpredictableNumber: Bytes,
): Promise<Bytes> {
  return signCdaOver(rsa, key, fields, transactionDataHash(transaction), unpredictableNumber);
}

/** As `signCda`, for a card that kept the transaction data hash code, and signs the same answer again. */
export function signCdaOver(
  rsa: RsaSigner,
  key: IccKey,
  fields: CdaFields,
  transactionHash: Bytes,
  unpredictableNumber: Bytes,
): Promise<Bytes> {
  const { dynamicNumber, information, cryptogram } = fields;
  assert(dynamicNumber.length >= 2 && dynamicNumber.length <= 8, 'an ICC dynamic number has 2 to 8 bytes');
  assert(cryptogram.length === 8, 'an application cryptogram has 8 bytes');
  assert(transactionHash.length === 20, 'a transaction data hash code has 20 bytes');
  assert(unpredictableNumber.length === 4, 'an unpredictable number has 4 bytes');
  const number = concat(u8(dynamicNumber.length), dynamicNumber);
  const dynamicData = concat(number, u8(information), cryptogram, transactionHash);
  return signDynamic(rsa, key, dynamicData, unpredictableNumber);
}

export type CdaVerdict =
  | { readonly verdict: DynamicFailure | 'wrong-information' | 'wrong-transaction' }
  | ({ readonly verdict: 'authentic' } & CdaFields);

/** The checks of section 6.6.2, in its order. `information` is the byte that the answer showed in clear. */
export function verifyCda(
  rsa: RsaVerifier,
  key: RsaPublicKey,
  signature: Bytes,
  seen: {
    readonly information: number;
    readonly unpredictableNumber: Bytes;
    readonly transaction: CdaTransaction;
  },
): CdaVerdict {
  const opened = openDynamic(rsa, key, signature);
  if (opened.verdict !== 'open') return { verdict: opened.verdict };
  const dynamicNumber = dynamicNumberOf(opened.dynamicData);
  if (dynamicNumber === undefined) return { verdict: 'bad-dynamic-data' };
  const rest = opened.dynamicData.subarray(1 + dynamicNumber.length);
  if (rest.length < 29) return { verdict: 'bad-dynamic-data' };
  const information = rest[0] ?? 0;
  if (information !== seen.information) return { verdict: 'wrong-information' };
  if (!isHashed(opened.hash, opened.data, seen.unpredictableNumber)) return { verdict: 'bad-hash' };
  if (!equal(rest.subarray(9, 29), transactionDataHash(seen.transaction)))
    return { verdict: 'wrong-transaction' };
  return { verdict: 'authentic', dynamicNumber, information, cryptogram: rest.slice(1, 9) };
}
