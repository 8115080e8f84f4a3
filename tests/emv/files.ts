/** The transcripts of the payment application as they are committed, and how their steps are read. */
import type { MasterKeyOption } from '@sokkin/crypto';
import { present, read, type Step, type Transcript } from '../vector-files.ts';

export interface Rsa {
  rid?: string;
  index?: number;
  modulus: string;
  exponent: string;
  p: string;
  q: string;
  dp: string;
  dq: string;
  qInverse: string;
}
export interface CardKeys {
  card: string;
  pan: string;
  sequence: string;
  masterKeyOption: MasterKeyOption;
  issuerMasterKeys: Record<string, string>;
  cardMasterKeys: Record<string, string>;
  certificationAuthority: Rsa;
  issuerKey: Rsa;
  cardKey: Rsa;
}
export interface Element {
  tag: string;
  value: string;
}
/** A block under RSA, and what its hash is over. */
export interface Signed {
  hashInput: string;
  plaintext: string;
}
export interface Cda extends Signed {
  transactionDataHashInput: string;
  transactionDataHash: string;
  dynamicNumber: string;
}
export interface Values {
  // Secure channel.
  hostChallenge?: string;
  sequence?: string;
  cardChallenge?: string;
  context?: string;
  sessionKeys?: { enc: string; mac: string; rmac: string };
  cardCryptogram?: string;
  hostCryptogram?: string;
  externalAuthenticateMac?: string;
  counter?: number;
  mac?: string;
  groupings?: { dgi: string; value: string }[];
  // Transactions.
  staticData?: string;
  issuerCertificate?: Signed;
  cardCertificate?: Signed;
  pdol?: Element[];
  cdol1?: Element[];
  cdol2?: Element[];
  gives?: 'aac' | 'tc' | 'arqc';
  atc?: string;
  sessionKey?: string;
  cvr?: { bytes: string };
  iad?: { bytes: string; debited: boolean };
  cryptogramInput?: string;
  cryptogram?: string;
  cda?: Cda;
  dynamicNumber?: string;
  hashInput?: string;
  plaintext?: string;
  issuerAuthentication?: IssuerAuthentication;
  // Scripts.
  macSessionKey?: string;
  enciphermentSessionKey?: string;
  chaining?: string;
  macInput?: string;
  drdol?: string;
  recoveryHash?: string;
}
export interface IssuerAuthentication {
  method: 1 | 2;
  sessionKey: string;
  responseCode?: string;
  cardStatusUpdate?: { bytes: string };
  arpcInput: string;
  arpc: string;
}
export interface EmvTranscript extends Transcript {
  batchMasterKey: string;
  keys: CardKeys[];
}

const load = (name: string): EmvTranscript => JSON.parse(read(`transcripts/${name}.json`));
export const files = [load('emv-personalisation'), load('emv-transactions')];
export const bytesOf = (text: string): Buffer => Buffer.from(text, 'hex');
export const text = (bytes: Buffer): string => bytes.toString('hex');
export const stepsOf = ({ setup, steps }: EmvTranscript): Step[] => [...setup, ...steps];
export const valuesOf = (step: Step): Values => (step as Step & { values?: Values }).values ?? {};
export const exchangeOf = (step: Step): [command: Buffer, response: Buffer] => {
  const only = present(step.short?.[0], step.does);
  return [bytesOf(only.command), bytesOf(only.response)];
};
/** Data of a short command. */
export const dataOf = (command: Buffer): Buffer => command.subarray(5, 5 + command.readUInt8(4));

/** Objects of a template with tags of one or two bytes. */
export function objects(data: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (let at = 0; at < data.length; ) {
    const size = (data.readUInt8(at) & 0x1f) === 0x1f ? 2 : 1;
    const tag = text(data.subarray(at, at + size)).toUpperCase();
    at += size;
    const long = data.readUInt8(at) === 0x81 ? 1 : 0;
    const length = data.readUInt8(at + long);
    at += 1 + long;
    found.set(tag, data.subarray(at, at + length));
    at += length;
  }
  return found;
}
export const inside = (data: Buffer): Buffer => present([...objects(data).values()][0], 'template');
