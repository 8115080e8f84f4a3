/**
 * What a lost purse is worth, and who pays for what turns up after its refund.
 *
 * What must hold:
 * - Let `paid` be what the account got less what was taken back, and `lost` what the issuer's loss account stands for.
 *   Then `paid - lost` is written off of the purse: it never exceeds what the journals prove the purse to hold, but for
 *   what nobody could cover, and is never negative.
 * - So refund and late payment never both pay: a late payment lowers the worth, and what was written off above that
 *   comes back into the float, from what was held back first, then from the account, then from the loss account.
 * - It depends on the sums alone, so not on the order in which purses sync.
 */
import { assert } from '@sokkin/codec';

/** What the journals of the purse and of those it met say of it, in minor units. */
export interface PurseWorth {
  /** As of its own last sync. */
  readonly acknowledged: bigint;
  /** Paid to it by synced payers, and not yet in its own proven journal. */
  readonly waiting: bigint;
  /** It paid this, and the payees' journals say that they will never take it. */
  readonly returning: bigint;
  /** Credited by synced payees, or cleared for shops, and not yet in its own proven journal; counts against. */
  readonly creditedAhead: bigint;
  /** It paid or approved this, and it may yet be credited or cleared: no part of the worth until that is known. */
  readonly heldBack: bigint;
}

/** Never below zero: what is below it is a matter of counterfeit detection. */
export function worthOf({ acknowledged, waiting, returning, creditedAhead }: PurseWorth): bigint {
  const worth = acknowledged + waiting + returning - creditedAhead;
  return worth > 0n ? worth : 0n;
}

export interface ClaimBooks {
  readonly paid: bigint;
  readonly lost: bigint;
}

export type ClaimEntryKind = 'refund' | 'clawback' | 'loss' | 'restored';

/** Adds one entry to the books. */
export function book(books: ClaimBooks, kind: ClaimEntryKind, amount: bigint): ClaimBooks {
  const { paid, lost } = books;
  switch (kind) {
    case 'refund':
      return { paid: paid + amount, lost };
    case 'clawback':
      return { paid: paid - amount, lost };
    case 'loss':
      return { paid, lost: lost + amount };
    case 'restored':
      return { paid, lost: lost - amount };
  }
}

/** What the audit counts as written off. */
export const writtenOff = ({ paid, lost }: ClaimBooks): bigint => paid - lost;

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** What the purse is written off for, and is not worth any more: it has to come back into the float. */
export function missing(books: ClaimBooks, worth: bigint): bigint {
  const over = writtenOff(books) - worth;
  return over > 0n ? over : 0n;
}

/** What is to be paid out: first to who stood for late payments that never were, then to the account, up to `cap` in all. */
export function payable(books: ClaimBooks, worth: bigint, cap: bigint | undefined) {
  const rest = worth - writtenOff(books);
  if (rest <= 0n) return { restored: 0n, refund: 0n };
  const restored = least(rest, books.lost);
  const open = rest - restored;
  const room = cap === undefined ? open : cap - books.paid;
  return { restored, refund: room > 0n ? least(open, room) : 0n };
}

/** What is missing, each part with the late payment that it is for; what none of them explains comes last. */
export function byPayment<P extends { readonly amount: bigint }>(
  total: bigint,
  late: readonly P[],
): { readonly amount: bigint; readonly payment: P | undefined }[] {
  assert(total >= 0n, 'what is missing is no gain');
  const parts: { amount: bigint; payment: P | undefined }[] = [];
  let left = total;
  for (const payment of late) {
    const amount = least(left, payment.amount);
    if (amount > 0n) parts.push({ amount, payment });
    left -= amount;
  }
  if (left > 0n) parts.push({ amount: left, payment: undefined });
  return parts;
}
