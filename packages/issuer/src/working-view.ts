/**
 * The view of a journal while its entries are replayed: changed in place, so that an entry costs the same whatever
 * else is open.
 *
 * What must hold: the sums are those of the open items; the effects are the rows to write, in their order. Whether a
 * step is allowed is replay.ts's question: here it is done.
 */
import type { Bytes } from '@sokkin/codec';
import type { Lifecycle, Limits, Outcome, Receipt } from '@sokkin/purse';
import type { Effect } from './effect.ts';
import {
  type JournalView,
  reservedOf,
  ticketKey,
  type ViewApproval,
  type ViewPayment,
  type ViewTicket,
} from './view.ts';

export class Working {
  readonly purse: Bytes;
  readonly currency: number;
  readonly certificateHash: Bytes;
  lifecycle: Lifecycle;
  seq: number;
  head: Bytes;
  balance: bigint;
  grantNo: number;
  ackSeq: number;
  limits: Limits;
  lastAtc: number | undefined;
  /** What open tickets reserve. */
  reserved: bigint;
  readonly openTickets: Map<number, ViewTicket>;
  readonly openPayments: Map<number, ViewPayment>;
  readonly openApprovals: Map<number, ViewApproval>;
  readonly effects: Effect[] = [];
  /** Payee and ticket of each open payment. */
  readonly #paidOn: Set<string>;

  constructor(view: JournalView) {
    this.purse = view.purse;
    this.currency = view.currency;
    this.certificateHash = view.certificateHash;
    this.lifecycle = view.lifecycle;
    this.seq = view.seq;
    this.head = view.head;
    this.balance = view.balance;
    this.grantNo = view.grantNo;
    this.ackSeq = view.ackSeq;
    this.limits = view.limits;
    this.lastAtc = view.lastAtc;
    this.reserved = reservedOf(view);
    this.openTickets = new Map(view.openTickets);
    this.openPayments = new Map(view.openPayments);
    this.openApprovals = new Map(view.openApprovals);
    this.#paidOn = new Set([...view.openPayments.values()].map((p) => ticketKey(p.payee, p.ticketNo)));
  }

  /** The view after all that was done. The working copy is not used any more. */
  finish(): JournalView {
    const { purse, currency, certificateHash, lifecycle, seq, head, balance, grantNo, ackSeq } = this;
    const { limits, openTickets, openPayments, openApprovals, lastAtc } = this;
    return {
      ...{ purse, currency, certificateHash, lifecycle, seq, head, balance, grantNo, ackSeq },
      ...{ limits, openTickets, openPayments, openApprovals, lastAtc },
    };
  }

  openTicket(ticket: ViewTicket): void {
    this.openTickets.set(ticket.ticketNo, ticket);
    this.reserved += ticket.maxAmount;
    const { ticketNo, maxAmount } = ticket;
    this.effects.push({ kind: 'ticket_opened', ticketNo, maxAmount });
  }

  closeTicket(ticketNo: number, outcome: Outcome, by: Bytes | undefined): void {
    this.reserved -= this.openTickets.get(ticketNo)?.maxAmount ?? 0n;
    this.openTickets.delete(ticketNo);
    this.effects.push({ kind: 'ticket_closed', ticketNo, outcome, by });
  }

  receive(receipt: Receipt): void {
    this.closeTicket(receipt.ticketNo, receipt.outcome, receipt.paymentHash);
    if (receipt.outcome === 'credited') this.balance += receipt.amount;
    this.effects.push({ kind: 'received', receipt });
  }

  hasPaidOn(payee: Bytes, ticketNo: number): boolean {
    return this.#paidOn.has(ticketKey(payee, ticketNo));
  }

  pay(payment: ViewPayment): void {
    this.balance -= payment.amount;
    this.openPayments.set(payment.paymentNo, payment);
    this.#paidOn.add(ticketKey(payment.payee, payment.ticketNo));
    this.effects.push({ kind: 'paid', payment });
  }

  /** Closes an open payment; leaves one that is not open alone. */
  settle(paymentNo: number, outcome: Outcome): void {
    const payment = this.openPayments.get(paymentNo);
    if (payment === undefined) return;
    this.openPayments.delete(paymentNo);
    this.#paidOn.delete(ticketKey(payment.payee, payment.ticketNo));
    this.#returnIf(outcome, payment.amount);
    this.effects.push({ kind: 'settled', paymentNo, outcome });
  }

  approve(approval: ViewApproval): void {
    this.balance -= approval.amount;
    this.lastAtc = approval.atc;
    this.openApprovals.set(approval.approvalNo, approval);
    this.effects.push({ kind: 'approved', approval });
  }

  /** What a Grant resolves is a payment or an approval: no number is both. */
  resolve(number: number, outcome: Outcome): void {
    const approval = this.openApprovals.get(number);
    if (approval === undefined) {
      this.settle(number, outcome);
      return;
    }
    this.openApprovals.delete(number);
    this.#returnIf(outcome, approval.amount);
    this.effects.push({ kind: 'approval_settled', approvalNo: number, outcome });
  }

  /** The payee's class is in its certificate, which the journal does not hold: the highest limit binds in any case. */
  highestPaymentLimit(): bigint {
    let most = 0n;
    for (const { perPayment } of this.limits.byClass) if (perPayment > most) most = perPayment;
    return most;
  }

  /** What was debited comes back once it is cancelled. */
  #returnIf(outcome: Outcome, amount: bigint): void {
    if (outcome === 'cancelled') this.balance += amount;
  }
}
