/**
 * What the environment says about keys: where they are kept, and what opens them.
 *
 * What must hold: a wrong value stops the start with a sentence that names the variable; no sentence shows a secret; a live
 * back-end has no secret beside what it opens.
 */
import { readFileSync, statSync } from 'node:fs';
import { SokkinError } from '@sokkin/codec';

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

export const SANDBOX_KEYS: KeyConfig = { kind: 'file', passphrase: undefined, isLive: false };

type Env = Readonly<Record<string, string | undefined>>;
const SHORTEST_PASSPHRASE = 12;
const LONGEST_SECRET = 1024;

const bad = (variable: string, why: string): SokkinError =>
  new SokkinError('bad_config', `${variable} ${why}`);

export function readKeyConfig(env: Env): KeyConfig {
  const where = env.SOKKIN_KEYS || 'file';
  if (where === 'pkcs11') return readPkcs11(env);
  if (where !== 'file') throw bad('SOKKIN_KEYS', `is "${where}": file or pkcs11 is expected.`);
  const variable = env.SOKKIN_KEY_PASSPHRASE_FILE ? 'SOKKIN_KEY_PASSPHRASE_FILE' : 'SOKKIN_KEY_PASSPHRASE';
  const passphrase = env.SOKKIN_KEY_PASSPHRASE_FILE
    ? readSecret(variable, env.SOKKIN_KEY_PASSPHRASE_FILE)
    : env.SOKKIN_KEY_PASSPHRASE || undefined;
  if (passphrase !== undefined) assertPassphrase(passphrase, variable);
  return { kind: 'file', passphrase, isLive: env.SOKKIN_MODE === 'live' };
}

export function assertPassphrase(passphrase: string, variable: string): void {
  if (passphrase.length < SHORTEST_PASSPHRASE)
    throw bad(variable, `is shorter than ${SHORTEST_PASSPHRASE} characters: choose a longer passphrase.`);
}

/** What was read is not left for the programs that this one starts. */
export function forgetSecrets(env: Record<string, string | undefined>): void {
  delete env.SOKKIN_KEY_PASSPHRASE;
}

function readPkcs11(env: Env): Pkcs11KeyConfig {
  const need = (variable: string, what: string): string => {
    const value = env[variable];
    if (!value) throw bad(variable, `is missing: with SOKKIN_KEYS=pkcs11 it names ${what}.`);
    return value;
  };
  return {
    kind: 'pkcs11',
    module: need('SOKKIN_PKCS11_MODULE', "the library of the HSM's maker"),
    token: need('SOKKIN_PKCS11_TOKEN', 'the label of the token'),
    pin: readSecret('SOKKIN_PKCS11_PIN_FILE', need('SOKKIN_PKCS11_PIN_FILE', "a file with the user's PIN")),
  };
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
