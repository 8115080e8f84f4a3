/**
 * Rows of cleared offline approvals.
 *
 * What a store must hold, beside what ports.ts says: a card's counter is cleared once (`addCleared` fails the transaction
 * otherwise); `clearings` that are settled never change. Purses are locked before their rows here are written.
 */
import type { Bytes } from '@sokkin/codec';
import type { ClearedState, JournalWord } from './clearing/meet-approval.ts';

/**
 * `tc_wrong`: presented as our card's, and is none or not what it says. `tc_twice`: two shops have one approval, or two approvals
 * one counter. `tc_denied`: genuine, and the purse's journal says otherwise. `tc_unpaid`: genuine, and nobody could be paid.
 */
export type TcAlertKind = 'tc_wrong' | 'tc_twice' | 'tc_denied' | 'tc_unpaid';

/** The card that a PAN is of. */
export interface ClearedCard {
  readonly serial: string;
  readonly purse: string;
  readonly profile: string;
  readonly panSequence: string;
}

/** Where questions of a card and TCs of it are counted together. */
export interface CardCounter {
  /** Of its purse. */
  readonly account: string;
  readonly serial: string;
  readonly panSequence: string;
  readonly atc: number;
  /** Of a limited-use key. */
  readonly keyNumber: number | undefined;
}

/** What a TC took out of the float. */
export interface ClearedApproval {
  readonly purse: string;
  readonly atc: number;
  readonly clearing: string;
  readonly amount: bigint;
  readonly cryptogram: Bytes;
  readonly state: ClearedState;
  /** A loss account has brought it back into the float. */
  readonly isCovered: boolean;
}

/** An offline approval that its purse's journal shows, and that no shop was paid for. */
export interface WaitingApproval {
  readonly purse: string;
  readonly atc: number;
}

/** What an acquirer presented. */
export interface ClearingRow {
  /** `clr_...` */
  readonly id: string;
  readonly acquirer: string;
  readonly digest: Bytes;
  readonly acceptor: string;
  readonly terminal: string | undefined;
  readonly merchant: string | undefined;
  readonly account: string | undefined;
  readonly panLast4: string;
  readonly purse: string | undefined;
  readonly atc: number | undefined;
  readonly amount: bigint;
  readonly status: 'settled' | 'refused';
  readonly reason: string | undefined;
  /** YYMMDD. */
  readonly transactionDate: string | undefined;
  readonly reference: string | undefined;
  readonly stan: string | undefined;
  /** DE 55 without the card's number. */
  readonly chip: Bytes;
  readonly alert: string | undefined;
  readonly receivedAt: Date;
}

export interface ClearingPage {
  readonly limit: number;
  /** The id of the last one seen. */
  readonly after?: string | undefined;
  readonly acquirer?: string | undefined;
  readonly merchant?: string | undefined;
  readonly status?: ClearingRow['status'] | undefined;
}

/** The card acceptor of a message, as merchants are registered. */
export interface AcceptingMerchant {
  readonly id: string;
  readonly acquirer: string;
  readonly account: string;
  readonly isOpen: boolean;
}

export interface ClearingRows {
  merchantOf(acquirer: string, acceptor: string): Promise<AcceptingMerchant | undefined>;
  cardOf(panHash: Bytes): Promise<ClearedCard | undefined>;
  /** What was presented before in the same words, locked. */
  lockPresented(acquirer: string, digest: Bytes): Promise<ClearingRow | undefined>;
  /** Adds it, or writes over one that was refused. */
  put(row: ClearingRow): Promise<void>;
  byId(id: string): Promise<ClearingRow | undefined>;
  /** Newest first. */
  list(page: ClearingPage): Promise<ClearingRow[]>;

  /** How often its limited-use key was used under other counters: by questions at the desk, and by TCs. */
  keyUses(counter: CardCounter): Promise<number>;
  /**
   * The counter is the TC's: the desk takes no question under it any more; and its key was used once more, unless a question under this
   * counter was. After all accounts of the transaction, which is the order in which the desk locks.
   */
  countTc(counter: CardCounter, cryptogram: Bytes, at: Date): Promise<void>;

  cleared(purse: string, atc: number): Promise<ClearedApproval | undefined>;
  addCleared(row: Omit<ClearedApproval, 'isCovered'>): Promise<void>;
  journalWord(purse: string, atc: number): Promise<JournalWord>;
  /** The last approval before this counter, and the first at or after it; undefined: there is none. */
  neighbours(
    purse: string,
    atc: number,
  ): Promise<{ readonly before: number | undefined; readonly from: number | undefined }>;
  /** The approvals of these purses that agree with a TC that is ahead of them become cleared. They are locked. */
  meetAgreed(purses: readonly string[]): Promise<void>;
  /** Those on which their purses' journals may have the last word: ahead of it, or agreed and taken back since. */
  undecided(purses: readonly string[]): Promise<ClearedApproval[]>;
  /** An approval that its journal denies is not cleared any more. */
  setState(purse: string, atc: number, state: ClearedState): Promise<void>;
  /** Denied and not covered, by purse and counter after the one given. */
  uncovered(after: readonly [string, number], limit: number): Promise<ClearedApproval[]>;
  setCovered(purse: string, atc: number): Promise<void>;
  /** Open and not cleared, in journals that were here before then; by purse and counter after the one given. */
  neverCleared(
    seenBefore: Date,
    after: WaitingApproval | undefined,
    limit: number,
  ): Promise<WaitingApproval[]>;
  /** Open approvals of these purses that are cleared: their numbers, by purse. */
  closable(purses: readonly string[]): Promise<Map<string, number[]>>;
  /** By purse: what TCs took that its journal does not show yet. */
  clearedAhead(purses: readonly string[]): Promise<Map<string, bigint>>;
}
