/**
 * One delivery over HTTP. What must hold: it ends in time, whatever the endpoint does; redirects are not followed; of the
 * answer a little is read, and no more.
 */
import http from 'node:http';
import https from 'node:https';
import type { Mode } from '../config.ts';
import { guardedLookup, refusedUrl } from './address.ts';

export interface Sent {
  /** undefined: there was no answer. */
  readonly status: number | undefined;
  /** The beginning of the answer, or why there was none. */
  readonly says: string;
}

export interface SendOptions {
  readonly mode: Mode;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const MOST_READ = 500;

export function send(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  { mode, timeoutMs, signal }: SendOptions,
): Promise<Sent> {
  // What was allowed when it was written down may not be any more: the mode, or this table, has changed.
  const refused = refusedUrl(url, mode);
  if (refused !== undefined) return Promise.resolve({ status: undefined, says: refused });
  const { request } = url.startsWith('https:') ? https : http;
  const ends = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  return new Promise((resolve) => {
    const failed = (error: Error): void => {
      const why = ends.aborted ? `no answer within ${timeoutMs} ms` : error.message;
      resolve({ status: undefined, says: why.slice(0, MOST_READ) });
    };
    const sending = request(
      url,
      {
        method: 'POST',
        agent: false,
        lookup: guardedLookup(mode),
        signal: ends,
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'Sokkin-Webhooks/1.0',
        },
      },
      (response) => {
        let text = '';
        const done = (): void => {
          resolve({ status: response.statusCode, says: text.slice(0, MOST_READ) });
          response.destroy();
        };
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
          if (text.length >= MOST_READ) done();
        });
        response.on('end', done);
        // The status is there: an endpoint that then stalls has answered.
        response.on('error', done);
        response.on('aborted', done);
      },
    );
    sending.on('error', failed);
    sending.end(body);
  });
}
