/**
 * Messages of one dialect over one key, to octets and back: what both ends of a line do alike.
 *
 * What must hold: with a key every message that goes out has a code, and every one that comes in is held to it; the key may
 * change between two messages, and what was sent under the one before is still understood until the first message under the new one.
 */

import {
  type Bytes,
  checkIsoMac,
  decodeIso,
  encodeIso,
  IsoError,
  type IsoMessage,
  type IsoProfile,
  type MacFunction,
  withIsoMac,
} from '@sokkin/codec';
import type { SymmetricPort } from '@sokkin/crypto';
import { type IsoMacKey, isoMacFunction } from './iso-mac.ts';

/** `key`: the one that the code was made with, for the answer. */
export interface MacVerdict {
  readonly verdict: 'valid' | 'invalid' | 'absent' | 'not asked';
  readonly key: IsoMacKey | undefined;
}

interface Keyed {
  readonly key: IsoMacKey;
  readonly mac: MacFunction;
}

export class IsoLine {
  readonly profile: IsoProfile;
  readonly #port: SymmetricPort;
  #now: Keyed | undefined;
  #before: Keyed | undefined;

  constructor(profile: IsoProfile, port: SymmetricPort, key: IsoMacKey | undefined) {
    this.profile = profile;
    this.#port = port;
    this.#now = key && this.#keyed(key);
  }

  get key(): IsoMacKey | undefined {
    return this.#now?.key;
  }

  /** From the next message on. */
  changeKey(key: IsoMacKey): void {
    this.#before = this.#now;
    this.#now = this.#keyed(key);
  }

  /** With a code under the key in force, or under another one that its receiver still has. */
  write(message: IsoMessage, under: IsoMacKey | undefined = this.key): Bytes {
    if (under === undefined) return encodeIso(this.profile, message);
    const { mac } = this.#now?.key === under ? this.#now : this.#keyed(under);
    return encodeIso(this.profile, withIsoMac(this.profile, message, mac));
  }

  /** An IsoError for what cannot be read. */
  read(octets: Bytes): IsoMessage {
    return decodeIso(this.profile, octets);
  }

  check(message: IsoMessage): MacVerdict {
    const [now, before] = [this.#now, this.#before];
    if (now === undefined) return { verdict: 'not asked', key: undefined };
    const verdict = this.#checkUnder(message, now.mac);
    if (verdict === 'valid') this.#before = undefined;
    if (verdict === 'invalid' && before !== undefined && this.#checkUnder(message, before.mac) === 'valid')
      return { verdict: 'valid', key: before.key };
    return { verdict, key: now.key };
  }

  #keyed(key: IsoMacKey): Keyed {
    return { key, mac: isoMacFunction(this.#port, key) };
  }

  #checkUnder(message: IsoMessage, mac: MacFunction): 'valid' | 'invalid' | 'absent' {
    try {
      return checkIsoMac(this.profile, message, mac);
    } catch (error) {
      // Two codes, or one where none can be.
      if (error instanceof IsoError) return 'invalid';
      throw error;
    }
  }
}
