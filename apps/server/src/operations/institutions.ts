/**
 * Institutions, which the central bank adds and suspends, and their customers and merchants, which they keep themselves.
 *
 * What must hold: an institution begins with one client that may do all that its kind may, which the central bank makes, and makes
 * anew only for one that has none; whoever is suspended or closed is not believed within seconds, nor what is theirs; nothing is
 * ever deleted, because money and evidence refer to it.
 */
import type { InstitutionKind, InstitutionRow, LedgerTx, PartyRow } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { scopesFor } from '../access/grants.ts';
import { actingInstitution } from '../access/owned.ts';
import { mayAct, maySee, type Principal } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import type { Person } from '../identity/sealing.ts';
import { Problem } from '../problems.ts';
import { type MadeClient, writeClient } from './clients.ts';
import { writeParty } from './identity-records.ts';

export async function addInstitution(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { kind, name }: { readonly kind: 'issuer' | 'acquirer'; readonly name: string },
): Promise<{ readonly institution: InstitutionRow; readonly first: MadeClient }> {
  assertCentralBank(who);
  const id = newId(b, 'ins');
  if (!(await tx.institutions.add({ id, kind, name }, b.clock())))
    throw new Problem('name_taken', 'There is an institution of this name.', 'name');
  record(b, tx, who, 'institution.added', id, { kind });
  const first = await writeClient(b, tx, who, firstOf({ id, kind }));
  return { institution: await institutionPath(tx, who, id), first };
}

const firstOf = ({ id, kind }: Pick<InstitutionRow, 'id' | 'kind'>) => ({
  institution: id,
  name: 'First',
  scopes: scopesFor(kind),
});

/**
 * The way in for an institution that has no client, as the first issuer of a live back-end. Its maker was shown the secret, so
 * the log lets nobody who made it decide on what it, or any client that comes from it, proposes. The central bank's own would
 * decide on issuance, which takes people.
 */
export async function makeFirstClient(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
): Promise<MadeClient> {
  const institution = await institutionPath(tx, who, id);
  assertCentralBank(who);
  if (institution.kind === 'central_bank')
    throw new Problem('forbidden', 'The central bank gets no first client: its operators act for it.');
  await tx.institutions.lock(id);
  if (await tx.credentials.hasActiveClient(id))
    throw new Problem(
      'client_exists',
      `${id} has a client, which makes the others. If its secret is lost, an administrator of ${id} withdraws it first.`,
    );
  return writeClient(b, tx, who, firstOf(institution));
}

/** Of the central bank nobody is suspended by the API: it would shut everybody out. */
export async function setSuspended(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  isSuspended: boolean,
): Promise<InstitutionRow> {
  const { kind } = await institutionPath(tx, who, id);
  assertCentralBank(who);
  if (kind === 'central_bank') throw new Problem('forbidden', 'The central bank is not suspended.');
  await tx.institutions.setStatus(id, isSuspended ? 'suspended' : 'active');
  record(b, tx, who, isSuspended ? 'institution.suspended' : 'institution.resumed', id);
  return institutionPath(tx, who, id);
}

function assertCentralBank(who: Principal): void {
  if (who.reach === 'own')
    throw new Problem(
      'forbidden',
      'Only the central bank adds and suspends institutions, and makes their first clients.',
    );
}

export async function institutionPath(tx: LedgerTx, who: Principal, id: string): Promise<InstitutionRow> {
  const row = await tx.institutions.byId(id);
  if (row === undefined || !maySee(who, { institution: id }))
    throw new Problem('not_found', `There is no institution ${id}.`);
  return row;
}

const PARTY_OF: Readonly<Record<InstitutionKind, 'customer' | 'merchant' | undefined>> = {
  central_bank: undefined,
  issuer: 'customer',
  acquirer: 'merchant',
};

export async function addParty(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  request: {
    readonly institution: string | undefined;
    readonly reference: string;
    readonly person: Person | undefined;
  },
): Promise<PartyRow> {
  const institution = await actingInstitution(tx, who, request.institution);
  const kind = PARTY_OF[institution.kind];
  if (kind === undefined) throw new Problem('forbidden', 'The central bank has no customers of its own.');
  const id = newId(b, kind === 'customer' ? 'cus' : 'mer');
  const { reference, person } = request;
  if (!(await writeParty(b, tx, { id, kind, institution: institution.id, reference, person })))
    throw new Problem('reference_taken', 'You have a customer or merchant of this reference.', 'reference');
  record(b, tx, who, 'party.added', id, { kind });
  return partyPath(tx, who, id, 'see');
}

export async function closeParty(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<PartyRow> {
  await partyPath(tx, who, id, 'act');
  await tx.institutions.closeParty(id, b.clock());
  record(b, tx, who, 'party.closed', id);
  return partyPath(tx, who, id, 'act');
}

export async function partyPath(
  tx: LedgerTx,
  who: Principal,
  id: string,
  to: 'see' | 'act',
): Promise<PartyRow> {
  const row = await tx.institutions.party(id);
  const may = to === 'see' ? maySee : mayAct;
  if (row === undefined || !may(who, { institution: row.institution, party: id }))
    throw new Problem('not_found', `There is no customer or merchant ${id}.`);
  return row;
}
