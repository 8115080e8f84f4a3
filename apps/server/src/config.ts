/**
 * What the environment may set (config/table.ts lists it).
 *
 * What must hold: a wrong value stops the start with a sentence that names the variable, and all wrong ones are named at
 * once; a SOKKIN_ variable that nothing reads is an error, because it was meant for something; nothing is guessed.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { nearest, SokkinError } from '@sokkin/codec';
import { liveRefusals } from './config/live.ts';
import type { Reading } from './config/readings.ts';
import { type Config, ELSEWHERE, type Environment, VARIABLES, type Variable } from './config/table.ts';

export type { Config };
export type LogLevel = Config['logLevel'];
/** `sandbox`: for development, with credentials that may do everything. `live`: nothing of the kind. */
export type Mode = Config['mode'];

export const DEFAULT_PORT = Number(VARIABLES.port.initial);
export const DEFAULT_DATA_FOLDER = '.sokkin';

export function readConfig(env: Environment): Config {
  const wrong: string[] = unknownOnes(env);
  const take = <T>(variable: Variable<T>): T => {
    const reading = readOne(variable, env);
    if (reading === undefined) return undefined as T;
    if ('value' in reading) return reading.value;
    wrong.push(`${variable.name} ${reading.wrong}`);
    return undefined as T;
  };
  const config = readAll(take);
  const fromFile = readUrlFile(config);
  if (fromFile !== undefined && 'wrong' in fromFile) wrong.push(fromFile.wrong);
  if (wrong.length === 0) wrong.push(...contradictions(config), ...liveRefusals(config));
  if (wrong.length > 0) throw new SokkinError('bad_config', wrong.join('\n'));
  return fromFile !== undefined && 'value' in fromFile ? { ...config, databaseUrl: fromFile.value } : config;
}

/** What is in the file may be secret, as the variable would be. */
function readUrlFile({ databaseUrl, databaseUrlFile }: Config): Reading<string> | undefined {
  if (databaseUrlFile === undefined) return undefined;
  if (databaseUrl !== undefined)
    return { wrong: 'DATABASE_URL and DATABASE_URL_FILE are both set: keep one of them.' };
  try {
    const reading = VARIABLES.databaseUrl.read(readFileSync(databaseUrlFile, 'utf8').trim());
    return 'wrong' in reading
      ? { wrong: `DATABASE_URL_FILE names a file whose text ${reading.wrong}` }
      : { value: reading.value ?? '' };
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
    return { wrong: `DATABASE_URL_FILE names ${databaseUrlFile}, which cannot be read (${why}).` };
  }
}

/** undefined: it is not set, and has no default. An empty variable is one that is not set. */
function readOne<T>(variable: Variable<T>, env: Environment): Reading<T> | undefined {
  const text = env[variable.name] || variable.initial;
  return text === undefined ? undefined : variable.read(text);
}

function readAll(take: <T>(variable: Variable<T>) => T): Config {
  return {
    mode: take(VARIABLES.mode),
    host: take(VARIABLES.host),
    port: take(VARIABLES.port),
    publicUrl: take(VARIABLES.publicUrl),
    trustProxy: take(VARIABLES.trustProxy),
    dataFolder: resolve(take(VARIABLES.dataFolder) ?? DEFAULT_DATA_FOLDER),
    databaseUrl: take(VARIABLES.databaseUrl),
    databaseUrlFile: take(VARIABLES.databaseUrlFile),
    pages: take(VARIABLES.pages),
    identityDatabaseUrl: take(VARIABLES.identityDatabaseUrl),
    dbConnections: take(VARIABLES.dbConnections),
    dbSeconds: take(VARIABLES.dbSeconds),
    logLevel: take(VARIABLES.logLevel),
    metrics: take(VARIABLES.metrics),
    otlpEndpoint: take(VARIABLES.otlpEndpoint),
    stopSeconds: take(VARIABLES.stopSeconds),
    auditSeconds: take(VARIABLES.auditSeconds),
    retentionSeconds: take(VARIABLES.retentionSeconds),
    claimsSeconds: take(VARIABLES.claimsSeconds),
    isoHost: take(VARIABLES.isoHost),
    isoPort: take(VARIABLES.isoPort),
    isoCertFile: take(VARIABLES.isoCertFile),
    isoKeyFile: take(VARIABLES.isoKeyFile),
    settlementSeconds: take(VARIABLES.settlementSeconds),
    ratePerSecond: take(VARIABLES.ratePerSecond),
    rateBurst: take(VARIABLES.rateBurst),
    keys: take(VARIABLES.keys),
    keyPassphrase: take(VARIABLES.keyPassphrase),
    keyPassphraseFile: take(VARIABLES.keyPassphraseFile),
    pkcs11Module: take(VARIABLES.pkcs11Module),
    pkcs11Token: take(VARIABLES.pkcs11Token),
    pkcs11PinFile: take(VARIABLES.pkcs11PinFile),
    tokenRanges: take(VARIABLES.tokenRanges),
    tokenProvider: take(VARIABLES.tokenProvider),
    binController: take(VARIABLES.binController),
  };
}

/** Kubernetes names the services of a namespace so: SOKKIN_SERVICE_HOST, SOKKIN_PORT=tcp://... */
const isServiceLink = (name: string, value: string): boolean =>
  /_SERVICE_(HOST|PORT)/.test(name) || /_PORT_[0-9]+_(TCP|UDP)/.test(name) || /^(tcp|udp):\/\//.test(value);

function unknownOnes(env: Environment): string[] {
  const known = [...Object.values(VARIABLES).map((v) => v.name), ...Object.keys(ELSEWHERE)];
  const strange = Object.entries(env).filter(
    ([name, value = '']) =>
      name.startsWith('SOKKIN_') &&
      value !== '' &&
      !name.startsWith('SOKKIN_TEST_') &&
      !known.includes(name) &&
      !isServiceLink(name, value),
  );
  return strange.map(([name]) => {
    const near = nearest(name, known);
    const way = near === undefined ? 'docs/configuration.md lists all.' : `Did you mean ${near}?`;
    return `${name} is no variable of Sokkin. ${way}`;
  });
}

function contradictions(config: Config): string[] {
  const wrong: string[] = [];
  if (config.keyPassphrase !== undefined && config.keyPassphraseFile !== undefined)
    wrong.push('SOKKIN_KEY_PASSPHRASE and SOKKIN_KEY_PASSPHRASE_FILE are both set: keep one of them.');
  if ((config.isoCertFile === undefined) !== (config.isoKeyFile === undefined))
    wrong.push('SOKKIN_ISO_CERT_FILE and SOKKIN_ISO_KEY_FILE go together: set both, or neither.');
  const { pkcs11Module, pkcs11Token, pkcs11PinFile } = config;
  const module = {
    SOKKIN_PKCS11_MODULE: pkcs11Module,
    SOKKIN_PKCS11_TOKEN: pkcs11Token,
    SOKKIN_PKCS11_PIN_FILE: pkcs11PinFile,
  };
  for (const [name, value] of Object.entries(module)) {
    if (config.keys === 'pkcs11' && value === undefined)
      wrong.push(`${name} is missing: SOKKIN_KEYS=pkcs11 needs it.`);
    if (config.keys === 'file' && value !== undefined)
      wrong.push(`${name} is set, but the keys are in files: set SOKKIN_KEYS=pkcs11, or take it away.`);
  }
  return wrong;
}
