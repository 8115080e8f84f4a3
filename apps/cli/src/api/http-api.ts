/**
 * The back-end over HTTP: amounts are decimal strings in minor units, octets lower-case hexadecimal, errors
 * problem+json (RFC 9457).
 *
 * What must hold: whatever goes wrong is `backend_unreachable` (the same request may be sent again) or
 * `backend_refused` (with the back-end's own sentence). A POST that moves money carries an Idempotency-Key.
 */
import type { FactoryKeys } from '@sokkin/card';
import { type Bytes, hex, SokkinError } from '@sokkin/codec';
import type { CaPublicKey, Certificate } from '@sokkin/crypto';
import * as read from '@sokkin/sdk/json';
import { backendOver } from '@sokkin/sdk/wallet';
import type { BackendApi } from '@sokkin/terminal';
import { LedgerApi } from './ledger.ts';
import {
  caKeysOf,
  chipOf,
  type KnownCard,
  knownCardOf,
  type OpenSession,
  orderJson,
  type PersonalisationOrder,
  type SessionStep,
  sessionOf,
  stepOf,
} from './perso.ts';

import { type CredentialSource, TokenSource } from './token.ts';

const TIMEOUT_MS = 30_000;

export interface Pki {
  readonly currency: string;
  readonly root: Certificate;
  readonly issuers: readonly Certificate[];
}
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly raw: read.Json;
}

