/**
 * Who is behind a purse: read once, by who proposed it, after somebody else has approved.
 *
 * What must hold: a reading and its entry in the log are one transaction; what is read stands in no proposal, no kept
 * answer and no entry.
 */
import type { LedgerTx, PartyRow } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import type { Principal } from '../access/principal.ts';
import { type Backend, purseName } from '../backend.ts';
import type { IdentityRecord } from '../identity/sealing.ts';
import { Problem } from '../problems.ts';
import { statusOf, visible } from './proposals.ts';

export async function readIdentity(b: Backend, tx: LedgerTx, who: Principal, id: string) {
  const proposal = visible(await tx.proposals.lock(id), who, id);
  if (proposal.kind !== 'reidentification' || proposal.proposedBy !== who.id)
    throw new Problem('not_found', `There is no ${id}.`);
  const status = statusOf(proposal, b.clock());
  if (status !== 'approved') throw new Problem('proposal_not_approved', `The proposal ${id} is ${status}.`);
  if (!(await tx.proposals.use(id, b.clock())))
    throw new Problem(
      'already_read',
      `${id} was read at ${proposal.usedAt?.toISOString()}: propose it again.`,
    );
  const purse = await tx.purses.byId(proposal.subject);
  const account = purse && (await tx.accounts.byId(purse.accountId));
  if (account === undefined) throw new Error('Bug: a purse that was there is gone, or has no account');
  const party = account.party === undefined ? undefined : await tx.institutions.party(account.party);
  const known = party && (await b.identities.open(party.id));
  record(b, tx, who, 'identity.read', id, { purse: purseName(proposal.subject) });
  return { purse: proposal.subject, account, party, ...shown(party, known, account.id) };
}

/** Of a party that an older program added and nobody moved yet, the reference is in the ledger. */
function shown(party: PartyRow | undefined, known: IdentityRecord | undefined, account: string) {
  const reference = party?.isInClear === true ? party.reference : known?.reference;
  return { reference, person: known?.person, accountName: known?.accounts[account] };
}
