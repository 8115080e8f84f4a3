/**
 * Every environment variable of the back-end: one table, from which it is read, shown and documented.
 *
 * What must hold: what is not here is not read; a variable that can hold a secret is marked, and never shown.
 */
import {
  matching,
  networks,
  oneOf,
  postgresUrl,
  type Reader,
  secret,
  text,
  tokenRanges,
  webUrl,
  whole,
} from './readings.ts';

export interface Variable<T> {
  readonly name: string;
  readonly says: string;
  readonly read: Reader<T>;
  /** As it would be written in the environment; undefined: there is none. */
  readonly initial: string | undefined;
  readonly isSecret: boolean;
}

const withDefault = <T>(name: string, initial: string, says: string, read: Reader<T>): Variable<T> => ({
  ...{ name, says, read, initial },
  isSecret: false,
});
const optional = <T>(
  name: string,
  says: string,
  read: Reader<T>,
  isSecret = false,
): Variable<T | undefined> => ({
  ...{ name, says, read, isSecret },
  initial: undefined,
});

const DAY_SECONDS = 86_400;

export const VARIABLES = {
  mode: withDefault(
    'SOKKIN_MODE',
    'sandbox',
    '`sandbox` for trying out, with a movable clock and ready-made credentials; `live` refuses what only a sandbox may',
    oneOf('sandbox', 'live'),
  ),
  host: withDefault('HOST', '127.0.0.1', 'the address to listen on', text),
  port: withDefault(
    'PORT',
    '8787',
    'the port to listen on; 0 is any free one',
    whole(0, 65_535, '0: any free port'),
  ),
  publicUrl: optional(
    'SOKKIN_PUBLIC_URL',
    'how clients reach the API, when a proxy stands in front of it; proofs of possession are bound to it',
    webUrl,
  ),
  trustProxy: optional(
    'SOKKIN_TRUST_PROXY',
    'the proxies whose X-Forwarded-For is believed: addresses, networks, `loopback`, `linklocal` or `uniquelocal`, with commas between',
    networks,
  ),
  dataFolder: withDefault(
    'SOKKIN_DATA',
    '.sokkin',
    'the folder of the keys and of the embedded database',
    text,
  ),
  databaseUrl: optional(
    'DATABASE_URL',
    'a PostgreSQL server of yours; without it, the one that npm brings runs in the data folder',
    postgresUrl,
    true,
  ),
  databaseUrlFile: optional(
    'DATABASE_URL_FILE',
    'a file that holds what DATABASE_URL would, so that no password is in the environment',
    text,
  ),
  identityDatabaseUrl: optional(
    'SOKKIN_IDENTITY_DATABASE_URL',
    'a PostgreSQL server for the identity store alone; without it, it is a schema of its own in the database of the ledger',
    postgresUrl,
    true,
  ),
  dbConnections: withDefault(
    'SOKKIN_DB_CONNECTIONS',
    '10',
    'how many connections to PostgreSQL one process opens at most',
    whole(2, 1000),
  ),
  dbSeconds: withDefault(
    'SOKKIN_DB_SECONDS',
    '10',
    'how long a request waits for a connection, and a statement for the database, before it is answered with `overloaded`',
    whole(1, 600),
  ),
  logLevel: withDefault(
    'LOG_LEVEL',
    'info',
    'what is logged: `fatal`, `error`, `warn`, `info` (a line per request), `debug` or `silent`',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'silent'),
  ),
  metrics: withDefault(
    'SOKKIN_METRICS',
    'loopback',
    'who may read /metrics: `loopback` this machine and tokens with the scope audit:read; `scope` such tokens alone; `open` everybody; `off` nobody',
    oneOf('loopback', 'scope', 'open', 'off'),
  ),
  otlpEndpoint: optional(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'where traces go, as OTLP over HTTP; without it no traces are made',
    webUrl,
  ),
  stopSeconds: withDefault(
    'SOKKIN_STOP_SECONDS',
    '20',
    'how long a stop waits for the requests that are being worked on',
    whole(1, 600),
  ),
  auditSeconds: withDefault(
    'SOKKIN_AUDIT_SECONDS',
    '60',
    'how often the audit runs by itself; 0 is never',
    whole(0, DAY_SECONDS),
  ),
  retentionSeconds: withDefault(
    'SOKKIN_RETENTION_SECONDS',
    '3600',
    'how often what was kept long enough is removed; 0 is never',
    whole(0, DAY_SECONDS),
  ),
  claimsSeconds: withDefault(
    'SOKKIN_CLAIMS_SECONDS',
    '60',
    'how often the dates of lost and expired purses are looked at; 0 is never',
    whole(0, DAY_SECONDS),
  ),
  isoHost: withDefault(
    'SOKKIN_ISO_HOST',
    '127.0.0.1',
    'the address on which the ISO 8583 host listens',
    text,
  ),
  isoPort: optional(
    'SOKKIN_ISO_PORT',
    "the main port of the ISO 8583 host for acquirers' connections; without it there is no such host; 0 is any free one",
    whole(0, 65_535, '0: any free port'),
  ),
  isoCertFile: optional(
    'SOKKIN_ISO_CERT_FILE',
    'the certificate (PEM) that the ISO 8583 host shows; with it all its ports speak TLS',
    text,
  ),
  isoKeyFile: optional('SOKKIN_ISO_KEY_FILE', 'the private key (PEM) of that certificate', text),
  settlementSeconds: withDefault(
    'SOKKIN_SETTLEMENT_SECONDS',
    '30',
    'how often it is looked whether an acquirer’s day is over; 0 is never',
    whole(0, DAY_SECONDS),
  ),
  ratePerSecond: withDefault(
    'SOKKIN_RATE_PER_SECOND',
    '10000',
    'requests per second that one client may send to one process, in the long run; 0 is without a limit',
    whole(0, 1_000_000),
  ),
  rateBurst: withDefault(
    'SOKKIN_RATE_BURST',
    '20000',
    'requests that one client may send at once',
    whole(1, 1_000_000),
  ),
  pages: optional(
    'SOKKIN_PAGES',
    'the folder of the built apps, each in a folder of its own that is its address; without it, none are served',
    text,
  ),
  keys: withDefault(
    'SOKKIN_KEYS',
    'file',
    'where private keys are: `file` in encrypted files of the data folder, `pkcs11` in a hardware module',
    oneOf('file', 'pkcs11'),
  ),
  keyPassphrase: optional('SOKKIN_KEY_PASSPHRASE', 'the passphrase of the key files', secret, true),
  keyPassphraseFile: optional(
    'SOKKIN_KEY_PASSPHRASE_FILE',
    'the file that holds the passphrase of the key files',
    text,
  ),
  pkcs11Module: optional('SOKKIN_PKCS11_MODULE', 'the PKCS#11 library of the hardware module', text),
  pkcs11Token: optional('SOKKIN_PKCS11_TOKEN', 'the label of the token in the module', text),
  pkcs11PinFile: optional('SOKKIN_PKCS11_PIN_FILE', 'the file that holds the PIN of the token', text),
  tokenRanges: withDefault(
    'SOKKIN_TOKEN_RANGES',
    '999913:16',
    'the ranges that tokens are drawn from, with commas between: first digits (6 to 10), a colon, and how many digits a token has',
    tokenRanges,
  ),
  tokenProvider: withDefault(
    'SOKKIN_TOKEN_PROVIDER',
    '999',
    'the three digits that every token requestor identifier begins with',
    matching(/^[0-9]{3}$/, 'three digits are expected'),
  ),
  binController: withDefault(
    'SOKKIN_BIN_CONTROLLER',
    'SKKN',
    'the four characters that every payment account reference begins with',
    matching(/^[0-9A-Z]{4}$/, 'four capital letters and digits are expected'),
  ),
} as const satisfies Record<string, Variable<unknown>>;

type ValueOf<V> = V extends Variable<infer T> ? T : never;
export type Config = { readonly [K in keyof typeof VARIABLES]: ValueOf<(typeof VARIABLES)[K]> };
export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that other parts of Sokkin read, with what they do; SOKKIN_TEST_... are the tests'. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  SOKKIN_API: 'the `sokkin` command: address of the back-end',
  SOKKIN_CLIENT: 'the `sokkin` command: the credentials that it uses',
  SOKKIN_PASSWORD:
    'the `sokkin` command: the password of an operator, where there is no terminal to ask for it on',
  SOKKIN_DEBUG: 'the `sokkin` command: 1 shows where an error came from',
  SOKKIN_PCSC: 'the tests: 0 leaves out card readers, 1 demands them',
  SOKKIN_FREEZE: 'the tests: 1 writes the frozen state of this release',
  SOKKIN_FUZZ: 'the tests: how long random commands are tried',
  SOKKIN_PGLEDGER: 'the benchmarks: the SQL file of a peer to measure beside',
};
