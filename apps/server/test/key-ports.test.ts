/** Both KeyPorts hold the same contract. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import type { Pkcs11KeyConfig } from '../src/keys/key-config.ts';
import { openPkcs11Keys } from '../src/keys/pkcs11/pkcs11-keys.ts';
import { openSoftwareKeys } from '../src/keys/software-keys.ts';
import { keyPortConformance } from './key-port-conformance.ts';
import { crypto } from './kit.ts';
import { noSoftHsm, type SoftHsm, softHsm } from './softhsm.ts';

describe('an encrypted file', () => {
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map((f) => rm(f, { recursive: true }))));
  const openLast = () =>
    openSoftwareKeys({
      path: join(folders.at(-1) ?? '', 'keys.json'),
      crypto,
      passphrase: 'correct horse battery',
      scryptCost: 1 << 10,
    });
  keyPortConformance({
    async open() {
      folders.push(await mkdtemp(join(tmpdir(), 'sokkin-keys-')));
      return openLast();
    },
    openAgain: openLast,
  });
});

describe.skipIf(noSoftHsm !== undefined)(`a token of SoftHSM2${noSoftHsm ? `: ${noSoftHsm}` : ''}`, () => {
  let hsm: SoftHsm | undefined;
  let token: Pkcs11KeyConfig | undefined;
  afterAll(() => hsm?.remove());
  const openLast = () => {
    if (token === undefined) throw new Error('no token was made');
    return openPkcs11Keys(token);
  };
  keyPortConformance({
    open() {
      hsm ??= softHsm();
      token = hsm.newToken();
      return openLast();
    },
    openAgain: openLast,
  });
});
