/**
 * Rows of settlement: days of acquirers, positions of merchants, totals that were compared.
 *
 * What a store must hold, beside what ports.ts says: a day is cut once, at one moment for all its accounts; a position, and a
 * comparison, is written once and never changed; `lockCalendar` keeps other writers of the acquirer's days away.
 */
import type { FeeTerms } from './clearing/fees.ts';
import type { Movement, MovementSums } from './clearing/positions.ts';
import type { BatchTotals } from './clearing/totals.ts';

export interface SettlementCalendar {
  readonly acquirer: string;
  /** Minutes after midnight UTC; undefined: the acquirer says when its day is over. */
  readonly cutOverMinute: number | undefined;
  /** Where fees go; undefined: they are owed, and stay where they are. */
  readonly feeAccount: string | undefined;
  /** The day that is open. */
  readonly day: number;
  /** YYYY-MM-DD. */
  readonly businessDate: string;
  readonly openedAt: Date;
}

export interface SettlementDay {
  readonly acquirer: string;
  readonly day: number;
  readonly businessDate: string;
  readonly openedAt: Date;
  readonly closedAt: Date;
  /** Who, as in the log. */
  readonly closedBy: string;
  readonly key: string;
  /** Every merchant has its position. */
  readonly isSettled: boolean;
}

/** A merchant, with the accounts that it is paid on and pays back from. */
export interface SettlingMerchant {
  readonly id: string;
  readonly acquirer: string;
  readonly acceptor: string;
  readonly name: string;
  readonly account: string;
  readonly reserve: string | undefined;
}

export interface SettlementPosition {
  readonly acquirer: string;
  readonly day: number;
  readonly merchant: string;
  readonly sums: MovementSums;
  readonly fee: bigint;
  readonly owedBefore: bigint;
  readonly feePaid: bigint;
}

/** What an acquirer said, beside what we had. */
export interface ComparedTotals {
  readonly acquirer: string;
  readonly key: string;
  readonly day: number;
  readonly merchant: string | undefined;
  readonly terminal: string | undefined;
  readonly theirs: BatchTotals;
  readonly ours: BatchTotals;
  readonly isInBalance: boolean;
  /** Of a terminal's batch: where it ended on each account. */
  readonly upTo: Readonly<Record<string, bigint>> | undefined;
  readonly at: Date;
}

/** One transfer of a payment, to drill down to. */
export interface SettledMovement extends Movement {
  /** The transfer's number: where a list goes on. */
  readonly number: string;
  /** The payment (`pmt_...`) or the clearing (`clr_...`). */
  readonly payment: string;
  readonly merchant: string;
  readonly terminal: string | undefined;
  readonly reference: string | undefined;
  readonly at: Date;
}

/** Which movements: of a day, or after given entries; of a merchant; of a terminal. */
export interface MovementScope {
  readonly acquirer: string;
  /** A day that was cut, or the one that is open. */
  readonly day: number;
  readonly merchant?: string | undefined;
  readonly terminal?: string | undefined;
  /** In place of where the day begins and ends: after and up to these entries, by account. */
  readonly between?: Readonly<Record<string, { readonly after: bigint; readonly upTo: bigint }>> | undefined;
}

export interface SettlementRows {
  calendar(acquirer: string): Promise<SettlementCalendar | undefined>;
  /** Opens the first day where there is none. */
  lockCalendar(acquirer: string, today: string, now: Date): Promise<SettlementCalendar>;
  setCalendar(
    acquirer: string,
    change: Pick<SettlementCalendar, 'cutOverMinute' | 'feeAccount'>,
  ): Promise<void>;
  calendars(after: string, limit: number): Promise<SettlementCalendar[]>;
  /** Ends the day that is open on all accounts, and opens the next. */
  cut(day: Omit<SettlementDay, 'isSettled'>, next: { readonly businessDate: string }): Promise<void>;
  dayOfKey(acquirer: string, key: string): Promise<SettlementDay | undefined>;
  day(acquirer: string, day: number): Promise<SettlementDay | undefined>;
  /** Newest first; `before`: the last one seen. */
  days(acquirer: string, before: number | undefined, limit: number): Promise<SettlementDay[]>;
  unsettled(acquirer: string): Promise<SettlementDay[]>;
  setSettled(acquirer: string, day: number): Promise<void>;

  merchant(id: string): Promise<SettlingMerchant | undefined>;
  merchantOf(acquirer: string, acceptor: string): Promise<SettlingMerchant | undefined>;
  merchants(acquirer: string, after: string, limit: number): Promise<SettlingMerchant[]>;
  terms(merchant: string): Promise<{ readonly version: number; readonly terms: FeeTerms } | undefined>;
  addTerms(merchant: string, version: number, terms: FeeTerms, by: string, at: Date): Promise<void>;

  sums(scope: MovementScope): Promise<MovementSums>;
  /** Oldest first. */
  movements(scope: MovementScope, after: string | undefined, limit: number): Promise<SettledMovement[]>;
  /** The entries of an account in a day: after, and up to; with the balances there. */
  range(
    acquirer: string,
    day: number,
    account: string,
  ): Promise<{
    readonly after: bigint;
    readonly upTo: bigint;
    readonly opening: bigint;
    readonly closing: bigint;
  }>;
  /** The newest entries of these accounts. */
  ends(accounts: readonly string[]): Promise<Record<string, bigint>>;

  position(acquirer: string, day: number, merchant: string): Promise<SettlementPosition | undefined>;
  addPosition(position: SettlementPosition): Promise<void>;
  /** By merchant. */
  positions(acquirer: string, day: number, after: string, limit: number): Promise<SettlementPosition[]>;

  comparedByKey(acquirer: string, key: string): Promise<ComparedTotals | undefined>;
  /** The newest of this terminal. */
  lastBatch(acquirer: string, merchant: string, terminal: string): Promise<ComparedTotals | undefined>;
  addCompared(row: ComparedTotals): Promise<void>;
  /** Newest first. */
  compared(
    acquirer: string,
    day: number | undefined,
    before: string | undefined,
    limit: number,
  ): Promise<(ComparedTotals & { readonly number: string })[]>;
}
