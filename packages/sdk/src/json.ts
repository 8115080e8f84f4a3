/** Reading JSON that came from elsewhere (the back-end, files): every field is looked at before it is used, and a wrong one is named. */
import { type Bytes, fromHex, hex, SokkinError } from '@sokkin/codec';
import { type Certificate, parseCertificate } from '@sokkin/crypto';
import { parsePayment, parseReceipt, type ShownChain } from '@sokkin/purse';
import type { CarriedPayment, CarriedReceipt } from '@sokkin/terminal';

export const wrong = (path: string, what: string, cause?: unknown): SokkinError =>
  new SokkinError(
    'not_understood',
    `Not understood: ${path} is no ${what}.`,
    cause === undefined ? {} : { cause },
  );

export type Json = Readonly<Record<string, unknown>>;

export function object(value: unknown, path: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'object');
  return value as Json;
}
export function list(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(path, 'list');
  return value;
}
export function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw wrong(path, 'text');
  return value;
}
export function number(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrong(path, 'whole number');
  return value;
}
export function bytes(value: unknown, path: string): Bytes {
  return guarded(path, 'hexadecimal octets', () => fromHex(text(value, path)));
}
export function certificate(value: unknown, path: string): Certificate {
  return guarded(path, 'certificate', () => parseCertificate(bytes(value, path)));
}

/** {issuer, purse} */
export function chain(value: unknown, path: string): ShownChain {
  const o = object(value, path);
  return {
    issuer: certificate(o.issuer, `${path}.issuer`),
    leaf: certificate(o.purse, `${path}.purse`),
  };
}

export function payment(message: unknown, signer: unknown, path: string): CarriedPayment {
  const octets = bytes(message, path);
  const { fields } = guarded(path, 'Payment', () => parsePayment(octets));
  return { message: octets, fields, chain: chain(signer, `${path} signer`) };
}
export function receipt(message: unknown, signer: unknown, path: string): CarriedReceipt {
  const octets = bytes(message, path);
  const { fields } = guarded(path, 'Receipt', () => parseReceipt(octets));
  return { message: octets, fields, chain: chain(signer, `${path} signer`) };
}

function guarded<T>(path: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SokkinError && error.code === 'not_understood') throw error;
    if (error instanceof SokkinError) throw wrong(path, what, error);
    throw error;
  }
}

export const chainJson = (c: ShownChain): { issuer: string; purse: string } => ({
  issuer: hex(c.issuer.bytes),
  purse: hex(c.leaf.bytes),
});
