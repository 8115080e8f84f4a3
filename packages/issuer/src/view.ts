/**
 * What the back-end knows of one purse from its proven journal.
 *
 * What must hold: a view is a function of the journal's entries and of the Grants that they name, and of
 * nothing else. It is bounded as the purse's own memory is: tickets, payments and approvals leave it when they are
 * closed, because no later entry of an honest purse can refer to them.
 */
import { type Bytes, hex } from '@sokkin/codec';
import { GENESIS_LINK, type Lifecycle, type Limits, NO_LIMITS } from '@sokkin/purse';

export interface ViewTicket {
  readonly ticketNo: number;
  /** Minor units. */
  readonly maxAmount: bigint;
}

export interface ViewPayment {
  readonly paymentNo: number;
  readonly payee: Bytes;
  readonly ticketNo: number;
  readonly amount: bigint;
  /** SHA-256 of the payment's body. */
  readonly hash: Bytes;
}

/** A TC that left the card. */
export interface ViewApproval {
  readonly approvalNo: number;
  /** Application Transaction Counter. */
  readonly atc: number;
  readonly amount: bigint;
  readonly cryptogram: Bytes;
}

export interface JournalView {
  readonly purse: Bytes;
  readonly currency: number;
  /** Of the certificate that we issued: the journal must begin with it. */
  readonly certificateHash: Bytes;
  readonly lifecycle: Lifecycle;
  readonly seq: number;
  readonly head: Bytes;
  readonly balance: bigint;
  /** Number and acknowledged entry of the Grant that the purse applied last. */
  readonly grantNo: number;
  readonly ackSeq: number;
  readonly limits: Limits;
  readonly openTickets: ReadonlyMap<number, ViewTicket>;
  readonly openPayments: ReadonlyMap<number, ViewPayment>;
  readonly openApprovals: ReadonlyMap<number, ViewApproval>;
  /** Transaction counter of the newest approval, open or closed. */
  readonly lastAtc: number | undefined;
}

/** A purse that was given a certificate and has not synced yet. */
export function bornView(purse: Bytes, currency: number, certificateHash: Bytes): JournalView {
  return {
    purse,
    currency,
    certificateHash,
    lifecycle: 'blank',
    seq: 0,
    head: GENESIS_LINK,
    balance: 0n,
    grantNo: 0,
    ackSeq: 0,
    limits: NO_LIMITS,
    openTickets: new Map(),
    openPayments: new Map(),
    openApprovals: new Map(),
    lastAtc: undefined,
  };
}

export const sumOf = <T>(items: Iterable<T>, amount: (item: T) => bigint): bigint => {
  let sum = 0n;
  for (const item of items) sum += amount(item);
  return sum;
};

export const reservedOf = (view: JournalView): bigint => sumOf(view.openTickets.values(), (t) => t.maxAmount);
export const pendingOf = (view: JournalView): bigint =>
  sumOf(view.openPayments.values(), (p) => p.amount) + sumOf(view.openApprovals.values(), (a) => a.amount);

/** One ticket of one payee, as a key. */
export const ticketKey = (payee: Bytes, ticketNo: number): string => `${hex(payee)}/${ticketNo}`;
