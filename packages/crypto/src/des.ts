/**
 * DES and two-key triple DES (FIPS 46-3) in CBC mode, for platforms that lack them: browsers have no DES at
 * all, OpenSSL 3 no single DES. The tables are those of the standard, bits numbered from 1 at the left.
 *
 * What must hold: equal to OpenSSL's output for every key and message (tests compare them). Table look-ups
 * by key bits take a time that may tell of the key to whoever measures inside this process: on a secure
 * element use its own DES; here this serves software cards, tests and servers without an HSM.
 */
import { assert, type Bytes } from '@sokkin/codec';

export const DES_BLOCK = 8;

const PC1 = [
  57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
  63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
];
const PC2 = [
  14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2, 41, 52, 31, 37, 47,
  55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
];
const SHIFTS = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];
const P = [
  16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22,
  11, 4, 25,
];
/** S1 to S8: four rows of sixteen hexadecimal digits each. */
const S = [
  'e4d12fb83a6c5907 0f74e2d1a6cb9538 41e8d62bfc973a50 fc8249175b3ea06d',
  'f18e6b34972dc05a 3d47f28ec01a69b5 0e7ba4d158c6932f d8a13f42b67c05e9',
  'a09e63f51dc7b428 d709346a285ecbf1 d6498f30b12c5ae7 1ad069874fe3b52c',
  '7de3069a1285bc4f d8b56f03472c1ae9 a690cb7df13e5284 3f06a1d8945bc72e',
  '2c417ab6853fd0e9 eb2c47d150fa3986 421bad78f9c5630e b8c71e2d6f09a453',
  'c1af92680d34e75b af427c9561de0b38 9ef528c3704a1db6 432c95fabe17608d',
  '4b2ef08d3c975a61 d0b7491ae35c2f86 14bdc37eaf680592 6bd814a7950fe23c',
  'd2846fb1a93e50c7 1fd8a374c56b0e92 7b419ce206adf358 21e74a8dfc90356b',
];

const bitOf = (n: number, width: number, bit: number): number => (n >>> (width - bit)) & 1;

/** The outputs of the S-boxes, already moved through the permutation P: for each box 64 words. */
const SP = new Int32Array(8 * 64);
S.forEach((rows, box) => {
  const digits = rows.replaceAll(' ', '');
  for (let six = 0; six < 64; six++) {
    const row = ((six >>> 4) & 2) | (six & 1);
    const column = (six >>> 1) & 15;
    const before = Number.parseInt(digits.charAt(row * 16 + column), 16) << (28 - 4 * box);
    SP[box * 64 + six] = P.reduce((word, from) => (word << 1) | bitOf(before, 32, from), 0);
  }
});

/**
 * The initial permutation, or its inverse, by byte: what byte `i` with value `v` adds to the left and to the
 * right half. Row r of IP takes the bits 58, 60, 62, 64, 57, 59, 61, 63 minus 8 times the column.
 */
function permutation(inverse: boolean): Int32Array {
  const table = new Int32Array(8 * 256 * 2);
  for (let to = 1; to <= 64; to++) {
    const row = (to - 1) >>> 3;
    const from = (row < 4 ? 58 + 2 * row : 57 + 2 * (row - 4)) - 8 * ((to - 1) & 7);
    const [source, target] = inverse ? [to, from] : [from, to];
    const mask = 0x80 >>> ((source - 1) & 7);
    for (let value = 0; value < 256; value++) {
      if ((value & mask) === 0) continue;
      const at = (((source - 1) >>> 3) * 256 + value) * 2 + (target > 32 ? 1 : 0);
      table[at] = at32(table, at) | (1 << (31 - ((target - 1) & 31)));
    }
  }
  return table;
}

const at32 = (words: Int32Array, index: number): number => words[index] ?? 0;
const at8 = (bytes: Uint8Array, index: number): number => bytes[index] ?? 0;

const IP = permutation(false);
const FP = permutation(true);

/** Sixteen round keys as eight six-bit groups each; decryption takes the rounds backwards. */
export type DesSchedule = Uint8Array;

const SCHEDULE_BYTES = 16 * 8;
const SCHEDULE_WORDS = SCHEDULE_BYTES / 4;

/** For each of the 64 key bits, where it stands in the sixteen round keys: a schedule with that bit alone. */
const KEY_BITS = new Uint32Array(64 * SCHEDULE_WORDS);
{
  const bytes = new Uint8Array(KEY_BITS.buffer);
  let turned = 0;
  SHIFTS.forEach((shift, round) => {
    turned += shift;
    PC2.forEach((bit, at) => {
      const half = bit > 28 ? 28 : 0;
      const keyBit = PC1[half + ((bit - 1 - half + turned) % 28)] ?? 1;
      const index = (keyBit - 1) * SCHEDULE_BYTES + round * 8 + Math.floor(at / 6);
      bytes[index] = at8(bytes, index) | (0x20 >>> (at % 6));
    });
  });
}

