/**
 * The token vault of a back-end: the pure vault over its database and its keys, what payments ask of both, and the upkeep of its keys.
 *
 * What must hold: a PAN is sealed and found by keys of the key port alone; after a rotation everything goes under the new keys beside the
 * requests, and a key is retired when nothing is under it and everybody has heard of its successor.
 */
import { type Bytes, hex } from '@sokkin/codec';
import { type EmvCipher, keyCheckValue } from '@sokkin/crypto';
import {
  checkRanges,
  type KeyPort,
  type LedgerTx,
  type TokenRange,
  type TokenVault,
  tokenVault,
} from '@sokkin/issuer';
import type { Config } from '../config.ts';
import { newestActive, parseKeyId } from '../keys/key-ids.ts';
import { GRACE_MS } from '../keys/upkeep.ts';
import type { Run } from '../store/vault-sql.ts';
import { type ChipParts, type Chips, chips } from './chips.ts';
import { type Numbered, resolveNumbers } from './numbers.ts';
import { makePanKeys, PAN_INDEXING, PAN_SEALING, type PanKeys, panKeys } from './pan-keys.ts';
import { loadVersions } from './versions.ts';

/** First digits of the PANs of our own cards (keys/emv-key-set.ts). */
export const OWN_PANS = '999912';
const AT_ONCE = 200;

export interface VaultSettings {
  readonly ranges: readonly TokenRange[];
  /** Three digits: the first of every token requestor identifier. */
  readonly provider: string;
  /** Four characters: the first of every payment account reference. */
  readonly controller: string;
}

export const vaultSettings = (
  config: Pick<Config, 'tokenRanges' | 'tokenProvider' | 'binController'>,
): VaultSettings => ({
  ranges: config.tokenRanges.map((text) => {
    const [prefix = '', digits] = text.split(':');
    return { prefix, digits: Number(digits) };
  }),
  provider: config.tokenProvider,
  controller: config.binController,
});

export interface Vault extends Chips {
  readonly settings: VaultSettings;
  readonly pans: PanKeys;
  /** Cryptogram versions that come with this program, by name. */
  readonly versions: ReadonlyMap<string, unknown>;
  /** Of an issuer master key: three bytes, capital hexadecimal. */
  checkValue(cipher: EmvCipher, key: Bytes): string;
  isToken(number: string): boolean;
  /** What numbers on terminals are, in the caller's transaction; every one has its answer. */
  resolve(run: Run, numbers: readonly string[]): Promise<ReadonlyMap<string, Numbered>>;
  /** Links and tokens over the rows of a transaction. */
  within(tx: LedgerTx): Promise<TokenVault>;
  /** Seals anew what is under old keys, and retires those; gives their ids. */
  upkeep(): Promise<string[]>;
}

export interface VaultInput extends Omit<ChipParts, 'isOurs'> {
  readonly settings: VaultSettings;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** Makes the keys of PANs if there are none. Fails with `bad_range` for ranges that overlap. */
export async function openVault(input: VaultInput): Promise<Vault> {
  const { store, keys, clock, settings, randomBytes } = input;
  checkRanges(settings.ranges, [OWN_PANS]);
  await makePanKeys(store, keys, clock());
  const pans = panKeys(keys, clock);
  const isToken = (number: string) =>
    settings.ranges.some(({ prefix, digits }) => number.length === digits && number.startsWith(prefix));
  const isOwn = (number: string) => number.startsWith(OWN_PANS);
  const parts = { ranges: settings.ranges, panPrefixes: [], binController: settings.controller };
  const within = async (tx: LedgerTx) =>
    tokenVault({ ...parts, store: tx.vault, box: await pans.box(), randomBytes, clock });
  const numbers = { pans, emvKeys: input.emvKeys, isToken, isOwn };
  return {
    ...chips({ ...input, isOurs: (number) => isOwn(number) || isToken(number) }),
    settings,
    pans,
    versions: await loadVersions(),
    checkValue: (cipher, key) => hex(keyCheckValue(input.symmetric, cipher, key)).toUpperCase(),
    isToken,
    resolve: (run, asked) => resolveNumbers(numbers, run, asked),
    within,
    upkeep: () => upkeep(input, pans, within),
  };
}

async function upkeep(
  { store, keys, clock }: VaultInput,
  pans: PanKeys,
  within: (tx: LedgerTx) => Promise<TokenVault>,
): Promise<string[]> {
  for (;;) {
    const renewed = await store.write(async (tx) => (await within(tx)).renewSeals(AT_ONCE));
    if (renewed === 0) break;
  }
  const old = await replaced(keys, clock().getTime());
  if (old.length === 0) return [];
  return store.write(async (tx) => {
    await tx.certificates.lock();
    // Under the lock nobody else makes keys; whoever saw only older ones has sealed with them before the grace was over.
    const { current } = await pans.box();
    if ((await tx.vault.staleLinks(current, 1)).length > 0) return [];
    const due = (await replaced(keys, clock().getTime())).filter(
      (id) => id !== current.sealing && id !== current.indexing,
    );
    for (const id of due) await keys.retire(id);
    return due;
  });
}

/** Keys that have had a successor for a while. */
async function replaced(keys: KeyPort, now: number): Promise<string[]> {
  const listed = await keys.list();
  return [PAN_SEALING, PAN_INDEXING].flatMap((name) => {
    const newest = listed.find(({ id }) => id === newestActive(listed, name));
    if (newest === undefined || now - newest.createdAt.getTime() < GRACE_MS) return [];
    return listed
      .filter(({ id, state }) => state === 'active' && parseKeyId(id)?.name === name && id !== newest.id)
      .map(({ id }) => id);
  });
}
