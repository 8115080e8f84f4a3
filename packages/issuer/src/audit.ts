/**
 * Is all the money there? (issued = balances + in flight + redeemed)
 *
 * Every figure comes from rows of its own kind; none but `unmet` is computed from others.
 *
 * Take a payment of amount a. Let d = its payer's proven journal debited it, r = that journal took it back, and
 * c = its payee's proven journal credited it (the issuer's own journal is always proven). Then the offline
 * float of the ledger is what the issuer paid and did not take back or get, and the acknowledged balances are
 * the purses' sums of the same; so, whatever has synced and whatever has not,
 *
 *     float = sum of acknowledged balances + sum over all payments of a * (d - r - c)
 *
 * and each payment falls into exactly one term:
 *
 *     d r c   term              counts  meaning
 *     1 0 1   (settled)              0  arrived
 *     1 1 0   (cancelled)            0  went back
 *     1 0 0   waiting               +a  has left its payer; its payee has not synced a word on it
 *     1 0 0   returning             +a  its payee's journal says it will never be credited; the payer does not
 *                                       know yet
 *     0 0 1   credited_ahead        -a  its payee has synced, its payer has not yet: the payer's acknowledged
 *                                       balance still holds it
 *     0 0 1   counterfeit           -a  its payee credited it, and its payer's proven journal has no such payment
 *     1 1 1   counterfeit           -a  credited, and taken back as well
 *
 * The two journals are compared in the background. Until it has come to a credit, nothing is known of its payment but what
 * the two purses say apart: the payment stands in the term that it had before, and the credit in one of its own, `unmet`
 * (-a). That term is what the payees' journals have credited in all, less the credits that have met; so both equations
 * hold at any moment, however far the comparing lags behind, and also between two of its steps.
 *
 * An offline approval of amount a leaves the balance as a payment does, for a merchant who has no purse: the ledger
 * pays it out of the float when its TC is cleared. Until it is cleared or taken back it counts +a, in a term of its
 * own, `approvals`. A TC may be faster than its purse: what was paid for it counts -a in `cleared_ahead` until the
 * purse's journal shows the approval, and both are gone. If the journal denies it, it counts -a in `cleared_denied`
 * until a loss account has brought it back into the float.
 *
 * What is in flight is the difference of two sums, neither of which is ever below zero: what has left and not arrived, and what
 * has arrived and still stands in the balance of a payer who has not synced. It is below zero where the second is the larger one.
 *
 * The refund of a lost purse is paid out of the float although the purse's acknowledged balance stays. What is written
 * off so, less what came back for late payments, counts against, in a term of its own, `refunded`.
 *
 * What must hold: while secure elements are honest, both equations hold at any moment, and counterfeit and cleared_denied
 * are zero.
 */
import { sumOf } from './view.ts';

export type PaymentTerm =
  | 'settled'
  | 'cancelled'
  | 'waiting'
  | 'returning'
  | 'credited_ahead'
  | 'counterfeit';

/** One payment as the two proven journals show it. */
export interface PaymentItem {
  /** In the payer's proven journal: open, or closed with this outcome. */
  readonly debit: 'absent' | 'open' | 'credited' | 'cancelled';
  /** The payer's proven journal reaches the payment's number. */
  readonly payerCovers: boolean;
  /** The payee's proven journal: credited by this very payment, can never be, or has no word on it. */
  readonly credit: 'credited' | 'never' | 'no_word';
}

export function termOf({ debit, payerCovers, credit }: PaymentItem): PaymentTerm | undefined {
  if (debit === 'absent') {
    if (credit !== 'credited') return undefined;
    return payerCovers ? 'counterfeit' : 'credited_ahead';
  }
  if (debit === 'cancelled') return credit === 'credited' ? 'counterfeit' : 'cancelled';
  if (credit === 'credited') return 'settled';
  return credit === 'never' ? 'returning' : 'waiting';
}

/** What the rows add up to, in minor units. */
export interface AuditTotals {
  /** Sum of all issuances. */
  readonly issued: bigint;
  /** Sum of all destructions. */
  readonly redeemed: bigint;
  /** Sum of the online accounts' balances. */
  readonly online: bigint;
  /** Balance of the ledger's offline float account. */
  readonly float: bigint;
  /** Sum of the acknowledged balances of all purses. */
  readonly offline: bigint;
  /** Sum of the payments in each term; positive. */
  readonly waiting: bigint;
  readonly returning: bigint;
  readonly creditedAhead: bigint;
  readonly counterfeit: bigint;
  /** Sum of the credits that have not been held against their payers' journals yet. */
  readonly unmet: bigint;
  /** Sum of the offline approvals that are neither cleared nor taken back. */
  readonly approvals: bigint;
  /** Sum of what shops were paid for TCs that their purses' journals do not show yet. */
  readonly clearedAhead: bigint;
  /** Sum of what shops were paid for TCs that their purses' journals deny, and nobody stands for. */
  readonly clearedDenied: bigint;
  /** Sum of what purses were written off for: their refunds, less what late payments brought back. */
  readonly refunded: bigint;
  /** Sum of all ledger balances, the central bank's included. */
  readonly ledgerSum: bigint;
}

