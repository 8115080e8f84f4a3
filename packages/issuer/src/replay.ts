/**
 * Replays proven entries of a purse, and holds them against what an honest purse may do
 * (docs/spec/protocol.md, sections 5 and 6).
 *
 * What must hold: every entry that packages/purse writes is accepted, and the view after it has the balance,
 * open tickets, payments and approvals of the purse itself. Every other entry is a fault; because its chain leads to
 * a head that the purse signed, a fault is evidence that the secure element is broken. Nothing is applied then.
 *
 * Not held against the purse here: PIN limits and the cumulative limits, which depend on what the purse saw.
 *
 * The view that comes in stays as it is: what changes is a working copy, made once for all entries. A test holds this
 * against a plain replay that copies the view at every entry.
 */
import { type Bytes, equal } from '@sokkin/codec';
import {
  type Approval,
  type Entry,
  type Grant,
  type Lifecycle,
  LOWEST_CLASS,
  type Payment,
  type Receipt,
  type Statement,
  type Ticket,
} from '@sokkin/purse';
import type { Effect } from './effect.ts';
import type { ReadEntry } from './prove.ts';
import { type JournalView, pendingOf, reservedOf } from './view.ts';
import { Working } from './working-view.ts';

/** A Grant that we issued to this purse. */
export interface IssuedGrant {
  readonly hash: Bytes;
  readonly grant: Grant;
}

export interface ReplayContext {
  /** The issuer's own purse: what is paid to it counts against no limit. */
  readonly issuerPurse: Bytes;
  /** Grants that the purse may not have applied yet, by number. */
  readonly grants: ReadonlyMap<number, IssuedGrant>;
}

export const FAULTS = {
  genesis_misplaced: 'A journal begins with one genesis, and has no other.',
  wrong_certificate: 'The journal begins with another certificate than was issued to this purse.',
  wrong_currency: 'The entry is in another currency than the purse.',
  not_allowed_in_lifecycle: 'The purse was not in a state that allows this.',
  over_holding_limit: 'The ticket takes the purse over its holding limit.',
  ticket_not_open: 'The entry consumes a ticket that was not open.',
  over_ticket_maximum: 'More was credited than the ticket allows.',
  pays_itself: 'The purse paid itself.',
  ticket_paid_twice: 'The purse paid twice on one ticket.',
  over_payment_limit: 'The payment is above every limit for one payment.',
  counter_reused: 'The card approved an EMV transaction under a counter that is not newer than the last.',
  insufficient_balance: 'The purse paid more than it held.',
  payment_not_open: 'The entry settles a payment that was not open.',
  grant_unknown: 'The purse applied a Grant that was never issued.',
  grant_out_of_order: 'The purse applied a Grant that is older than one before.',
  statement_disagrees: 'The Statement contradicts the journal that it signs.',
} as const;
export type Fault = keyof typeof FAULTS;

export type Replay =
  | { readonly status: 'ok'; readonly view: JournalView; readonly effects: readonly Effect[] }
  | { readonly status: 'fault'; readonly fault: Fault; readonly seq: number; readonly says: string };

/** Applies entries that `prove` found to continue the view. */
export function replay(view: JournalView, entries: readonly ReadEntry[], ctx: ReplayContext): Replay {
  if (entries.length === 0) return { status: 'ok', view, effects: [] };
  const working = new Working(view);
  for (const { entry, hash } of entries) {
    const fault = applyEntry(working, entry, hash, ctx);
    if (fault !== undefined) return faultAt(fault, entry.fields.seq);
    working.seq = entry.fields.seq;
    working.head = hash;
  }
  return { status: 'ok', view: working.finish(), effects: working.effects };
}

const faultAt = (fault: Fault, seq: number): Extract<Replay, { status: 'fault' }> => ({
  status: 'fault',
  fault,
  seq,
  says: FAULTS[fault],
});

/** The signed Statement must say what the journal says; `ok` or the fault. */
export function checkStatement(view: JournalView, statement: Statement): Replay {
  const tickets = [...view.openTickets.keys()].sort((a, b) => a - b);
  const agrees =
    equal(statement.purse, view.purse) &&
    statement.currency === view.currency &&
    statement.seq === view.seq &&
    equal(statement.link, view.head) &&
    statement.balance === view.balance &&
    statement.pending === pendingOf(view) &&
    statement.reserved === reservedOf(view) &&
    statement.grantNo === view.grantNo &&
    statement.ackSeq === view.ackSeq &&
    statement.openTickets.length === tickets.length &&
    statement.openTickets.every((no, i) => no === tickets[i]);
  return agrees ? { status: 'ok', view, effects: [] } : faultAt('statement_disagrees', statement.seq);
}

const MAY: Readonly<Record<Entry['type'], readonly Lifecycle[]>> = {
  genesis: ['blank'],
  ticket: ['active'],
  payment: ['active'],
  approval: ['active'],
  receipt: ['active', 'blocked'],
  void: ['active', 'blocked'],
  settle: ['active', 'blocked'],
  grantApplied: ['personalised', 'active', 'blocked'],
};

