/**
 * Clients: the credentials of an institution's programs.
 *
 * What must hold: a secret leaves once, with the answer that made it, and is nowhere kept; a client has no scope that its maker or
 * its institution's kind does not have; who gives a client a new secret, and so could become it, holds all its scopes.
 */
import type { ClientRow, LedgerTx } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { assertFits, assertHandsOn } from '../access/grants.ts';
import { actingInstitution } from '../access/owned.ts';
import { mayAct, maySee, type Principal, type Scope } from '../access/principal.ts';
import { hashOf, newSecret } from '../access/secrets.ts';
import { scopesOf } from '../access/tokens.ts';
import { type Backend, newId } from '../backend.ts';
import { Problem } from '../problems.ts';

export interface MadeClient {
  readonly client: ClientRow;
  readonly secret: string;
}

export interface ClientRequest {
  readonly institution: string | undefined;
  readonly name: string;
  readonly scopes: readonly Scope[];
}

export async function createClient(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { institution, name, scopes }: ClientRequest,
): Promise<MadeClient> {
  await assertOwn(tx, who, institution);
  const { id, kind } = await actingInstitution(tx, who, institution);
  assertFits(kind, scopes);
  assertHandsOn(who, scopes);
  return writeClient(b, tx, who, { institution: id, name, scopes });
}

/** Who sees another institution is told how it comes by clients; to others it is not there. */
async function assertOwn(tx: LedgerTx, who: Principal, institution: string | undefined): Promise<void> {
  if (institution === undefined || mayAct(who, { institution }) || !maySee(who, { institution })) return;
  if ((await tx.institutions.byId(institution)) === undefined) return;
  throw new Problem(
    'institution_unknown',
    `${institution} is not yours, and makes its own clients. If it has none, the central bank makes the first: sokkin institution client ${institution}.`,
    'institution',
  );
}

/** The log says who was shown the secret: such a one is no second pair of eyes to the client. */
export async function writeClient(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { institution, name, scopes }: { institution: string; name: string; scopes: Iterable<Scope> },
): Promise<MadeClient> {
  const id = newId(b, 'cli');
  const secret = newSecret(b.crypto, 'scs');
  const row = { id, institution, name, secretHash: hashOf(secret), scopes: [...scopes], isSandbox: false };
  await tx.credentials.addClient(row, b.clock());
  record(b, tx, who, 'client.created', id, { institution, scopes: row.scopes });
  return { client: await written(tx, id), secret };
}

/** The old secret, and the tokens that it got, end with it. */
export async function rotateClient(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
): Promise<MadeClient> {
  const client = await clientPath(tx, who, id, 'act');
  if (client.status !== 'active')
    throw new Problem('client_withdrawn', 'The client is withdrawn for good: make another.');
  assertHandsOn(who, scopesOf(client));
  const secret = newSecret(b.crypto, 'scs');
  await tx.credentials.setSecret(id, hashOf(secret));
  await tx.credentials.removeTokens({ client: id });
  record(b, tx, who, 'client.rotated', id);
  return { client: await written(tx, id), secret };
}

export async function withdrawClient(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
): Promise<ClientRow> {
  await clientPath(tx, who, id, 'act');
  await tx.credentials.withdraw(id);
  await tx.credentials.removeTokens({ client: id });
  record(b, tx, who, 'client.withdrawn', id);
  return written(tx, id);
}

export async function clientPath(
  tx: LedgerTx,
  who: Principal,
  id: string,
  to: 'see' | 'act',
): Promise<ClientRow> {
  const client = await tx.credentials.client(id);
  const may = to === 'see' ? maySee : mayAct;
  if (client === undefined || !may(who, client)) throw new Problem('not_found', `There is no client ${id}.`);
  return client;
}

async function written(tx: LedgerTx, id: string): Promise<ClientRow> {
  const client = await tx.credentials.client(id);
  if (client === undefined) throw new Error('Bug: a client that was written is there');
  return client;
}
