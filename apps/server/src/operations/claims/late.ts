/**
 * Payments and offline approvals of a reported purse that turn up, and what they say of whoever has it.
 *
 * What must hold: each is taken note of once; nobody is said to have paid after the report unless the journals show it.
 * The payee is honest and keeps its money (I3): nothing here touches it.
 */
import { hex } from '@sokkin/codec';
import type { ClaimApproval, ClaimPayment, ClaimRow, LedgerTx, SeenPayment } from '@sokkin/issuer';
import { type Backend, isIssuerPurse, newId, purseName } from '../../backend.ts';
import { raiseAlert } from '../alerts.ts';

/** A Statement that is accepted now may be this old: the life of a nonce. */
const STATEMENT_MS = 10 * 60_000;

/** Keeps the payments that are new; gives them. */
export async function seePayments(
  b: Backend,
  tx: LedgerTx,
  claim: ClaimRow,
  isLate: boolean,
): Promise<readonly ClaimPayment[]> {
  const found = await tx.claims.newPayments(claim.purse, claim.knownSeq);
  const seen: SeenPayment[] = [];
  for (const payment of found) {
    const afterReport = await accuse(b, tx, claim, payment);
    seen.push({ ...payment, isLate, afterReport, seenAt: b.clock() });
  }
  await tx.claims.keepPayments(claim.purse, claim.id, seen);
  return found;
}

/** The same of what shops were paid for. A TC's date is its terminal's word, so nobody is accused for it. */
export async function seeApprovals(
  b: Backend,
  tx: LedgerTx,
  { purse, id }: ClaimRow,
  isLate: boolean,
): Promise<readonly ClaimApproval[]> {
  const found = await tx.claims.newApprovals(purse);
  const seenAt = b.clock();
  await tx.claims.keepApprovals(
    purse,
    id,
    found.map((approval) => ({ ...approval, isLate, seenAt })),
  );
  return found;
}

/**
 * The payee (or the purse itself) had proven a journal without this ticket (payment) after the report: so both were made
 * after that. Raises an alert then.
 */
async function accuse(b: Backend, tx: LedgerTx, claim: ClaimRow, payment: ClaimPayment): Promise<boolean> {
  const since = new Date(claim.reportedAt.getTime() + STATEMENT_MS);
  const { payee, ticketNo, paymentNo, amount } = payment;
  const own = await tx.claims.syncBefore(claim.purse, since, paymentNo);
  // The issuer's own purse does not sync.
  const theirs = isIssuerPurse(b, payee) ? undefined : await tx.claims.syncBefore(payee, since, ticketNo);
  const before = own ?? theirs;
  if (before === undefined) return false;
  const witness = own === undefined ? payee : claim.purse;
  await raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: 'late_payment',
    // It shows that the purse was used; by whom, an inquiry must find.
    severity: 'suspected',
    purse: claim.purse,
    subject: `${claim.id}/${paymentNo}/${payee}/${ticketNo}`,
    says: `The purse was reported ${claim.kind} on ${claim.reportedAt.toISOString()} and paid ${amount} to purse ${payee} after that.`,
    evidence: {
      claim: claim.id,
      purse: purseName(claim.purse),
      reported_at: claim.reportedAt.toISOString(),
      payee: purseName(payee),
      payment_no: paymentNo,
      ticket_no: ticketNo,
      amount: amount.toString(),
      /** A journal without the ticket, or the payment, that was proven after the report. */
      proven_before: {
        purse: purseName(witness),
        seq: before.seq,
        at: before.at.toISOString(),
        history: { kind: 'statement', message: hex(before.statement), entries: [] },
      },
      proven_since: await historyFrom(tx, witness, before.seq + 1),
    },
  });
  return true;
}

/** The proven journal from this entry on, under the first Statement that covers it. */
async function historyFrom(tx: LedgerTx, purse: string, from: number) {
  const sync = await tx.purses.syncCovering(purse, from);
  if (sync === undefined) return null;
  const entries = await tx.journals.entries(purse, from - 1, sync.seq - from + 1);
  return { kind: 'statement', message: hex(sync.statement), entries: entries.map((e) => hex(e.body)) };
}

/** Nobody could stand for it: the float is short of it until somebody does. */
export async function warnOfUncovered(
  b: Backend,
  tx: LedgerTx,
  claim: ClaimRow,
  uncovered: bigint,
): Promise<void> {
  if (uncovered === 0n) return tx.alerts.explain([claim.purse], 'refund_uncovered', b.clock());
  await raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: 'refund_uncovered',
    severity: 'suspected',
    purse: claim.purse,
    subject: claim.id,
    says: `The purse paid ${uncovered} that were refunded, and neither the account nor a loss account has them: name a loss account (policy "claims"), or fill it.`,
    evidence: { claim: claim.id, purse: purseName(claim.purse), uncovered: uncovered.toString() },
  });
}
