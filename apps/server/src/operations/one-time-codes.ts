/** Codes that a person types once. What must hold: 128 random bits; what is kept is their SHA-256; spaces, dashes and small letters do not matter. */
import { createHash } from 'node:crypto';
import type { Backend } from '../backend.ts';

/** RFC 4648 without padding. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const CODE_DIGITS = 26;

/** 26 characters in groups of five. */
export function newCode(b: Backend): string {
  let bits = 0n;
  for (const byte of b.crypto.randomBytes(16)) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let i = 0; i < CODE_DIGITS; i++, bits >>= 5n) text += BASE32[Number(bits & 31n)] ?? '';
  return text.replaceAll(/(.{5})(?=.)/g, '$1-');
}

export const hashOfCode = (code: string): Buffer =>
  createHash('sha256').update(code.replaceAll(/[\s-]/g, '').toUpperCase()).digest();
