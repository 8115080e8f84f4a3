/** The vectors as they are committed, for whoever tests them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FactoryKeys } from '@sokkin/card';
import { fromHex } from '@sokkin/codec';
import type { Profile } from '@sokkin/purse';

export const FOLDER = join(import.meta.dirname, '../vectors');

export interface Exchange {
  command: string;
  response: string;
}
export interface ShownMessage {
  message: string;
  body: string;
  hash: string;
  signature?: string;
}
export interface Participant {
  name: string;
  id: string;
  certifiedBy: string;
  privateKey: string;
  publicKey: string;
  certificate: string;
  profile?: Profile;
  /** Of a card with a security domain. */
  factory?: Factory;
}
export interface Factory {
  diversification: string;
  version: number;
  enc: string;
  mac: string;
  dek: string;
}
export interface Step {
  who: string;
  application?: 'security domain' | 'payment application';
  does: string;
  powerCycle?: true;
  copyOf?: string;
  answerLost?: true;
  short?: Exchange[];
  extended?: Exchange[];
  sw?: string;
  status?: string;
  signs?: ShownMessage;
  random?: string[];
  plain?: Exchange;
  entry?: ShownMessage;
  after?: { balance: string; pending: string; reserved: string; seq: number; head: string };
}
export interface Transcript {
  participants: Participant[];
  setup: Step[];
  steps: Step[];
}

export const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
export const transcripts = readdirSync(join(FOLDER, 'transcripts'))
  .filter((f) => f.endsWith('.json'))
  .map((f) => ({ name: f, transcript: JSON.parse(read(`transcripts/${f}`)) as Transcript }));
export const present = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`${what} is missing`);
  return value;
};

export const factoryKeys = ({ diversification, version, ...keys }: Factory): FactoryKeys => ({
  diversification: fromHex(diversification),
  keys: { version, enc: fromHex(keys.enc), mac: fromHex(keys.mac), dek: fromHex(keys.dek) },
});
