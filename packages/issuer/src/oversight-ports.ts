/**
 * What the store keeps of those who watch over the back-end: the audit log, proposals that wait for a second pair of
 * eyes, policies in their versions, operators and their sessions.
 *
 * What a store must hold: entries of the log are chained when their transaction commits, after every other lock was
 * taken, one transaction after another; they and the versions of policies are written once and never changed.
 */
import type { Bytes } from '@sokkin/codec';
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

export interface OperatorRow {
  readonly id: string;
  readonly institution: string;
  /** undefined: the first of all, who is to choose it. */
  readonly name: string | undefined;
  readonly roles: readonly string[];
  readonly status: 'invited' | 'active' | 'dismissed';
  readonly codeExpiresAt: Date | undefined;
  /** As access/passwords.ts of the server writes it. */
  readonly password: string | undefined;
  readonly createdAt: Date;
}

/** What a one-time code is known by: its SHA-256. */
export interface CodeHash {
  readonly hash: Bytes;
  readonly expiresAt: Date;
}

export interface OperatorRows {
  /** False: another one has this name. */
  invite(
    row: Pick<OperatorRow, 'id' | 'institution' | 'name' | 'roles'>,
    code: CodeHash,
    at: Date,
  ): Promise<boolean>;
  byId(id: string): Promise<OperatorRow | undefined>;
  lock(id: string): Promise<OperatorRow | undefined>;
  byName(name: string): Promise<OperatorRow | undefined>;
  /** Who is invited with this code, and locked. */
  lockByCode(hash: Bytes, now: Date): Promise<OperatorRow | undefined>;
  /** The one who is invited without a name. */
  first(): Promise<OperatorRow | undefined>;
  list(query: {
    readonly limit: number;
    readonly after: string | undefined;
    readonly institution: string | undefined;
  }): Promise<OperatorRow[]>;
  setCode(id: string, code: CodeHash): Promise<void>;
  /** Uses up the code. False: another one has this name. */
  activate(id: string, as: { name: string; password: string }): Promise<boolean>;
  setRoles(id: string, roles: readonly string[]): Promise<void>;
  /** Remembers that this one was an administrator. */
  becameAdministrator(id: string, at: Date): Promise<void>;
  /** `ever`: also those who are not any more. */
  administrators(institution: string): Promise<{ readonly active: number; readonly ever: number }>;
  /** Ends all sessions, too. */
  dismiss(id: string): Promise<void>;
  addSession(hash: Bytes, operator: string, at: Date, expiresAt: Date): Promise<void>;
  /** Of an active operator of an active institution. */
  session(
    hash: Bytes,
    now: Date,
  ): Promise<{ readonly operator: OperatorRow; readonly usedAt: Date } | undefined>;
  touchSession(hash: Bytes, at: Date): Promise<void>;
  /** Whose it was. */
  endSession(hash: Bytes): Promise<string | undefined>;
  /** Counts one more attempt, if there were fewer than `most` after `since`; else gives when the oldest of those was. */
  attempt(nameHash: Bytes, limit: { most: number; since: Date; at: Date }): Promise<Date | undefined>;
  forgetAttempts(nameHash: Bytes): Promise<void>;
}