/** Changes the working view, or leaves it in a state that nobody looks at any more and says what is wrong. */
function applyEntry(view: Working, entry: Entry, hash: Bytes, ctx: ReplayContext): Fault | undefined {
  if ((entry.type === 'genesis') !== (view.lifecycle === 'blank')) return 'genesis_misplaced';
  if (!MAY[entry.type].includes(view.lifecycle)) return 'not_allowed_in_lifecycle';
  switch (entry.type) {
    case 'genesis': {
      if (entry.fields.currency !== view.currency) return 'wrong_currency';
      if (!equal(entry.fields.certificateHash, view.certificateHash)) return 'wrong_certificate';
      view.lifecycle = 'personalised';
      return undefined;
    }
    case 'ticket':
      return openTicket(view, entry.fields);
    case 'payment':
      return openPayment(view, entry.fields, hash, ctx);
    case 'approval':
      return openApproval(view, entry.fields);
    case 'receipt':
      return receive(view, entry.fields);
    case 'void': {
      const { ticketNo } = entry.fields;
      if (!view.openTickets.has(ticketNo)) return 'ticket_not_open';
      view.closeTicket(ticketNo, 'cancelled', undefined);
      return undefined;
    }
    case 'settle': {
      const { paymentNo, outcome } = entry.fields;
      if (!view.openPayments.has(paymentNo)) return 'payment_not_open';
      view.settle(paymentNo, outcome);
      return undefined;
    }
    case 'grantApplied':
      return applyGrant(view, entry.fields, ctx);
  }
}

function openTicket(view: Working, { seq: ticketNo, currency, maxAmount }: Ticket): Fault | undefined {
  if (currency !== view.currency) return 'wrong_currency';
  if (view.balance + view.reserved + maxAmount > view.limits.holding) return 'over_holding_limit';
  view.openTicket({ ticketNo, maxAmount });
  return undefined;
}

function openPayment(view: Working, p: Payment, hash: Bytes, ctx: ReplayContext): Fault | undefined {
  if (p.currency !== view.currency) return 'wrong_currency';
  if (equal(p.payee, view.purse)) return 'pays_itself';
  if (view.hasPaidOn(p.payee, p.ticketNo)) return 'ticket_paid_twice';
  if (!equal(p.payee, ctx.issuerPurse) && p.amount > view.highestPaymentLimit()) return 'over_payment_limit';
  if (p.amount > view.balance) return 'insufficient_balance';
  const { seq: paymentNo, payee, ticketNo, amount } = p;
  view.pay({ paymentNo, payee, ticketNo, amount, hash });
  return undefined;
}

function openApproval(view: Working, a: Approval): Fault | undefined {
  if (a.currency !== view.currency) return 'wrong_currency';
  if (view.lastAtc !== undefined && a.atc <= view.lastAtc) return 'counter_reused';
  if (a.amount > view.limits.byClass[LOWEST_CLASS].perPayment) return 'over_payment_limit';
  if (a.amount > view.balance) return 'insufficient_balance';
  const { seq: approvalNo, atc, amount, cryptogram } = a;
  view.approve({ approvalNo, atc, amount, cryptogram });
  return undefined;
}

function receive(view: Working, receipt: Receipt): Fault | undefined {
  if (receipt.currency !== view.currency) return 'wrong_currency';
  const ticket = view.openTickets.get(receipt.ticketNo);
  if (ticket === undefined) return 'ticket_not_open';
  const credited = receipt.outcome === 'credited';
  // A blocked purse takes nothing more in.
  if (credited && view.lifecycle === 'blocked') return 'not_allowed_in_lifecycle';
  if (credited && receipt.amount > ticket.maxAmount) return 'over_ticket_maximum';
  if (equal(receipt.payer, view.purse)) return 'pays_itself';
  view.receive(receipt);
  return undefined;
}

function applyGrant(
  view: Working,
  applied: { readonly grantNo: number; readonly grantHash: Bytes },
  ctx: ReplayContext,
): Fault | undefined {
  if (applied.grantNo <= view.grantNo) return 'grant_out_of_order';
  const issued = ctx.grants.get(applied.grantNo);
  if (issued === undefined || !equal(issued.hash, applied.grantHash)) return 'grant_unknown';
  const { grant } = issued;
  if (grant.ackSeq < view.ackSeq) return 'grant_out_of_order';
  for (const { paymentNo, outcome } of grant.resolutions) view.resolve(paymentNo, outcome);
  view.lifecycle = afterOrder(view.lifecycle, grant);
  view.grantNo = grant.grantNo;
  view.ackSeq = grant.ackSeq;
  view.limits = grant.limits;
  return undefined;
}

function afterOrder(before: Lifecycle, { order }: Grant): Lifecycle {
  switch (order) {
    case 'none':
      return before;
    case 'activate':
      return 'active';
    case 'block':
      return 'blocked';
    case 'terminate':
      return 'terminated';
  }
}
