/**
 * A claim as its holder sees it: every step with its date, and the amount with its parts.
 *
 * What must hold: the amount that is shown is the one that would be refunded in this moment, by the same sums.
 */
import {
  type ClaimBooks,
  type ClaimEntry,
  type ClaimRow,
  type LedgerTx,
  missing,
  type PurseRow,
  type PurseWorth,
  payable,
  type SeenApproval,
  type SeenPayment,
  worthOf,
} from '@sokkin/issuer';
import type { Backend } from '../../backend.ts';
import { purseWorth } from './books.ts';
import { capFor, claimsNow, daysAfter } from './policy.ts';

export interface ClaimValue {
  /** What would be paid to the account now. */
  readonly amount: bigint;
  /** What is not paid before the claim closes, because it is above the cap. */
  readonly later: bigint;
  readonly worth: PurseWorth;
  readonly cap: bigint | undefined;
  readonly books: ClaimBooks;
  readonly uncovered: bigint;
}

export async function claimValue(
  b: Backend,
  tx: LedgerTx,
  claim: ClaimRow,
  row: PurseRow,
): Promise<ClaimValue> {
  const worth = await purseWorth(b, tx, claim.purse);
  const books = await tx.claims.books(claim.purse, claim.id);
  const cap = claim.status === 'closed' ? undefined : capFor(await claimsNow(tx), row);
  const value = worthOf(worth);
  const { refund: amount } = payable(books, value, cap);
  const later = payable(books, value, undefined).refund - amount;
  return { amount, later, worth, cap, books, uncovered: missing(books, value) };
}

export type Step =
  | 'reported'
  | 'inquiry'
  | 'refund'
  | 'late_payment'
  | 'found'
  | 'refused'
  | 'withdrawn'
  | 'closed';

export interface TimelineStep {
  readonly step: Step;
  /** When it was; undefined: it is to come, or waits for somebody. */
  readonly at: Date | undefined;
  readonly due: Date | undefined;
}

export interface ClaimView extends ClaimValue {
  readonly claim: ClaimRow;
  readonly entries: readonly ClaimEntry[];
  readonly late: readonly SeenPayment[];
  readonly lateApprovals: readonly SeenApproval[];
  readonly timeline: readonly TimelineStep[];
}

export async function viewOf(b: Backend, tx: LedgerTx, claim: ClaimRow): Promise<ClaimView> {
  const row = await tx.purses.byId(claim.purse);
  if (row === undefined) throw new Error('Bug: a claim has its purse');
  const late = await tx.claims.payments(claim.purse, claim.id);
  const lateApprovals = await tx.claims.approvals(claim.purse, claim.id);
  return {
    ...(await claimValue(b, tx, claim, row)),
    claim,
    entries: await tx.claims.entries(claim.purse, claim.id),
    late,
    lateApprovals,
    timeline: await timelineOf(b, tx, claim, [...late, ...lateApprovals]),
  };
}

async function timelineOf(
  b: Backend,
  tx: LedgerTx,
  claim: ClaimRow,
  late: readonly { readonly seenAt: Date }[],
): Promise<TimelineStep[]> {
  const { status, reportedAt, dueAt, refundedAt, foundAt, endedAt } = claim;
  const steps: TimelineStep[] = [{ step: 'reported', at: reportedAt, due: undefined }];
  if (status === 'refused' || status === 'withdrawn')
    return [...steps, { step: status, at: endedAt, due: undefined }];
  const isHeld = status === 'waiting' && dueAt <= b.clock();
  if (isHeld && (await tx.claims.provenAlert(claim.purse)) !== undefined)
    steps.push({ step: 'inquiry', at: undefined, due: undefined });
  steps.push({ step: 'refund', at: refundedAt, due: dueAt });
  const since: TimelineStep[] = late.map(({ seenAt }) => ({
    step: 'late_payment',
    at: seenAt,
    due: undefined,
  }));
  if (foundAt !== undefined) since.push({ step: 'found', at: foundAt, due: undefined });
  const closesAt = claim.closesAt ?? daysAfter(dueAt, (await claimsNow(tx)).close_days);
  since.push({ step: 'closed', at: endedAt, due: closesAt });
  return [...steps, ...since.sort((a, z) => timeOf(a) - timeOf(z))];
}

const timeOf = ({ at, due }: TimelineStep): number => (at ?? due)?.getTime() ?? 0;
