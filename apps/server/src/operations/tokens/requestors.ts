/** Who may have tokens made. What must hold: whoever keeps the vault registers them; a closed one gets no more tokens, and its tokens go on. */
import { type LedgerTx, type RequestorRow, requestorName } from '@sokkin/issuer';
import { record } from '../../access/audit-log.ts';
import { homeOf, mayAct, maySee, type Principal } from '../../access/principal.ts';
import type { Backend } from '../../backend.ts';
import { Problem } from '../../problems.ts';

const MOST_DRAWS = 64;

export async function addRequestor(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { name, institution = homeOf(who) }: { readonly name: string; readonly institution?: string | undefined },
): Promise<RequestorRow> {
  // For another institution: the provider sees them all.
  if (!maySee(who, { institution }) || (await tx.institutions.byId(institution)) === undefined)
    throw new Problem('institution_unknown', `There is no institution ${institution}.`, 'institution');
  for (let draw = 0; draw < MOST_DRAWS; draw++) {
    const id = requestorName(b.vault.settings.provider + eightDigits(b));
    const row: RequestorRow = { id, institution, name, status: 'active', createdAt: b.clock() };
    if ((await tx.vault.addRequestor(row)) === 'taken') continue;
    record(b, tx, who, 'requestor.registered', id, { institution });
    return row;
  }
  throw new Problem('vault_busy', 'No free token requestor identifier was found.');
}

const eightDigits = (b: Backend): string => {
  const drawn = new DataView(b.crypto.randomBytes(8).slice().buffer).getBigUint64(0);
  return (drawn % 100_000_000n).toString().padStart(8, '0');
};

/** What belongs to others is not there. */
export async function requestorPath(tx: LedgerTx, who: Principal, id: string): Promise<RequestorRow> {
  const row = await tx.vault.requestor(id);
  if (row === undefined || who.party !== undefined || !maySee(who, row))
    throw new Problem('not_found', `There is no token requestor ${id}.`);
  return row;
}

export async function closeRequestor(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
): Promise<RequestorRow> {
  const row = await requestorPath(tx, who, id);
  if (row.status === 'closed') return row;
  await tx.vault.closeRequestor(id);
  record(b, tx, who, 'requestor.closed', id);
  return { ...row, status: 'closed' };
}

/** One that a field names: for its institution, or for an issuer that gives it a token of its own link, and was told the identifier. */
export async function usableRequestor(
  tx: LedgerTx,
  who: Principal,
  id: string,
  isIssuer: boolean,
): Promise<RequestorRow> {
  const row = await tx.vault.requestor(id);
  if (row?.status !== 'active' || !(isIssuer || mayAct(who, row)))
    throw new Problem('requestor_unknown', `There is no token requestor ${id}.`, 'requestor');
  return row;
}
