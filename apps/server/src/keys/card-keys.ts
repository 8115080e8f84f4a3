/**
 * The keys with which cards are made: EMV authorities and issuers, and the batch key of the chips' security domains.
 *
 * PLAIN FOR NOW, as keys.json: the same rules (mode 0600, made once, damage stops, never overwritten by something
 * else), and the same successor. An issuer is made when its first card is: three RSA keys take a second, and a
 * back-end that makes no payment cards needs none.
 */
import { open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, fromHex, hex, SokkinError } from '@sokkin/codec';
import { diversifyKeys, type Scp03Keys } from '@sokkin/crypto';
import {
  type CardProfile,
  type EmvIssuer,
  makeEmvIssuer,
  type PreparationPorts,
  restoreEmvIssuer,
  type StoredEmvIssuer,
  storeEmvIssuer,
} from '@sokkin/issuer';

export const CARD_KEYS_FILE = 'card-keys.json';
/** First digits of every PAN: a range that is no issuer's (ISO/IEC 7812-1 leaves 9 to national bodies). */
export const ISSUER_IDENTIFIER = '999999';
const KEY_VERSION = 1;
const BATCH_KEY_BYTES = 16;
const RID_BYTES = 5;
const CA_INDEX = 1;
const KEY_INDEX = 1;
/** MMYY. */
const ISSUER_EXPIRY = '1249';

/** Keys of cards behind a port: a file today, an HSM later. */
export interface CardKeyPort {
  /** The issuer whose cards have this profile. */
  issuerOf(profile: CardProfile): Promise<EmvIssuer>;
  /** The issuers that exist, for their authorities' public keys. */
  issuers(): Promise<readonly EmvIssuer[]>;
  /** Static SCP03 keys of the chip with this serial number. */
  domainKeys(serial: Bytes): Promise<Scp03Keys>;
}

interface File {
  readonly warning: string;
  readonly version: 1;
  readonly batchKey: string;
  readonly issuers: Readonly<Record<string, StoredEmvIssuer>>;
}

export function fileCardKeys(folder: string, ports: PreparationPorts): CardKeyPort {
  const path = join(folder, CARD_KEYS_FILE);
  let loaded: Promise<File> | undefined;
  const file = (): Promise<File> => {
    loaded ??= openOrMake(path, ports).catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
  let turn: Promise<unknown> = Promise.resolve();

  async function make(name: string, profile: CardProfile): Promise<EmvIssuer> {
    const before = await file();
    const known = before.issuers[name];
    if (known !== undefined) return restoreEmvIssuer(known);
    const made = await makeEmvIssuer(ports, {
      rid: ridOf(profile),
      caIndex: CA_INDEX,
      identifier: ISSUER_IDENTIFIER,
      expiry: ISSUER_EXPIRY,
      cipher: profile.control.cipher,
      keyIndex: KEY_INDEX,
      sizes: profile.rsa,
    });
    const next: File = { ...before, issuers: { ...before.issuers, [name]: storeEmvIssuer(made) } };
    await write(path, next);
    loaded = Promise.resolve(next);
    return made;
  }

  return {
    async issuerOf(profile) {
      const name = `${hex(ridOf(profile))}-${profile.control.cipher}`;
      const known = (await file()).issuers[name];
      if (known !== undefined) return restoreEmvIssuer(known);
      // One after the other: two cards at once must not make two issuers.
      const made = turn.then(() => make(name, profile));
      turn = made.catch(() => undefined);
      return made;
    },
    async issuers() {
      return Object.values((await file()).issuers).map(restoreEmvIssuer);
    },
    async domainKeys(diversification) {
      const { batchKey } = await file();
      return diversifyKeys(ports.symmetric, fromHex(batchKey), { diversification, keyVersion: KEY_VERSION });
    },
  };
}

const ridOf = ({ control }: CardProfile): Bytes => control.aid.slice(0, RID_BYTES);

async function openOrMake(path: string, { symmetric }: PreparationPorts): Promise<File> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new SokkinError('keys_unreadable', `The key file ${path} cannot be read: ${cause.message}`, {
      cause,
    });
  });
  if (text !== undefined) {
    await assertPrivate(path);
    return parse(path, text);
  }
  const made: File = {
    warning: 'These keys make payment cards. Keep this file secret, and keep a copy.',
    version: 1,
    batchKey: hex(symmetric.randomBytes(BATCH_KEY_BYTES)),
    issuers: {},
  };
  await write(path, made);
  return made;
}

function parse(path: string, text: string): File {
  const damaged = () =>
    new SokkinError('keys_damaged', `The key file ${path} is damaged: restore it from its copy.`);
  try {
    const file = JSON.parse(text) as File;
    if (file.version !== 1 || !/^[0-9a-f]{32}$/.test(file.batchKey)) throw damaged();
    for (const stored of Object.values(file.issuers)) restoreEmvIssuer(stored);
    return file;
  } catch {
    // What went wrong may quote key material.
    throw damaged();
  }
}

async function assertPrivate(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0)
    throw new SokkinError('keys_exposed', `Others may read the key file ${path}: run chmod 600 on it.`);
}

/** Whole or not at all. */
async function write(path: string, file: File): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(file, null, 1)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
}
