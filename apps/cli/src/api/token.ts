/**
 * Access tokens of the back-end (OAuth 2 client credentials, RFC 6749, section 4.4).
 *
 * What must hold: a token is asked for when one is needed and again before it expires; those who need one at the same time share
 * one request; neither secret nor token is ever part of a message.
 */
import { SokkinError } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';

export interface ClientCredentials {
  readonly id: string;
  readonly secret: string;
  /** Where they were found, for messages. */
  readonly from: string;
}

/** An operator who has logged in. */
export interface OperatorLogin {
  readonly session: string;
}

/** Throws a SokkinError that says where credentials are looked for. */
export type CredentialSource = () => Promise<ClientCredentials | OperatorLogin>;

/** A token is not used in its last half minute: a request may be long on its way. */
const SPARE_MS = 30_000;

interface Token {
  readonly text: string;
  readonly until: number;
}

export class TokenSource {
  readonly #url: string;
  readonly #credentials: CredentialSource;
  #token: Promise<Token> | undefined;

  constructor(url: string, credentials: CredentialSource) {
    this.#url = url;
    this.#credentials = credentials;
  }

  async token(): Promise<string> {
    const kept = await this.#token;
    if (kept !== undefined && Date.now() < kept.until) return kept.text;
    this.forget();
    this.#token ??= this.#ask();
    try {
      return (await this.#token).text;
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /** The back-end does not believe it any more. */
  forget(): void {
    this.#token = undefined;
  }

  async #ask(): Promise<Token> {
    const credentials = await this.#credentials();
    if ('session' in credentials) return { text: credentials.session, until: Number.POSITIVE_INFINITY };
    const { id, secret, from } = credentials;
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
    });
    const signal = AbortSignal.timeout(30_000);
    const response = await fetch(`${this.#url}/v1/oauth/token`, { method: 'POST', body, signal });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.status >= 500) throw new Error(`The back-end answered ${response.status}`);
    if (!response.ok) throw notBelieved(id, from);
    const o = read.object(answer, 'the token answer');
    const seconds = read.number(o.expires_in, 'expires_in');
    return { text: read.text(o.access_token, 'access_token'), until: Date.now() + seconds * 1000 - SPARE_MS };
  }
}

const notBelieved = (id: string, from: string): SokkinError =>
  new SokkinError(
    'not_authorized',
    `The back-end does not believe the credentials ${id} of ${from}: they are of another back-end, or were changed or withdrawn. Name others with --client FILE.`,
  );
