/**
 * Which tier a purse is certified with, and what an anonymous one may hold.
 *
 * What must hold: anonymous purses are those on accounts that were opened for them, and no others; they have the number 0 in
 * their certificate; nothing is paid into one beyond what its tier may hold.
 */
import { type AccountRow, type LedgerTx, type PurseRow, tierNumber } from '@sokkin/issuer';
import { type Backend, purseName } from '../backend.ts';
import { Problem } from '../problems.ts';
import { limitsNow } from './policy.ts';

/** `wanted`: left out, the lowest that the account has. */
export function tierFor({ id, isAnonymous }: AccountRow, wanted: number | undefined): number {
  const lowest = tierNumber(isAnonymous ? 'anonymous' : 'basic');
  const tier = wanted ?? lowest;
  if (isAnonymous ? tier === lowest : tier >= lowest) return tier;
  throw new Problem(
    'tier_not_allowed',
    isAnonymous
      ? `The account ${id} is for anonymous purses, which have tier 0; not ${tier}.`
      : `Tier 0 is anonymous, and the account ${id} was not opened for anonymous purses.`,
    'tier',
  );
}

/** Of a purse that is locked: by what it has proven, and what is on its way into it. */
export async function assertMayHold(
  b: Backend,
  tx: LedgerTx,
  purse: PurseRow,
  amount: bigint,
): Promise<void> {
  if (!purse.isAnonymous) return;
  const { holding } = await limitsNow(b, tx, purse);
  const would = purse.balance + (await tx.fundings.unproven(purse.id)) + amount;
  if (would <= holding) return;
  throw new Problem(
    'anonymous_limit',
    `The purse ${purseName(purse.id)} is anonymous and may hold ${holding}; with this it would hold ${would}, as far as it has synced.`,
    'amount',
  );
}
