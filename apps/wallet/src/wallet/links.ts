/**
 * What one wallet says to another in a link, a QR code or a text: who somebody is, what they ask for, and the code with which a new phone joins.
 *
 * What must hold: it stands behind the `#` of the address, which browsers send to nobody; what comes in is anybody's, bounded and looked at before it
 * is shown; a request's purse and amount are signed (its ticket), its words are not.
 */
import { type Bytes, SokkinError } from '@sokkin/codec';
import { type Certificate, parseCertificate } from '@sokkin/crypto';
import { fromBase64Url, toBase64Url } from './base64url.ts';

export const MOST_NAME = 40;
export const MOST_NOTE = 80;
const MOST_LINK = 4_000;

export interface ShownContact {
  readonly name: string;
  /** Its issuer's stays behind: every wallet has those, and a code with both is hard to read for a camera. */
  readonly purse: Certificate;
}
export interface ShownRequest {
  /** As it is signed. */
  readonly ticket: Bytes;
  /** Who signed it. */
  readonly purse: Certificate;
  readonly from: string;
  readonly note: string;
  readonly until: Date;
}
export type Link =
  | ({ readonly kind: 'contact' } & ShownContact)
  | ({ readonly kind: 'request' } & ShownRequest)
  | { readonly kind: 'join'; readonly code: string };

export const contactText = ({ name, purse }: ShownContact): string =>
  `contact=${toBase64Url(purse.bytes)}.${encodeURIComponent(name)}`;

export const requestText = ({ ticket, purse, from, note, until }: ShownRequest): string =>
  [
    `request=${toBase64Url(ticket)}`,
    toBase64Url(purse.bytes),
    Math.floor(until.getTime() / 1000).toString(),
    ...[from, note].map(encodeURIComponent),
  ].join('.');

export const joinText = (code: string): string => `join=${code.replaceAll('-', '')}`;

/** What others open. */
export const linkTo = (text: string): string => `${location.origin}${location.pathname}#${text}`;

/** Takes a whole address, or what stands behind its `#`. Fails with `bad_link`. */
export function readLink(text: string): Link {
  const said = text.trim();
  if (said.length > MOST_LINK) throw damaged();
  const [, kind, rest = ''] = /^(?:[^#]*#)?(contact|request|join)=(.*)$/s.exec(said) ?? [];
  try {
    if (kind === 'contact') return readContact(rest.split('.'));
    if (kind === 'request') return readRequest(rest.split('.'));
    if (kind === 'join' && /^[A-Za-z2-7]{26}$/.test(rest)) return { kind, code: rest };
  } catch (cause) {
    throw damaged(cause);
  }
  throw damaged();
}

const damaged = (cause?: unknown): SokkinError =>
  new SokkinError('bad_link', 'This is no contact, request or code of a wallet.', { cause });

function readContact([purse = '', name = '', ...more]: readonly string[]): Link {
  if (more.length > 0) throw damaged();
  return {
    kind: 'contact',
    name: words(name, MOST_NAME),
    purse: parseCertificate(fromBase64Url(purse)),
  };
}

function readRequest([
  ticket = '',
  purse = '',
  until = '',
  from = '',
  note = '',
  ...more
]: readonly string[]): Link {
  if (more.length > 0 || !/^[0-9]{1,11}$/.test(until)) throw damaged();
  return {
    kind: 'request',
    ticket: fromBase64Url(ticket),
    purse: parseCertificate(fromBase64Url(purse)),
    until: new Date(Number(until) * 1000),
    from: words(from, MOST_NAME),
    note: words(note, MOST_NOTE),
  };
}

/** One line, without marks that turn writing around or cannot be seen. */
const words = (encoded: string, most: number): string => tidy(decodeURIComponent(encoded)).slice(0, most);
export const tidy = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
