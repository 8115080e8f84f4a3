/**
 * Links: the connections by which acquirers bring messages, as the back-end keeps them.
 *
 * What must hold of an implementation, beside what ports.ts says: of links that are active no two are reached the same way, and
 * no two of one institution have one name; a link that is closed never opens again.
 */
import type { Bytes } from '@sokkin/codec';
import type { OwnedPage } from './access-ports.ts';

/** Approving while the ledger cannot be reached, at the acquirer's risk: how much each, per card and in all. Minor units. */
export interface StandInLimits {
  readonly each: bigint;
  readonly perCard: { readonly count: number; readonly amount: bigint };
  readonly inAll: { readonly count: number; readonly amount: bigint };
}

export interface AcquirerLinkSettings {
  /** Nothing but network messages before a connection has signed on. */
  readonly signOn: boolean;
  /** Messages of one connection that are being worked on, at most; beyond it nothing is read. */
  readonly mostInFlight: number;
  /** For a decision; after it the message is answered as timed out, and taken back. */
  readonly timeoutMs: number;
  /** A connection that brings nothing for so long is closed; 0: never. */
  readonly idleSeconds: number;
  /** What becomes of an approval that could not be handed over: it waits for the repeat, or is taken back. */
  readonly lostAnswers: 'keep' | 'reverse';
  /** undefined: nothing is approved while the ledger cannot be reached. */
  readonly standIn: StandInLimits | undefined;
}

/** How a connection is known to be of the link; `main`: by nothing, as all that no other link takes. */
export type AcquirerLinkDoor =
  | { readonly by: 'port'; readonly port: number }
  /** SHA-256 of the client's certificate. */
  | { readonly by: 'certificate'; readonly sha256: Bytes }
  | { readonly by: 'main' }
  /** By no connection: terminals that are known by keys of their own bring it messages over HTTPS. */
  | { readonly by: 'https' };

export interface AcquirerLinkKey {
  readonly algorithm: 'retail-00' | 'retail-80' | 'cmac';
  readonly sealed: Bytes;
  /** How often it was changed. */
  readonly generation: number;
}

export interface AcquirerLink {
  readonly id: string;
  readonly institution: string;
  readonly name: string;
  /** The dialect's document (docs/spec/iso8583.md). */
  readonly profile: unknown;
  readonly mac: AcquirerLinkKey | undefined;
  readonly door: AcquirerLinkDoor;
  readonly settings: AcquirerLinkSettings;
  readonly status: 'active' | 'closed';
  readonly createdAt: Date;
  readonly closedAt: Date | undefined;
}

export type NewAcquirerLink = Omit<AcquirerLink, 'status' | 'createdAt' | 'closedAt'>;

export interface AcquirerLinkRows {
  /** What is taken, if something is: then nothing was added. */
  add(link: NewAcquirerLink, at: Date): Promise<'name' | 'door' | undefined>;
  byId(id: string): Promise<AcquirerLink | undefined>;
  list(page: OwnedPage): Promise<AcquirerLink[]>;
  /** Of an institution, active. */
  count(institution: string): Promise<number>;
  /** All that connections may come by now: active ones of institutions that are. */
  open(): Promise<AcquirerLink[]>;
  /** False: it was closed before. */
  close(id: string, at: Date): Promise<boolean>;
  /** In place of the key of this generation. False: that one is not in force. */
  changeKey(id: string, generation: number, sealed: Bytes): Promise<boolean>;
  /** Active, with keys whose envelopes do not begin so. */
  sealedOtherwise(head: Bytes, limit: number): Promise<AcquirerLink[]>;
  /** The same key in another envelope, if it is still that one. */
  sealAnew(id: string, before: Bytes, anew: Bytes): Promise<void>;
}
