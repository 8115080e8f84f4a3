/**
 * What the back-end remembers of institutions, of their clients and devices, and of the tokens that these got.
 *
 * What must hold of an implementation, beside what ports.ts says: a token, an assertion and a proof are known by hash alone;
 * what was used once is used up for every server process; whose status is not `active` has no bearer.
 */
import type { Bytes } from '@sokkin/codec';

export type InstitutionKind = 'central_bank' | 'issuer' | 'acquirer';
export type PartyKind = 'customer' | 'merchant';
export type DeviceKind = 'wallet' | 'terminal';

/** A page of a list: at most `limit` rows after the one named `after`. */
export interface Page {
  readonly limit: number;
  readonly after: string | undefined;
}

/** Whose rows a list shows. */
export interface Owner {
  readonly institution: string;
  /** undefined: of all of its customers or merchants, and its own. */
  readonly party?: string | undefined;
  /** Purses that live on another device are left out. */
  readonly device?: string | undefined;
}

/** A page of what an owner has; without one, of what all have. */
export interface OwnedPage extends Page {
  readonly of?: Owner | undefined;
}

export interface InstitutionRow {
  readonly id: string;
  readonly kind: InstitutionKind;
  readonly name: string;
  readonly status: 'active' | 'suspended';
  readonly createdAt: Date;
}

/** A customer of an issuer, a merchant of an acquirer. */
export interface PartyRow {
  readonly id: string;
  readonly kind: PartyKind;
  readonly institution: string;
  /** The keyed hash of the institution's own word for them, which is in the identity store. */
  readonly reference: string;
  readonly status: 'active' | 'closed';
  /** An older program wrote the reference itself here, and it was not moved yet. */
  readonly isInClear: boolean;
  /** Nobody can read any more who it was. */
  readonly isErased: boolean;
  readonly createdAt: Date;
}

export interface InstitutionRows {
  /** False: another one has this name. */
  add(row: Pick<InstitutionRow, 'id' | 'kind' | 'name'>, at: Date): Promise<boolean>;
  byId(id: string): Promise<InstitutionRow | undefined>;
  /** Until the transaction ends, nobody else has it locked. */
  lock(id: string): Promise<void>;
  list(page: OwnedPage): Promise<InstitutionRow[]>;
  setStatus(id: string, status: InstitutionRow['status']): Promise<void>;
  /** False: the institution has another one under this reference. */
  addParty(row: Pick<PartyRow, 'id' | 'kind' | 'institution' | 'reference'>, at: Date): Promise<boolean>;
  party(id: string): Promise<PartyRow | undefined>;
  parties(page: OwnedPage): Promise<PartyRow[]>;
  closeParty(id: string, at: Date): Promise<void>;
}

/** Credentials of an institution's program. */
export interface ClientRow {
  readonly id: string;
  readonly institution: string;
  readonly name: string;
  /** SHA-256 of the secret. */
  readonly secretHash: Bytes;
  readonly scopes: readonly string[];
  readonly isSandbox: boolean;
  readonly status: 'active' | 'withdrawn';
  readonly createdAt: Date;
}

/** A wallet of a customer, or a merchant's terminal. */
export interface DeviceRow {
  readonly id: string;
  readonly kind: DeviceKind;
  readonly institution: string;
  readonly party: string;
  /** P-256, uncompressed. */
  readonly publicKey: Bytes;
  /** RFC 7638 thumbprint of the key. */
  readonly jkt: string;
  readonly status: 'active' | 'blocked';
  readonly createdAt: Date;
}

/** Who a token speaks for, now. */
export interface Bearer {
  readonly kind: 'client' | 'device';
  readonly id: string;
  readonly institution: string;
  readonly institutionKind: InstitutionKind;
  readonly isSandbox: boolean;
  /** Of a device. */
  readonly party: string | undefined;
  /** Of a device: the key that its token is bound to. */
  readonly jkt: string | undefined;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
}

export interface NewToken {
  readonly hash: Bytes;
  readonly bearer: { readonly client: string } | { readonly device: string };
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
}

export interface CredentialRows {
  addClient(row: Omit<ClientRow, 'status' | 'createdAt'>, at: Date): Promise<void>;
  client(id: string): Promise<ClientRow | undefined>;
  clients(page: OwnedPage): Promise<ClientRow[]>;
  /** Whether there ever was one. */
  hasClients(): Promise<boolean>;
  /** Whether this institution has one that is not withdrawn. */
  hasActiveClient(institution: string): Promise<boolean>;
  setSecret(id: string, secretHash: Bytes): Promise<void>;
  withdraw(id: string): Promise<void>;
  /** False: the key is another device's. */
  addDevice(row: Omit<DeviceRow, 'status' | 'createdAt'>, at: Date): Promise<boolean>;
  device(id: string): Promise<DeviceRow | undefined>;
  devices(page: OwnedPage): Promise<DeviceRow[]>;
  block(id: string): Promise<void>;
  /** Forgets some tokens that have expired, too. */
  addToken(token: NewToken, now: Date): Promise<void>;
  /** Of a token that has not expired, of an active client or device, customer or merchant, and institution. */
  bearerOf(hash: Bytes, now: Date): Promise<Bearer | undefined>;
  /** Only if it is this client's or device's. */
  removeToken(hash: Bytes, of: NewToken['bearer']): Promise<void>;
  /** All tokens of a client or device. */
  removeTokens(of: NewToken['bearer']): Promise<void>;
  /** True once; until it expires, false ever after, in every server process. */
  useProof(jkt: string, jti: Bytes, expiresAt: Date, now: Date): Promise<boolean>;
}
