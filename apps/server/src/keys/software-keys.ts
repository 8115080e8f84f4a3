/**
 * The KeyPort over an encrypted file (encrypted-file.ts). In memory the keys are as they are: whoever reads the memory of
 * the process has them. An HSM is behind the other port.
 *
 * What must hold: a change is on the disk before it is used; nobody's change is lost, because all programs of one database
 * change its keys under one lock of the database, and each reads the file anew before it writes it. Keys that another
 * program made are found when they are asked for.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { type Bytes, concat, fromHex, hex } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import type { BlockKind, KeyInfo, KeyKind, KeyPort } from '@sokkin/issuer';
import { threadedSign } from '@sokkin/node';
import { z } from 'zod';
import { BLOCK_BYTES, checkBlocks, checkSecret, NEW_SECRET_BYTES } from './block-keys.ts';
import { type FileKey, newFileKey, openEncrypted, writeEncrypted, writingOf } from './encrypted-file.ts';
import {
  associatedData,
  NONCE_BYTES,
  readEnvelope,
  sealedDamaged,
  TAG_BYTES,
  writeEnvelope,
} from './envelope.ts';
import {
  assertKeyId,
  keyActive,
  keyExists,
  keyRetired,
  keyUnknown,
  keyWrongKind,
  parseKeyId,
} from './key-ids.ts';

/** Not on the event loop: each upload is answered by a signature. */
const signAway = threadedSign();

const SECRET_BYTES = 32;
export const KEYS_WARNING =
  'These keys issue money. Keep a copy of this file and, elsewhere, its passphrase: without both, no purse can sync.';

const keySchema = z.strictObject({
  id: z.string().refine((id) => parseKeyId(id) !== undefined),
  kind: z.enum(['signing', 'sealing', 'mac', 'tdes', 'aes']),
  state: z.enum(['active', 'retired']),
  createdAt: z.iso.datetime(),
  secret: z.string().regex(/^([0-9a-f]{2}){1,64}$/),
  /** Of signing keys. */
  public: z
    .string()
    .regex(/^04[0-9a-f]{128}$/)
    .optional(),
});
export const contentSchema = z.strictObject({ keys: z.array(keySchema).max(10_000) });
export type StoredKey = z.infer<typeof keySchema>;

export interface SoftwareKeysInput {
  readonly path: string;
  readonly crypto: CryptoPort;
  readonly passphrase: string;
  /** Of a file that is made or written anew. */
  readonly scryptCost: number;
}

/** Opens the file, if it is there; without one, the first key that is made makes it. */
export async function openSoftwareKeys(input: SoftwareKeysInput): Promise<SoftwareKeys> {
  const keys = new SoftwareKeys(input);
  // A new file's key is derived ahead: a start has better to do than to wait for it.
  if (!(await keys.reload())) keys.prepare(newFileKey(input.passphrase, input.scryptCost));
  return keys;
}

/** Writes keys that were elsewhere before, over whatever file is there. */
export async function makeSoftwareKeys(
  input: SoftwareKeysInput,
  keys: readonly StoredKey[],
): Promise<SoftwareKeys> {
  const made = new SoftwareKeys(input);
  await made.take(keys);
  return made;
}

export class SoftwareKeys implements KeyPort {
  readonly #input: SoftwareKeysInput;
  #fileKey: Promise<FileKey> | undefined;
  #keys: ReadonlyMap<string, StoredKey> = new Map();
  #writing: string | undefined;

  constructor(input: SoftwareKeysInput) {
    this.#input = input;
  }

  prepare(fileKey: Promise<FileKey>): void {
    this.#fileKey = fileKey;
    // Who writes with it hears of it.
    fileKey.catch(() => undefined);
  }

