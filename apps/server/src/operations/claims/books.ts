/**
 * What a claim moves: out of the offline float to the account of the purse, and back into it.
 *
 * What must hold: after `balance`, what the purse is written off for is what its journals prove it to hold, but for what
 * a cap keeps back for now and what nobody could cover; each move is one transfer and one entry, in one transaction. The
 * purse is locked.
 */
import {
  byPayment,
  type ClaimBooks,
  type ClaimEntryKind,
  type ClaimRow,
  type LedgerTx,
  missing,
  move,
  outcomeOfVerdict,
  type PurseWorth,
  payable,
  SYSTEM_ACCOUNTS,
  sumOf,
  type TransferKind,
  worthOf,
} from '@sokkin/issuer';
import type { Backend } from '../../backend.ts';

const FLOAT = SYSTEM_ACCOUNTS.float.id;
const TRANSFERS: Readonly<Record<ClaimEntryKind, TransferKind>> = {
  refund: 'refund',
  clawback: 'late_payment',
  loss: 'late_payment',
  restored: 'late_payment_returned',
};

/** What the proven journals of the purse and of those it met say that it holds. */
export async function purseWorth(b: Backend, tx: LedgerTx, purse: string): Promise<PurseWorth> {
  const [known] = await tx.meetings.shadows([purse]);
  if (known === undefined) throw new Error('Bug: a registered purse has a journal');
  const { balance, waiting, creditedAhead } = known;
  const open = await tx.payments.openWithVerdicts(purse);
  const fateIs = (fate: 'cancelled' | undefined) =>
    sumOf(
      open.filter((p) => outcomeOfVerdict(p.verdict) === fate),
      (p) => p.amount,
    );
  const approvals = (await tx.journals.view(purse, b.currency))?.openApprovals.values() ?? [];
  return {
    acknowledged: balance,
    waiting,
    creditedAhead,
    returning: fateIs('cancelled'),
    heldBack: fateIs(undefined) + sumOf(approvals, (a) => a.amount),
  };
}

export interface Balancing {
  readonly claim: ClaimRow;
  /** The account that stands for what the refunded one cannot. */
  readonly lossAccount: string | undefined;
  /** The most that the account gets in all; undefined: all. */
  readonly cap: bigint | undefined;
  /** What the refunded account got is its owner's for good. */
  readonly isFinal: boolean;
  /** Payments that turned up since the last time, and approvals that were cleared, which have no number. */
  readonly late: readonly { readonly amount: bigint; readonly paymentNo?: number }[];
}

export interface Balanced {
  readonly books: ClaimBooks;
  /** What is written off beyond the worth, because nobody could cover it. */
  readonly uncovered: bigint;
  /** What is paid out now. */
  readonly refund: bigint;
}

/** Makes what is written off equal to what the purse is worth. */
export async function balance(b: Backend, tx: LedgerTx, work: Balancing): Promise<Balanced> {
  const { claim, lossAccount, cap } = work;
  const worth = worthOf(await purseWorth(b, tx, claim.purse));
  const before = await tx.claims.books(claim.purse, claim.id);
  const out = payable(before, worth, cap);
  const refund = await take(b, tx, claim, { kind: 'refund', from: FLOAT, to: claim.account }, out.refund);
  await restore(b, tx, claim, out.restored);
  let uncovered = 0n;
  for (const { amount, payment } of byPayment(missing(before, worth), work.late)) {
    const paymentNo = payment?.paymentNo;
    let left = amount;
    if (!work.isFinal) {
      const most = least(left, (await tx.claims.books(claim.purse, claim.id)).paid);
      const clawback = { kind: 'clawback', from: claim.account, to: FLOAT, paymentNo } as const;
      left -= await take(b, tx, claim, clawback, most);
    }
    if (lossAccount !== undefined) {
      const loss = { kind: 'loss', from: lossAccount, to: FLOAT, paymentNo, lossAccount } as const;
      left -= await take(b, tx, claim, loss, left);
    }
    uncovered += left;
  }
  return { books: await tx.claims.books(claim.purse, claim.id), uncovered, refund };
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** To those who stood for the claim, the last one first. */
async function restore(b: Backend, tx: LedgerTx, claim: ClaimRow, total: bigint): Promise<void> {
  const stood = new Map<string, bigint>();
  for (const { kind, lossAccount, amount } of await tx.claims.entries(claim.purse, claim.id)) {
    if (lossAccount === undefined) continue;
    stood.set(lossAccount, (stood.get(lossAccount) ?? 0n) + (kind === 'loss' ? amount : -amount));
  }
  let left = total;
  for (const [lossAccount, open] of [...stood].reverse()) {
    const restored = { kind: 'restored', from: FLOAT, to: lossAccount, lossAccount } as const;
    left -= await take(b, tx, claim, restored, least(left, open));
  }
}

interface Taking {
  readonly kind: ClaimEntryKind;
  readonly from: string;
  readonly to: string;
  readonly paymentNo?: number | undefined;
  readonly lossAccount?: string;
}

/** Moves the amount, or as much of it as is there; what it moved. */
async function take(
  b: Backend,
  tx: LedgerTx,
  { purse, id }: ClaimRow,
  { kind, from, to, paymentNo, lossAccount }: Taking,
  wanted: bigint,
): Promise<bigint> {
  if (wanted <= 0n) return 0n;
  const at = b.clock();
  const no = (await tx.claims.entryCount(purse, id)) + 1;
  const post = (amount: bigint) =>
    tx.accounts.post(move(TRANSFERS[kind], `${id}/${no}`, from, to, amount), at);
  let amount = wanted;
  let posted = await post(amount);
  // What is there is known now, and locked.
  if (posted.status === 'insufficient_funds' && posted.available > 0n) {
    amount = posted.available;
    posted = await post(amount);
  }
  if (posted.status === 'insufficient_funds') return 0n;
  if (posted.status !== 'ok') throw new Error(`Bug: a claim moves ${amount} to ${to}: ${posted.status}`);
  await tx.claims.addEntry(purse, id, { kind, amount, paymentNo, lossAccount, at });
  return amount;
}
