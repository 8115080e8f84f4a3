/**
 * A card for a customer of a sandbox, whose wallet brings it: the issuer certifies its key as it would a chip that it has seen itself.
 *
 * What must hold: only in a sandbox; the certificate names a secure element, because the card stands in for one: no wallet gets such a
 * certificate in live mode, where institutions personalise cards. The card is the customer's own account's, and lives on no device.
 */
import type { Bytes } from '@sokkin/codec';
import type { LedgerTx, PurseRow } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { actingAccount } from '../access/owned.ts';
import type { Principal } from '../access/principal.ts';
import { type Backend, purseName } from '../backend.ts';
import { enrol } from './purses.ts';
import { tierFor } from './tiers.ts';

export async function openSandboxCard(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  wish: { readonly account: string; readonly enrolment: Bytes },
): Promise<PurseRow> {
  const owner = await actingAccount(tx, who, wish.account);
  const tier = tierFor(owner, undefined);
  const card = await enrol(b, tx, { ...wish, assurance: 'secure_element', tier, device: undefined });
  record(b, tx, who, 'sandbox.card_opened', purseName(card.id), { account: wish.account });
  return card;
}
