/**
 * What the configuration says about keys: where they are kept, and what opens them.
 *
 * What must hold: a wrong value stops the start with a sentence that names the variable; no sentence shows a secret; a live
 * back-end has no secret beside what it opens.
 */
import { readFileSync, statSync } from 'node:fs';
import { SokkinError } from '@sokkin/codec';
import { type Config, VARIABLES } from '../config/table.ts';

export type KeyConfig = FileKeyConfig | Pkcs11KeyConfig;

export interface FileKeyConfig {
  readonly kind: 'file';
  /** undefined: in the sandbox, a file of its own in the data folder has it. */
  readonly passphrase: string | undefined;
  readonly isLive: boolean;
  /** For tests, which open many files. */
  readonly scryptCost?: number;
}

export interface Pkcs11KeyConfig {
  readonly kind: 'pkcs11';
  /** The library of the HSM's maker. */
  readonly module: string;
  /** Label of the token. */
  readonly token: string;
  readonly pin: string;
}

const SHORTEST_PASSPHRASE = 12;
const LONGEST_SECRET = 1024;

const bad = (variable: string, why: string): SokkinError =>
  new SokkinError('bad_config', `${variable} ${why}`);

type Chosen = Pick<
  Config,
  'mode' | 'keys' | 'keyPassphrase' | 'keyPassphraseFile' | 'pkcs11Module' | 'pkcs11Token' | 'pkcs11PinFile'
>;

export function keyConfigOf(config: Chosen): KeyConfig {
  if (config.keys === 'pkcs11') return pkcs11Of(config);
  const { keyPassphrase, keyPassphraseFile } = config;
  const isFile = keyPassphraseFile !== undefined;
  const variable = isFile ? VARIABLES.keyPassphraseFile.name : VARIABLES.keyPassphrase.name;
  const passphrase = isFile ? readSecret(variable, keyPassphraseFile) : keyPassphrase;
  if (passphrase !== undefined) assertPassphrase(passphrase, variable);
  return { kind: 'file', passphrase, isLive: config.mode === 'live' };
}

/** `variable`: where it came from. */
export function assertPassphrase(passphrase: string, variable: string): void {
  if (passphrase.length < SHORTEST_PASSPHRASE)
    throw bad(variable, `is shorter than ${SHORTEST_PASSPHRASE} characters: choose a longer passphrase.`);
}

/** What was read is not left for the programs that this one starts. */
export function forgetSecrets(env: Record<string, string | undefined>): void {
  delete env[VARIABLES.keyPassphrase.name];
}

function pkcs11Of({ pkcs11Module: module, pkcs11Token: token, pkcs11PinFile: pinFile }: Chosen): KeyConfig {
  if (module === undefined || token === undefined || pinFile === undefined)
    throw new Error('Bug: readConfig refuses SOKKIN_KEYS=pkcs11 without all three');
  return { kind: 'pkcs11', module, token, pin: readSecret(VARIABLES.pkcs11PinFile.name, pinFile) };
}

/** The file's first line. */
export function readSecret(variable: string, path: string): string {
  let text: string;
  let mode: number;
  try {
    text = readFileSync(path, 'utf8');
    mode = statSync(path).mode;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SokkinError('bad_config', `${variable}: the file cannot be read (${why}).`, { cause });
  }
  // Secrets that an orchestrator mounts are often readable by a group.
  if ((mode & 0o007) !== 0)
    throw bad(variable, `names a file that everybody may read: run chmod 600 on ${path}.`);
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line.length === 0 || line.length > LONGEST_SECRET)
    throw bad(
      variable,
      `names a file whose first line is empty or longer than ${LONGEST_SECRET} characters.`,
    );
  return line;
}
