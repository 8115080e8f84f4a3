/**
 * Requests made from the API's own document: right ones by its schemas, and ones that are wrong in every way that
 * clients and attackers are.
 *
 * What must hold: an operation that is new in the document is asked at once, with nobody writing anything here.
 */
import fc from 'fast-check';

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}
export interface Media {
  readonly schema?: Schema;
}
interface Answer {
  readonly content?: Readonly<Record<string, Media>>;
  readonly 'x-problem-codes'?: readonly string[];
}
export interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, Answer>>;
}
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}
export interface Request {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: string;
}

/** What breaks parsers, queries, logs, pages, paths and mails of others. */
export const HOSTILE: readonly string[] = [
  "'; DROP TABLE accounts; --",
  "1' OR '1'='1",
  '$1 %s %n {{7*7}} #{7*7}',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  'two\r\nSet-Cookie: a=b',
  'line\n{"level":50,"msg":"forged"}',
  '\u0000',
  'a\u0000b',
  '\u001b[2J',
  '\ud800',
  '\u202eelif',
  '\ufeff',
  '\ufffe',
  'é'.repeat(300),
  'x'.repeat(70_000),
  '../../../../etc/passwd',
  '..%2f..%2f',
  'C:\\windows\\win.ini',
  '__proto__',
  'constructor',
  '１２３',
  '-1',
  '1e400',
  '0x10',
  ' 1',
  '9223372036854775808',
  '',
];

const HOSTILE_VALUES: readonly unknown[] = [
  ...HOSTILE,
  null,
  true,
  0,
  -1,
  1.5,
  1e21,
  Number.MAX_SAFE_INTEGER + 1,
  [],
  {},
  [[[[[[[[[[]]]]]]]]]],
  Array.from({ length: 2_000 }, () => 0),
  { toString: 'x', constructor: { prototype: { admin: true } } },
];

/** Bodies that no JSON library would write. */
const RAW_BODIES: readonly string[] = [
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '1e400',
  '-0',
  '{"a":1,"a":2}',
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{"admin":true}}}',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
  '{"amount":1e400}',
  '{"name":"\\u0000"}',
  '\ufeff{}',
  '{"name":"x"}{"name":"y"}',
  'NaN',
];

