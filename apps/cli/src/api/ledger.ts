/** The part of the back-end's API that is about transfers, statements and the audit. */
import type * as read from '@sokkin/sdk/json';

/** How the back-end is asked: http-api.ts. */
export interface Ask {
  get(path: string): Promise<read.Json>;
  post(path: string, body: unknown, key?: string): Promise<read.Json>;
  /** An answer that is not JSON. */
  text(path: string): Promise<string>;
}

export interface TransferWish {
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly memo?: string | undefined;
}
export interface Period {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const queryOf = (words: Readonly<Record<string, string | undefined>>): string => {
  const given = Object.entries(words).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
};

export class LedgerApi {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** `key` undefined: only says what would happen. */
  transfer({ amount, ...wish }: TransferWish, key: string | undefined): Promise<read.Json> {
    const body = { ...wish, amount: amount.toString(), ...(key === undefined ? { dry_run: true } : {}) };
    return this.#ask.post('/v1/transfers', body, key);
  }
  reverse(id: string, amount: bigint | undefined, reason: string, key: string): Promise<read.Json> {
    const part = amount === undefined ? {} : { amount: amount.toString() };
    return this.#ask.post(`/v1/transfers/${encodeURIComponent(id)}/reversal`, { reason, ...part }, key);
  }
  statement(account: string, period: Period, cursor?: string): Promise<read.Json> {
    return this.#ask.get(`/v1/accounts/${account}/statements${queryOf({ ...period, cursor, limit: '100' })}`);
  }
  camt053(account: string, period: Period): Promise<string> {
    return this.#ask.text(`/v1/accounts/${account}/statements/camt.053${queryOf({ ...period })}`);
  }
  /** A page for people, a table or a message, as it is. */
  text(path: string): Promise<string> {
    return this.#ask.text(path);
  }
  auditTerm(term: string, cursor?: string): Promise<read.Json> {
    return this.#ask.get(`/v1/audit/terms/${encodeURIComponent(term)}${queryOf({ cursor, limit: '100' })}`);
  }
  auditRuns(): Promise<read.Json> {
    return this.#ask.get('/v1/audit/runs?limit=20');
  }
}
