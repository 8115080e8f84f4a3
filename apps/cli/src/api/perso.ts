/**
 * What the back-end says about chips and their personalisation. The commands it sends are for the card alone: they are
 * handed on as they are.
 */
import type { FactoryKeys } from '@sokkin/card';
import { type Bytes, hex } from '@sokkin/codec';
import type { CaPublicKey } from '@sokkin/crypto';
import * as read from '@sokkin/sdk/json';
import type { AssuranceName } from '@sokkin/terminal';

export interface PersonalisationOrder {
  readonly serial: Bytes;
  /** Id of the account. */
  readonly account: string;
  readonly assurance: AssuranceName;
  readonly profile: string;
  readonly pin: string;
  readonly tier?: number | undefined;
  /** The item of an order that the card is for. */
  readonly wanted?: { readonly order: string; readonly item: number } | undefined;
}

/** A session that waits for what the card answers to its first command. */
export interface OpenSession {
  readonly id: string;
  readonly number: number;
  readonly command: Bytes;
}

export type SessionStep =
  | { readonly status: 'command'; readonly number: number; readonly command: Bytes }
  | { readonly status: 'done'; readonly result: read.Json }
  | { readonly status: 'failed'; readonly detail: string };

/** What the back-end knows of a card. */
export interface KnownCard {
  /** undefined: it was not personalised to its end. */
  readonly personalisedAt: string | undefined;
}

export const orderJson = ({ serial, wanted, ...order }: PersonalisationOrder): read.Json => ({
  ...order,
  ...wanted,
  serial: hex(serial),
});

export function chipOf(value: unknown, path: string): FactoryKeys {
  const chip = read.object(value, path);
  const shown = read.object(chip.keys, `${path}.keys`);
  const diversification = read.bytes(chip.serial, `${path}.serial`);
  const key = (name: string): Bytes => read.bytes(shown[name], `${path}.keys.${name}`);
  const version = read.number(shown.version, `${path}.keys.version`);
  const keys = { version, enc: key('enc'), mac: key('mac'), dek: key('dek') };
  const { length } = keys.enc;
  const isSound = AES_KEYS.includes(length) && keys.mac.length === length && keys.dek.length === length;
  if (diversification.length !== SERIAL_LENGTH || !isSound || version < 1 || version > MOST_VERSION)
    throw read.wrong(path, 'chip with keys for SCP03');
  return { diversification, keys };
}

const SERIAL_LENGTH = 10;
const AES_KEYS: readonly number[] = [16, 24, 32];
/** GPCS 2.3, 11.1.8. */
const MOST_VERSION = 0x7f;

export const sessionOf = (o: read.Json): OpenSession => ({
  id: read.text(o.id, 'id'),
  number: read.number(o.number, 'number'),
  command: read.bytes(o.command, 'command'),
});

export function stepOf(o: read.Json): SessionStep {
  switch (o.status) {
    case 'command':
      return {
        status: 'command',
        number: read.number(o.number, 'number'),
        command: read.bytes(o.command, 'command'),
      };
    case 'done':
      return { status: 'done', result: read.object(o.result, 'result') };
    case 'failed':
      return {
        status: 'failed',
        detail: read.text(read.object(o.problem, 'problem').detail, 'problem.detail'),
      };
    default:
      throw read.wrong('status', 'step of a session');
  }
}

export const knownCardOf = (o: read.Json): KnownCard => ({
  personalisedAt: typeof o.personalised_at === 'string' ? o.personalised_at : undefined,
});

export const caKeysOf = (o: read.Json): readonly CaPublicKey[] =>
  read.list(o.data, 'data').map((item, i) => {
    const key = read.object(item, `data[${i}]`);
    return {
      rid: read.bytes(key.rid, `data[${i}].rid`),
      index: read.number(key.index, `data[${i}].index`),
      modulus: read.bytes(key.modulus, `data[${i}].modulus`),
      exponent: read.bytes(key.exponent, `data[${i}].exponent`),
    };
  });
