/**
 * Forgetting who somebody was, and what stands against it.
 *
 * What must hold: forgetting takes two, and is for good: the data key is destroyed, so that copies of the record say nothing;
 * the books keep every row, under the pseudonym; nobody is forgotten while a legal hold stands, while money of theirs is
 * here, or while somebody looks into it.
 */
import type { HoldRow, LedgerTx, PartyRow } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { mayAct, maySee, type Principal } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import { Problem } from '../problems.ts';
import { forgetLinks } from './tokens/links.ts';

async function lockedParty(
  tx: LedgerTx,
  who: Principal,
  id: string,
  may: typeof mayAct = mayAct,
): Promise<PartyRow> {
  const party = await tx.privacy.lockParty(id);
  if (party === undefined || !may(who, { institution: party.institution, party: id }))
    throw new Problem('not_found', `There is no customer or merchant ${id}.`);
  return party;
}

async function assertForgettable(tx: LedgerTx, party: PartyRow): Promise<void> {
  if (party.isErased)
    throw new Problem('identity_erased', `The identity of ${party.id} was erased, for good.`);
  const obstacles = await tx.privacy.obstacles(party);
  if (obstacles.length > 0)
    throw new Problem('erasure_refused', `${party.id} is not erased: ${obstacles.join(' ')}`);
}

export async function checkErasure(tx: LedgerTx, who: Principal, id: string): Promise<void> {
  await assertForgettable(tx, await lockedParty(tx, who, id));
}

/** `who`: who approved it, or the server, when the period is over. */
export async function erase(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<void> {
  const party = await tx.privacy.lockParty(id);
  if (party === undefined) throw new Error('Bug: a party that was seen is there');
  await assertForgettable(tx, party);
  await tx.privacy.erased(id, b.clock());
  await forgetLinks(b, tx, who, id);
  // Before the commit: should that fail, it is tried again; the other way round, it might be forgotten.
  await b.identities.erase(id);
  record(b, tx, who, 'identity.erased', id);
}

export async function placeHold(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  party: string,
  reason: string,
): Promise<HoldRow> {
  const { isErased } = await lockedParty(tx, who, party, maySee);
  if (isErased) throw new Problem('identity_erased', `The identity of ${party} was erased, for good.`);
  const hold = { id: newId(b, 'hld'), party, reason, placedBy: who.id, placedAt: b.clock() };
  await tx.privacy.addHold(hold);
  record(b, tx, who, 'hold.placed', party, { hold: hold.id });
  return { ...hold, liftedAt: undefined };
}

export async function holdsOf(tx: LedgerTx, who: Principal, id: string): Promise<HoldRow[]> {
  const party = await tx.institutions.party(id);
  if (party === undefined || !maySee(who, { institution: party.institution, party: id }))
    throw new Problem('not_found', `There is no customer or merchant ${id}.`);
  return tx.privacy.holds(id);
}

/** The party that it is for. */
export async function standingHold(tx: LedgerTx, who: Principal, id: string): Promise<HoldRow> {
  const hold = await tx.privacy.hold(id);
  const party = hold && (await tx.institutions.party(hold.party));
  const isSeen = party !== undefined && maySee(who, { institution: party.institution, party: party.id });
  if (hold === undefined || hold.liftedAt !== undefined || !isSeen)
    throw new Problem('not_found', `There is no ${id}, or it was lifted.`);
  return hold;
}

export async function liftHold(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<void> {
  const { party } = await standingHold(tx, who, id);
  await tx.privacy.liftHold(id, b.clock());
  record(b, tx, who, 'hold.lifted', party, { hold: id });
}
