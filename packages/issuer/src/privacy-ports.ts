/**
 * What the ledger remembers of people without knowing them, and for how long it keeps what. The contract of ports.ts holds.
 */
import type { PartyRow } from './access-ports.ts';

export interface HoldRow {
  /** `hld_...` */
  readonly id: string;
  readonly party: string;
  readonly reason: string;
  readonly placedBy: string;
  readonly placedAt: Date;
  readonly liftedAt: Date | undefined;
}

export interface NamedAccount {
  readonly number: bigint;
  readonly id: string;
  readonly party: string;
  readonly institution: string;
  readonly name: string;
}

export interface PrivacyRows {
  /** Of an institution, by what its reference is stored as. */
  partyBy(institution: string, references: readonly string[]): Promise<PartyRow | undefined>;
  /** Parties whose reference an older program wrote here; locked, those that others move are left out. */
  inClear(limit: number): Promise<PartyRow[]>;
  /** The reference is in the identity store now. */
  moved(party: string, hash: string, at: Date): Promise<void>;
  /** Until the transaction ends, nobody else adds this reference: `hash` is the same for everybody who would. */
  lockReference(hash: string): Promise<void>;
  /** Parties whose reference is a hash that is not like this, by their numbers. */
  underOtherIndex(
    like: string,
    after: bigint,
    limit: number,
  ): Promise<
    {
      readonly party: string;
      readonly number: bigint;
      readonly institution: string;
      readonly reference: string;
    }[]
  >;
  /** If it is still what it was. */
  rehashed(party: string, was: string, hash: string): Promise<void>;
  /** Accounts of parties that have a name of their own, after this number; with how far it was looked. */
  namedAccounts(limit: number): Promise<{ readonly accounts: NamedAccount[]; readonly upTo: bigint }>;
  /** Their name is in the identity store now. */
  accountsMoved(accounts: readonly Pick<NamedAccount, 'id' | 'party'>[], upTo: bigint): Promise<void>;
  addHold(hold: Omit<HoldRow, 'liftedAt'>): Promise<void>;
  /** Oldest first. */
  holds(party: string): Promise<HoldRow[]>;
  hold(id: string): Promise<HoldRow | undefined>;
  /** False: there is none of this id, or it was lifted. */
  liftHold(id: string, at: Date): Promise<boolean>;
  lockParty(party: string): Promise<PartyRow | undefined>;
  /** Why this party cannot be forgotten yet, a sentence each; none: it can. */
  obstacles(party: PartyRow): Promise<string[]>;
  /** Nobody can read any more who it was. */
  erased(party: string, at: Date): Promise<void>;
  /** Closed before, and not erased. */
  closedBefore(at: Date, limit: number, after: string): Promise<string[]>;
  /** Those of these ids that are no parties, or erased ones. */
  unknownOrErased(ids: readonly string[]): Promise<string[]>;
}

/** What retention counts, and removes some of at a time. */
export interface RetentionRows {
  /** True: this transaction alone looks after retention, until it ends. */
  claim(): Promise<boolean>;
  /** Looks at `limit` rows, from after a place on, and removes those that may go; `next`: where the rest begins. */
  page(
    what: RetentionTable,
    before: Date,
    page: { readonly after: string | undefined; readonly limit: number; readonly isDry: boolean },
  ): Promise<{ readonly removed: number; readonly next: string | undefined }>;
  addRun(run: RetentionRun): Promise<void>;
  lastRun(): Promise<RetentionRun | undefined>;
}

export interface RetentionRun {
  readonly at: Date;
  /** What was removed of each kind. */
  readonly removed: object;
  readonly milliseconds: number;
}

export type RetentionTable =
  | 'kept_answers'
  | 'sync_answers'
  | 'challenges'
  | 'audit_runs'
  | 'deliveries'
  | 'events'
  | 'signed_messages'
  | 'shop_messages'
  | 'shop_payments'
  | 'card_orders_ended';
