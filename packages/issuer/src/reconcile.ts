/**
 * What became of a payment, told from two proven journals (docs/spec/protocol.md, section 6.6).
 *
 * What must hold: a verdict of `credited` or `cancelled` is final and follows from the payee's proven journal
 * alone, so it does not depend on the order in which purses sync; until then the payment waits, and nobody
 * guesses.
 */
import { type Bytes, equal } from '@sokkin/codec';
import type { Outcome, Resolution } from '@sokkin/purse';
import { MAX_RESOLUTIONS } from '@sokkin/purse';

/** A ticket as its issuer's proven journal shows it. */
export interface KnownTicket {
  readonly state: 'open' | Outcome;
  /** SHA-256 of the body of the payment that consumed it; undefined while open, and when withdrawn. */
  readonly by: Bytes | undefined;
}

/** What is known of the payee with regard to one ticket. */
export interface PayeeKnowledge {
  /** Newest proven entry. */
  readonly seq: number;
  readonly ticket: KnownTicket | undefined;
}

export type PaymentVerdict =
  | 'credited'
  /** The ticket went to another payment, or was withdrawn. */
  | 'cancelled'
  /** The payee's journal covers the number, and it is no ticket: no honest payee can credit it. */
  | 'never_issued'
  /** The ticket can still be paid on: the Payment should reach the payee. */
  | 'waiting'
  /** The payee has not synced that far. */
  | 'not_yet_known';

export function verdictOf(
  payment: { readonly ticketNo: number; readonly hash: Bytes },
  payee: PayeeKnowledge,
): PaymentVerdict {
  const { ticket } = payee;
  if (ticket === undefined) return payment.ticketNo <= payee.seq ? 'never_issued' : 'not_yet_known';
  switch (ticket.state) {
    case 'open':
      return 'waiting';
    case 'cancelled':
      return 'cancelled';
    case 'credited':
      return ticket.by !== undefined && equal(ticket.by, payment.hash) ? 'credited' : 'cancelled';
  }
}

/** The outcome that a verdict gives the payer, if it is final. */
export function outcomeOfVerdict(verdict: PaymentVerdict): Outcome | undefined {
  switch (verdict) {
    case 'credited':
      return 'credited';
    case 'cancelled':
    case 'never_issued':
      return 'cancelled';
    case 'waiting':
    case 'not_yet_known':
      return undefined;
  }
}

/** The settlements that fit the next Grant: oldest first, so that a long list is worked off in some syncs. */
export function resolutionsFrom(
  payments: readonly { readonly paymentNo: number; readonly verdict: PaymentVerdict }[],
): Resolution[] {
  return payments
    .flatMap(({ paymentNo, verdict }): Resolution[] => {
      const outcome = outcomeOfVerdict(verdict);
      return outcome === undefined ? [] : [{ paymentNo, outcome }];
    })
    .sort((a, b) => a.paymentNo - b.paymentNo)
    .slice(0, MAX_RESOLUTIONS);
}

/**
 * Does a payee's Receipt agree with the payer's proven journal?
 * `ahead`: the payer has not synced that far; `contradicts`: its own journal has something else there.
 */
export function matchReceipt(
  receipt: { readonly paymentHash: Bytes; readonly amount: bigint },
  payer: { readonly seq: number; readonly paymentNo: number },
  entry: { readonly hash: Bytes; readonly amount: bigint } | undefined,
): 'agrees' | 'ahead' | 'contradicts' {
  if (payer.seq < payer.paymentNo) return 'ahead';
  if (entry === undefined) return 'contradicts';
  return equal(entry.hash, receipt.paymentHash) && entry.amount === receipt.amount ? 'agrees' : 'contradicts';
}

/**
 * What a purse can hold by all that others have synced. Below zero it has paid out more than anybody is known
 * to have paid it: either its payers have not synced yet, or it makes money. A sync of the purse decides.
 */
export function shadowBalance(known: {
  /** As of its own last sync. */
  readonly balance: bigint;
  /** Credited by synced payees, or cleared for shops, and not yet in its own proven journal. */
  readonly creditedAhead: bigint;
  /** Paid to it by synced payers, and not yet in its own proven journal. */
  readonly waiting: bigint;
}): bigint {
  return known.balance + known.waiting - known.creditedAhead;
}
