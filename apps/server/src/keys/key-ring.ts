/**
 * The keys of a back-end and its certificates, together and up to date.
 *
 * What must hold: keys and certificates that do not belong together stop the start; the first ceremony happens once,
 * whatever is cut off in between and however many programs begin at once; what another program made is known here
 * within `RELOAD_MS`; keys that were replaced are retired, and who runs this hears of certificates that are soon over.
 */
import { type Epoch, equal, SokkinError } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import { FIRST_ISSUER, type KeyPort, type LedgerStore, SYSTEM_ACCOUNTS } from '@sokkin/issuer';
import { type CertifyInput, makeKey, makeLine, makeRoot, VAULT } from './certify.ts';
import { expirySentences } from './expiry.ts';
import { newestActive } from './key-ids.ts';
import { type Pki, pkiOf, type Signer } from './pki.ts';
import { upkeep } from './upkeep.ts';

const RELOAD_MS = 2000;
/** Upkeep is no hurry. */
const UPKEEP_MS = 30_000;

export interface KeyRingInput {
  readonly store: LedgerStore;
  readonly crypto: CryptoPort;
  readonly keys: KeyPort;
  /** Where the keys are, for sentences. */
  readonly place: string;
  readonly currency: number;
  readonly clock: () => Date;
  readonly dayOf: (at: Date) => Epoch;
  readonly log: (line: string) => void;
}

export class KeyRing {
  readonly keys: KeyPort;
  readonly #input: KeyRingInput;
  #pki: Pki;
  #version: bigint;
  readonly #timers: NodeJS.Timeout[] = [];
  #working: Promise<unknown> = Promise.resolve();
  readonly #warned = new Set<string>();
  #reloading: Promise<void> | undefined;

  constructor(input: KeyRingInput, pki: Pki, version: bigint) {
    this.#input = input;
    this.keys = input.keys;
    this.#pki = pki;
    this.#version = version;
  }

  get pki(): Pki {
    return this.#pki;
  }

  /** Looks for what other programs made, and keeps house, from now on. */
  watch(): void {
    const every = (ms: number, work: () => Promise<unknown>) => {
      // What fails now (a database or an HSM that is away) is done the next time.
      const timer = setInterval(() => {
        this.#working = work().catch(() => undefined);
      }, ms);
      timer.unref();
      this.#timers.push(timer);
    };
    every(RELOAD_MS, () => this.reload());
    every(UPKEEP_MS, () => this.upkeep());
    this.#warn();
  }

  /** Retires what was replaced a minute ago, and seals anew what is sealed with an old vault key. */
  async upkeep(): Promise<void> {
    this.#warn();
    const { store, clock, log } = this.#input;
    for (const id of await upkeep({ store, keys: this.keys, now: clock() })) log(`The key ${id} is retired`);
  }

  #warn(): void {
    const { clock, dayOf, log } = this.#input;
    for (const [about, sentence] of expirySentences(this.#pki, dayOf(clock()))) {
      if (this.#warned.has(about)) continue;
      this.#warned.add(about);
      log(sentence);
    }
  }

  reload(): Promise<void> {
    this.#reloading ??= this.#reload().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#reloading?.catch(() => undefined);
    await this.#working;
  }

  async #reload(): Promise<void> {
    const { store } = this.#input;
    const version = await store.read((tx) => tx.certificates.version());
    if (version === this.#version) return;
    const pki = pkiOf(await store.read((tx) => tx.certificates.all()));
    if (pki !== undefined) [this.#pki, this.#version] = [pki, version];
  }
}

export async function openKeyRing(input: KeyRingInput): Promise<KeyRing> {
  const { store, keys } = input;
  await firstCeremony(input);
  const [pki, version] = await store.read(
    async (tx) => [pkiOf(await tx.certificates.all()), await tx.certificates.version()] as const,
  );
  if (pki === undefined) throw new Error('Bug: the first ceremony leaves certificates');
  const ids = new Set((await keys.list()).map((key) => key.id));
  // The key of a CA that was replaced signs nothing more.
  for (const { isCurrent, issuer, authority, issuerPurse } of pki.lines)
    for (const signer of isCurrent ? [issuer, authority, issuerPurse] : [authority, issuerPurse])
      await proveKey(input, ids, signer);
  return new KeyRing(input, pki, version);
}

export const certifyInput = ({ keys, crypto, currency, clock, dayOf }: KeyRingInput): CertifyInput => {
  const now = clock();
  return { keys, crypto, currency, now, today: dayOf(now) };
};

/** Makes what a back-end has before it serves, as far as it is not there. */
async function firstCeremony(input: KeyRingInput): Promise<void> {
  const { store, keys, place, log } = input;
  const rows = await store.read((tx) => tx.certificates.all());
  const listed = await keys.list();
  if (rows.length > 0 && listed.length === 0)
    throw new SokkinError(
      'keys_missing',
      `The database has certificates, but there are no keys in ${place}: restore them from their copy.`,
    );
  if (rows.length > 0 && newestActive(listed, VAULT) !== undefined) return;
  await store.write(async (tx) => {
    await tx.certificates.lock();
    const certifying = certifyInput(input);
    // Another program may have been first.
    if ((await tx.certificates.all()).length === 0) {
      log(`Key ceremony: making the keys of the root and of the first issuer in ${place}`);
      await makeLine(certifying, tx, await makeRoot(certifying, tx), FIRST_ISSUER);
      for (const account of Object.values(SYSTEM_ACCOUNTS)) await tx.accounts.add(account, certifying.now);
    }
    if (newestActive(await keys.list(), VAULT) === undefined) await makeKey(certifying, VAULT, 'sealing');
  });
}

/** A private half that does not fit would sign Grants and Payments that nobody believes. */
async function proveKey(
  { keys, crypto, place }: KeyRingInput,
  ids: ReadonlySet<string>,
  { key, certificate }: Signer,
): Promise<void> {
  if (!ids.has(key))
    throw new SokkinError('keys_missing', `The key ${key} is not in ${place}: restore it from its copy.`);
  if (!equal(certificate.publicKey, await keys.publicKey(key)))
    throw new SokkinError(
      'keys_mismatch',
      `The keys in ${place} are not those of this database's certificates.`,
    );
  const message = crypto.randomBytes(32);
  if (await crypto.verify(certificate.publicKey, message, await keys.sign(key, message))) return;
  throw new SokkinError('keys_damaged', `The key ${key} is damaged: restore ${place} from its copy.`);
}
