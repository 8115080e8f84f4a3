/** What a preview of limits reads. The contract of ports.ts holds; no method looks at more than it was asked for. */
import type { PurseHistory } from './limits-preview.ts';
import type { PurseRow } from './purse-ports.ts';

export type ActivePurse = Pick<PurseRow, 'id' | 'assurance' | 'tier' | 'isAnonymous'>;

export interface PreviewRows {
  /** A statement of this transaction that takes longer fails. */
  withinMs(ms: number): Promise<void>;
  /** Purses that have synced since then, by their ids, which are random. */
  active(since: Date, after: string, limit: number): Promise<ActivePurse[]>;
  /** What their syncs since then have proven, as far as `most` payments and receipts; and how many those are. */
  histories(
    purses: readonly ActivePurse[],
    since: Date,
    most: number,
  ): Promise<{ readonly histories: PurseHistory[]; readonly read: number; readonly isWhole: boolean }>;
}
