/**
 * What is written about customers and merchants into the identity store, and how they are found again.
 *
 * What must hold: the ledger's rows have the keyed hash of a reference, never the reference; a record is written before the
 * ledger's transaction commits, so that nobody is known to the ledger and to nobody else; what an older program wrote into
 * the ledger is moved out of it.
 */
import type { LedgerTx, PartyRow } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { actingInstitution } from '../access/owned.ts';
import { mayAct, type Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import type { Person } from '../identity/sealing.ts';
import { Problem } from '../problems.ts';

const AT_ONCE = 200;
const ownerOf = ({ id, institution }: Pick<PartyRow, 'id' | 'institution'>) => ({ party: id, institution });

/** The party that an institution knows under this reference. */
export async function findParty(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  request: { readonly institution: string | undefined; readonly reference: string },
): Promise<PartyRow> {
  const { id } = await actingInstitution(tx, who, request.institution);
  const found = await knownAs(b, tx, id, request.reference);
  if (found === undefined || !mayAct(who, { institution: id, party: found.id }))
    throw new Problem('not_found', 'There is no customer or merchant of this reference.', 'reference');
  return found;
}

/** Also one that an older program added, and that was not moved yet. */
async function knownAs(
  b: Backend,
  tx: LedgerTx,
  institution: string,
  reference: string,
): Promise<PartyRow | undefined> {
  const { all: hashes } = await b.identities.referenceHashes(institution, reference);
  const found = await tx.privacy.partyBy(institution, [...hashes, reference]);
  // A reference that looks like a hash is none.
  return found !== undefined && (found.isInClear || hashes.includes(found.reference)) ? found : undefined;
}

export interface NewParty {
  readonly id: string;
  readonly kind: PartyRow['kind'];
  readonly institution: string;
  readonly reference: string;
  readonly person: Person | undefined;
}

/** False: the institution has somebody of this reference. */
export async function writeParty(b: Backend, tx: LedgerTx, party: NewParty): Promise<boolean> {
  const { id, kind, institution, reference, person } = party;
  const { current: hash, oldest } = await b.identities.referenceHashes(institution, reference);
  // Whichever key they write under: of two who add one reference, the second finds the first.
  await tx.privacy.lockReference(oldest);
  if ((await knownAs(b, tx, institution, reference)) !== undefined) return false;
  if (!(await tx.institutions.addParty({ id, kind, institution, reference: hash }, b.clock()))) return false;
  await b.identities.write(ownerOf(party), {
    reference,
    accounts: {},
    ...(person === undefined ? {} : { person }),
  });
  return true;
}

export async function writePerson(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  person: Person,
): Promise<PartyRow> {
  const party = await tx.privacy.lockParty(id);
  if (party === undefined || !mayAct(who, { institution: party.institution, party: id }))
    throw new Problem('not_found', `There is no customer or merchant ${id}.`);
  if (party.isErased) throw new Problem('identity_erased', `The identity of ${id} was erased, for good.`);
  await b.identities.change(ownerOf(party), firstRecord(party), (before) => ({ ...before, person }));
  record(b, tx, who, 'identity.written', id);
  return party;
}

/** Of a party that is in clear, its reference; of any other, it is in the store. */
const firstRecord = ({ isInClear, reference }: PartyRow) => ({
  reference: isInClear ? reference : '',
  accounts: {},
});

/** What a customer calls an account is in the store; in the ledger, it is called as its owner is. */
export async function nameAccount(
  b: Backend,
  tx: LedgerTx,
  party: string,
  account: { readonly id: string; readonly name: string },
): Promise<void> {
  const row = await tx.institutions.party(party);
  if (row === undefined) throw new Error('Bug: a party that was seen is there');
  await b.identities.change(ownerOf(row), firstRecord(row), (before) => ({
    ...before,
    accounts: { ...before.accounts, [account.id]: account.name },
  }));
}

/** Moves what older programs wrote into the ledger; gives how many rows it moved. */
export async function moveIdentities(b: Backend): Promise<number> {
  let moved = 0;
  for (;;) {
    const some = await b.store.write((tx) => moveSome(b, tx));
    moved += some;
    if (some < AT_ONCE) break;
  }
  for (;;) {
    const { found, wasLast } = await b.store.write((tx) => moveNames(b, tx));
    moved += found;
    if (wasLast) return moved;
  }
}

async function moveSome(b: Backend, tx: LedgerTx): Promise<number> {
  const rows = await tx.privacy.inClear(AT_ONCE);
  for (const party of rows) {
    const { id, institution, reference } = party;
    const { current: hash } = await b.identities.referenceHashes(institution, reference);
    await b.identities.change(ownerOf(party), firstRecord(party), (before) => ({ ...before, reference }));
    await tx.privacy.moved(id, hash, b.clock());
  }
  return rows.length;
}

async function moveNames(b: Backend, tx: LedgerTx): Promise<{ found: number; wasLast: boolean }> {
  const { accounts, upTo } = await tx.privacy.namedAccounts(AT_ONCE);
  for (const { party, id, name } of accounts) await nameAccount(b, tx, party, { id, name });
  if (upTo > 0n) await tx.privacy.accountsMoved(accounts, upTo);
  return { found: accounts.length, wasLast: upTo === 0n };
}
