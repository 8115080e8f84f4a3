/**
 * Refunding before the date, on an operator's word.
 *
 * What must hold: one alone does it up to what the policy says, and never for a purse that is proven to have made money;
 * more takes two of the institution.
 */
import type { ClaimRow, LedgerTx } from '@sokkin/issuer';
import { z } from 'zod';
import { record } from '../../access/audit-log.ts';
import type { Principal } from '../../access/principal.ts';
import { type Backend, purseName } from '../../backend.ts';
import { type Locked, lockWaiting } from './claim.ts';
import { refund } from './follow.ts';
import { claimsNow } from './policy.ts';
import { claimValue } from './view.ts';

export const settlement = z.strictObject({ claim: z.string(), amount: z.string() });
export type Settlement = z.infer<typeof settlement>;

/** Refunds it, or gives what two have to agree to. */
export async function settleAlone(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
): Promise<{ readonly refunded: ClaimRow } | { readonly toPropose: Settlement; readonly claim: ClaimRow }> {
  const locked = await lockWaiting(tx, who, id);
  const { claim, row } = locked;
  const { amount } = await claimValue(b, tx, claim, row);
  const most = BigInt((await claimsNow(tx)).settle_alone);
  const isAccused = (await tx.claims.provenAlert(claim.purse)) !== undefined;
  if (amount > most || isAccused) return { toPropose: { claim: id, amount: amount.toString() }, claim };
  await settleNow(b, tx, who, locked);
  return { refunded: claim };
}

async function settleNow(b: Backend, tx: LedgerTx, who: Principal, locked: Locked): Promise<void> {
  record(b, tx, who, 'claim.settled', locked.claim.id, { purse: purseName(locked.row.id) });
  await refund(b, tx, locked);
}

export async function checkSettlement(tx: LedgerTx, who: Principal, { claim }: Settlement): Promise<void> {
  await lockWaiting(tx, who, claim);
}

/** As much as the purse is worth then, which may be less or more than when it was proposed. */
export async function settleByTwo(b: Backend, tx: LedgerTx, who: Principal, { claim }: Settlement) {
  await settleNow(b, tx, who, await lockWaiting(tx, who, claim));
  return { claim };
}
