/**
 * EMV's and GlobalPlatform's computations on node:crypto alone, from the books: the other opinion that the vectors of
 * the payment application are held to. Nothing of Sokkin is used here.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';

export const sha1 = (data: Buffer): Buffer => createHash('sha1').update(data).digest();
export const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest();

const zeros = (length: number): Buffer => Buffer.alloc(length);
const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, i) => byte ^ b.readUInt8(i)));

/** ISO/IEC 9797-1, padding method 2. */
export function pad(data: Buffer, block: number): Buffer {
  const marked = Buffer.concat([data, Buffer.of(0x80)]);
  return Buffer.concat([marked, zeros((block - (marked.length % block)) % block)]);
}

export function unpad(data: Buffer): Buffer {
  const end = data.lastIndexOf(0x80);
  if (end < 0 || data.subarray(end + 1).some((byte) => byte !== 0)) throw new Error('no padding');
  return data.subarray(0, end);
}

function cbc(cipher: string, key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const c = createCipheriv(cipher, key, iv).setAutoPadding(false);
  return Buffer.concat([c.update(data), c.final()]);
}
function uncbc(cipher: string, key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const c = createDecipheriv(cipher, key, iv).setAutoPadding(false);
  return Buffer.concat([c.update(data), c.final()]);
}

/** Two-key triple DES in CBC mode. */
const threeKeys = (key: Buffer): Buffer => Buffer.concat([key, key.subarray(0, 8)]);
export const tdes = (key: Buffer, data: Buffer): Buffer =>
  cbc('des-ede3-cbc', threeKeys(key), zeros(8), data);
export const untdes = (key: Buffer, data: Buffer): Buffer =>
  uncbc('des-ede3-cbc', threeKeys(key), zeros(8), data);

/** Book 2, A1.2.1: CBC under the left half, of the last block deciphered under the right and enciphered under the left. */
export function retailMac(key: Buffer, message: Buffer): Buffer {
  const [left, right] = [key.subarray(0, 8), key.subarray(8)];
  const single = (half: Buffer): Buffer => Buffer.concat([half, half, half]);
  const last = cbc('des-ede3-cbc', single(left), zeros(8), pad(message, 8)).subarray(-8);
  const between = uncbc('des-ede3-cbc', single(right), zeros(8), last);
  return cbc('des-ede3-cbc', single(left), zeros(8), between);
}

/** The low bit of each byte makes the number of bits odd. */
const oddParity = (key: Buffer): Buffer =>
  Buffer.from(
    key.map((byte) => {
      const ones = [1, 2, 3, 4, 5, 6, 7].filter((bit) => ((byte >> bit) & 1) === 1).length;
      return (byte & 0xfe) | (ones % 2 === 0 ? 1 : 0);
    }),
  );

/** Book 2, A1.4.1, for PANs of up to 16 digits options A and B alike. */
export function cardMasterKey(issuerMasterKey: Buffer, pan: string, sequence: string): Buffer {
  const y = Buffer.from((pan + sequence).slice(-16).padStart(16, '0'), 'hex');
  const complement = xor(y, Buffer.alloc(8, 0xff));
  return oddParity(Buffer.concat([tdes(issuerMasterKey, y), tdes(issuerMasterKey, complement)]));
}

/** Book 2, A1.3.1: `r` is the ATC, or the application cryptogram for scripts. */
export function sessionKey(masterKey: Buffer, r: Buffer): Buffer {
  const half = (third: number): Buffer => {
    const input = Buffer.concat([r, zeros(8 - r.length)]);
    input.writeUInt8(third, 2);
    return tdes(masterKey, input);
  };
  return oddParity(Buffer.concat([half(0xf0), half(0x0f)]));
}

/** Book 2, 8.2.1: ARPC by method 1. */
export const arpc1 = (key: Buffer, arqc: Buffer, responseCode: Buffer): Buffer =>
  tdes(key, xor(arqc, Buffer.concat([responseCode, zeros(6)])));

const aes = (key: Buffer): string => `aes-${key.length * 8}-cbc`;
export const aesEncrypt = (key: Buffer, iv: Buffer, data: Buffer): Buffer => cbc(aes(key), key, iv, data);
export const aesDecrypt = (key: Buffer, iv: Buffer, data: Buffer): Buffer => uncbc(aes(key), key, iv, data);

/** RFC 4493. */
export function cmac(key: Buffer, message: Buffer): Buffer {
  const double = (block: Buffer): Buffer => {
    const n = BigInt(`0x${block.toString('hex')}`) << 1n;
    const carried = n >> 128n === 0n ? n : (n & ((1n << 128n) - 1n)) ^ 0x87n;
    return Buffer.from(carried.toString(16).padStart(32, '0'), 'hex');
  };
  const k1 = double(aesEncrypt(key, zeros(16), zeros(16)));
  const whole = message.length > 0 && message.length % 16 === 0;
  const padded = whole ? message : pad(message, 16);
  const last = xor(padded.subarray(-16), whole ? k1 : double(k1));
  return aesEncrypt(key, zeros(16), Buffer.concat([padded.subarray(0, -16), last])).subarray(-16);
}

/** Amendment D, 4.1.5, for up to 16 bytes. */
export function derive(key: Buffer, constant: number, length: number, context: Buffer): Buffer {
  const head = Buffer.concat([zeros(11), Buffer.of(constant, 0, 0, length * 8, 1)]);
  return cmac(key, Buffer.concat([head, context])).subarray(0, length);
}

/** The first chaining block of command or response number `counter` (Amendment D, 6.2.6 and 6.2.7). */
export function firstBlock(key: Buffer, counter: number, forResponse: boolean): Buffer {
  const block = zeros(16);
  block.writeUInt32BE(counter, 12);
  if (forResponse) block.writeUInt8(0x80, 0);
  return aesEncrypt(key, zeros(16), block);
}

const numberOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);

/** The signature to the power of 3: what was signed, as long as the modulus. */
export function cubed(signature: Buffer, modulus: Buffer): Buffer {
  const n = numberOf(modulus);
  const s = numberOf(signature);
  const result = (((s * s) % n) * s) % n;
  return Buffer.from(result.toString(16).padStart(2 * modulus.length, '0'), 'hex');
}

/** Book 2, A2.1: 6A, recoverable data, SHA-1 over it and what stands beside it, BC; the recoverable data. */
export function recovered(block: Buffer, beside: Buffer): Buffer {
  const [data, hash] = [block.subarray(1, -21), block.subarray(-21, -1)];
  const sound = block.readUInt8(0) === 0x6a && block.readUInt8(block.length - 1) === 0xbc;
  if (!sound || !sha1(Buffer.concat([data, beside])).equals(hash)) throw new Error('not signed');
  return data;
}
