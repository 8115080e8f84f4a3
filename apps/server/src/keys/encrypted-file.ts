/**
 * A file that only its passphrase opens: scrypt (RFC 7914) makes the key, AES-256-GCM keeps the content, and the header is
 * authenticated with it.
 *
 * What must hold: a wrong passphrase and damage are told apart; nothing is encrypted twice under one nonce; the passphrase
 * is never written anywhere, and no message quotes content.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { type Bytes, fromHex, hex, SokkinError } from '@sokkin/codec';
import { z } from 'zod';
import { damagedKeys, readKeyFile, writeKeyFile } from './key-file.ts';

/** 128 MB and some 0.4 s a guess. */
export const SCRYPT_COST = 1 << 17;
const SCRYPT = { r: 8, p: 1 } as const;
const SALT_BYTES = 32;
const NONCE_BYTES = 12;
const octets = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

const headSchema = z.strictObject({
  warning: z.string().max(500),
  format: z.literal('sokkin-keys'),
  version: z.literal(2),
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    n: z
      .int()
      .min(1 << 10)
      .max(1 << 20)
      .refine((n) => Number.isInteger(Math.log2(n))),
    r: z.literal(SCRYPT.r),
    p: z.literal(SCRYPT.p),
    salt: octets(SALT_BYTES),
    /** Tells a wrong passphrase from damage; as costly to try as the content itself. */
    check: octets(16),
  }),
  cipher: z.literal('aes-256-gcm'),
  nonce: octets(NONCE_BYTES),
});
const encryptedSchema = headSchema.extend({
  content: z.base64().max(4 << 20),
  tag: octets(16),
});
type Encrypted = z.infer<typeof encryptedSchema>;

/** What a passphrase becomes; kept in memory, so that a file can be written again without it. */
export interface FileKey {
  readonly key: Bytes;
  readonly kdf: Encrypted['kdf'];
}

function derive(passphrase: string, salt: Bytes, n: number): Promise<{ key: Bytes; check: Bytes }> {
  const { r, p } = SCRYPT;
  return new Promise((resolve, reject) => {
    // Node's own bound leaves no room for this much memory.
    scrypt(passphrase.normalize('NFC'), salt, 48, { N: n, r, p, maxmem: 160 * n * r }, (error, out) => {
      if (error !== null) reject(error);
      else resolve({ key: new Uint8Array(out.subarray(0, 32)), check: new Uint8Array(out.subarray(32)) });
    });
  });
}

export async function newFileKey(passphrase: string, n: number): Promise<FileKey> {
  const salt = new Uint8Array(randomBytes(SALT_BYTES));
  const { key, check } = await derive(passphrase, salt, n);
  return { key, kdf: { name: 'scrypt', n, ...SCRYPT, salt: hex(salt), check: hex(check) } };
}

/** Fails with `key_passphrase_wrong`. */
async function fileKeyOf(path: string, kdf: Encrypted['kdf'], passphrase: string): Promise<FileKey> {
  const { key, check } = await derive(passphrase, fromHex(kdf.salt), kdf.n);
  if (timingSafeEqual(check, fromHex(kdf.check))) return { key, kdf };
  throw wrongPassphrase(path);
}

const wrongPassphrase = (path: string): SokkinError =>
  new SokkinError(
    'key_passphrase_wrong',
    `The passphrase does not open the key file ${path}: give the one it was written with (SOKKIN_KEY_PASSPHRASE_FILE).`,
  );

export interface Opened<T> {
  readonly content: T;
  readonly fileKey: FileKey;
  /** Other for every writing of the file. */
  readonly writing: string;
}

/** `known` saves the derivation where the file was written with it. undefined: there is no such file. */
export async function openEncrypted<T>(
  path: string,
  passphrase: string,
  known: FileKey | undefined,
  schema: z.ZodType<T>,
): Promise<Opened<T> | undefined> {
  const file = await readKeyFile(path, encryptedSchema);
  if (file === undefined) return undefined;
  const isKnown = known !== undefined && known.kdf.salt === file.kdf.salt && known.kdf.n === file.kdf.n;
  const fileKey = isKnown ? known : await fileKeyOf(path, file.kdf, passphrase);
  return { content: decrypt(path, file, fileKey.key, schema), fileKey, writing: file.nonce };
}

export async function writingOf(path: string): Promise<string | undefined> {
  return (await readKeyFile(path, encryptedSchema))?.nonce;
}

/** Returns when it is on the disk. Gives the name of this writing. */
export async function writeEncrypted(
  path: string,
  { key, kdf }: FileKey,
  warning: string,
  content: object,
): Promise<string> {
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
  const head = {
    warning,
    format: 'sokkin-keys' as const,
    version: 2 as const,
    kdf,
    cipher: 'aes-256-gcm' as const,
    nonce: hex(nonce),
  };
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(authenticated(head));
  const text = Buffer.concat([cipher.update(JSON.stringify(content), 'utf8'), cipher.final()]);
  await writeKeyFile(path, { ...head, content: text.toString('base64'), tag: hex(cipher.getAuthTag()) });
  return head.nonce;
}

function decrypt<T>(path: string, file: Encrypted, key: Bytes, schema: z.ZodType<T>): T {
  const { content, tag, ...head } = file;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, fromHex(head.nonce));
    decipher.setAAD(authenticated(head));
    decipher.setAuthTag(fromHex(tag));
    const text = Buffer.concat([decipher.update(Buffer.from(content, 'base64')), decipher.final()]);
    return schema.parse(JSON.parse(text.toString('utf8')));
  } catch {
    // The cause may quote key material.
    throw damagedKeys(path, new Error('the content is not what the header and the key make of it'));
  }
}

/** The header in one spelling, whatever the order or spacing of the file. */
function authenticated(head: z.infer<typeof headSchema>): Uint8Array {
  const { warning, format, version, kdf, cipher, nonce } = head;
  const { name, n, r, p, salt, check } = kdf;
  return Buffer.from(JSON.stringify([warning, format, version, name, n, r, p, salt, check, cipher, nonce]));
}
