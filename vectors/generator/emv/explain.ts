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
  hex,
  u8,
} from '@sokkin/codec';
import {
  answerWithoutSignature,
  type CdaTransaction,
  emvMac,
  pad80,
  type ScriptKeys,
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

/** The block under RSA: 6A, recoverable data, SHA-1 over that data and the terminal's, BC (Book 2, A2.1). */
function showSignature(key: Product['order']['key']['publicKey'], signature: Bytes, beside: Bytes): Shown {
  const plaintext = rsa.publicOperation(key, signature);
  if (plaintext === undefined) throw new Error('the signature is no number of this key');
  const recoverable = plaintext.subarray(1, plaintext.length - 21);
  return { hashInput: hex(concat(recoverable, beside)), plaintext: hex(plaintext) };
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

/** Elements by their tags. */
export const showElements = (values: Values): Shown =>
  Object.fromEntries([...values].map(([tag, value]) => [tag.toString(16).toUpperCase(), hex(value)]));
