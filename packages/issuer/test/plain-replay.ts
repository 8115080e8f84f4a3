/**
 * The oracle of packages/issuer/src/replay.ts: the same rules, with a view that is copied at every entry and sums that are
 * taken anew. Slow and plain; what must hold is that both give the same view, effects and faults.
 */
import { type Bytes, equal } from '@sokkin/codec';
import {
  type Entry,
  type Grant,
  type Lifecycle,
  LOWEST_CLASS,
  type Outcome,
  type Receipt,
} from '@sokkin/purse';
import {
  type Effect,
  FAULTS,
  type Fault,
  type JournalView,
  type ReadEntry,
  type Replay,
  type ReplayContext,
  reservedOf,
  ticketKey,
  type ViewApproval,
  type ViewPayment,
  type ViewTicket,
} from '../src/index.ts';

type Stepped = { readonly view: JournalView; readonly effects: readonly Effect[] } | Fault;

/** Applies entries that `prove` found to continue the view. */
export function plainReplay(view: JournalView, entries: readonly ReadEntry[], ctx: ReplayContext): Replay {
  const effects: Effect[] = [];
  let now = view;
  for (const { entry, hash } of entries) {
    const { seq } = entry.fields;
    const stepped = applyEntry(now, entry, hash, ctx);
    if (typeof stepped === 'string') return faultAt(stepped, seq);
    effects.push(...stepped.effects);
    now = { ...stepped.view, seq, head: hash };
  }
  return { status: 'ok', view: now, effects };
}

const faultAt = (fault: Fault, seq: number): Extract<Replay, { status: 'fault' }> => ({
  status: 'fault',
  fault,
  seq,
  says: FAULTS[fault],
});

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

function applyEntry(view: JournalView, entry: Entry, hash: Bytes, ctx: ReplayContext): Stepped {
  if ((entry.type === 'genesis') !== (view.lifecycle === 'blank')) return 'genesis_misplaced';
  if (!MAY[entry.type].includes(view.lifecycle)) return 'not_allowed_in_lifecycle';
  switch (entry.type) {
    case 'genesis': {
      if (entry.fields.currency !== view.currency) return 'wrong_currency';
      if (!equal(entry.fields.certificateHash, view.certificateHash)) return 'wrong_certificate';
      return { view: { ...view, lifecycle: 'personalised' }, effects: [] };
    }
    case 'ticket':
      return openTicket(view, entry.fields);
    case 'payment':
      return openPayment(view, { ...entry.fields, paymentNo: entry.fields.seq, hash }, ctx);
    case 'approval':
      return openApproval(view, { ...entry.fields, approvalNo: entry.fields.seq });
    case 'receipt':
      return receive(view, entry.fields);
    case 'void': {
      const { ticketNo } = entry.fields;
      if (!view.openTickets.has(ticketNo)) return 'ticket_not_open';
      return closeTicket(view, ticketNo, 'cancelled', undefined);
    }
    case 'settle': {
      const { paymentNo, outcome } = entry.fields;
      if (!view.openPayments.has(paymentNo)) return 'payment_not_open';
      return settle(view, paymentNo, outcome);
    }
    case 'grantApplied':
      return applyGrant(view, entry.fields, ctx);
  }
}

function openTicket(
  view: JournalView,
  ticket: { readonly seq: number; readonly currency: number; readonly maxAmount: bigint },
): Stepped {
  const { seq: ticketNo, currency, maxAmount } = ticket;
  if (currency !== view.currency) return 'wrong_currency';
  if (view.balance + reservedOf(view) + maxAmount > view.limits.holding) return 'over_holding_limit';
  const opened: ViewTicket = { ticketNo, maxAmount };
  return {
    view: { ...view, openTickets: new Map(view.openTickets).set(ticketNo, opened) },
    effects: [{ kind: 'ticket_opened', ticketNo, maxAmount }],
  };
}

function openPayment(
  view: JournalView,
  p: ViewPayment & { readonly currency: number },
  ctx: ReplayContext,
): Stepped {
  if (p.currency !== view.currency) return 'wrong_currency';
  if (equal(p.payee, view.purse)) return 'pays_itself';
  const key = ticketKey(p.payee, p.ticketNo);
  for (const other of view.openPayments.values()) {
    if (ticketKey(other.payee, other.ticketNo) === key) return 'ticket_paid_twice';
  }
  if (!equal(p.payee, ctx.issuerPurse) && p.amount > highestPaymentLimit(view)) return 'over_payment_limit';
  if (p.amount > view.balance) return 'insufficient_balance';
  const payment: ViewPayment = {
    paymentNo: p.paymentNo,
    payee: p.payee,
    ticketNo: p.ticketNo,
    amount: p.amount,
    hash: p.hash,
  };
  return {
    view: {
      ...view,
      balance: view.balance - p.amount,
      openPayments: new Map(view.openPayments).set(p.paymentNo, payment),
    },
    effects: [{ kind: 'paid', payment }],
  };
}

