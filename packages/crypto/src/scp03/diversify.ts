/**
 * The static keys of one card from the master key of its batch: the KDF of SCP03 itself (NIST SP 800-108 in counter mode
 * with AES-CMAC; Amendment D, 4.1.5), over the card's diversification data. GlobalPlatform leaves this to the issuer.
 *
 * What must hold: whoever opens one card learns nothing of another; the constants are none of table 4-1, so that
 * what a master key gives is never a session key of a card that holds it.
 *
 *     key = KDF(master key, label 00 * 11 | constant, length of the key, context: key version 1 | diversification data 10)
 */
import { assert, type Bytes, concat, u8 } from '@sokkin/codec';
import type { SymmetricPort } from '../ports.ts';
import { type Scp03Keys, scp03Kdf } from './keys.ts';

/** Sokkin's own derivation constants. */
export const DIVERSIFICATION_CONSTANT = { enc: 0x81, mac: 0x82, dek: 0x83 } as const;

export interface Diversification {
  /** 10 bytes, as INITIALIZE UPDATE shows them. */
  readonly diversification: Bytes;
  /** 1 to 127. */
  readonly keyVersion: number;
}

/** `length` of each key, if the master key is a handle and does not tell it: 16, 24 or 32 bytes. */
export function diversifyKeys(
  port: SymmetricPort,
  masterKey: Bytes,
  { diversification, keyVersion }: Diversification,
  length: number = masterKey.length,
): Scp03Keys {
  assert(diversification.length === 10, 'diversification data has 10 bytes');
  const context = concat(u8(keyVersion), diversification);
  const derive = (constant: number): Bytes => scp03Kdf(port, masterKey, constant, length, context);
  return {
    version: keyVersion,
    enc: derive(DIVERSIFICATION_CONSTANT.enc),
    mac: derive(DIVERSIFICATION_CONSTANT.mac),
    dek: derive(DIVERSIFICATION_CONSTANT.dek),
  };
}
