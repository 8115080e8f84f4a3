/**
 * Messages of one dialect over one key, to octets and back: what both ends of a line do alike.
 *
 * What must hold: with a key every message that goes out has a code, and every one that comes in is held to it; the key may
 * change between two messages, and what was sent under the one before is still understood until the first message under the new one.
 */

import type { MacFunction } from '@sokkin/codec';
import {
  type Bytes,
  checkIsoMac,
  decodeIso,
  encodeIso,
  type IsoMessage,
  type IsoProfile,
  withIsoMac,
} from '@sokkin/codec';
import type { SymmetricPort } from '@sokkin/crypto';
import { type IsoMacKey, isoMacFunction } from './iso-mac.ts';

export type MacVerdict = 'valid' | 'invalid' | 'absent' | 'not asked';

export class IsoLine {
  readonly profile: IsoProfile;
  readonly #port: SymmetricPort;
  #key: IsoMacKey | undefined;
  #mac: MacFunction | undefined;
  #before: MacFunction | undefined;

  constructor(profile: IsoProfile, port: SymmetricPort, key: IsoMacKey | undefined) {
    this.profile = profile;
    this.#port = port;
    this.#key = key;
    this.#mac = key && isoMacFunction(port, key);
  }

  get key(): IsoMacKey | undefined {
    return this.#key;
  }

  /** From the next message on. */
  changeKey(key: IsoMacKey): void {
    this.#before = this.#mac;
    this.#key = key;
    this.#mac = isoMacFunction(this.#port, key);
  }

  write(message: IsoMessage): Bytes {
    const mac = this.#mac;
    return encodeIso(this.profile, mac === undefined ? message : withIsoMac(this.profile, message, mac));
  }

  /** An IsoError for what cannot be read. */
  read(octets: Bytes): IsoMessage {
    return decodeIso(this.profile, octets);
  }

  check(message: IsoMessage): MacVerdict {
    if (this.#mac === undefined) return 'not asked';
    const verdict = this.#checkUnder(message, this.#mac);
    if (verdict === 'valid') this.#before = undefined;
    if (verdict !== 'invalid' || this.#before === undefined) return verdict;
    return this.#checkUnder(message, this.#before);
  }

  #checkUnder(message: IsoMessage, mac: MacFunction): 'valid' | 'invalid' | 'absent' {
    try {
      return checkIsoMac(this.profile, message, mac);
    } catch {
      // Two codes, or one where none can be.
      return 'invalid';
    }
  }
}
