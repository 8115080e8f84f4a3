/**
 * A terminal's line to its acquirer over HTTPS: one ISO 8583 message out, its answer in (docs/iso8583-host.md).
 *
 * What must hold: an answer is given only if it is of the very question; whatever else happens on the way is no answer, and what became of the
 * question is then not known: it is the terminal's to take it back. Nothing is said twice by itself.
 */
import { decodeIso, encodeIso, type IsoMessage, type IsoProfile, isoMatchingKey } from '@sokkin/codec';
import { problemOf, SokkinApiError, SokkinNetworkError } from '../errors.ts';
import type { Authorize } from '../token.ts';

export interface HttpsLineParts {
  /** Of the server, such as https://cbdc.example. */
  readonly url: string;
  /** `deviceAuthorize` of the terminal's key. */
  readonly authorize: Authorize;
  /** The dialect that the terminal's configuration gives. */
  readonly profile: IsoProfile;
  readonly fetch?: (request: Request) => Promise<Response>;
  /** For an answer; longer than the acquirer takes to say that there is none. */
  readonly timeoutMs?: number;
  /** Why there was no answer. */
  readonly trouble?: (why: Error) => void;
}

const TYPE = 'application/octet-stream';
const TIMEOUT_MS = 20_000;

/** For `ask` of a `Till`: undefined is no answer. */
export function httpsLine(parts: HttpsLineParts): (message: IsoMessage) => Promise<IsoMessage | undefined> {
  const { profile, trouble = () => undefined } = parts;
  return async (message) => {
    try {
      const answer = decodeIso(profile, await exchange(parts, encodeIso(profile, message)));
      if (isoMatchingKey(profile, answer) === isoMatchingKey(profile, message)) return answer;
      trouble(new Error('The answer is of another question.'));
    } catch (error) {
      trouble(error instanceof Error ? error : new Error(String(error)));
    }
    return undefined;
  };
}

async function exchange(parts: HttpsLineParts, octets: Uint8Array): Promise<Uint8Array> {
  const first = await attempt(parts, octets, false);
  // The token was not believed, so nothing was asked.
  const response = first.status === 401 ? await attempt(parts, octets, true) : first;
  if (!response.ok) throw new SokkinApiError(response.status, await problemOf(response));
  return new Uint8Array(await response.arrayBuffer());
}

async function attempt(parts: HttpsLineParts, octets: Uint8Array, wasRefused: boolean): Promise<Response> {
  const {
    authorize,
    fetch = (request: Request) => globalThis.fetch(request),
    timeoutMs = TIMEOUT_MS,
  } = parts;
  const url = `${parts.url.replace(/\/+$/, '')}/v1/terminals/messages`;
  const request = new Request(url, {
    method: 'POST',
    headers: {
      ...(await authorize({ method: 'POST', url }, wasRefused)),
      'content-type': TYPE,
      accept: TYPE,
    },
    body: new Uint8Array(octets),
    signal: AbortSignal.timeout(timeoutMs),
  });
  return fetch(request).catch((cause: unknown) => {
    throw new SokkinNetworkError('POST', url, cause);
  });
}
