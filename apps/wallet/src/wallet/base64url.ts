/** Octets in links (RFC 4648, section 5, without padding). */
import { type Bytes, SokkinError } from '@sokkin/codec';

export const toBase64Url = (bytes: Bytes): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

export function fromBase64Url(text: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new SokkinError('bad_link', 'The link is damaged.');
  try {
    const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(raw, (c) => c.charCodeAt(0));
  } catch (cause) {
    throw new SokkinError('bad_link', 'The link is damaged.', { cause });
  }
}
