/** Asking for a refund before its date. */
import type { LedgerTx } from '@sokkin/issuer';
import type { Principal } from '../../access/principal.ts';
import type { Backend } from '../../backend.ts';
import { propose, statusOf } from '../proposals.ts';
import { settleAlone } from './settle.ts';

/** Done at once, or proposed; asked again while that waits, it is the same proposal. */
export async function askToSettle(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<void> {
  const settled = await settleAlone(b, tx, who, id);
  if ('refunded' in settled) return;
  const { claim, toPropose } = settled;
  const before = claim.proposal === undefined ? undefined : await tx.proposals.byId(claim.proposal);
  if (before !== undefined && statusOf(before, b.clock()) === 'waiting') return;
  const { id: proposal } = await propose(b, tx, who, {
    kind: 'claim_settlement',
    subject: id,
    body: toPropose,
  });
  await tx.claims.change(claim, { proposal });
}
