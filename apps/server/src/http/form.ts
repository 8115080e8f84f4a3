/**
 * Bodies of application/x-www-form-urlencoded, as RFC 6749 Appendix B has them, for the OAuth endpoints alone.
 *
 * What must hold: bounded; what is not UTF-8, not percent-encoded rightly, or said twice (RFC 6749, 3.2), is refused as a whole.
 */
import type { FastifyInstance } from 'fastify';
import { OauthError } from '../access/oauth-error.ts';

const MOST_BYTES = 16 * 1024;
export type Form = ReadonlyMap<string, string>;

export function installForms(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: MOST_BYTES },
    async (_request: unknown, body: string | Buffer) => parseForm(body.toString()),
  );
}

export function parseForm(text: string): Form {
  // A form is ASCII: everything else is percent-encoded.
  if (!/^[\x21-\x7e]*$/.test(text)) throw malformed();
  const form = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : decode(pair.slice(at + 1));
    if (form.has(name)) throw new OauthError('invalid_request', `The parameter ${shown(name)} comes twice.`);
    // A parameter without a value is one that was left out (RFC 6749, 3.2).
    if (value !== '') form.set(name, value);
  }
  return form;
}

/** One part of a form; also of the user and password of Basic (RFC 6749, 2.3.1). */
export function decode(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    throw malformed();
  }
}

const malformed = (): OauthError =>
  new OauthError('invalid_request', 'The body is no application/x-www-form-urlencoded text.');

/** The characters that an error_description may have (RFC 6749, 5.2). */
const shown = (name: string): string => name.slice(0, 40).replaceAll(/[^A-Za-z0-9_]/g, '?');
