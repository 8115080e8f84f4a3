/**
 * Network management of both versions: what 1987 says in field 70, and 1993 in field 24.
 *
 * Source: the code lists of field 70 (1987) and of function codes 8xx in field 24 (1993), as public documentation agrees on them.
 *
 * What must hold: a change of key is made under the key in force, and takes effect when its answer has come and not before.
 */
import {
  type Bytes,
  hex,
  type IsoMessage,
  type IsoProfile,
  type IsoValue,
  type IsoVersion,
  isoMessage,
  SokkinError,
} from '@sokkin/codec';
import type { SymmetricPort } from '@sokkin/crypto';
import type { IsoLine } from './iso-line.ts';
import { unwrapIsoKey, wrapIsoKey } from './iso-mac.ts';

export type IsoNetworkAct = 'sign-on' | 'sign-off' | 'key-change' | 'cut-over' | 'echo';

const CODES: Readonly<Record<IsoVersion, Readonly<Record<IsoNetworkAct, string>>>> = {
  '1987': { 'sign-on': '001', 'sign-off': '002', 'key-change': '161', 'cut-over': '201', echo: '301' },
  '1993': { 'sign-on': '801', 'sign-off': '802', 'key-change': '811', 'cut-over': '821', echo: '831' },
};
const FIELD: Readonly<Record<IsoVersion, number>> = { '1987': 70, '1993': 24 };
/** Where the next key travels if nobody says another: private data, and key management data. */
const KEY_FIELD: Readonly<Record<IsoVersion, number>> = { '1987': 48, '1993': 96 };

/** What a message of network management asks; undefined: nothing that is known here. */
export function networkActOf({ version }: IsoProfile, message: IsoMessage): IsoNetworkAct | undefined {
  const code = message.fields.get(FIELD[version]);
  const table = CODES[version];
  const acts: readonly IsoNetworkAct[] = ['sign-on', 'sign-off', 'key-change', 'cut-over', 'echo'];
  return acts.find((act) => table[act] === code);
}

/** The field that carries keys, if the dialect has it as one value of octets or characters. */
export function keyFieldOf(profile: IsoProfile): number | undefined {
  const field = KEY_FIELD[profile.version];
  const format = profile.fields[field];
  return format === undefined || format.content !== undefined || format.isAmount ? undefined : field;
}

/** A key block as its field has it: octets, or hexadecimal characters. */
export function keyBlockValue(profile: IsoProfile, field: number, block: Bytes): IsoValue {
  return profile.fields[field]?.kind === 'b' ? block : hex(block).toUpperCase();
}

export interface IsoNetworkParts {
  readonly profile: IsoProfile;
  readonly symmetric: SymmetricPort;
  readonly line: IsoLine;
  readonly clock: () => Date;
  readonly stan: (() => string) | undefined;
  readonly ask: (message: IsoMessage) => Promise<IsoMessage>;
}

export class IsoNetwork {
  readonly #parts: IsoNetworkParts;
  #number = 0;

  constructor(parts: IsoNetworkParts) {
    this.#parts = parts;
  }

  /** Each fails with `network_refused` if the other end does not take it. */
  signOn(): Promise<IsoMessage> {
    return this.#say('sign-on');
  }

  signOff(): Promise<IsoMessage> {
    return this.#say('sign-off');
  }

  echo(): Promise<IsoMessage> {
    return this.#say('echo');
  }

  cutOver(): Promise<IsoMessage> {
    return this.#say('cut-over');
  }

  /** Every message after this one has its code under the new key. */
  async changeKey(next: Bytes): Promise<void> {
    const { profile, line, symmetric } = this.#parts;
    const field = keyFieldOf(profile);
    const current = line.key;
    if (field === undefined || current === undefined)
      throw new SokkinError(
        'key_change_impossible',
        'This line has no key, or its dialect no field for one.',
      );
    const block = wrapIsoKey(symmetric, current, next);
    await this.#say('key-change', { [field]: keyBlockValue(profile, field, block) });
    line.changeKey(unwrapIsoKey(symmetric, current, block));
  }

  async #say(act: IsoNetworkAct, more: Readonly<Record<number, IsoValue>> = {}): Promise<IsoMessage> {
    const answer = await this.#parts.ask(this.#message(act, more));
    const code = answer.fields.get(39);
    if (code === '00' || code === '800' || code === '000') return answer;
    throw new SokkinError('network_refused', `The other end answers ${String(code)} to ${act}.`);
  }

  #message(act: IsoNetworkAct, more: Readonly<Record<number, IsoValue>>): IsoMessage {
    const { profile, clock, stan } = this.#parts;
    const [date = '', time = ''] = clock().toISOString().replaceAll(/[-:]/g, '').split('T');
    this.#number = (this.#number % 999_999) + 1;
    const fields: Record<number, IsoValue> = {
      7: `${date.slice(4)}${time.slice(0, 6)}`,
      11: stan?.() ?? this.#number.toString().padStart(6, '0'),
      [FIELD[profile.version]]: CODES[profile.version][act],
      ...more,
    };
    if (profile.version === '1993') fields[12] = `${date.slice(2)}${time.slice(0, 6)}`;
    const header = profile.header && headerOf(profile.header);
    return isoMessage(profile.version === '1987' ? '0800' : '1804', fields, header);
  }
}

function headerOf({ octets, begins }: NonNullable<IsoProfile['header']>): Bytes {
  const header = new Uint8Array(octets);
  header.set(begins);
  return header;
}
