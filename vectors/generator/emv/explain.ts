/**
 * What card, terminal and issuer compute in a transaction, as the vectors show it.
 *
 * What must hold: nothing is shown that the issuer's or the terminal's own check did not find right; so a card that gave
 * something else would stop the generator.
 */
import {
  type Bytes,
  buildDolData,
  type CommandApdu,
  CVR_TAG,
  concat,
  decodeTlv,
  decodeTlvs,
  equal,
  hex,
  u8,
} from '@sokkin/codec';
import {
  answerWithoutSignature,
  type CdaTransaction,
  emvMac,
  pad80,
  type RsaPublicKey,
  type ScriptKeys,
  sha1,
  transactionDataHash,
  verifyCda,
  verifyDda,
} from '@sokkin/crypto';
import { type GenuineCryptogram, verifyCryptogram } from '@sokkin/issuer';
import { type Json, showFields } from '../show.ts';
import { type Product, rsa, symmetric } from './products.ts';

export type Values = ReadonlyMap<number, Bytes>;
type Shown = { readonly [name: string]: Json };

const TAG = { information: 0x9f27, atc: 0x9f36, cryptogram: 0x9f26, iad: 0x9f10, signature: 0x9f4b } as const;

/** What the lists of one GENERATE AC brought. */
export interface Asked {
  /** All that the card knows of the terminal by now. */
  readonly values: Values;
  readonly interchange: Bytes;
  readonly lists: Omit<CdaTransaction, 'answer'>;
}

export interface Explanation {
  readonly shown: Shown;
  readonly genuine: GenuineCryptogram;
}

/** The answer to GENERATE AC, taken apart and verified. */
export function explainCryptogram(product: Product, asked: Asked, data: Bytes): Explanation {
  const template = decodeTlv(data).value;
  const answer = new Map(decodeTlvs(template).map(({ tag, value }) => [tag, value.slice()]));
  const information = needed(answer, TAG.information)[0] ?? 0;
  const signature = answer.get(TAG.signature);
  const signed = signature && explainCda(product, asked, template, signature, information);
  const cryptogram = signed?.cryptogram ?? needed(answer, TAG.cryptogram);
  const all = new Map([
    ...asked.values,
    ...answer,
    [TAG.cryptogram, cryptogram] as const,
    [0x82, asked.interchange] as const,
  ]);
  const { pan, sequence } = product.order;
  const genuine = verifyCryptogram(symmetric, product.issuer, product.profile, { pan, sequence, data: all });
  if (genuine.verdict !== 'genuine') throw new Error(`the cryptogram is ${genuine.verdict}`);
  const { iad, cvr, atc, sessionKey } = genuine;
  const { control } = product.profile;
  const input = buildDolData(control.cryptogramData, (tag) => (tag === CVR_TAG ? iad.cvr : all.get(tag)));
  const shown: Shown = {
    gives: TYPES[information >> 6] ?? 'unknown',
    atc: hex(atc),
    sessionKey: hex(sessionKey),
    cvr: {
      bytes: hex(iad.cvr ?? new Uint8Array(0)),
      ...(cvr && showFields({ ...cvr, second: cvr.second ?? 'not asked for', bits: [...cvr.bits] })),
    },
    iad: { bytes: hex(needed(all, TAG.iad)), ...showFields({ ...iad, cvr: undefined }) },
    cryptogramInput: hex(input),
    cryptogram: hex(cryptogram),
    ...(signed === undefined ? {} : { cda: signed.shown }),
  };
  return { shown, genuine };
}

const TYPES = ['aac', 'tc', 'arqc'];

function needed(values: Values, tag: number): Bytes {
  const value = values.get(tag);
  if (value === undefined) throw new Error(`tag ${tag.toString(16)} is missing`);
  return value;
}

function explainCda(
  { order }: Product,
  { values, lists }: Asked,
  template: Bytes,
  signature: Bytes,
  information: number,
) {
  const transaction: CdaTransaction = { ...lists, answer: answerWithoutSignature(template) };
  const unpredictableNumber = needed(values, 0x9f37);
  const key = order.key.publicKey;
  const found = verifyCda(rsa, key, signature, { information, unpredictableNumber, transaction });
  if (found.verdict !== 'authentic') throw new Error(`the signature is ${found.verdict}`);
  const { pdolData, cdol1Data, cdol2Data = new Uint8Array(0), answer } = transaction;
  const shown: Shown = {
    transactionDataHashInput: hex(concat(pdolData, cdol1Data, cdol2Data, answer)),
    transactionDataHash: hex(transactionDataHash(transaction)),
    dynamicNumber: hex(found.dynamicNumber),
    ...showSignature(key, signature, unpredictableNumber),
  };
  return { cryptogram: found.cryptogram, shown };
}

