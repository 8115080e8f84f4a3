/**
 * What a failure of PostgreSQL means for whoever asked.
 *
 * What must hold: only what may succeed when sent again is called retryable; where a commit may have happened, the answer says that
 * the same Idempotency-Key finds out.
 */
import { Problem } from '../problems.ts';

const AGAIN = 'Send the same request again, with the same Idempotency-Key: it takes effect once.';

const overloaded = () => new Problem('overloaded', `The database is busy with others. ${AGAIN}`);
const unavailable = () =>
  new Problem('database_unavailable', `The database does not answer at the moment. ${AGAIN}`);
const full = () =>
  new Problem('storage_full', `The disk of the database is full: nothing can be written. ${AGAIN}`);

/** SQLSTATE (PostgreSQL, appendix A) and codes of Node's sockets. */
const FAULTS: ReadonlyMap<string, () => Problem> = new Map([
  ...['55P03', '57014', '53300', '53400', '53200', '25P03'].map((code): [string, () => Problem] => [
    code,
    overloaded,
  ]),
  ...['53100', '58030', 'ENOSPC', 'EDQUOT'].map((code): [string, () => Problem] => [code, full]),
  ...[
    ...[
      '57P01',
      '57P02',
      '57P03',
      '57P05',
      '3D000',
      '28P01',
      '28000',
      '08000',
      '08001',
      '08003',
      '08004',
      '08006',
      '25006',
    ],
    ...[
      'ECONNREFUSED',
      'ECONNRESET',
      'EPIPE',
      'ETIMEDOUT',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'ENOTFOUND',
      'EAI_AGAIN',
    ],
  ].map((code): [string, () => Problem] => [code, unavailable]),
]);

/** Errors of pg that have a text and no code. */
const TEXTS: readonly (readonly [RegExp, () => Problem])[] = [
  [/^timeout exceeded when trying to connect$/, overloaded],
  [
    /^Connection terminated|^Client has encountered a connection error|^Cannot use a pool after calling end/,
    unavailable,
  ],
  [/^Client was closed and is not queryable|^Query read timeout|^timeout expired$/, unavailable],
];

export function databaseFault(error: unknown): Problem | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return databaseFault(error.errors[0]);
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = FAULTS.get(code) ?? TEXTS.find(([text]) => text.test(error.message))?.[1];
  return known?.();
}
