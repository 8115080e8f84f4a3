/**
 * What comes before a route: sockets, headers, addresses, bodies as octets.
 *
 * What must hold: a client that is slow, silent or too large costs a bounded time and a bounded memory; octets that are not UTF-8 are
 * refused and never silently made into something else; whatever is refused here is a problem document, too.
 */
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import { PROBLEMS, Problem, type ProblemCode, problemDocument } from '../problems.ts';
import { problemOf, send } from './errors.ts';

export const BODY_LIMIT = 2 * 1024 * 1024;
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const IDLE_MS = 75_000;

export const EDGES = {
  bodyLimit: BODY_LIMIT,
  /** The whole request must have come by then. */
  requestTimeout: REQUEST_MS,
  /** Silence on a connection, whatever it is in the middle of. */
  connectionTimeout: IDLE_MS,
  keepAliveTimeout: IDLE_MS,
  http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: 2_000, maxHeaderSize: 16 * 1024 },
  // While stopping, who still comes is served; new connections are not taken.
  return503OnClosing: false,
  clientErrorHandler: refuseOnSocket,
  frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
    everyAnswer(request, reply);
    void send(request, reply, problemOf(error));
  },
} satisfies FastifyServerOptions & { http: object };

/** What clients and proxies are told with whatever comes back. */
export function everyAnswer(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('request-id', request.id);
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  // What a client sent is never taken for a page.
  reply.header('x-content-type-options', 'nosniff');
}

/** Bodies are JSON, in UTF-8 and in nothing else (RFC 8259 section 8.1). */
export function installJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  // Fastify takes it as well; it is what the page of another can send without being asked first.
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    } catch {
      done(new Problem('bad_request', 'The body is not UTF-8.'));
      return;
    }
    void parse(request, text, done);
  });
}

const CODE_OF: ReadonlyMap<string, readonly [ProblemCode, string]> = new Map([
  [
    'ERR_HTTP_REQUEST_TIMEOUT',
    ['request_timeout', `A request must have come whole within ${REQUEST_MS / 1000} s.`],
  ],
  ['HPE_HEADER_OVERFLOW', ['headers_too_large', 'All headers together must be smaller than 16 KiB.']],
]);

/** There is no request yet: the answer goes onto the socket as it is. */
function refuseOnSocket(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [code, detail] = CODE_OF.get(error.code ?? '') ?? ['bad_request', 'This is not HTTP.'];
  const { status, title } = PROBLEMS[code];
  const body = JSON.stringify(problemDocument(new Problem(code, detail), 'req_none'));
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Content-Type: application/problem+json; charset=utf-8',
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}
