/**
 * What the store keeps of those who watch over the back-end: the audit log, proposals that wait for a second pair of
 * eyes, and policies in their versions.
 *
 * What a store must hold: entries of the log are chained when their transaction commits, after every other lock was
 * taken, one transaction after another; they and the versions of policies are written once and never changed.
 */
import type { LogEntry, LogHead, UnchainedEntry } from './audit-log.ts';

/** Which entries; `after`: those with a larger number. */
export interface LogQuery {
  readonly limit: number;
  readonly after: bigint;
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  readonly institution?: string | undefined;
}

export interface LogRows {
  /** Takes effect when the transaction commits; not seen by `list` before. */
  add(entry: UnchainedEntry): void;
  list(query: LogQuery): Promise<LogEntry[]>;
  head(): Promise<LogHead>;
}

export type ProposalStatus = 'waiting' | 'approved' | 'refused' | 'withdrawn';

export interface ProposalRow {
  readonly id: string;
  readonly kind: string;
  /** What it is about: the id of an issuance, for example. */
  readonly subject: string;
  readonly body: unknown;
  readonly institution: string;
  readonly status: ProposalStatus;
  readonly proposedBy: string;
  readonly decidedBy: string | undefined;
  readonly decidedAt: Date | undefined;
  /** What its approval gave. */
  readonly result: unknown;
  /** When what it gives to read once was read. */
  readonly usedAt: Date | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export type NewProposal = Pick<
  ProposalRow,
  'id' | 'kind' | 'subject' | 'body' | 'institution' | 'proposedBy' | 'createdAt' | 'expiresAt'
>;

export interface ProposalQuery {
  readonly limit: number;
  /** The id, or the subject, of the last one that was seen. */
  readonly after: string | undefined;
  /** `expired`: waiting, and too old at `now`. */
  readonly status?: ProposalStatus | 'expired' | undefined;
  readonly kind?: string | undefined;
  readonly institution?: string | undefined;
  readonly now: Date;
}

export interface ProposalRows {
  add(proposal: NewProposal): Promise<void>;
  byId(id: string): Promise<ProposalRow | undefined>;
  bySubject(kind: string, subject: string): Promise<ProposalRow | undefined>;
  lock(id: string): Promise<ProposalRow | undefined>;
  list(query: ProposalQuery): Promise<ProposalRow[]>;
  decide(
    id: string,
    decision: { status: Exclude<ProposalStatus, 'waiting'>; by: string; at: Date; result: unknown },
  ): Promise<void>;
  /** False: it was used before. */
  use(id: string, at: Date): Promise<boolean>;
}

export interface PolicyVersion {
  readonly name: string;
  /** From 1 on. */
  readonly version: number;
  readonly document: unknown;
  /** The proposal that made it; undefined: it came with the program. */
  readonly proposal: string | undefined;
  readonly createdAt: Date;
}

export interface PolicyRows {
  current(name: string): Promise<PolicyVersion | undefined>;
  /** Newest first. */
  history(name: string, before: number | undefined, limit: number): Promise<PolicyVersion[]>;
  /** False: this version is there already. */
  add(version: PolicyVersion): Promise<boolean>;
}
