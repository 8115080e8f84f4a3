/**
 * Message authentication codes of payment cards: the retail MAC and AES-CMAC, with their padding.
 *
 * What must hold: a MAC covers the whole message and its length (padding method 2 and CMAC both mark the
 * end). Compare MACs with `equal` of the codec only, never with ===, so that time tells nothing.
 */
import { assert, type Bytes, concat } from '@sokkin/codec';
import type { SymmetricPort } from './ports.ts';

/** A block of zeros: the chaining value that EMV and SCP03 start with. Never written to. */
const ZERO: Bytes = new Uint8Array(16);

/** `length` zero bytes, at most 16. */
export function zeros(length: number): Bytes {
  return ZERO.subarray(0, length);
}

/** ISO/IEC 9797-1 padding method 2: one byte 80, then as few 00 as fill the block. Always adds a byte. */
export function pad80(data: Bytes, block: 8 | 16): Bytes {
  const out = new Uint8Array(data.length + block - (data.length % block));
  out.set(data);
  out[data.length] = 0x80;
  return out;
}

/** The data under padding method 2; undefined if it does not end so within its last block. */
export function unpad80(padded: Bytes, block: 8 | 16): Bytes | undefined {
  if (padded.length === 0 || padded.length % block !== 0) return undefined;
  let end = padded.length - 1;
  while (end > padded.length - block && padded[end] === 0) end--;
  return padded[end] === 0x80 ? padded.subarray(0, end) : undefined;
}

/** ISO/IEC 9797-1 padding method 1: as few 00 as fill the block, none if it is full; one block at least. */
export function pad00(data: Bytes, block: 8 | 16): Bytes {
  const out = new Uint8Array(Math.max(block, Math.ceil(data.length / block) * block));
  out.set(data);
  return out;
}

/**
 * ISO/IEC 9797-1 MAC algorithm 3 with DES over whole blocks, all 8 bytes (EMV Book 2, A1.2.1; ANSI X9.19):
 * CBC with single DES under the key's left half, the last block under the whole two-key triple DES.
 */
export function retailMacOfBlocks(port: SymmetricPort, key: Bytes, blocks: Bytes): Bytes {
  assert(key.length === 16, () => `retail MAC key of ${key.length} bytes`);
  assert(blocks.length > 0, 'a MAC is over one block at least');
  const last = blocks.length - 8;
  const chained =
    last === 0
      ? zeros(8)
      : port.desCbcEncrypt(key.subarray(0, 8), zeros(8), blocks.subarray(0, last)).subarray(last - 8);
  return port.desCbcEncrypt(key, chained, blocks.subarray(last));
}

/** The retail MAC with padding method 2, the leftmost `length` bytes (4 to 8). */
export function retailMac(port: SymmetricPort, key: Bytes, message: Bytes, length = 8): Bytes {
  assert(length >= 4 && length <= 8, () => `retail MAC of ${length} bytes`);
  return retailMacOfBlocks(port, key, pad80(message, 8)).subarray(0, length);
}

/** AES-CMAC (NIST SP 800-38B, RFC 4493) of the parts' concatenation, the leftmost `length` bytes (4 to 16). */
export function aesCmac(port: SymmetricPort, key: Bytes, message: Bytes, length = 16): Bytes {
  assert(length >= 4 && length <= 16, () => `CMAC of ${length} bytes`);
  const k1 = doubled(port.aesEncryptBlock(key, zeros(16)));
  const whole = message.length > 0 && message.length % 16 === 0;
  const padded = whole ? Uint8Array.from(message) : pad80(message, 16);
  const mask = whole ? k1 : doubled(k1);
  const last = padded.length - 16;
  for (let i = 0; i < 16; i++) padded[last + i] = (padded[last + i] ?? 0) ^ (mask[i] ?? 0);
  return port.aesCbcEncrypt(key, zeros(16), padded).slice(last, last + length);
}

/** Times x in GF(2^128) of SP 800-38B, 5.3: shift left by one, and fold an overflow back as 87. */
function doubled(block: Bytes): Bytes {
  const out = new Uint8Array(16);
  for (let i = 0; i < 16; i++) out[i] = ((block[i] ?? 0) << 1) | ((block[i + 1] ?? 0) >>> 7);
  if (((block[0] ?? 0) & 0x80) !== 0) out[15] = (out[15] ?? 0) ^ 0x87;
  return out;
}

/** Both byte strings, of one length, combined by exclusive or. */
export function xor(a: Bytes, b: Bytes): Bytes {
  assert(a.length === b.length, () => `exclusive or of ${a.length} and ${b.length} bytes`);
  return a.map((byte, i) => byte ^ (b[i] ?? 0));
}

/** Each byte with odd parity, in its lowest bit (EMV Book 2, A1.3 and A1.4: DES keys are stored so). */
export function oddParity(key: Bytes): Bytes {
  return key.map((byte) => {
    let bits = byte & 0xfe;
    bits ^= bits >>> 4;
    bits ^= bits >>> 2;
    bits ^= bits >>> 1;
    return (byte & 0xfe) | (~bits & 1);
  });
}

/**
 * The first bytes of an encrypted constant block, by which two parties see that they hold one key: zeros
 * under DES (ANSI X9.24-1), 01 sixteen times under AES (GlobalPlatform Card Specification, B.6).
 */
export function keyCheckValue(port: SymmetricPort, cipher: 'tdes' | 'aes', key: Bytes, length = 3): Bytes {
  const block =
    cipher === 'tdes'
      ? port.desCbcEncrypt(key, zeros(8), zeros(8))
      : port.aesEncryptBlock(key, new Uint8Array(16).fill(1));
  return concat(block.subarray(0, length));
}
