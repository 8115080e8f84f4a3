/**
 * Rows of claims for lost, stolen, broken and expired purses.
 *
 * What a store must hold, beside what ports.ts says: a purse has one claim that is neither refused nor withdrawn; entries
 * are written once and never changed. A claim is locked after its purse.
 */
import type { Bytes } from '@sokkin/codec';
import type { OwnedPage } from './access-ports.ts';
import type { ClaimBooks, ClaimEntryKind } from './claims.ts';

export type ClaimKind = 'lost' | 'stolen' | 'broken' | 'expired';
export type ClaimChannel = 'customer' | 'institution' | 'operator' | 'system';
export type ClaimStatus = 'waiting' | 'refunded' | 'refused' | 'withdrawn' | 'closed';

export interface ClaimRow {
  /** `clm_...` */
  readonly id: string;
  readonly purse: string;
  readonly kind: ClaimKind;
  /** Where the refund goes. */
  readonly account: string;
  /** Who, as in the log. */
  readonly reportedBy: string;
  readonly channel: ClaimChannel;
  readonly status: ClaimStatus;
  readonly reportedAt: Date;
  /** How far the purse had proven its journal then. */
  readonly knownSeq: number;
  readonly dueAt: Date;
  readonly refundedAt: Date | undefined;
  readonly foundAt: Date | undefined;
  readonly closesAt: Date | undefined;
  readonly endedAt: Date | undefined;
  /** Why it was refused or withdrawn, if somebody said. */
  readonly reason: string | undefined;
  /** The proposal to refund it before its date. */
  readonly proposal: string | undefined;
}

export type NewClaim = Pick<
  ClaimRow,
  'id' | 'purse' | 'kind' | 'account' | 'reportedBy' | 'channel' | 'reportedAt' | 'knownSeq' | 'dueAt'
>;

export interface ClaimEntry {
  readonly no: number;
  readonly kind: ClaimEntryKind;
  readonly amount: bigint;
  /** The late payment that it answers. */
  readonly paymentNo: number | undefined;
  readonly lossAccount: string | undefined;
  readonly at: Date;
}

/** A payment of the purse that its journal, as it was when it was reported, does not show. */
export interface ClaimPayment {
  readonly paymentNo: number;
  readonly payee: string;
  readonly ticketNo: number;
  readonly amount: bigint;
}

export interface SeenPayment extends ClaimPayment {
  readonly isLate: boolean;
  readonly afterReport: boolean;
  readonly seenAt: Date;
}

/** An offline approval of the purse that a shop was paid for, and that its journal, as it is, does not show. */
export interface ClaimApproval {
  /** The card's counter. */
  readonly atc: number;
  /** `clr_...` */
  readonly clearing: string;
  readonly amount: bigint;
}

export interface SeenApproval extends ClaimApproval {
  readonly isLate: boolean;
  readonly seenAt: Date;
}

/** What changes; the rest stays. `nextAt` null: the server does not look at it again by itself. */
export type ClaimChange = Partial<
  Pick<ClaimRow, 'status' | 'refundedAt' | 'foundAt' | 'closesAt' | 'endedAt' | 'reason' | 'proposal'>
> & { readonly nextAt?: Date | null };

export interface ClaimRows {
  add(claim: NewClaim): Promise<void>;
  byId(id: string): Promise<ClaimRow | undefined>;
  /** The purse is locked before. */
  lock(purse: string, id: string): Promise<ClaimRow | undefined>;
  /** The one that is neither refused nor withdrawn. */
  ofPurse(purse: string): Promise<ClaimRow | undefined>;
  /** Which of these purses have such a one, in the order of their ids. */
  among(purses: readonly string[]): Promise<string[]>;
  list(page: OwnedPage): Promise<ClaimRow[]>;
  change(claim: Pick<ClaimRow, 'purse' | 'id'>, to: ClaimChange): Promise<void>;
  /** Those that the server should look at, the longest waiting first. */
  due(now: Date, limit: number): Promise<Pick<ClaimRow, 'id' | 'purse'>[]>;
  /** True: until the transaction ends, this process alone works on what is due. */
  claimWork(): Promise<boolean>;
  books(purse: string, id: string): Promise<ClaimBooks>;
  entries(purse: string, id: string): Promise<ClaimEntry[]>;
  /** Gives its number within the claim. */
  addEntry(purse: string, id: string, entry: Omit<ClaimEntry, 'no'>): Promise<void>;
  entryCount(purse: string, id: string): Promise<number>;
  /** Payments after this entry that the purse's or a payee's journal shows, and that were not kept yet. */
  newPayments(purse: string, after: number): Promise<ClaimPayment[]>;
  keepPayments(purse: string, id: string, payments: readonly SeenPayment[]): Promise<void>;
  payments(purse: string, id: string): Promise<SeenPayment[]>;
  /** Cleared beyond the purse's proven journal, and not kept yet. */
  newApprovals(purse: string): Promise<ClaimApproval[]>;
  keepApprovals(purse: string, id: string, approvals: readonly SeenApproval[]): Promise<void>;
  /** Those that came late. */
  approvals(purse: string, id: string): Promise<SeenApproval[]>;
  /** The newest sync at or after this moment that proved less than entry `below`: what has that number came later. */
  syncBefore(
    purse: string,
    since: Date,
    below: number,
  ): Promise<{ readonly seq: number; readonly statement: Bytes; readonly at: Date } | undefined>;
  /** An open alert about the purse whose evidence convinces by itself. */
  provenAlert(purse: string): Promise<string | undefined>;
  readonly expiries: ExpiryRows;
}

export interface ExpiryRow {
  readonly purse: string;
  /** Days since 1970: the last day of the certificate, or of its last sync after that. */
  readonly lastDay: number;
  readonly step: 'notice' | 'claim' | 'done';
}

export interface ExpiryRows {
  /** Purses that are not watched yet, by their numbers, made before this moment: all with a smaller number are there. */
  unwatched(
    madeBefore: Date,
    limit: number,
  ): Promise<{ readonly purse: string; readonly number: bigint; readonly certificate: Bytes }[]>;
  watch(rows: readonly (ExpiryRow & { readonly number: bigint })[]): Promise<void>;
  /** Whose last day is this one or before it. */
  due(step: 'notice' | 'claim', lastDay: number, limit: number): Promise<ExpiryRow[]>;
  set(row: ExpiryRow): Promise<void>;
}