/** INTERNAL AUTHENTICATE. */
export function explainDda({ order }: Product, terminalData: Bytes, data: Bytes): Shown {
  const signature = decodeTlv(decodeTlv(data).value).value;
  const key = order.key.publicKey;
  const found = verifyDda(rsa, key, signature, terminalData);
  if (found.verdict !== 'authentic') throw new Error(`the signature is ${found.verdict}`);
  return { dynamicNumber: hex(found.dynamicNumber), ...showSignature(key, signature, terminalData) };
}

export interface SeenRecord {
  readonly record: Bytes;
  /** Whether the file locator says that it is signed. */
  readonly signed: boolean;
}

/** All records, once they are read: the static data and both certificates (Book 2, 6.3 and 6.4; Book 3, 10.3). */
export function explainRecords(
  { issuer }: Product,
  records: readonly SeenRecord[],
  interchange: Bytes,
): Shown {
  const contents = records.map(({ record, signed }) => ({ value: decodeTlv(record).value, signed }));
  const elements = new Map(contents.flatMap(({ value }) => decodeTlvs(value)).map((t) => [t.tag, t.value]));
  const staticData = concat(
    ...contents.filter(({ signed }) => signed).map(({ value }) => value),
    interchange,
  );
  const key = (remainder: number, exponent: number): Bytes =>
    concat(elements.get(remainder) ?? new Uint8Array(0), needed(elements, exponent));
  return {
    staticData: hex(staticData),
    issuerCertificate: showSignature(issuer.ca, needed(elements, 0x90), key(0x92, 0x9f32)),
    cardCertificate: showSignature(
      issuer.key.publicKey,
      needed(elements, 0x9f46),
      concat(key(0x9f48, 0x9f47), staticData),
    ),
  };
}

/** The block under RSA: 6A, recoverable data, SHA-1 over that data and the terminal's, BC (Book 2, A2.1). */
function showSignature(key: RsaPublicKey, signature: Bytes, beside: Bytes): Shown {
  const plaintext = rsa.publicOperation(key, signature);
  if (plaintext === undefined) throw new Error('the signature is no number of this key');
  const end = plaintext.length - 21;
  const hashInput = concat(plaintext.subarray(1, end), beside);
  if (!equal(sha1(hashInput), plaintext.subarray(end, end + 20))) throw new Error('another hash was signed');
  return { hashInput: hex(hashInput), plaintext: hex(plaintext) };
}

export interface ScriptContext {
  readonly keys: ScriptKeys;
  readonly atc: Bytes;
  /** Of the first GENERATE AC. */
  readonly cryptogram: Bytes;
  /** Format 1: what the MAC starts from. */
  readonly chaining: Bytes;
}

/** A script command as the issuer made it; the MAC is what the next one starts from in format 1. */
export function explainScript(
  { profile }: Product,
  { keys, atc, cryptogram, chaining }: ScriptContext,
  sent: CommandApdu,
): { readonly shown: Shown; readonly mac: Bytes } {
  const { scriptFormat, scriptMacLength } = profile.control;
  const { cla, ins, p1, p2, data } = sent;
  const header = Uint8Array.of(cla, ins, p1, p2);
  const own = scriptFormat === 1 ? 2 + scriptMacLength : scriptMacLength;
  const body = data.subarray(0, data.length - own);
  const input =
    scriptFormat === 1
      ? concat(chaining, pad80(header, 8), body)
      : concat(header, u8(data.length), atc, cryptogram, body);
  const mac = emvMac(symmetric, keys.cipher, keys.mac, input, 8);
  const shown = {
    macSessionKey: keys.mac,
    enciphermentSessionKey: keys.encipher,
    ...(scriptFormat === 1 ? { chaining } : {}),
    macInput: input,
    mac,
  };
  return { shown: showFields(shown), mac };
}

/** The elements of a list, in its order. */
export const showElements = (values: Values): Json =>
  [...values].map(([tag, value]) => ({ tag: tag.toString(16).toUpperCase(), value: hex(value) }));