  /** Takes up what other programs have written since. False: there is no file. */
  async reload(): Promise<boolean> {
    const { path, passphrase } = this.#input;
    const writing = await writingOf(path);
    // A file that vanished under a running server does not make its keys undone.
    if (writing === undefined) return false;
    if (writing === this.#writing) return true;
    const opened = await openEncrypted(path, passphrase, await this.#fileKey, contentSchema);
    if (opened === undefined) return false;
    this.#fileKey = Promise.resolve(opened.fileKey);
    this.#keys = byId(opened.content.keys);
    this.#writing = opened.writing;
    return true;
  }

  /** All at once, in place of those it had. */
  async take(keys: readonly StoredKey[]): Promise<void> {
    await this.#write(byId(keys));
  }

  /** Writes the file anew under another passphrase; whoever has it open goes on reading what it has. */
  async changePassphrase(passphrase: string): Promise<void> {
    await this.reload();
    this.prepare(newFileKey(passphrase, this.#input.scryptCost));
    await this.#write(this.#keys);
  }

  async list(): Promise<readonly KeyInfo[]> {
    await this.reload();
    return [...this.#keys.values()].map(({ id, kind, state, createdAt }) => ({
      id,
      kind,
      state,
      createdAt: new Date(createdAt),
    }));
  }

  async generate(id: string, kind: KeyKind, now: Date): Promise<void> {
    await this.#add(id, kind, now, () => this.#secretOf(kind));
  }

  async admit(id: string, kind: BlockKind, secret: Bytes, now: Date): Promise<void> {
    checkSecret(kind, secret);
    await this.#add(id, kind, now, async () => ({ secret: hex(secret) }));
  }

  async encipher(id: string, blocks: Bytes): Promise<Bytes> {
    const { kind, secret } = await this.#active(id);
    checkBlocks(id, kind, blocks);
    const key = fromHex(secret);
    const cipher =
      kind === 'aes'
        ? createCipheriv(`aes-${key.length * 8}-ecb`, key, null)
        : createCipheriv('des-ede3', concat(key, key.subarray(0, BLOCK_BYTES.tdes)), null);
    cipher.setAutoPadding(false);
    return concat(cipher.update(blocks), cipher.final());
  }

  async publicKey(id: string): Promise<Bytes> {
    return fromHex((await this.#get(id, 'signing')).public ?? '');
  }

  async sign(id: string, message: Bytes): Promise<Bytes> {
    return signAway(fromHex((await this.#active(id, 'signing')).secret), message);
  }

  async seal(id: string, plaintext: Bytes, context: Bytes): Promise<Bytes> {
    const { secret } = await this.#active(id, 'sealing');
    const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
    const cipher = createCipheriv('aes-256-gcm', fromHex(secret), nonce);
    cipher.setAAD(associatedData(id, context));
    const ciphertext = concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
    return writeEnvelope({ key: id, nonce, ciphertext });
  }

  async open(envelope: Bytes, context: Bytes): Promise<Bytes> {
    const { key, nonce, ciphertext } = readEnvelope(envelope);
    const { secret } = await this.#get(key, 'sealing');
    const decipher = createDecipheriv('aes-256-gcm', fromHex(secret), nonce);
    decipher.setAAD(associatedData(key, context));
    decipher.setAuthTag(ciphertext.subarray(-TAG_BYTES));
    const text = decipher.update(ciphertext.subarray(0, -TAG_BYTES));
    try {
      return concat(text, decipher.final());
    } catch {
      throw sealedDamaged();
    }
  }

  async mac(id: string, message: Bytes): Promise<Bytes> {
    // Also of a retired key: what it marked once is still to be found.
    const { secret } = await this.#get(id, 'mac');
    return new Uint8Array(createHmac('sha256', fromHex(secret)).update(message).digest());
  }

  async retire(id: string): Promise<void> {
    await this.reload();
    const key = await this.#get(id);
    if (key.state === 'active') await this.#write(new Map(this.#keys).set(id, { ...key, state: 'retired' }));
  }

  async destroy(id: string): Promise<void> {
    await this.reload();
    if ((await this.#get(id)).state === 'active') throw keyActive(id);
    const rest = new Map(this.#keys);
    rest.delete(id);
    await this.#write(rest);
  }

  async close(): Promise<void> {
    this.#keys = new Map();
  }

  async #add(
    id: string,
    kind: KeyKind,
    now: Date,
    secretOf: () => Promise<Pick<StoredKey, 'secret' | 'public'>>,
  ): Promise<void> {
    assertKeyId(id);
    await this.reload();
    if (this.#keys.has(id)) throw keyExists(id);
    const born = { id, kind, state: 'active' as const, createdAt: now.toISOString() };
    await this.#write(new Map(this.#keys).set(id, { ...born, ...(await secretOf()) }));
  }

  async #secretOf(kind: KeyKind): Promise<Pick<StoredKey, 'secret' | 'public'>> {
    if (kind === 'tdes' || kind === 'aes')
      return { secret: randomBytes(NEW_SECRET_BYTES[kind]).toString('hex') };
    if (kind !== 'signing') return { secret: randomBytes(SECRET_BYTES).toString('hex') };
    const { handle, publicKey } = await this.#input.crypto.generateKey();
    return { secret: hex(handle), public: hex(publicKey) };
  }

  async #get(id: string, kind?: KeyKind): Promise<StoredKey> {
    if (!this.#keys.has(id)) await this.reload();
    const key = this.#keys.get(id);
    if (key === undefined) throw keyUnknown(id);
    if (kind !== undefined && key.kind !== kind) throw keyWrongKind(id, key.kind);
    return key;
  }

  async #active(id: string, kind?: KeyKind): Promise<StoredKey> {
    const key = await this.#get(id, kind);
    if (key.state === 'retired') throw keyRetired(id);
    return key;
  }

  async #write(keys: ReadonlyMap<string, StoredKey>): Promise<void> {
    const { path, passphrase, scryptCost } = this.#input;
    this.#fileKey ??= newFileKey(passphrase, scryptCost);
    const content = { keys: [...keys.values()] };
    this.#writing = await writeEncrypted(path, await this.#fileKey, KEYS_WARNING, content);
    this.#keys = keys;
  }
}

const byId = (keys: readonly StoredKey[]): ReadonlyMap<string, StoredKey> =>
  new Map(keys.map((key) => [key.id, key]));
