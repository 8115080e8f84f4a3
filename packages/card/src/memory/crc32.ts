/**
 * CRC-32 (IEEE 802.3: reflected polynomial EDB88320, as in zlib and PNG), eight bytes a step.
 *
 * Why a CRC and not a hash: it guards against torn writes and bit rot, never against a forger (who would
 * have to be inside the secure element). It finds every error of up to 3 bits in a record of up to 11 kB
 * and every burst of up to 32 bits, and a smart card has it in hardware.
 */
import type { Bytes } from '@sokkin/codec';

const POLYNOMIAL = 0xedb88320;

/** tables[256 * k + b] = CRC of byte b followed by k zero bytes ("slicing-by-8", Kounavis and Berry 2005). */
const tables = ((): Uint32Array => {
  const t = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    t[byte] = crc;
  }
  for (let i = 256; i < t.length; i++) {
    const previous = at(t, i - 256);
    t[i] = (previous >>> 8) ^ at(t, previous & 0xff);
  }
  return t;
})();

/** An element the caller knows to exist; inlined, where a check per byte would cost more than the CRC. */
function at(array: Uint32Array | Bytes, index: number): number {
  return array[index] as number;
}

/**
 * The CRC-32 of bytes[start, end). To go over several pieces, hand the result of one as `previous` of the next.
 */
export function crc32(bytes: Bytes, start = 0, end = bytes.length, previous = 0): number {
  let crc = ~previous;
  let i = start;
  for (; i + 8 <= end; i += 8) {
    crc ^= at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24);
    crc =
      at(tables, 0x700 | (crc & 0xff)) ^
      at(tables, 0x600 | ((crc >>> 8) & 0xff)) ^
      at(tables, 0x500 | ((crc >>> 16) & 0xff)) ^
      at(tables, 0x400 | (crc >>> 24)) ^
      at(tables, 0x300 | at(bytes, i + 4)) ^
      at(tables, 0x200 | at(bytes, i + 5)) ^
      at(tables, 0x100 | at(bytes, i + 6)) ^
      at(tables, at(bytes, i + 7));
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ at(tables, (crc ^ at(bytes, i)) & 0xff);
  return ~crc >>> 0;
}
