/**
 * The OpenAPI document, made from the routes themselves: validators, scopes and problems.
 *
 * What must hold: the same routes give the same octets, so that a change of the API is seen in review
 * (docs/api/openapi.json); every operation has a name of its own, says what it takes to call it, and which problems it
 * answers with.
 */
import type { SwaggerTransform, SwaggerTransformObject } from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { SCOPES } from '../access/principal.ts';
import { PROBLEMS, type ProblemCode } from '../problems.ts';
import { FORMS, nameComponents, PACKED } from './components.ts';
import { operationIdOf } from './operation-id.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What this route refuses beyond what all routes of its kind do. */
    problems?: readonly ProblemCode[];
  }
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const child = (of: unknown, name: string): unknown => (isObject(of) ? of[name] : undefined);

const SECURITY = ['client', 'device', 'operator'] as const;

export const SECURITY_SCHEMES = {
  client: {
    type: 'oauth2' as const,
    description: 'A client of an institution: an access token of POST /v1/oauth/token as a bearer',
    flows: { clientCredentials: { tokenUrl: '/v1/oauth/token', scopes: { ...SCOPES } } },
  },
  device: {
    type: 'http' as const,
    scheme: 'DPoP',
    description: 'A wallet or terminal: a token bound to its key, with a proof per request (RFC 9449)',
  },
  operator: { type: 'http' as const, scheme: 'bearer', description: "An operator's session" },
};

const EVERYWHERE: readonly ProblemCode[] = ['bad_request', 'rate_limited', 'overloaded', 'internal_error'];
const KEYED: readonly ProblemCode[] = [
  'idempotency_key_missing',
  'idempotency_key_invalid',
  'idempotency_key_in_flight',
  'idempotency_key_reused',
];

/** The problems that follow from what a route is, and those that it names. */
function problemsOf(schema: Json, access: string, named: readonly ProblemCode[]): ProblemCode[] {
  const all = new Set<ProblemCode>(EVERYWHERE);
  const add = (...codes: readonly ProblemCode[]) => {
    for (const code of codes) all.add(code);
  };
  if (access !== 'open') add('unauthorized', 'forbidden');
  if (schema.params !== undefined) add('not_found');
  if ([schema.params, schema.querystring, schema.body].some((part) => part !== undefined))
    add('validation_failed');
  if (schema.body !== undefined) add('payload_too_large', 'unsupported_media_type');
  if (child(child(schema.headers, 'properties'), 'idempotency-key') !== undefined) add(...KEYED);
  add(...named);
  return [...all].sort();
}

/** One route, as the document tells it. */
export const contractTransform: SwaggerTransform = (document) => {
  nameComponents();
  const { schema, url } = jsonSchemaTransform(document);
  if (document.schema?.hide === true || schema === undefined) return { schema, url };
  const { method, config } = document.route;
  const access = config?.access ?? 'open';
  const operationId = schema.operationId ?? operationIdOf(String(method), url, isList(schema));
  const security = access === 'open' ? [] : SECURITY.map((name) => ({ [name]: [access] }));
  const codes = problemsOf({ ...schema }, access, config?.problems ?? []);
  return { schema: { ...schema, operationId, security, 'x-problem-codes': codes }, url };
};

const isList = (schema: object): boolean =>
  child(child(child(child(schema, 'response'), '200'), 'properties'), 'has_more') !== undefined;

/** The whole document: problems by status, tidy schemas, sorted. */
export const contractTransformObject: SwaggerTransformObject = (document) => {
  if (!('openapiObject' in document)) return document.swaggerObject;
  const openapi = jsonSchemaTransformObject(document);
  const seen = new Set<string>();
  for (const operations of Object.values(openapi.paths ?? {})) {
    for (const operation of Object.values(operations ?? {})) {
      if (isObject(operation)) finishOperation(operation, seen);
    }
  }
  tidy(openapi);
  tidyOrder(openapi);
  return openapi;
};

