/** Rows of purses: who they are, what blocks them, their Grants and syncs. The contract of ports.ts holds for them. */
import type { Bytes } from '@sokkin/codec';
import type { Grant, Lifecycle } from '@sokkin/purse';
import type { OwnedPage } from './access-ports.ts';
import type { FleetFilter } from './fleet-ports.ts';
import type { PinReset } from './pin-reset.ts';
import type { PurseAssurance } from './policy.ts';

export interface PurseRow {
  readonly id: string;
  readonly accountId: string;
  /** The wallet or terminal that it lives on, if it is known: `dev_...`. */
  readonly device: string | undefined;
  readonly assurance: PurseAssurance;
  readonly tier: number;
  /** Nobody knows whose it is: its limits are those of the anonymous tier. */
  readonly isAnonymous: boolean;
  readonly certificate: Bytes;
  readonly isBlocked: boolean;
  readonly lifecycle: Lifecycle;
  readonly seq: number;
  readonly balance: bigint;
  readonly issuedGrantNo: number;
  readonly createdAt: Date;
  readonly lastSyncAt: Date | undefined;
  /** It waits for its holder to activate it. */
  readonly isHeld: boolean;
  readonly retiredAt: Date | undefined;
  /** The purse that it came in place of, and the one that came in its place. */
  readonly replaces: string | undefined;
  readonly replacedBy: string | undefined;
  /** The newest that was asked for. */
  readonly pinReset?: PinReset | undefined;
}

export interface NewPurse {
  readonly id: string;
  readonly accountId: string;
  readonly device?: string | undefined;
  readonly assurance: PurseAssurance;
  readonly tier: number;
  readonly isAnonymous?: boolean | undefined;
  readonly publicKey: Bytes;
  readonly certificate: Bytes;
}

/** A sync that was accepted, as evidence and for the same answer again. */
export interface SyncRow {
  readonly id: string;
  readonly purse: string;
  readonly statementHash: Bytes;
  readonly statement: Bytes;
  readonly seq: number;
  readonly answer: unknown;
}

export type BlockReason = 'operator' | 'report' | 'policy' | 'retired';

/** A purse is blocked while one stands. */
export interface PurseBlock {
  readonly reason: BlockReason;
  /** Who, as in the log. */
  readonly by: string;
  /** The alert or report that led to it. */
  readonly cause?: string | undefined;
}

export interface PurseRows {
  add(purse: NewPurse, at: Date): Promise<void>;
  byId(id: string): Promise<PurseRow | undefined>;
  byPublicKey(publicKey: Bytes): Promise<PurseRow | undefined>;
  list(page: OwnedPage, filter?: FleetFilter): Promise<PurseRow[]>;
  lock(id: string): Promise<PurseRow | undefined>;
  /** Once for each reason. */
  block(id: string, block: PurseBlock, at: Date): Promise<void>;
  /** False: it was not blocked for this reason. */
  lift(id: string, reason: BlockReason): Promise<boolean>;
  blocks(id: string): Promise<PurseBlock[]>;
  /** Blocked purses, newest first. */
  blocked(limit: number): Promise<string[]>;
  addGrant(purse: string, grant: Grant, hash: Bytes, message: Bytes, at: Date): Promise<void>;
  /** The first accepted sync whose Statement covers this entry. */
  syncCovering(purse: string, seq: number): Promise<SyncRow | undefined>;
}
