/**
 * The core of a back-end over an open database: clock, keys, PKI, and who may get in first.
 *
 * What must hold: keys that do not belong to the database stop the start; deriving the key of a key file, which takes as
 * long as a database takes to come up, goes on beside that.
 */
import { join } from 'node:path';
import type { CryptoPort } from '@sokkin/crypto';
import type { KeyPort } from '@sokkin/issuer';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';
import { clearingForDesk } from '../acceptance/clearing/for-desk.ts';
import type { AcceptanceDesk } from '../acceptance/desk.ts';
import { openSandbox } from '../access/sandbox.ts';
import { type Backend, dayOf } from '../backend.ts';
import type { Config } from '../config.ts';
import { openIdentities } from '../identity/identities.ts';
import { warmEmvKeys } from '../keys/emv-key-set.ts';
import { openEmvKeys } from '../keys/emv-keys.ts';
import { replacementSentences } from '../keys/expiry.ts';
import type { KeyConfig } from '../keys/key-config.ts';
import { openKeyRing } from '../keys/key-ring.ts';
import { KEYS_FILE, openKeys, placeOf } from '../keys/open-keys.ts';
import { isThere } from '../keys/passphrase.ts';
import { rsaPool } from '../keys/rsa-pool.ts';
import { meetingBell } from '../matching/bell.ts';
import { auditNote } from '../observe/audit-note.ts';
import { habit } from '../operations/habit.ts';
import { firstCode } from '../operations/operators.ts';
import { seedPolicies } from '../operations/policy.ts';
import { openSandboxClock } from '../operations/sandbox.ts';
import { uploadAll } from '../operations/uploads/batch.ts';
import { openUploads } from '../operations/uploads/writer.ts';
import { loadProfiles, loadRules, ownKeysOf } from '../personalisation/profiles.ts';
import { transferWriter, WRITER_LANES } from '../store/transfer-writer.ts';
import { openVault, vaultSettings } from '../vault/vault.ts';
import type { Cleanups } from './cleanups.ts';
import type { OpenDatabase } from './database.ts';
import { backendDesk } from './desk.ts';

/** ISO 4217 numeric 392, as certificates write it. */
const JPY = 0x0392;
/** It is no hurry. */
const UPKEEP_SECONDS = 30;

export interface CoreInput {
  readonly config: Config;
  readonly crypto: CryptoPort;
  readonly keyConfig: KeyConfig;
  readonly clock: () => Date;
  /** Makes ahead, beside all else, what the first payment card would wait for. */
  readonly isWarm: boolean;
  readonly log: (line: string) => void;
}

export interface Core {
  readonly backend: Backend;
  /** Who decides on what shops' terminals ask. */
  readonly desk: AcceptanceDesk;
  /** Retires keys that were replaced, at once. */
  upkeep(): Promise<void>;
}

/** What needs no database: it begins at once. */
export async function prepareCore(input: CoreInput, cleanups: Cleanups) {
  const { config, crypto, keyConfig, isWarm, log } = input;
  const { dataFolder } = config;
  const profiles = await loadProfiles();
  const ownKeys = ownKeysOf(profiles);
  const rsa = rsaPool(nodeRsa(), ownKeys);
  if (isWarm && !(await isThere(join(dataFolder, KEYS_FILE)))) warmEmvKeys(rsa);
  const opening = openKeys({ dataFolder, config: keyConfig, crypto, log });
  // Whoever awaits it hears of a failure; so does the stop.
  opening.catch(() => undefined);
  cleanups.add(() => opening.then(close, () => undefined));
  return { profiles, ownKeys, rsa, opening };
}

const close = (keys: KeyPort): Promise<void> => keys.close();

export async function openCore(
  input: CoreInput,
  { profiles, ownKeys, rsa, opening }: Awaited<ReturnType<typeof prepareCore>>,
  { store, writerPool, deskPool, identityPool }: OpenDatabase,
  cleanups: Cleanups,
): Promise<Core> {
  const { config, crypto, keyConfig, log } = input;
  const { mode, publicUrl, dataFolder } = config;
  const sandboxClock = mode === 'sandbox' ? await openSandboxClock(store, input.clock) : undefined;
  cleanups.add(() => sandboxClock?.stop());
  const clock = sandboxClock?.now ?? input.clock;
  const transfers = transferWriter(writerPool, WRITER_LANES, clock);
  cleanups.add(() => transfers.close());
  const keys = await opening;
  const place = placeOf(dataFolder, keyConfig);
  const ring = await openKeyRing({ store, crypto, keys, place, currency: JPY, clock, dayOf, log });
  cleanups.add(() => ring.close());
  const identities = await openIdentities({ pool: identityPool, keys, store, clock });
  const ports = { rsa, symmetric: nodeSymmetric() };
  const emvKeys = await openEmvKeys({ store, keys, ports, dataFolder, today: () => dayOf(clock()), log });
  const vault = await openVault({
    ...{ store, keys, emvKeys, symmetric: ports.symmetric, profiles, clock, rules: await loadRules() },
    randomBytes: (length) => crypto.randomBytes(length),
    settings: vaultSettings(config),
  });
  const audits = auditNote();
  const nonceKey = await store.write((tx) => tx.control.nonceKey(crypto.randomBytes(32)));
  const backend: Backend = {
    uploads: openUploads(await store.shards(), (batch) => uploadAll(backend, batch)),
    ...{ store, transfers, crypto, keys, emvKeys, profiles, currency: JPY },
    ...{ clock, sandboxClock, audits, identities, mode, publicUrl, nonceKey, bell: meetingBell(), vault },
    // Another process may have made new keys.
    get pki() {
      return ring.pki;
    },
    reloadPki: () => ring.reload(),
  };
  const desk = backendDesk(backend, deskPool, clearingForDesk(backend));
  cleanups.add(() => desk.close());
  ring.watch();
  identities.watch(log);
  cleanups.add(() => identities.close());
  const warned = new Set<string>();
  const panUpkeep = async () => {
    for (const id of await vault.upkeep()) log(`The key ${id} is retired`);
    for (const [about, sentence] of replacementSentences(await keys.list(), clock())) {
      if (!warned.has(about)) log(sentence);
      warned.add(about);
    }
  };
  const upkeepOfPans = habit(
    { seconds: UPKEEP_SECONDS, name: 'The upkeep of the vault', say: log },
    panUpkeep,
  );
  cleanups.add(() => upkeepOfPans.stop());
  await openSandbox(backend, dataFolder, log);
  await seedPolicies(backend);
  await sayFirstCode(backend, log);
  if (input.isWarm) {
    // Who needs the keys hears of it if they cannot be made.
    const warming = emvKeys.get().catch(() => undefined);
    cleanups.add(() => warming);
    for (const kind of ownKeys) rsa.warm(kind);
  }
  const upkeep = async () => {
    await ring.upkeep();
    for (const id of await identities.upkeep()) log(`The key ${id} is retired`);
    await panUpkeep();
  };
  return { backend, desk, upkeep };
}

/** The first administrator gets in by a code; there is none once one is enrolled. */
async function sayFirstCode(b: Backend, log: (line: string) => void): Promise<void> {
  const code = await firstCode(b);
  if (code === undefined) return;
  log(`There is no administrator yet. Enrol one within a day: sokkin operator enrol NAME --code ${code}`);
}
