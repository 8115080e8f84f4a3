/**
 * SCP03 keys (GlobalPlatform Card Specification v2.3, Amendment D, sections 4.1.5 and 6.2): key derivation
 * in counter mode with AES-CMAC (NIST SP 800-108), session keys, cryptograms, the card's challenge.
 *
 * What must hold: one derivation constant for one purpose, never two; session keys are as long as the static
 * keys that they come from.
 */
import { assert, type Bytes, concat, u16 } from '@sokkin/codec';
import { aesCmac } from '../mac.ts';
import type { SymmetricPort } from '../ports.ts';

/** Table 4-1: what is derived. */
export const DERIVATION = {
  cardCryptogram: 0x00,
  hostCryptogram: 0x01,
  cardChallenge: 0x02,
  sEnc: 0x04,
  sMac: 0x06,
  sRmac: 0x07,
} as const;

/** Static keys of one key version, AES of 16, 24 or 32 bytes, all of one length. */
export interface Scp03Keys {
  readonly version: number;
  readonly enc: Bytes;
  readonly mac: Bytes;
  /** For sensitive data (keys) inside commands; not for the channel. */
  readonly dek: Bytes;
}

export interface Scp03SessionKeys {
  readonly enc: Bytes;
  readonly mac: Bytes;
  readonly rmac: Bytes;
}

/**
 * Section 4.1.5: for each 16 bytes of output one CMAC over label (11 zeros and the constant), 00, the length
 * asked for in bits, a counter from 1, and the context.
 */
export function scp03Kdf(
  port: SymmetricPort,
  key: Bytes,
  constant: number,
  length: number,
  context: Bytes,
): Bytes {
  assert(length > 0 && length <= 32, () => `derivation of ${length} bytes`);
  const blocks: Bytes[] = [];
  for (let counter = 1; (counter - 1) * 16 < length; counter++) {
    const label = new Uint8Array(12);
    label[11] = constant;
    const head = concat(label, Uint8Array.of(0), u16(length * 8), Uint8Array.of(counter));
    blocks.push(aesCmac(port, key, concat(head, context)));
  }
  return concat(...blocks).slice(0, length);
}

/** Section 6.2.1: the keys of a session between two challenges. */
export function scp03SessionKeys(port: SymmetricPort, keys: Scp03Keys, context: Bytes): Scp03SessionKeys {
  return {
    enc: scp03Kdf(port, keys.enc, DERIVATION.sEnc, keys.enc.length, context),
    mac: scp03Kdf(port, keys.mac, DERIVATION.sMac, keys.mac.length, context),
    rmac: scp03Kdf(port, keys.mac, DERIVATION.sRmac, keys.mac.length, context),
  };
}

/** Section 6.2.2.2 and 6.2.2.3: how card and host show each other that they derived the same keys. */
export function scp03Cryptogram(
  port: SymmetricPort,
  session: Scp03SessionKeys,
  who: 'card' | 'host',
  context: Bytes,
  length: Scp03Mode,
): Bytes {
  const constant = who === 'card' ? DERIVATION.cardCryptogram : DERIVATION.hostCryptogram;
  return scp03Kdf(port, session.mac, constant, length, context);
}

/** Section 6.2.2.1: a challenge that nobody chooses, from the card's sequence counter and its application. */
export function scp03CardChallenge(
  port: SymmetricPort,
  keys: Scp03Keys,
  sequence: Bytes,
  aid: Bytes,
  length: Scp03Mode,
): Bytes {
  return scp03Kdf(port, keys.enc, DERIVATION.cardChallenge, length, concat(sequence, aid));
}

/** Bytes of challenges, cryptograms and MACs: S8 or S16 mode (section 5.1, parameter i). */
export type Scp03Mode = 8 | 16;

/** Encryption of keys and other secrets inside commands, under the static data key (section 6.2.8). */
export function scp03EncryptSecret(port: SymmetricPort, keys: Scp03Keys, secret: Bytes): Bytes {
  return port.aesCbcEncrypt(keys.dek, new Uint8Array(16), secret);
}

export function scp03DecryptSecret(
  port: SymmetricPort,
  keys: Scp03Keys,
  encrypted: Bytes,
): Bytes | undefined {
  if (encrypted.length === 0 || encrypted.length % 16 !== 0) return undefined;
  return port.aesCbcDecrypt(keys.dek, new Uint8Array(16), encrypted);
}
