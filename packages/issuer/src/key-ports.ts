/**
 * What the back-end needs of a keeper of its keys, and remembers of their certificates.
 *
 * What must hold: there is no way to get a secret out; see KeyPort.
 */
import type { Bytes } from '@sokkin/codec';
import type { Role } from '@sokkin/crypto';

export type KeyKind = 'signing' | 'sealing' | 'mac' | BlockKind;
/** Issuer master keys of payment cards: what is derived from them are encryptions of single blocks. */
export type BlockKind = 'tdes' | 'aes';

/** Of one key; `id` is its name with its generation, such as `authority/ins_first_issuer.2`. */
export interface KeyInfo {
  readonly id: string;
  /** `signing`: P-256. `sealing`: AES-256. `mac`: HMAC-SHA-256. `tdes`: two-key triple DES. `aes`: AES for single blocks. */
  readonly kind: KeyKind;
  /** `retired`: it still verifies and opens, and makes nothing new. */
  readonly state: 'active' | 'retired';
  readonly createdAt: Date;
}

/**
 * The keys of a back-end: an encrypted file, or an HSM behind PKCS#11.
 *
 * What must hold (the conformance suite in apps/server/test/key-port-conformance.ts): there is no way to get a secret out;
 * a key is never overwritten, and never changes its kind; a retired key never becomes active again. Every method fails with
 * `key_unknown` for an id that is not there, `key_wrong_kind`, `key_retired`, or `keys_unavailable` while the keys cannot
 * be reached.
 */
export interface KeyPort {
  list(): Promise<readonly KeyInfo[]>;
  /** Fails with `key_exists`. */
  generate(id: string, kind: KeyKind, now: Date): Promise<void>;
  /** 65 bytes: the uncompressed point. */
  publicKey(id: string): Promise<Bytes>;
  /** 64 bytes r || s over SHA-256(message). */
  sign(id: string, message: Bytes): Promise<Bytes>;
  /** Encrypts, at least a byte, so that `open` alone reads it, and with the same `context` alone; the envelope names the key. */
  seal(id: string, plaintext: Bytes, context: Bytes): Promise<Bytes>;
  /** Fails with `sealed_damaged` for what `seal` did not make with this context. */
  open(envelope: Bytes, context: Bytes): Promise<Bytes>;
  /** 32 bytes. */
  mac(id: string, message: Bytes): Promise<Bytes>;
  /** Takes in a key that was made elsewhere: 16 bytes, under `aes` also 24 or 32. Fails with `key_exists`. */
  admit(id: string, kind: BlockKind, secret: Bytes, now: Date): Promise<void>;
  /** Each block by itself under a key of kind `tdes` (blocks of 8 bytes) or `aes` (16); at least one. */
  encipher(id: string, blocks: Bytes): Promise<Bytes>;
  retire(id: string): Promise<void>;
  /** For good, and of a retired key only (`key_active`). */
  destroy(id: string): Promise<void>;
  close(): Promise<void>;
}

/** A certificate of ours; written once, and never changed: the newest of a subject is the one that is shown. */
export interface CertificateRow {
  readonly institution: string;
  readonly role: Role;
  /** Counts the certificates of this role of the institution. */
  readonly generation: number;
  /** Id of the key that it is for. */
  readonly key: string;
  readonly bytes: Bytes;
  readonly createdAt: Date;
}

export interface CertificateRows {
  /** Held until the transaction ends: one program at a time makes keys, in the key port and here. */
  lock(): Promise<void>;
  /** Oldest first. */
  all(): Promise<CertificateRow[]>;
  /** Other after every certificate that was added. */
  version(): Promise<bigint>;
  add(row: CertificateRow): Promise<void>;
}