function finishOperation(operation: Json, seen: Set<string>): void {
  const { operationId, parameters, responses } = operation;
  if (typeof operationId !== 'string' || seen.has(operationId))
    throw new Error(`Bug: two operations are called ${String(operationId)}, or one has no name`);
  seen.add(operationId);
  for (const p of Array.isArray(parameters) ? parameters.filter(isObject) : []) {
    // The validator leaves the header optional, so that its absence has a code of its own.
    if (p.name === 'idempotency-key') p.required = true;
  }
  liftExample(child(child(operation.requestBody, 'content'), 'application/json'));
  const form = FORMS[operationId];
  if (form !== undefined)
    operation.requestBody = {
      required: true,
      content: { 'application/x-www-form-urlencoded': { schema: form } },
    };
  const packed = PACKED[operationId];
  if (packed !== undefined)
    operation.requestBody = {
      required: true,
      content: { [packed]: { schema: { type: 'string', format: 'binary' } } },
    };
  if (!isObject(responses)) return;
  for (const [status, answer] of Object.entries(responses)) {
    if (isObject(answer) && answer.description === 'Default Response')
      answer.description = SUCCESS[status] ?? 'Done';
  }
  const codes = operation['x-problem-codes'];
  delete operation['x-problem-codes'];
  // What a route says itself (OAuth has errors of its own shape) stays.
  operation.responses = {
    ...problemAnswers(Array.isArray(codes) ? codes.filter(isCode) : []),
    ...responses,
  };
}

const SUCCESS: Readonly<Record<string, string>> = {
  '200': 'Done',
  '201': 'Made',
  '202': 'Begun',
  '204': 'Done',
};
const isCode = (code: unknown): code is ProblemCode => typeof code === 'string' && code in PROBLEMS;

/** An example belongs to the whole body, not to its schema. */
function liftExample(media: unknown): void {
  const schema = child(media, 'schema');
  const examples = child(schema, 'examples');
  if (!isObject(media) || !isObject(schema) || !Array.isArray(examples)) return;
  delete schema.examples;
  media.example = examples[0];
}

const PROBLEM_BODY = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
};

/** An answer for each status, with the codes that it may have. */
function problemAnswers(codes: readonly ProblemCode[]): Json {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const answers = [...byStatus].sort(([a], [b]) => a - b);
  return Object.fromEntries(
    answers.map(([status, of]) => [
      String(status),
      {
        description: of.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('. '),
        'x-problem-codes': of,
        content: PROBLEM_BODY,
      },
    ]),
  );
}

/** Takes out what validators need and readers do not: the pattern of an ISO date, the bounds of a safe integer. */
function tidy(value: unknown): void {
  if (Array.isArray(value)) value.forEach(tidy);
  if (!isObject(value)) return;
  if (value.format === 'date-time') delete value.pattern;
  if (value.minimum === Number.MIN_SAFE_INTEGER) delete value.minimum;
  if (value.maximum === Number.MAX_SAFE_INTEGER) delete value.maximum;
  delete value['~standard'];
  Object.values(value).forEach(tidy);
}

const sorted = (of: unknown): Json =>
  Object.fromEntries(Object.entries(isObject(of) ? of : {}).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Paths and schemas by name; of the schemas those that something refers to, directly or through others. */
function tidyOrder(openapi: unknown): void {
  if (!isObject(openapi) || !isObject(openapi.components))
    throw new Error('Bug: the contract has components');
  openapi.paths = sorted(openapi.paths);
  const all = sorted(openapi.components.schemas);
  const used = new Set<string>();
  const visit = (of: unknown): void => {
    for (const [, name = ''] of JSON.stringify(of).matchAll(/"#\/components\/schemas\/([A-Za-z0-9]+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      visit(all[name]);
    }
  };
  visit(openapi.paths);
  openapi.components.schemas = Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)));
}
