/**
 * Octets in the characters of a QR code's alphanumeric mode (RFC 9285): two octets in three characters of five and a half bits, and any reader of codes gives
 * them back as text. What must hold: what no octets become is refused.
 */
import { type Bytes, SokkinError } from '@sokkin/codec';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const BASE = 45;

export function base45(bytes: Bytes): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 2) {
    const isPair = at + 1 < bytes.length;
    let n = isPair ? ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0) : (bytes[at] ?? 0);
    for (let digit = 0; digit < (isPair ? 3 : 2); digit++) {
      text += ALPHABET[n % BASE];
      n = Math.floor(n / BASE);
    }
  }
  return text;
}

export function fromBase45(text: string): Bytes {
  if (text.length % 3 === 1) throw bad();
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at += 3) {
    const digits = [...text.slice(at, at + 3)].map((character) => ALPHABET.indexOf(character));
    if (digits.includes(-1)) throw bad();
    const n = digits.reduceRight((sum, digit) => sum * BASE + digit, 0);
    if (n > (digits.length === 3 ? 0xffff : 0xff)) throw bad();
    if (digits.length === 3) bytes.push(n >> 8);
    bytes.push(n & 0xff);
  }
  return Uint8Array.from(bytes);
}

const bad = () => new SokkinError('bad_message', 'The text is not Base45 (RFC 9285).');