function openApproval(view: JournalView, a: ViewApproval & { readonly currency: number }): Stepped {
  if (a.currency !== view.currency) return 'wrong_currency';
  if (view.lastAtc !== undefined && a.atc <= view.lastAtc) return 'counter_reused';
  if (a.amount > view.limits.byClass[LOWEST_CLASS].perPayment) return 'over_payment_limit';
  if (a.amount > view.balance) return 'insufficient_balance';
  const { approvalNo, atc, amount, cryptogram } = a;
  const approval: ViewApproval = { approvalNo, atc, amount, cryptogram };
  return {
    view: {
      ...view,
      balance: view.balance - amount,
      lastAtc: atc,
      openApprovals: new Map(view.openApprovals).set(approvalNo, approval),
    },
    effects: [{ kind: 'approved', approval }],
  };
}

/** The payee's class is in its certificate, which the journal does not hold: the highest limit binds in any case. */
function highestPaymentLimit({ limits }: JournalView): bigint {
  let most = 0n;
  for (const { perPayment } of limits.byClass) if (perPayment > most) most = perPayment;
  return most;
}

function receive(view: JournalView, receipt: Receipt): Stepped {
  if (receipt.currency !== view.currency) return 'wrong_currency';
  const ticket = view.openTickets.get(receipt.ticketNo);
  if (ticket === undefined) return 'ticket_not_open';
  const credited = receipt.outcome === 'credited';
  // A blocked purse takes nothing more in.
  if (credited && view.lifecycle === 'blocked') return 'not_allowed_in_lifecycle';
  if (credited && receipt.amount > ticket.maxAmount) return 'over_ticket_maximum';
  if (equal(receipt.payer, view.purse)) return 'pays_itself';
  const closed = closeTicket(view, receipt.ticketNo, receipt.outcome, receipt.paymentHash);
  const balance = credited ? view.balance + receipt.amount : view.balance;
  return {
    view: { ...closed.view, balance },
    effects: [...closed.effects, { kind: 'received', receipt }],
  };
}

function closeTicket(view: JournalView, ticketNo: number, outcome: Outcome, by: Bytes | undefined) {
  const openTickets = new Map(view.openTickets);
  openTickets.delete(ticketNo);
  const effects: Effect[] = [{ kind: 'ticket_closed', ticketNo, outcome, by }];
  return { view: { ...view, openTickets }, effects };
}

/** Closes an open payment, and credits it back if it was cancelled; leaves one that is not open alone. */
function settle(view: JournalView, paymentNo: number, outcome: Outcome) {
  const payment = view.openPayments.get(paymentNo);
  if (payment === undefined) return { view, effects: [] };
  const openPayments = new Map(view.openPayments);
  openPayments.delete(paymentNo);
  const balance = balanceAfter(view, payment.amount, outcome);
  const effects: Effect[] = [{ kind: 'settled', paymentNo, outcome }];
  return { view: { ...view, balance, openPayments }, effects };
}

/** What was debited comes back once it is cancelled. */
const balanceAfter = (view: JournalView, amount: bigint, outcome: Outcome): bigint =>
  outcome === 'cancelled' ? view.balance + amount : view.balance;

/** What a Grant resolves is a payment or an approval: no number is both. */
function resolve(view: JournalView, number: number, outcome: Outcome) {
  const approval = view.openApprovals.get(number);
  if (approval === undefined) return settle(view, number, outcome);
  const openApprovals = new Map(view.openApprovals);
  openApprovals.delete(number);
  const balance = balanceAfter(view, approval.amount, outcome);
  const effects: Effect[] = [{ kind: 'approval_settled', approvalNo: number, outcome }];
  return { view: { ...view, balance, openApprovals }, effects };
}

function applyGrant(
  view: JournalView,
  applied: { readonly grantNo: number; readonly grantHash: Bytes },
  ctx: ReplayContext,
): Stepped {
  if (applied.grantNo <= view.grantNo) return 'grant_out_of_order';
  const issued = ctx.grants.get(applied.grantNo);
  if (issued === undefined || !equal(issued.hash, applied.grantHash)) return 'grant_unknown';
  const { grant } = issued;
  if (grant.ackSeq < view.ackSeq) return 'grant_out_of_order';
  const effects: Effect[] = [];
  let now = view;
  for (const { paymentNo, outcome } of grant.resolutions) {
    const settled = resolve(now, paymentNo, outcome);
    now = settled.view;
    effects.push(...settled.effects);
  }
  const lifecycle = afterOrder(now.lifecycle, grant);
  const { grantNo, ackSeq, limits } = grant;
  return { view: { ...now, lifecycle, grantNo, ackSeq, limits }, effects };
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
