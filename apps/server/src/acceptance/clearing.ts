/**
 * Where the desk hands over what is no decision of its own: offline approvals, what acquirers say of their totals, and the end of
 * their days.
 *
 * What must hold: the answer is given after what it promises is on disk; the same again has the same answer.
 */
import type { Bytes, IsoValue } from '@sokkin/codec';
import type { AcceptanceOutcome, BatchTotals, Pan } from '@sokkin/issuer';

/** A card approved offline, and its TC came: in an advice (0120, 0220, 0320) or in a line of a file. */
export interface OfflineApproval {
  /** `ins_...` */
  readonly acquirer: string;
  /** DE 42, without the blanks that fill it up. */
  readonly acceptor: string;
  /** DE 41, without the blanks that fill it up. */
  readonly terminal: string | undefined;
  readonly pan: Pan;
  /** DE 4, minor units. */
  readonly amount: bigint;
  /** DE 49 as ISO 4217 has it, three digits. */
  readonly currency: string;
  /** Elements of DE 55, read by the table `advice`. */
  readonly chip: ReadonlyMap<number, Bytes>;
  /** DE 37 and DE 11. */
  readonly reference: string | undefined;
  readonly stan: string | undefined;
}

export interface ClearingAnswer {
  /** `advice_accepted`: the merchant was paid, now or before. */
  readonly outcome: AcceptanceOutcome;
  /** What the merchant was paid. */
  readonly approved: bigint;
  /** `clr_...`; undefined where nothing is kept of it. */
  readonly clearing: string | undefined;
  /** Of `TC_REFUSALS`, or of what stands around it; undefined: settled. */
  readonly reason: string | undefined;
}

/** What an acquirer says that it has (0500, 0520). */
export interface StatedTotals {
  readonly acquirer: string;
  /** The same for a message and its repeats. */
  readonly key: string;
  /** DE 42; undefined: of all merchants. */
  readonly acceptor: string | undefined;
  /** DE 41; undefined: of all terminals. */
  readonly terminal: string | undefined;
  readonly totals: BatchTotals;
}

export interface TotalsAnswer {
  readonly outcome: AcceptanceOutcome;
  readonly isInBalance: boolean;
  /** Ours, of the day that is open. */
  readonly totals: BatchTotals;
}

export interface CutOverAnswer {
  readonly day: number;
  /** YYYY-MM-DD of the day that was closed. */
  readonly businessDate: string;
}

export interface Clearing {
  clear(presented: OfflineApproval): Promise<ClearingAnswer>;
  reconcile(stated: StatedTotals): Promise<TotalsAnswer>;
  /** 0800 with a cut-over. `key` names the message and its repeats. */
  cutOver(acquirer: string, key: string): Promise<CutOverAnswer>;
}

/** Further fields of a response to 0500 or 0520: settlement code (1987), or the action code that 1993 has for it. */
export const totalsFields = (version: '1987' | '1993', isInBalance: boolean): Record<number, IsoValue> =>
  version === '1987' ? { 66: isInBalance ? '1' : '2' } : { 39: isInBalance ? '500' : '501' };