/** The round keys of eight key bytes; parity bits take no part. */
export function desSchedule(key: Bytes, decrypt = false): DesSchedule {
  assert(key.length === 8, () => `DES key of ${key.length} bytes`);
  const words = new Uint32Array(SCHEDULE_WORDS);
  for (let bit = 0; bit < 64; bit++) {
    // All ones if the key bit is set, else zero: the same work whatever the key.
    const mask = -((at8(key, bit >>> 3) >>> (7 - (bit & 7))) & 1);
    const from = bit * SCHEDULE_WORDS;
    for (let i = 0; i < SCHEDULE_WORDS; i++) words[i] = (words[i] ?? 0) | ((KEY_BITS[from + i] ?? 0) & mask);
  }
  const schedule = new Uint8Array(words.buffer);
  return decrypt ? backwards(schedule) : schedule;
}

function backwards(schedule: DesSchedule): DesSchedule {
  return schedule.map((_, i) => at8(schedule, (15 - (i >>> 3)) * 8 + (i & 7)));
}

/** One block, in place: sixteen rounds over bytes `at` to `at + 7`. */
function cryptBlock(schedule: DesSchedule, data: Uint8Array, at: number): void {
  let left = 0;
  let right = 0;
  for (let i = 0; i < 8; i++) {
    const entry = (i * 256 + at8(data, at + i)) * 2;
    left |= at32(IP, entry);
    right |= at32(IP, entry + 1);
  }
  for (let k = 0; k < 128; k += 8) {
    let f = 0;
    for (let box = 0; box < 8; box++) {
      // The expansion E: group `box` is the six bits around nibble `box`, so a rotation brings it down.
      const turn = (4 * box + 5) & 31;
      const six = ((right << turn) | (right >>> (32 - turn))) & 63;
      f |= at32(SP, box * 64 + (six ^ at8(schedule, k + box)));
    }
    const next = left ^ f;
    left = right;
    right = next;
  }
  // The halves are exchanged once more than the rounds do it.
  let [high, low] = [0, 0];
  for (let i = 0; i < 8; i++) {
    const word = i < 4 ? right : left;
    const entry = (i * 256 + ((word >>> (24 - 8 * (i & 3))) & 0xff)) * 2;
    high |= at32(FP, entry);
    low |= at32(FP, entry + 1);
  }
  for (let i = 0; i < 8; i++) data[at + i] = (i < 4 ? high : low) >>> (24 - 8 * (i & 3));
}

/** The passes of a key: one for single DES; encrypt, decrypt, encrypt for two-key triple DES. */
function passes(key: Bytes, decrypt: boolean): DesSchedule[] {
  assert(key.length === 8 || key.length === 16, () => `DES key of ${key.length} bytes`);
  const first = desSchedule(key.subarray(0, 8), decrypt);
  return key.length === 8 ? [first] : [first, desSchedule(key.subarray(8), !decrypt), first];
}

function assertCbc(iv: Bytes, data: Bytes): void {
  assert(iv.length === DES_BLOCK, () => `DES chaining value of ${iv.length} bytes`);
  assert(data.length % DES_BLOCK === 0, () => `DES: ${data.length} bytes are not whole blocks`);
}

export function desCbcEncrypt(key: Bytes, iv: Bytes, data: Bytes): Bytes {
  assertCbc(iv, data);
  const keys = passes(key, false);
  const out = Uint8Array.from(data);
  let previous = iv;
  for (let at = 0; at < out.length; at += DES_BLOCK) {
    for (let i = 0; i < DES_BLOCK; i++) out[at + i] = at8(out, at + i) ^ at8(previous, i);
    for (const schedule of keys) cryptBlock(schedule, out, at);
    previous = out.subarray(at, at + DES_BLOCK);
  }
  return out;
}

export function desCbcDecrypt(key: Bytes, iv: Bytes, data: Bytes): Bytes {
  assertCbc(iv, data);
  const keys = passes(key, true);
  const out = Uint8Array.from(data);
  for (let at = 0; at < out.length; at += DES_BLOCK) {
    const previous = at === 0 ? iv : data.subarray(at - DES_BLOCK, at);
    for (const schedule of keys) cryptBlock(schedule, out, at);
    for (let i = 0; i < DES_BLOCK; i++) out[at + i] = at8(out, at + i) ^ at8(previous, i);
  }
  return out;
}