/** Requests of one operation. `real` are texts that mean something on the server that is asked: ids, messages, amounts. */
export function requestsOf(
  path: string,
  operation: Operation,
  real: readonly string[],
): fc.Arbitrary<Request> {
  const make = generators(real);
  const parameters = operation.parameters ?? [];
  const parts = (where: string) => parameters.filter((p) => p.in === where);
  const params = fc.record(
    Object.fromEntries(parts('path').map((p) => [p.name, make.pathPart(p.schema)] as const)),
  );
  const query = fc.oneof(
    { weight: 3, arbitrary: make.query(parts('query')) },
    { weight: 1, arbitrary: make.badQuery(parts('query')) },
  );
  const key = fc.oneof(
    { weight: 12, arbitrary: fc.uuid() },
    { weight: 1, arbitrary: fc.constantFrom('', 'two words', 'é', 'x'.repeat(256), "';--") },
  );
  const [type = 'application/json', media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const body =
    media?.schema === undefined ? fc.constant(undefined) : make.body(media.schema, type.includes('json'));
  const url = fc
    .tuple(params, query)
    .map(([p, q]) => `${path.replace(/\{(\w+)\}/g, (_, name) => p[name] ?? '')}${q}`);
  return fc.record({ url, key, body }).map(({ url: to, key: idempotencyKey, body: payload }) => ({
    url: to,
    headers: {
      'idempotency-key': idempotencyKey,
      ...(payload === undefined ? {} : { 'content-type': type }),
    },
    ...(payload === undefined ? {} : { payload }),
  }));
}

function generators(real: readonly string[]) {
  const hostileText = fc.constantFrom(...HOSTILE);
  const hostileValue: fc.Arbitrary<unknown> = fc.oneof(fc.constantFrom(...HOSTILE_VALUES), fc.jsonValue());

  function text(schema: Schema): fc.Arbitrary<string> {
    const { minLength = 0, maxLength = 100, pattern, format } = schema;
    if (format === 'date-time')
      return fc
        .date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
        .map((d) => d.toISOString());
    if (format === 'date')
      return fc
        .date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
        .map((d) => d.toISOString().slice(0, 10));
    const shape = pattern === undefined ? /^/ : new RegExp(pattern, 'u');
    const fits = (s: string) => s.length >= minLength && s.length <= maxLength && shape.test(s);
    const known = real.filter((s) => shape.test(s) && (schema.maxLength === undefined || fits(s)));
    const made =
      matching(pattern)?.filter(fits) ??
      fc.string({ unit: fc.constantFrom(...`aZ09 é株𠮷'"<>%;$\\-/`), minLength, maxLength }).filter(fits);
    if (known.length === 0) return made;
    return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: made });
  }

  function value(schema: Schema): fc.Arbitrary<unknown> {
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) return fc.oneof(...choices.map(value));
    switch (schema.type) {
      case 'string':
        return text(schema);
      case 'integer':
      case 'number':
        return fc.integer({ min: schema.minimum ?? -10, max: Math.min(schema.maximum ?? 1e6, 2 ** 31 - 1) });
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      case 'array': {
        const minLength = schema.minItems ?? 0;
        const maxLength = Math.max(minLength, Math.min(schema.maxItems ?? 3, 3));
        return fc.array(value(schema.items ?? {}), { minLength, maxLength });
      }
      case 'object':
        return fields(schema);
      default:
        return hostileValue;
    }
  }

  function fields(schema: Schema): fc.Arbitrary<Record<string, unknown>> {
    const parts = Object.entries(schema.properties ?? {}).map(([name, of]) => [name, value(of)] as const);
    return fc.record(Object.fromEntries(parts), { requiredKeys: [...(schema.required ?? [])] });
  }

  /** One thing wrong with something right. */
  function broken(schema: Schema): fc.Arbitrary<unknown> {
    const names = [...Object.keys(schema.properties ?? {}), 'extra', 'constructor', 'toString'];
    const change = fc.tuple(fields(schema), fc.constantFrom(...names), hostileValue);
    return fc.oneof(
      { weight: 4, arbitrary: change.map(([of, name, wrong]) => ({ ...of, [name]: wrong })) },
      {
        weight: 1,
        arbitrary: change.map(([of, name]) =>
          Object.fromEntries(Object.entries(of).filter(([n]) => n !== name)),
        ),
      },
      { weight: 1, arbitrary: hostileValue },
    );
  }

  const pathPart = (schema: Schema): fc.Arbitrary<string> =>
    fc.oneof(
      { weight: 5, arbitrary: value(schema).map((v) => encodeURIComponent(String(v))) },
      {
        weight: 1,
        arbitrary: hostileText.filter((s) => s !== '' && isWellFormed(s)).map(encodeURIComponent),
      },
    );
  const query = (parameters: readonly Parameter[]): fc.Arbitrary<string> =>
    fc
      .record(Object.fromEntries(parameters.map((p) => [p.name, value(p.schema)] as const)), {
        requiredKeys: [],
      })
      .map(asQuery);
  const badQuery = (parameters: readonly Parameter[]): fc.Arbitrary<string> =>
    fc
      .tuple(
        fc.constantFrom(...parameters.map((p) => p.name), 'x', '__proto__', 'limit[]'),
        hostileText.filter((s) => isWellFormed(s) && s.length < 5_000),
      )
      .map(([name, wrong]) => asQuery({ [name]: wrong }));

  function body(schema: Schema, isJson: boolean): fc.Arbitrary<string> {
    if (!isJson)
      return fc.oneof(
        fields(schema).map((of) => asQuery(of).slice(1)),
        fc.constantFrom(...RAW_BODIES, 'a=b&a=c', '%ff%fe', '&&&=', 'grant_type=client_credentials'),
      );
    return fc.oneof(
      { weight: 5, arbitrary: value(schema).map((v) => JSON.stringify(v)) },
      { weight: 4, arbitrary: broken(schema).map((v) => JSON.stringify(v)) },
      { weight: 1, arbitrary: fc.constantFrom(...RAW_BODIES) },
    );
  }

  return { pathPart, query, badQuery, body };
}

/** undefined: fast-check does not make texts of this pattern. */
function matching(pattern: string | undefined): fc.Arbitrary<string> | undefined {
  if (pattern === undefined || /\\p|\(\?/.test(pattern)) return undefined;
  return fc.stringMatching(new RegExp(pattern));
}

const isWellFormed = (s: string): boolean => !/\p{Cs}/u.test(s);

const asQuery = (of: Readonly<Record<string, unknown>>): string => {
  const pairs = Object.entries(of).map(
    ([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(String(v))}`,
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
};
