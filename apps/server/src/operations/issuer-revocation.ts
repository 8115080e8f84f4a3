/**
 * Revoking an issuer: its key is in other hands, so nobody is to believe what it certified. Grave: all of its purses
 * stop being paid and believed where the block list is carried; money in them comes home through the back-end alone.
 */

import { hex } from '@sokkin/codec';
import type { LedgerTx } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import type { Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';

export interface Revocation {
  /** The issuer in certificates: 8 bytes in hexadecimal. */
  readonly issuer: string;
  readonly reason: string;
}

export async function checkRevocation(b: Backend, tx: LedgerTx, { issuer }: Revocation): Promise<void> {
  const isKnown = b.pki.lines.some((line) => hex(line.issuer.certificate.subjectRef) === issuer);
  if (!isKnown) throw new Problem('institution_unknown', `There is no issuer ${issuer}.`, 'issuer');
  if ((await tx.blockList.revokedIssuers()).includes(issuer))
    throw new Problem('issuer_revoked', `The issuer ${issuer} is revoked already.`, 'issuer');
}

export async function revokeIssuer(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  proposal: string,
  wish: Revocation,
): Promise<object> {
  await checkRevocation(b, tx, wish);
  await tx.blockList.revokeIssuer(wish.issuer, proposal, b.clock());
  record(b, tx, who, 'issuer.revoked', wish.issuer, { proposal });
  return { issuer: wish.issuer };
}
