/**
 * PIN blocks of cards (ISO 9564-1 format 2; Book 3, 6.5.12) and what PIN CHANGE/UNBLOCK carries (6.5.10).
 *
 * What must hold: a block that reads has one PIN of 4 to 12 digits and exact filling; nothing else is taken
 * for a PIN. PINs are text of digits; keep them as shortly as bytes of keys.
 */
import { assert, type Bytes, concat, fromHex, hex } from '@sokkin/codec';
import { xor, zeros } from '../mac.ts';

function assertPin(pin: string): void {
  assert(/^\d{4,12}$/.test(pin), 'a PIN has 4 to 12 digits');
}

/** Eight bytes: 2, the number of digits, the digits, filled up with F. */
export function pinBlock(pin: string): Bytes {
  assertPin(pin);
  return fromHex(`2${pin.length.toString(16)}${pin}`.padEnd(16, 'f'));
}

/** The PIN in a format 2 block, or undefined if it is none. */
export function pinOfBlock(block: Bytes): string | undefined {
  const digits = hex(block);
  if (digits.length !== 16 || digits[0] !== '2') return undefined;
  const length = Number.parseInt(digits.charAt(1), 16);
  const pin = digits.slice(2, 2 + length);
  const isFilled = /^f*$/.test(digits.slice(2 + length));
  return length >= 4 && length <= 12 && /^\d+$/.test(pin) && isFilled ? pin : undefined;
}

/**
 * A PIN change block that only the card can undo even if it is deciphered: the number of digits and the new
 * PIN, under four bytes of the card's master key for cryptograms and, if the change needs it, under the
 * present PIN. For profiles whose published vectors use it.
 */
export function maskedPinBlock(cryptogramMasterKey: Bytes, newPin: string, presentPin?: string): Bytes {
  assertPin(newPin);
  const plain = fromHex(`0${newPin.length.toString(16)}${newPin}`.padEnd(16, 'f'));
  const masked = xor(plain, concat(zeros(4), cryptogramMasterKey.subarray(4, 8)));
  if (presentPin === undefined) return masked;
  assertPin(presentPin);
  return xor(masked, fromHex(presentPin.padEnd(16, '0')));
}

/** The new PIN under a masked block, as the card finds it; undefined if what comes out is no PIN. */
export function pinOfMaskedBlock(
  cryptogramMasterKey: Bytes,
  block: Bytes,
  presentPin?: string,
): string | undefined {
  if (block.length !== 8) return undefined;
  const present = presentPin === undefined ? zeros(8) : fromHex(presentPin.padEnd(16, '0'));
  const plain = xor(xor(block, concat(zeros(4), cryptogramMasterKey.subarray(4, 8))), present);
  if (((plain[0] ?? 0) & 0xf0) !== 0) return undefined;
  return pinOfBlock(concat(Uint8Array.of(0x20 | (plain[0] ?? 0)), plain.subarray(1)));
}
