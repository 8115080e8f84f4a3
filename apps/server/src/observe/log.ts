/**
 * The log: JSON lines on standard error, a line for each request.
 *
 * What must hold: nothing that came from outside is logged but the method, the pattern of the route and ids that we
 * made: no bodies, headers, query values, tokens, keys, messages or PANs, at no level. An error is logged by its kind, its code and where it
 * happened; its text only where the text is our own, because others quote the data that they failed on.
 */
import { SokkinError } from '@sokkin/codec';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Logger, pino } from 'pino';
import type { LogLevel } from '../config.ts';

export function openLog(level: LogLevel = 'silent'): Logger {
  const nothing = () => undefined;
  return pino(
    {
      level,
      base: { service: 'sokkin' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: loggableError, req: nothing, res: nothing },
    },
    // Standard output belongs to the program around us: the CLI writes its results there.
    pino.destination(2),
  );
}

/** Fields of a PostgreSQL error that name things of the schema; `detail`, `where` and `message` quote rows. */
const SCHEMA_FIELDS = ['severity', 'schema', 'table', 'column', 'constraint', 'routine'] as const;

export function loggableError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const known: Record<string, unknown> = { type: error.name };
  const fields = new Map(Object.entries(error));
  if ('code' in error && typeof error.code === 'string') known.code = error.code;
  for (const field of SCHEMA_FIELDS) {
    const value = fields.get(field);
    if (typeof value === 'string') known[field] = value;
  }
  if (isOurText(error)) known.message = error.message;
  // The first lines of a stack repeat the message.
  known.stack = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  if (error.cause !== undefined) known.cause = loggableError(error.cause);
  return known;
}

/** TypeErrors and ReferenceErrors quote the program; SyntaxErrors and RangeErrors quote the data. */
const isOurText = (error: Error): boolean =>
  error instanceof SokkinError ||
  error instanceof ReferenceError ||
  (error instanceof TypeError && error.message.startsWith('Cannot read')) ||
  error.message.startsWith('Bug:');

export function installRequestLog(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const line = lineOf(request, reply);
    if (reply.statusCode >= 500) request.log.warn(line, 'request');
    else request.log.info(line, 'request');
  });
  app.addHook('onRequestAbort', async (request) => {
    request.log.info({ method: request.method, route: routeOf(request) }, 'request aborted by its sender');
  });
}

const lineOf = (request: FastifyRequest, reply: FastifyReply) => ({
  method: request.method,
  route: routeOf(request),
  status: reply.statusCode,
  ms: Math.round(reply.elapsedTime * 10) / 10,
  principal: request.principal?.id,
});

/** The pattern, never the address: an address may hold anything. */
export const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'none';
