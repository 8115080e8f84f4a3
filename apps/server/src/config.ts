/**
 * What the environment may set. What must hold: a wrong value stops the start with a sentence that names the
 * variable; nothing is guessed.
 */
import { resolve } from 'node:path';
import { SokkinError } from '@sokkin/codec';
import { type KeyConfig, readKeyConfig } from './keys/key-config.ts';

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataFolder: string;
  /** undefined: the PostgreSQL that npm brings, in the data folder. */
  readonly databaseUrl: string | undefined;
  readonly logLevel: LogLevel;
  readonly keys: KeyConfig;
  readonly mode: Mode;
  /** How the world reaches this server; undefined: as each request says. */
  readonly publicUrl: string | undefined;
}

/** `sandbox`: for development, with credentials that may do everything. `live`: nothing of the kind. */
export type Mode = (typeof MODES)[number];
const MODES = ['sandbox', 'live'] as const;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const DEFAULT_PORT = 8787;
export const DEFAULT_DATA_FOLDER = '.sokkin';

export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  return {
    host: env.HOST || '127.0.0.1',
    port: readPort(env.PORT),
    dataFolder: resolve(env.SOKKIN_DATA || DEFAULT_DATA_FOLDER),
    databaseUrl: readDatabaseUrl(env.DATABASE_URL),
    logLevel: readLogLevel(env.LOG_LEVEL),
    keys: readKeyConfig(env),
    mode: readMode(env.SOKKIN_MODE),
    publicUrl: readPublicUrl(env.SOKKIN_PUBLIC_URL),
  };
}

function bad(variable: string, why: string): SokkinError {
  return new SokkinError('bad_config', `${variable} ${why}`);
}

/** 0 asks for any free port. */
function readPort(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (/^[0-9]{1,5}$/.test(text) && port <= 65_535) return port;
  throw bad('PORT', `is "${text}": a number from 0 to 65535 is expected (0: any free port).`);
}

function readDatabaseUrl(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  // The value may hold a password, so it is never shown.
  const protocol = URL.canParse(text) ? new URL(text).protocol : undefined;
  if (protocol === 'postgres:' || protocol === 'postgresql:') return text;
  throw bad('DATABASE_URL', 'must look like postgres://user:password@host:5432/database.');
}

function readLogLevel(text: string | undefined): LogLevel {
  if (text === undefined || text === '') return 'info';
  const level = LOG_LEVELS.find((l) => l === text);
  if (level !== undefined) return level;
  throw bad('LOG_LEVEL', `is "${text}": one of ${LOG_LEVELS.join(', ')} is expected.`);
}

function readMode(text: string | undefined): Mode {
  if (text === undefined || text === '') return 'sandbox';
  const mode = MODES.find((m) => m === text);
  if (mode !== undefined) return mode;
  throw bad('SOKKIN_MODE', `is "${text}": one of ${MODES.join(', ')} is expected.`);
}

/** Scheme, host, port and path. */
function readPublicUrl(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (isPlain && (url.protocol === 'https:' || url.protocol === 'http:'))
    return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  throw bad(
    'SOKKIN_PUBLIC_URL',
    'must look like https://cbdc.example.org, without user, query and fragment.',
  );
}
