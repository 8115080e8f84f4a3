/** Tokens of SoftHSM2 for tests, each process with a folder of its own. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pkcs11KeyConfig } from '../src/keys/key-config.ts';

const MODULES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];
const PIN = '4711-4711';

const isBuilt = (): boolean => {
  try {
    createRequire(import.meta.url)('pkcs11js');
    return true;
  } catch {
    return false;
  }
};

const module = MODULES.find(existsSync);
/** Why there are none here; undefined: there are. */
export const noSoftHsm: string | undefined =
  module === undefined
    ? 'SoftHSM2 is not installed (scripts/install-softhsm.sh)'
    : isBuilt()
      ? undefined
      : 'npm could not build the package pkcs11js (a C++ compiler is missing)';

export interface SoftHsm {
  /** Where the tokens are: a test may take them away. */
  readonly tokens: string;
  newToken(): Pkcs11KeyConfig;
  remove(): void;
}

/** SoftHSM reads its configuration once in a process, so there is one of these in each. */
export function softHsm(): SoftHsm {
  const folder = mkdtempSync(join(tmpdir(), 'sokkin-softhsm-'));
  const tokens = join(folder, 'tokens');
  const conf = join(folder, 'softhsm2.conf');
  execFileSync('mkdir', ['-m', '700', tokens]);
  writeFileSync(conf, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  process.env.SOFTHSM2_CONF = conf;
  let number = 0;
  return {
    tokens,
    newToken() {
      number += 1;
      const token = `sokkin-${number}`;
      const args = ['--init-token', '--free', '--label', token, '--pin', PIN, '--so-pin', '12345678'];
      execFileSync('softhsm2-util', args, { stdio: 'pipe' });
      return { kind: 'pkcs11', module: module ?? '', token, pin: PIN };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
