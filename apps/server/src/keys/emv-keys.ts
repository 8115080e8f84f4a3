/**
 * The keys of payment cards, when somebody needs them.
 *
 * They are made at the first need, not at the start: most back-ends that start (in tests, in pilots of purses alone) make
 * no card, and two long RSA keys take half a second. A server that is told to be `warm` begins with those while its database
 * comes up, and makes the rest beside its first requests, so that nobody waits for them.
 *
 * What must hold: they are made once; a database that has known keys is not served with others, nor without.
 */
import { equal, SokkinError } from '@sokkin/codec';
import type { EmvKeyPort, LedgerStore, PreparationPorts } from '@sokkin/issuer';
import { createEmvKeyFile, EMV_KEYS_FILE, openEmvKeyFile } from './emv-file-keys.ts';

export interface EmvKeySource {
  /** Makes them if there are none yet. */
  get(): Promise<EmvKeyPort>;
}

export interface EmvKeysInput {
  readonly store: LedgerStore;
  readonly ports: PreparationPorts;
  readonly dataFolder: string;
  /** In days. */
  readonly today: () => number;
  readonly log: (line: string) => void;
}

/** Fails with `keys_missing`, `keys_mismatch`, and what a key file fails with. */
export async function openEmvKeys(input: EmvKeysInput): Promise<EmvKeySource> {
  const { store, dataFolder, ports } = input;
  const file = `${dataFolder}/${EMV_KEYS_FILE}`;
  const known = await store.read((tx) => tx.control.emvKeys());
  const found = await openEmvKeyFile(dataFolder, ports);
  if (found === undefined && known !== undefined)
    throw new SokkinError(
      'keys_missing',
      `The database has payment cards, but ${file} is missing: restore it from its copy.`,
    );
  let keys = found && register(input, file, found);
  // A database that refuses them stops the start.
  await keys;
  return {
    get() {
      if (keys === undefined) {
        const made = make(input, file);
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

async function make(input: EmvKeysInput, file: string): Promise<EmvKeyPort> {
  input.log(`Key ceremony: making the keys of payment cards in ${file}`);
  return register(input, file, await createEmvKeyFile(input.dataFolder, input.ports, input.today()));
}

async function register({ store }: EmvKeysInput, file: string, keys: EmvKeyPort): Promise<EmvKeyPort> {
  const known = await store.write(async (tx) => {
    await tx.control.addEmvKeys(keys.fingerprint);
    return tx.control.emvKeys();
  });
  if (known !== undefined && equal(known, keys.fingerprint)) return keys;
  throw new SokkinError('keys_mismatch', `The keys in ${file} are not those of this database's cards.`);
}
