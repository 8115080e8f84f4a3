/** Every error leaves as application/problem+json. What must hold: no detail of ours leaks with a 500. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { PROBLEMS, Problem, problemDocument } from '../problems.ts';
import { databaseFault } from '../store/database-fault.ts';

export function installErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemOf(error);
    if (problem.code === 'internal_error') request.log.error({ err: error }, 'request failed');
    return send(request, reply, problem);
  });
  app.setNotFoundHandler((request, reply) =>
    send(
      request,
      reply,
      new Problem('route_not_found', `There is no ${request.method} ${request.url.split('?')[0]} here.`),
    ),
  );
}

export function send(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const { status } = PROBLEMS[problem.code];
  if (status === 503) reply.header('retry-after', '1');
  return reply
    .code(status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problemDocument(problem, request.id));
}

/** Codes of Fastify and of PostgreSQL. */
const PROBLEM_OF: ReadonlyMap<string, () => Problem> = new Map([
  [
    'FST_ERR_CTP_BODY_TOO_LARGE',
    () => new Problem('payload_too_large', 'The body is larger than this server takes.'),
  ],
  [
    'FST_ERR_CTP_INVALID_MEDIA_TYPE',
    () => new Problem('unsupported_media_type', 'Send JSON, with content-type application/json.'),
  ],
  // Of a KeyPort. A key that was retired a moment ago is known here in two seconds.
  ...['keys_unavailable', 'key_retired', 'key_unknown', 'key_pin_wrong', 'key_pin_locked'].map(
    (code): [string, () => Problem] => [
      code,
      () => new Problem('keys_unavailable', 'The keys cannot be reached: nothing was changed, try again.'),
    ],
  ),
  ['vault_busy', () => new Problem('vault_busy', 'Others change the same link or token all the time.')],
  ...['40001', '40P01'].map((code): [string, () => Problem] => [
    code,
    () => new Problem('overloaded', 'Too many requests met on the same rows: try again.'),
  ]),
]);

export function problemOf(error: FastifyError | Error): Problem {
  if (error instanceof Problem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [first] = error.validation;
    const param = first?.instancePath.replace(/^\//, '').replaceAll('/', '.') || undefined;
    return new Problem('validation_failed', first?.message ?? error.message, param);
  }
  const fault = databaseFault(error);
  if (fault !== undefined) return fault;
  const known = PROBLEM_OF.get('code' in error && typeof error.code === 'string' ? error.code : '');
  if (known !== undefined) return known();
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Problem('bad_request', error.message);
  }
  return new Problem('internal_error', 'The server failed; nothing was changed. The log tells more.');
}
