/**
 * Where the two sides of a payment meet: rows that are keyed by one purse each.
 *
 * What a store must hold:
 * - every method touches rows of the key that its head names, and no statement joins rows of two purses;
 * - each call is one transaction, on disk before it resolves; between two calls a crash may come, and the same work is
 *   then done again from its start, so every call may be repeated;
 * - `setVerdicts` never lowers a verdict (the order is that of VERDICTS);
 * - hashes are hexadecimal, and name the body of a Payment.
 */

/** What the payee's proven journal says of a payment, each stronger than those before it. */
export const VERDICTS = [
  /** The ticket can still be paid on. */
  'waiting',
  /** The payer has the payee's word that it will not be credited; the payee has not synced it. */
  'refused',
  'cancelled',
  'never_issued',
  /** The payee credited it, but with another amount: it makes or destroys money. */
  'other_amount',
  'credited',
  /** Credited, and taken back by its payer as well. */
  'taken_back',
] as const;
export type StoredVerdict = (typeof VERDICTS)[number];

/** Work that is due: entries after `after` and up to `upTo` have not met those of their counterparts. */
export interface Due {
  readonly purse: string;
  readonly isIssuer: boolean;
  readonly after: number;
  readonly upTo: number;
}

/** A payment in its payer's proven journal. */
export interface Paid {
  readonly payer: string;
  readonly paymentNo: number;
  readonly payee: string;
  readonly ticketNo: number;
  readonly amount: bigint;
  readonly hash: string;
  readonly isCancelled: boolean;
  readonly verdict: StoredVerdict | undefined;
}

/** A Receipt in its payee's proven journal that credits. */
export interface Credit {
  readonly payee: string;
  readonly ticketNo: number;
  /** The payee's entry. */
  readonly seq: number;
  readonly payer: string;
  readonly paymentNo: number;
  readonly hash: string;
  readonly amount: bigint;
}

/** A payment as its payee knows of it from others. */
export interface Arrival {
  readonly payee: string;
  readonly ticketNo: number;
  readonly payer: string;
  readonly paymentNo: number;
  readonly amount: bigint;
  readonly hash: string;
  readonly isRefused: boolean;
}

/** What the proven journal of a payee says of one ticket number. */
export interface TicketWord {
  readonly payee: string;
  readonly ticketNo: number;
  /** Newest proven entry; undefined: there is no such purse. */
  readonly payeeSeq: number | undefined;
  readonly state: 'open' | 'credited' | 'cancelled' | undefined;
  /** Of the payment that consumed it. */
  readonly by: string | undefined;
}

/** What the proven journal of a payer says of one of its numbers. */
export interface PayerWord {
  readonly payer: string;
  readonly paymentNo: number;
  /** Newest proven entry; undefined: there is no such purse. */
  readonly payerSeq: number | undefined;
  /** Its journal is ours, and always proven to its end. */
  readonly isIssuer: boolean;
  readonly paid: Paid | undefined;
}

export interface Verdict {
  readonly payer: string;
  readonly paymentNo: number;
  readonly verdict: StoredVerdict;
}

export type MeetingState = 'ahead' | 'no_such_payment' | 'other_payment';

export interface Facts {
  /** Made within what is due. */
  readonly paid: readonly Paid[];
  /** Taken back, and not carried yet. */
  readonly takenBack: readonly Paid[];
  /** Credited within what is due. */
  readonly credits: readonly Credit[];
}

/** What is known of a purse beside its own journal. */
export interface Shadow {
  readonly purse: string;
  readonly isIssuer: boolean;
  readonly balance: bigint;
  /** Credited by synced payees, or paid to shops for its TCs, beyond its own proven journal. */
  readonly creditedAhead: bigint;
  /** Paid to it by synced payers, and not taken back; its own proven journal has no last word on it. */
  readonly waiting: bigint;
}

export interface MeetingRows {
  /** Keyed by who is due. */
  facts(due: readonly Due[]): Promise<Facts>;
  /** Keyed by payee. Those that are there stay as they are, but become refused. */
  addArrivals(arrivals: readonly Arrival[]): Promise<void>;
  arrivalsAt(payees: readonly string[]): Promise<readonly Arrival[]>;
  dropArrivals(arrivals: readonly Arrival[]): Promise<void>;
  ticketWords(
    asked: readonly { readonly payee: string; readonly ticketNo: number }[],
  ): Promise<readonly TicketWord[]>;
  /** Keyed by payer. A row that is there stays as it is. */
  addMeetings(credits: readonly Credit[]): Promise<void>;
  /** Those in the state `ahead` that their payer's proven journal reaches. */
  reachedMeetings(payers: readonly string[]): Promise<readonly Credit[]>;
  setMeetings(meetings: readonly (Credit & { readonly state: MeetingState })[]): Promise<void>;
  dropMeetings(meetings: readonly Credit[]): Promise<void>;
  payerWords(
    asked: readonly { readonly payer: string; readonly paymentNo: number }[],
  ): Promise<readonly PayerWord[]>;
  /** `credited` on a payment that its payer took back becomes `taken_back`; those are given. */
  setVerdicts(verdicts: readonly Verdict[]): Promise<readonly Paid[]>;
  shadows(purses: readonly string[]): Promise<readonly Shadow[]>;
}

/** What a purse has paid and received, by the day on which it was met. */
export interface PurseDay {
  readonly purse: string;
  readonly day: number;
  readonly count: number;
  readonly amount: bigint;
}

export interface PurseDays extends PurseDay {
  /** The day before this one on which it did anything. */
  readonly before: number | undefined;
}

/** What a process that meets needs beside: its share of what is due. */
export interface MatcherRows {
  /**
   * Journals that are due and that nobody else works on, in the order of their names from `from` on. They are this
   * transaction's own until it ends.
   */
  claim(from: string, limit: number): Promise<readonly Due[]>;
  /** Those that were where they were when they were claimed, are met now; the others somebody else has met. */
  markMet(due: readonly Due[]): Promise<readonly Due[]>;
  /** Purses that wait for a funding to be settled, or have paid on a redemption that is open. */
  withOwn(purses: readonly string[]): Promise<readonly string[]>;
  /** Adds to what the purses did on that day; what it is in all then. */
  addDays(days: readonly PurseDay[]): Promise<readonly PurseDays[]>;
  /** Who has signed what was not held against its journal: among these purses, and those who paid them. */
  unjudgedSigners(purses: readonly string[]): Promise<readonly string[]>;
  /** What the payee credited on its ticket. */
  creditOn(payee: string, ticketNo: number): Promise<Credit | undefined>;
  /** Where these journals are; nothing is claimed. */
  positions(purses: readonly string[]): Promise<readonly Due[]>;
  /** True: nothing is due. */
  isDone(): Promise<boolean>;
}
