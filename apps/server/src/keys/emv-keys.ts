/**
 * The keys of payment cards, when somebody needs them. They lie in the database, sealed with the vault's key.
 *
 * They are made at the first need, not at the start: most back-ends that start (in tests, in pilots of purses alone) make
 * no card, and two long RSA keys take half a second. A server that is told to be `warm` begins with those while its database
 * comes up, and makes the rest beside its first requests, so that nobody waits for them.
 *
 * What must hold: they are made once, however many programs begin at once; a database that has known keys is not served
 * with others, nor without. They are open in memory, also where the vault's key is in an HSM.
 */
import { join } from 'node:path';
import { equal, SokkinError } from '@sokkin/codec';
import type { EmvKeyPort, KeyPort, LedgerStore, LedgerTx, PreparationPorts } from '@sokkin/issuer';
import { z } from 'zod';
import { VAULT } from './certify.ts';
import { type EmvKeySet, emvKeySetSchema, emvKeysOf, makeEmvKeySet } from './emv-key-set.ts';
import { readEnvelope } from './envelope.ts';
import { damagedKeys, readKeyFile } from './key-file.ts';
import { newestActive } from './key-ids.ts';
import { sealInVault } from './vault.ts';
import { erase } from './version1.ts';

/** Of version 1, which was not encrypted. */
export const EMV_KEYS_FILE = 'emv-keys.json';
const PLACE = 'the table emv_keys';
const CONTEXT = new TextEncoder().encode('sokkin emv keys');
const fileSchema = emvKeySetSchema.extend({ warning: z.string() });

export interface EmvKeySource {
  /** Makes them if there are none yet. */
  get(): Promise<EmvKeyPort>;
}

export interface EmvKeysInput {
  readonly store: LedgerStore;
  readonly keys: KeyPort;
  readonly ports: PreparationPorts;
  readonly dataFolder: string;
  /** In days. */
  readonly today: () => number;
  readonly log: (line: string) => void;
}

/** Fails with `keys_missing`, `keys_mismatch`, `keys_damaged`, and what a KeyPort fails with. */
export async function openEmvKeys(input: EmvKeysInput): Promise<EmvKeySource> {
  const found = (await takeUp(input)) ?? (await openSealed(input));
  let keys = found && Promise.resolve(found);
  return {
    get() {
      if (keys === undefined) {
        const made = make(input);
        keys = made;
        // Who asked hears of it; whoever asks next tries again.
        made.catch(() => {
          keys = undefined;
        });
      }
      return keys;
    },
  };
}

async function openSealed({ store, keys, ports }: EmvKeysInput): Promise<EmvKeyPort | undefined> {
  const known = await store.read((tx) => tx.control.emvKeys());
  if (known?.sealed === undefined) return undefined;
  const text = new TextDecoder().decode(await keys.open(known.sealed, CONTEXT));
  const set = emvKeySetSchema.safeParse(parseJson(text));
  const opened = set.success ? await emvKeysOf(set.data, ports) : undefined;
  if (opened === undefined) throw damagedKeys(PLACE);
  if (equal(opened.fingerprint, known.fingerprint)) return opened;
  throw new SokkinError('keys_mismatch', `The keys in ${PLACE} are not those of this database's cards.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function make(input: EmvKeysInput): Promise<EmvKeyPort> {
  input.log('Key ceremony: making the keys of payment cards, sealed in the database');
  await put(input, await makeEmvKeySet(input.ports, input.today()));
  // Those of another program, if it was first.
  const keys = await openSealed(input);
  if (keys === undefined) throw new Error('Bug: what was put is there');
  return keys;
}

/** Only while there are none. */
async function put({ store, keys, ports }: EmvKeysInput, set: EmvKeySet): Promise<void> {
  const made = await emvKeysOf(set, ports);
  if (made === undefined) throw new Error('Bug: keys that were just made belong together');
  const sealed = await sealInVault(keys, new TextEncoder().encode(JSON.stringify(set)), CONTEXT);
  await store.write(async (tx) => {
    await tx.control.addEmvKeys({ fingerprint: made.fingerprint, sealed });
    // Known, and in a file until now.
    if ((await tx.control.emvKeys())?.sealed === undefined) await tx.control.sealEmvKeysAnew(sealed);
  });
}

/** Which key they are sealed with. */
export async function vaultOfEmvKeys(tx: LedgerTx): Promise<string | undefined> {
  const sealed = (await tx.control.emvKeys())?.sealed;
  return sealed && readEnvelope(sealed).key;
}

/** Puts what is sealed under the newest vault key; true if it was under another. The caller holds the keys' lock. */
export async function sealEmvKeysAnew(keys: KeyPort, tx: LedgerTx): Promise<boolean> {
  const sealed = (await tx.control.emvKeys())?.sealed;
  const vault = newestActive(await keys.list(), VAULT);
  if (sealed === undefined || vault === undefined || readEnvelope(sealed).key === vault) return false;
  await tx.control.sealEmvKeysAnew(await keys.seal(vault, await keys.open(sealed, CONTEXT), CONTEXT));
  return true;
}

/** Keys of version 1 go from their file into the database, once; undefined: there are none. */
async function takeUp(input: EmvKeysInput): Promise<EmvKeyPort | undefined> {
  const { store, ports, dataFolder, log } = input;
  const path = join(dataFolder, EMV_KEYS_FILE);
  const known = await store.read((tx) => tx.control.emvKeys());
  const file = await readKeyFile(path, fileSchema);
  if (file === undefined) {
    if (known === undefined || known.sealed !== undefined) return undefined;
    throw new SokkinError(
      'keys_missing',
      `The database has payment cards, but ${path} is missing: restore it from its copy.`,
    );
  }
  const { warning: _, ...set } = file;
  const found = await emvKeysOf(set, ports);
  if (found === undefined) throw damagedKeys(path);
  if (known !== undefined && !equal(known.fingerprint, found.fingerprint))
    throw new SokkinError('keys_mismatch', `The keys in ${path} are not those of this database's cards.`);
  await put(input, set);
  await erase(path);
  log(
    `The keys in ${path} were not encrypted: now they are sealed in the database, and the file is overwritten`,
  );
  return found;
}
