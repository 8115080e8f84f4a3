/**
 * The log of privileged acts as it stands on paper: what the back-end's API gives, a file of it, and heads that were kept.
 *
 * A file has a JSON object on every line: `{"format": "sokkin-log-1"}`, the entries from the first on, and the signed
 * head, `{"head": {...}}`, as `GET /v1/log` and `GET /v1/log/head` give them.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Bytes, SokkinError } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import type { LogEntry, LogHead } from '@sokkin/issuer';
import * as read from '@sokkin/sdk/json';
import type { HttpApi } from '../api/http-api.ts';
import { damaged, readIfThere, readJson } from './files.ts';

export const FORMAT = 'sokkin-log-1';
const PAGE = 1000;

/** A head with the signature that the back-end put under it. */
export interface SignedHead extends LogHead {
  readonly at: Date;
  readonly signature: Bytes;
  readonly authority: Certificate;
  readonly issuer: Certificate;
  readonly raw: read.Json;
}

export interface LogSource {
  readonly head: SignedHead;
  /** From the first one on. */
  entries(): AsyncIterable<LogEntry>;
}

export interface LogFilter {
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
}

const number = (value: unknown, path: string): bigint => {
  const text = read.text(value, path);
  if (!/^[0-9]{1,18}$/.test(text)) throw read.wrong(path, 'number in decimal digits');
  return BigInt(text);
};
const time = (value: unknown, path: string): Date => {
  const at = new Date(read.text(value, path));
  if (Number.isNaN(at.getTime())) throw read.wrong(path, 'time');
  return at;
};

export const entryOf = (o: read.Json, path: string): LogEntry => ({
  no: number(o.no, `${path}.no`),
  at: time(o.at, `${path}.at`),
  actor: read.text(o.actor, `${path}.actor`),
  institution: read.text(o.institution, `${path}.institution`),
  action: read.text(o.action, `${path}.action`),
  subject: read.text(o.subject, `${path}.subject`),
  details: read.text(o.details, `${path}.details`),
  previous: read.bytes(o.previous, `${path}.previous`),
  hash: read.bytes(o.hash, `${path}.hash`),
});

export const headOf = (o: read.Json, path: string): SignedHead => ({
  no: number(o.no, `${path}.no`),
  hash: read.bytes(o.hash, `${path}.hash`),
  at: time(o.at, `${path}.at`),
  signature: read.bytes(o.signature, `${path}.signature`),
  authority: read.certificate(o.authority, `${path}.authority`),
  issuer: read.certificate(o.issuer, `${path}.issuer`),
  raw: o,
});

/** Entries after this number, as the API gives them. */
export async function* logPages(api: HttpApi, after: bigint, filter: LogFilter): AsyncIterable<read.Json> {
  let cursor: string | undefined = after.toString();
  while (cursor !== undefined) {
    const query = new URLSearchParams({ limit: String(PAGE), cursor });
    for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, value);
    const page = await api.get(`/v1/log?${query}`);
    for (const item of read.list(page.data, 'data')) yield read.object(item, 'data[]');
    cursor = page.has_more === true ? read.text(page.next_cursor, 'next_cursor') : undefined;
  }
}

/** The head is read first: what is written meanwhile comes after it. */
export async function logOfBackend(api: HttpApi): Promise<LogSource> {
  const head = headOf(await api.get('/v1/log/head'), 'head');
  return {
    head,
    async *entries() {
      for await (const item of logPages(api, 0n, {})) yield entryOf(item, 'data[]');
    },
  };
}

async function* linesOf(path: string): AsyncIterable<read.Json> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  let no = 0;
  for await (const line of lines) {
    no++;
    try {
      yield read.object(JSON.parse(line), `line ${no}`);
    } catch (cause) {
      throw damaged(path, cause);
    }
  }
}

export async function logOfFile(path: string): Promise<LogSource> {
  if ((await readIfThere(path)) === undefined)
    throw new SokkinError('not_found', `There is no file ${path}.`);
  let first = true;
  let head: SignedHead | undefined;
  for await (const line of linesOf(path)) {
    if (first && line.format !== FORMAT)
      throw damaged(path, new Error(`its first line does not say ${FORMAT}`));
    first = false;
    if (line.head !== undefined) head = headOf(read.object(line.head, 'head'), 'head');
  }
  if (head === undefined) throw damaged(path, new Error('it ends without a head'));
  return {
    head,
    async *entries() {
      for await (const line of linesOf(path))
        if (line.no !== undefined) yield entryOf(line, `entry ${String(line.no)}`);
    },
  };
}

/** A head that was kept; undefined: there is no such file. */
export async function keptHead(path: string): Promise<SignedHead | undefined> {
  const found = await readJson(path);
  return found && headOf(found, path);
}
