/**
 * Clients, devices, and the tokens and proofs of both.
 *
 * What must hold: a token is found only while everybody it speaks for is active; expired rows go as they are met, a
 * few at a time, and nobody waits for anybody over them.
 */
import type { Bearer, ClientRow, CredentialRows, DeviceRow, NewToken } from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';

/** More than come in with each that is added, so that they never pile up. */
const PRUNED_AT_ONCE = 20;

const clientOf = (row: Selectable<Database['clients']>): ClientRow => ({
  id: row.id,
  institution: row.institution,
  name: row.name,
  secretHash: row.secret_hash,
  scopes: row.scopes,
  isSandbox: row.is_sandbox,
  status: row.status,
  createdAt: row.created_at,
});
const deviceOf = (row: Selectable<Database['devices']>): DeviceRow => ({
  id: row.id,
  kind: row.kind,
  institution: row.institution,
  party: row.party,
  publicKey: row.public_key,
  jkt: row.jkt,
  status: row.status,
  createdAt: row.created_at,
});

export function credentialRows(trx: Transaction<Database>): CredentialRows {
  return { ...clientRows(trx), ...deviceRows(trx), ...tokenRows(trx) };
}

type ClientPart = Pick<
  CredentialRows,
  'addClient' | 'client' | 'clients' | 'hasClients' | 'hasActiveClient' | 'setSecret' | 'withdraw'
>;
function clientRows(trx: Transaction<Database>): ClientPart {
  return {
    async addClient({ id, institution, name, secretHash, scopes, isSandbox }, at) {
      await trx
        .insertInto('clients')
        .values({
          id,
          institution,
          name,
          secret_hash: secretHash,
          scopes: [...scopes],
          is_sandbox: isSandbox,
          created_at: at,
        })
        .execute();
    },
    async client(id) {
      const row = await trx.selectFrom('clients').selectAll().where('id', '=', id).executeTakeFirst();
      return row && clientOf(row);
    },
    async clients(page) {
      const rows = await trx
        .selectFrom('clients')
        .selectAll()
        .where(onPage('clients', page))
        .orderBy('number')
        .limit(page.limit)
        .execute();
      return rows.map(clientOf);
    },
    async hasClients() {
      return (await trx.selectFrom('clients').select('id').limit(1).executeTakeFirst()) !== undefined;
    },
    async hasActiveClient(institution) {
      const active = trx.selectFrom('clients').select('id').where('status', '=', 'active');
      return (await active.where('institution', '=', institution).limit(1).executeTakeFirst()) !== undefined;
    },
    async setSecret(id, secretHash) {
      await trx.updateTable('clients').set({ secret_hash: secretHash }).where('id', '=', id).execute();
    },
    async withdraw(id) {
      await trx.updateTable('clients').set({ status: 'withdrawn' }).where('id', '=', id).execute();
    },
  };
}

function deviceRows(
  trx: Transaction<Database>,
): Pick<CredentialRows, 'addDevice' | 'device' | 'devices' | 'block'> {
  return {
    async addDevice({ id, kind, institution, party, publicKey, jkt }, at) {
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('devices')
        .values({ id, kind, institution, party, public_key: publicKey, jkt, created_at: at })
        .onConflict((c) => c.column('jkt').doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    },
    async device(id) {
      const row = await trx.selectFrom('devices').selectAll().where('id', '=', id).executeTakeFirst();
      return row && deviceOf(row);
    },
    async devices(page) {
      const rows = await trx
        .selectFrom('devices')
        .selectAll()
        .where(onPage('devices', page))
        .orderBy('number')
        .limit(page.limit)
        .execute();
      return rows.map(deviceOf);
    },
    async block(id) {
      await trx.updateTable('devices').set({ status: 'blocked' }).where('id', '=', id).execute();
    },
  };
}

type TokenPart = Pick<CredentialRows, 'addToken' | 'bearerOf' | 'removeToken' | 'removeTokens' | 'useProof'>;
function tokenRows(trx: Transaction<Database>): TokenPart {
  const prune = async (table: 'access_tokens' | 'dpop_proofs', now: Date) => {
    const t = sql.table(table);
    await sql`DELETE FROM ${t} WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM ${t} WHERE expires_at < ${now} ORDER BY expires_at
      LIMIT ${PRUNED_AT_ONCE} FOR UPDATE SKIP LOCKED))`.execute(trx);
  };
  const bearerColumn = (of: NewToken['bearer']) =>
    'client' in of
      ? { column: 'client' as const, id: of.client }
      : { column: 'device' as const, id: of.device };
  return {
    async addToken({ hash, bearer, scopes, expiresAt }, now) {
      await prune('access_tokens', now);
      await trx
        .insertInto('access_tokens')
        .values({
          hash,
          client: 'client' in bearer ? bearer.client : null,
          device: 'device' in bearer ? bearer.device : null,
          scopes: [...scopes],
          expires_at: expiresAt,
        })
        .execute();
    },
    async bearerOf(hash, now) {
      const { rows } = await sql<FoundBearer>`
        SELECT t.client, t.device, t.scopes, t.expires_at, i.id AS institution, i.kind AS institution_kind,
          coalesce(c.is_sandbox, false) AS is_sandbox, d.party, d.jkt
        FROM access_tokens t
        LEFT JOIN clients c ON c.id = t.client AND c.status = 'active'
        LEFT JOIN devices d ON d.id = t.device AND d.status = 'active'
        LEFT JOIN parties p ON p.id = d.party
        JOIN institutions i ON i.id = coalesce(c.institution, d.institution) AND i.status = 'active'
        WHERE t.hash = ${hash} AND t.expires_at > ${now} AND (p.id IS NULL OR p.status = 'active')`.execute(
        trx,
      );
      return rows[0] && bearerFrom(rows[0]);
    },
    async removeToken(hash, of) {
      const { column, id } = bearerColumn(of);
      await trx.deleteFrom('access_tokens').where('hash', '=', hash).where(column, '=', id).execute();
    },
    async removeTokens(of) {
      const { column, id } = bearerColumn(of);
      await trx.deleteFrom('access_tokens').where(column, '=', id).execute();
    },
    async useProof(jkt, jti, expiresAt, now) {
      await prune('dpop_proofs', now);
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('dpop_proofs')
        .values({ jkt, jti, expires_at: expiresAt })
        .onConflict((c) => c.columns(['jkt', 'jti']).doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    },
  };
}

interface FoundBearer {
  readonly client: string | null;
  readonly device: string | null;
  readonly scopes: string[];
  readonly expires_at: Date;
  readonly institution: string;
  readonly institution_kind: Bearer['institutionKind'];
  readonly is_sandbox: boolean;
  readonly party: string | null;
  readonly jkt: string | null;
}

function bearerFrom(row: FoundBearer): Bearer {
  return {
    kind: row.client === null ? 'device' : 'client',
    id: row.client ?? row.device ?? '',
    institution: row.institution,
    institutionKind: row.institution_kind,
    isSandbox: row.is_sandbox,
    party: row.party ?? undefined,
    jkt: row.jkt ?? undefined,
    scopes: row.scopes,
    expiresAt: row.expires_at,
  };
}