/** What has a list behind it; the names are those of the equations' terms. */
export const AUDIT_TERMS = {
  issued: { says: 'issuances to online accounts', of: (t: AuditTotals) => t.issued },
  redeemed: { says: 'destructions', of: (t: AuditTotals) => t.redeemed },
  online: { says: 'balances of online accounts', of: (t: AuditTotals) => t.online },
  float: { says: "the ledger's offline float", of: (t: AuditTotals) => t.float },
  offline: { says: 'acknowledged balances of purses', of: (t: AuditTotals) => t.offline },
  waiting: { says: 'payments on whose arrival no word has come', of: (t: AuditTotals) => t.waiting },
  returning: {
    says: 'payments that will never arrive, and whose payers do not know yet',
    of: (t: AuditTotals) => t.returning,
  },
  credited_ahead: {
    says: 'payments that arrived, and whose payers have not synced; they count against',
    of: (t: AuditTotals) => t.creditedAhead,
  },
  counterfeit: {
    says: 'payments that arrived, and that their payers never made or took back; they count against',
    of: (t: AuditTotals) => t.counterfeit,
  },
  unmet: {
    says: 'payments that arrived, and that are just being compared with their payers’ journals; they count against',
    of: (t: AuditTotals) => t.unmet,
  },
  approvals: {
    says: 'offline approvals in shops that are not cleared',
    of: (t: AuditTotals) => t.approvals,
  },
  cleared_ahead: {
    says: 'cleared approvals whose cards have not synced since; they count against',
    of: (t: AuditTotals) => t.clearedAhead,
  },
  cleared_denied: {
    says: 'cleared approvals that the journals of their cards deny, and no loss account covers; they count against',
    of: (t: AuditTotals) => t.clearedDenied,
  },
  refunded: {
    says: 'refunds of lost purses, less what came back for late payments; they count against',
    of: (t: AuditTotals) => t.refunded,
  },
  ledger: { says: "all balances, the central bank's included", of: (t: AuditTotals) => t.ledgerSum },
} as const;
export type AuditTerm = keyof typeof AUDIT_TERMS;

export interface Equation {
  readonly name: string;
  readonly says: string;
  readonly left: bigint;
  readonly right: bigint;
  readonly terms: Readonly<Record<string, bigint>>;
  readonly holds: boolean;
}

export interface Audit {
  readonly holds: boolean;
  readonly issued: bigint;
  readonly online: bigint;
  readonly offline: bigint;
  /** What left a purse less what came to one before its payer has said so: below zero where payees synced first. */
  readonly inFlight: bigint;
  /** Part of `inFlight`: has left a purse, and has not arrived by anybody's word. Never below zero. */
  readonly onItsWay: bigint;
  /** Taken from `inFlight`: has arrived, and stands in the balance of who paid it, too. Never below zero. */
  readonly countedTwice: bigint;
  /** Part of `inFlight`. */
  readonly approvals: bigint;
  readonly refunded: bigint;
  readonly redeemed: bigint;
  readonly equations: readonly Equation[];
}

export function audit(t: AuditTotals): Audit {
  const inFlightTerms = {
    waiting: t.waiting,
    returning: t.returning,
    credited_ahead: -t.creditedAhead,
    counterfeit: -t.counterfeit,
    unmet: -t.unmet,
    approvals: t.approvals,
    cleared_ahead: -t.clearedAhead,
    cleared_denied: -t.clearedDenied,
  };
  const inFlight = sumOf(Object.values(inFlightTerms), (term) => term);
  const equations = [
    equation('money', 'issued = online + offline + in flight - refunded + redeemed', t.issued, {
      online: t.online,
      offline: t.offline,
      ...inFlightTerms,
      refunded: -t.refunded,
      redeemed: t.redeemed,
    }),
    equation('float', 'offline float of the ledger = offline + in flight - refunded', t.float, {
      offline: t.offline,
      ...inFlightTerms,
      refunded: -t.refunded,
    }),
    equation('double_entry', 'all balances of the ledger add up to zero', t.ledgerSum, {}),
    equation(
      'no_counterfeit',
      'no payment was credited that its payer never made or took back',
      t.counterfeit,
      {},
    ),
    equation(
      'no_denied_approval',
      'no shop was paid out of the float for what the journal of its card denies',
      t.clearedDenied,
      {},
    ),
  ];
  return {
    holds: equations.every((e) => e.holds),
    issued: t.issued,
    online: t.online,
    offline: t.offline,
    inFlight,
    onItsWay: t.waiting + t.returning + t.approvals,
    countedTwice: t.creditedAhead + t.counterfeit + t.unmet + t.clearedAhead + t.clearedDenied,
    approvals: t.approvals,
    refunded: t.refunded,
    redeemed: t.redeemed,
    equations,
  };
}

function equation(name: string, says: string, left: bigint, terms: Record<string, bigint>): Equation {
  const right = sumOf(Object.values(terms), (term) => term);
  return { name, says, left, right, terms, holds: left === right };
}