export class HttpApi implements BackendApi {
  readonly url: string;
  readonly #tokens: TokenSource;
  readonly ledger = new LedgerApi({
    get: (path) => this.#get(path),
    post: (path, body, key) => this.#post(path, body, key),
    text: async (path) =>
      read.text(await this.#answer('GET', path, undefined, undefined, 'token'), 'the answer'),
  });

  // What taps ask for (BackendApi).
  readonly #taps = backendOver((path, body, key) => this.#post(path, body, key));
  readonly challenge = this.#taps.challenge;
  readonly provision = this.#taps.provision;
  readonly sync = this.#taps.sync;
  readonly fund = this.#taps.fund;
  readonly fundingReceipt = this.#taps.fundingReceipt;
  readonly redeem = this.#taps.redeem;
  readonly redemptionPayment = this.#taps.redemptionPayment;

  constructor(url: string, credentials: CredentialSource) {
    this.url = url.replace(/\/+$/, '');
    this.#tokens = new TokenSource(this.url, credentials);
  }

  async health(): Promise<read.Json> {
    return this.#request('GET', '/health', undefined, undefined, 'open');
  }

  async pki(): Promise<Pki> {
    const o = await this.#request('GET', '/v1/pki', undefined, undefined, 'open');
    const issuers = read.list(o.issuers, 'issuers').map((item, i) => {
      return read.certificate(read.object(item, `issuers[${i}]`).certificate, `issuers[${i}].certificate`);
    });
    return { currency: String(o.currency), root: read.certificate(o.root, 'root'), issuers };
  }

  /** What terminals believe of this back-end's cards. */
  async emvCaKeys(): Promise<readonly CaPublicKey[]> {
    const o = await this.#request('GET', '/v1/emv/ca-keys', undefined, undefined, 'open');
    return caKeysOf(o);
  }

  /** `party`: the customer or merchant whose it is; undefined: nobody's but the institution's. */
  async createAccount(name: string, party?: string): Promise<Account> {
    const body = { name, ...(party === undefined ? {} : { party }) };
    return accountOf(await this.#post('/v1/accounts', body, crypto.randomUUID()));
  }

  async accounts(): Promise<Account[]> {
    const found: Account[] = [];
    let cursor: string | undefined;
    do {
      const query: string = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const page = await this.#get(`/v1/accounts${query}`);
      const items = read.list(page.data, 'data');
      found.push(...items.map((item) => accountOf(read.object(item, 'data[]'))));
      cursor = page.has_more === true ? read.text(page.next_cursor, 'next_cursor') : undefined;
    } while (cursor !== undefined);
    // The ledger's own accounts are nobody's to pay from.
    return found.filter((a) => a.raw.kind === undefined || a.raw.kind === 'online');
  }

  issue(key: string, account: string, amount: bigint): Promise<read.Json> {
    return this.#post('/v1/issuances', { account, amount: amount.toString() }, key);
  }
  destroy(key: string, account: string, amount: bigint): Promise<read.Json> {
    return this.#post('/v1/destructions', { account, amount: amount.toString() }, key);
  }
  audit(): Promise<read.Json> {
    return this.#get('/v1/audit');
  }
  alerts(): Promise<read.Json> {
    return this.#get('/v1/alerts');
  }
  purse(id: string): Promise<read.Json> {
    return this.#get(`/v1/purses/${id}`);
  }

  /** A blank chip as its maker delivers it, with the keys of its security domain. */
  async chip(): Promise<FactoryKeys> {
    const { chips } = await this.#post('/v1/chips', { count: 1 });
    return chipOf(read.list(chips, 'chips')[0], 'chips[0]');
  }
  async beginPersonalisation(order: PersonalisationOrder): Promise<OpenSession> {
    return sessionOf(await this.#post('/v1/personalisations', orderJson(order), crypto.randomUUID()));
  }
  /** New limited-use keys for a phone. */
  async beginReplenishment(serial: Bytes): Promise<OpenSession> {
    return sessionOf(await this.#post(`/v1/cards/${hex(serial)}/keys`, {}, crypto.randomUUID()));
  }
  /** What the card answered; the same answer sent again brings the same step. */
  async exchange(session: string, number: number, response: Bytes): Promise<SessionStep> {
    const body = { number, response: hex(response) };
    return stepOf(await this.#post(`/v1/personalisations/${session}/exchange`, body));
  }
  async card(serial: Bytes): Promise<KnownCard> {
    return knownCardOf(await this.#get(`/v1/cards/${hex(serial)}`));
  }

  /** What modules of their own read and write. */
  get(path: string): Promise<read.Json> {
    return this.#get(path);
  }
  post(path: string, body: unknown, key?: string): Promise<read.Json> {
    return this.#post(path, body, key);
  }
  delete(path: string): Promise<read.Json> {
    return this.#request('DELETE', path, undefined, undefined);
  }
  /** To enrol, or to log in: without a token. */
  postAsNobody(path: string, body: unknown): Promise<read.Json> {
    return this.#request('POST', path, body, undefined, 'open');
  }

  #get(path: string): Promise<read.Json> {
    return this.#request('GET', path, undefined, undefined);
  }
  #post(path: string, body: unknown, key?: string): Promise<read.Json> {
    return this.#request('POST', path, body, key);
  }

  async #request(
    method: string,
    path: string,
    body: unknown,
    key: string | undefined,
    access: 'open' | 'token' = 'token',
  ): Promise<read.Json> {
    return read.object(await this.#answer(method, path, body, key, access), 'the answer');
  }

  async #answer(
    method: string,
    path: string,
    body: unknown,
    key: string | undefined,
    access: 'open' | 'token',
  ): Promise<unknown> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (key !== undefined) headers['idempotency-key'] = key;
    let sent = await this.#send(method, path, body, headers, access);
    if (sent.status === 401 && access === 'token') {
      // It expired, or the back-end was started anew: once more with another.
      this.#tokens.forget();
      sent = await this.#send(method, path, body, headers, access);
    }
    const { status, answer } = sent;
    // 5xx: nothing is known to have happened, so the same request may be sent again.
    if (status >= 500) throw unreachable(this.url, answer, detailOf(answer));
    if (status < 200 || status > 299) throw refused(status, answer);
    return answer;
  }

  async #send(
    method: string,
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>>,
    access: 'open' | 'token',
  ): Promise<{ readonly status: number; readonly answer: unknown }> {
    try {
      const authorization =
        access === 'open' ? {} : { authorization: `Bearer ${await this.#tokens.token()}` };
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const payload = body === undefined ? {} : { body: JSON.stringify(body) };
      const all = { ...headers, ...authorization };
      const response = await fetch(`${this.url}${path}`, { method, headers: all, signal, ...payload });
      const raw = await response.text();
      const isText = /^(application\/xml|text\/)/.test(response.headers.get('content-type') ?? '');
      return { status: response.status, answer: isText ? raw : raw === '' ? {} : JSON.parse(raw) };
    } catch (cause) {
      if (cause instanceof SokkinError) throw cause;
      throw unreachable(this.url, cause);
    }
  }
}

const accountOf = (raw: read.Json): Account => ({
  id: read.text(raw.id, 'account id'),
  name: read.text(raw.name, 'account name'),
  raw,
});

function unreachable(url: string, cause: unknown, detail?: string): SokkinError {
  const why = detail === undefined ? 'does not answer' : `failed: ${detail}`;
  return new SokkinError(
    'backend_unreachable',
    `The back-end at ${url} ${why}. Start it with "sokkin start", or name another with --api. What was begun is kept: run the same command again.`,
    { cause },
  );
}

function detailOf(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { detail, title } = answer as { detail?: unknown; title?: unknown };
  return typeof detail === 'string' ? detail : typeof title === 'string' ? title : undefined;
}

/** "from: ", where a field of the request was not understood. */
function fieldOf(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) return '';
  const { code, param } = answer as { code?: unknown; param?: unknown };
  return code === 'validation_failed' && typeof param === 'string' ? `${param}: ` : '';
}

function refused(status: number, answer: unknown): SokkinError {
  const why = detailOf(answer) ?? `it answered ${status}`;
  return new SokkinError('backend_refused', `The back-end refused: ${fieldOf(answer)}${why}`, {
    cause: answer,
  });
}
