/**
 * The codes of ISO 8583 messages under a key that both ends have: which function, and how the next key travels under this one.
 *
 * Source: ANSI X9.19 (retail MAC, padded with zeros), ISO/IEC 9797-1 MAC algorithm 3 with padding method 2, NIST SP 800-38B (CMAC).
 *
 * What must hold: a key that is brought under another one is taken only if its check value is right; keys have the length
 * of their algorithm, and are shown nowhere.
 */
import { type Bytes, concat, equal, type MacFunction, SokkinError } from '@sokkin/codec';
import { aesCmac, pad00, retailMac, retailMacOfBlocks, type SymmetricPort, zeros } from '@sokkin/crypto';

/** `retail-00`: X9.19, zeros fill the last block. `retail-80`: padding method 2. `cmac`: AES. */
export const ISO_MAC_ALGORITHMS = ['retail-00', 'retail-80', 'cmac'] as const;
export type IsoMacAlgorithm = (typeof ISO_MAC_ALGORITHMS)[number];

export interface IsoMacKey {
  readonly algorithm: IsoMacAlgorithm;
  /** 16 octets; with `cmac` 16, 24 or 32. */
  readonly key: Bytes;
}

const CODE = 8;
const CHECK = 3;
const BLOCK = 8;

/** Whether a key of this many octets is one of the algorithm. */
export const isIsoMacKeyLength = (algorithm: IsoMacAlgorithm, octets: number): boolean =>
  octets === 16 || (algorithm === 'cmac' && (octets === 24 || octets === 32));

/** What `withIsoMac` and `checkIsoMac` take: codes of eight octets. */
export function isoMacFunction(port: SymmetricPort, { algorithm, key }: IsoMacKey): MacFunction {
  switch (algorithm) {
    case 'retail-00':
      return (input) => retailMacOfBlocks(port, key, pad00(input, BLOCK));
    case 'retail-80':
      return (input) => retailMac(port, key, input);
    case 'cmac':
      return (input) => aesCmac(port, key, input, CODE);
  }
}

/** The check value of a key: three octets of a block of zeros encrypted under it (AES: of its CMAC over a block of zeros). */
export function isoKeyCheck(port: SymmetricPort, { algorithm, key }: IsoMacKey): Bytes {
  const of =
    algorithm === 'cmac' ? aesCmac(port, key, zeros(16)) : port.desCbcEncrypt(key, zeros(8), zeros(8));
  return of.slice(0, CHECK);
}

/** The next key, encrypted under this one (CBC, from zeros), then its check value. */
export function wrapIsoKey(port: SymmetricPort, current: IsoMacKey, next: Bytes): Bytes {
  const wrapped =
    current.algorithm === 'cmac'
      ? port.aesCbcEncrypt(current.key, zeros(16), pad00(next, 16))
      : port.desCbcEncrypt(current.key, zeros(8), next);
  return concat(wrapped, isoKeyCheck(port, { ...current, key: next }));
}

/** Fails with `key_block_wrong`: it is not of this length, or its check value is another. */
export function unwrapIsoKey(port: SymmetricPort, current: IsoMacKey, block: Bytes): IsoMacKey {
  const octets = block.length - CHECK;
  const wrapped = block.subarray(0, octets);
  if (octets !== current.key.length || octets % 16 !== 0) throw wrong(`it has ${block.length} octets`);
  const key =
    current.algorithm === 'cmac'
      ? port.aesCbcDecrypt(current.key, zeros(16), wrapped)
      : port.desCbcDecrypt(current.key, zeros(8), wrapped);
  const next = { algorithm: current.algorithm, key: Uint8Array.from(key) };
  if (!equal(isoKeyCheck(port, next), block.subarray(octets))) throw wrong('its check value does not fit');
  return next;
}

const wrong = (why: string): SokkinError =>
  new SokkinError('key_block_wrong', `The next key cannot be taken: ${why}. Send it under the key in force.`);
