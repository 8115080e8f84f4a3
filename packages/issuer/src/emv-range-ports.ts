/**
 * Ranges of payment cards that other issuers made, and the master keys that their cryptograms are checked with.
 *
 * What must hold: a range of numbers is one issuer's; its keys are names of keys of the key port, and nothing of them is in a row but
 * check values and, until the second custodian comes, the first one's sealed half.
 */
import type { Bytes } from '@sokkin/codec';
import type { EmvCipher } from '@sokkin/crypto';
import type { OwnedPage } from './access-ports.ts';

export interface EmvRangeRow {
  /** `emr_...` */
  readonly id: string;
  readonly institution: string;
  readonly name: string;
  /** First digits of the PANs, 3 to 12, and how many they have. */
  readonly prefix: string;
  readonly digits: number;
  /** Files of cryptogram versions, as JSON (docs/spec/emv-issuer.md, section 2). */
  readonly versions: readonly unknown[];
  /** A file of rules; undefined: those of this program. */
  readonly rules: unknown;
  readonly createdAt: Date;
}

/** In this order wherever three of them stand in a row. */
export const MASTER_KEY_PURPOSES = ['cryptogram', 'scriptMac', 'scriptEncipher'] as const;
export type MasterKeyPurpose = (typeof MASTER_KEY_PURPOSES)[number];

export interface EmvMasterKeyRow {
  readonly range: string;
  /** The derivation key index that cards tell. */
  readonly keyIndex: number;
  readonly cipher: EmvCipher;
  /** `incomplete`: the first custodian's half is here, the second's is not. */
  readonly state: 'incomplete' | 'active' | 'withdrawn';
  /** First bytes of a block of zeros under each key, capital hexadecimal. */
  readonly checkValues: readonly string[];
  readonly component: { readonly sealed: Bytes; readonly by: string } | undefined;
  /** Ids in the key port; of an active row. */
  readonly keys: readonly string[];
  readonly createdAt: Date;
  readonly changedAt: Date;
}

export interface EmvRangeRows {
  /** `taken`: there is a range of this prefix and length. */
  add(row: EmvRangeRow): Promise<'added' | 'taken'>;
  byId(id: string): Promise<EmvRangeRow | undefined>;
  /** Oldest first. */
  list(page: OwnedPage): Promise<EmvRangeRow[]>;
  /** All ranges and all their keys. */
  all(): Promise<{ readonly ranges: EmvRangeRow[]; readonly keys: EmvMasterKeyRow[] }>;
  keysOf(range: string): Promise<EmvMasterKeyRow[]>;
  /** Locks the row until the transaction ends. */
  key(range: string, keyIndex: number): Promise<EmvMasterKeyRow | undefined>;
  /** Adds it, or writes it anew. */
  putKey(row: EmvMasterKeyRow): Promise<void>;
}
