/** Operators, their sessions, and wrong passwords. What must hold: a name is one operator's for ever. */
import type { CodeHash, OperatorRow, OperatorRows } from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

const operatorOf = (row: Selectable<Database['operators']>): OperatorRow => ({
  id: row.id,
  institution: row.institution,
  name: row.name ?? undefined,
  roles: row.roles,
  status: row.status,
  codeExpiresAt: row.code_expires_at ?? undefined,
  password: row.password ?? undefined,
  createdAt: row.created_at,
});
const codeOf = ({ hash, expiresAt }: CodeHash) => ({ code_hash: hash, code_expires_at: expiresAt });

type Sessions = 'addSession' | 'session' | 'touchSession' | 'endSession' | 'attempt' | 'forgetAttempts';

export function operatorRows(trx: Transaction<Database>): OperatorRows {
  const all = () => trx.selectFrom('operators').selectAll();
  const change = (id: string) => trx.updateTable('operators').where('id', '=', id);
  const isFree = async (name: string, id: string): Promise<boolean> => {
    const other = await all().where('name', '=', name).where('id', '<>', id).executeTakeFirst();
    return other === undefined;
  };
  return {
    ...sessionRows(trx),
    async invite({ id, institution, name, roles }, code, at) {
      if (name !== undefined && !(await isFree(name, id))) return false;
      await trx
        .insertInto('operators')
        .values({
          id,
          institution,
          name: name ?? null,
          roles: [...roles],
          status: 'invited',
          ...codeOf(code),
          created_at: at,
        })
        .execute();
      return true;
    },
    async byId(id) {
      const row = await all().where('id', '=', id).executeTakeFirst();
      return row && operatorOf(row);
    },
    async lock(id) {
      const row = await all().where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
      return row && operatorOf(row);
    },
    async byName(name) {
      const row = await all().where('name', '=', name).executeTakeFirst();
      return row && operatorOf(row);
    },
    async lockByCode(hash, now) {
      const invited = all().where('code_hash', '=', hash).where('code_expires_at', '>', now);
      const row = await invited.forNoKeyUpdate().executeTakeFirst();
      return row && operatorOf(row);
    },
    async first() {
      const row = await all().where('name', 'is', null).where('status', '=', 'invited').executeTakeFirst();
      return row && operatorOf(row);
    },
    async list({ limit, after, institution }) {
      let query = all();
      if (institution !== undefined) query = query.where('institution', '=', institution);
      if (after !== undefined) {
        const own = institution === undefined ? sql`true` : sql`institution = ${institution}`;
        const seen = sql<bigint>`(SELECT number FROM operators WHERE id = ${after} AND ${own})`;
        query = query.where('number', '>', seen);
      }
      return (await query.orderBy('number').limit(limit).execute()).map(operatorOf);
    },
    async setCode(id, code) {
      await change(id).set(codeOf(code)).execute();
    },
    async activate(id, { name, password }) {
      if (!(await isFree(name, id))) return false;
      await change(id)
        .set({ name, password, status: 'active', code_hash: null, code_expires_at: null })
        .execute();
      return true;
    },
    async setRoles(id, roles) {
      await change(id)
        .set({ roles: [...roles] })
        .execute();
    },
    async becameAdministrator(id, at) {
      await change(id).where('administrator_since', 'is', null).set({ administrator_since: at }).execute();
    },
    async administrators(institution) {
      const found = await sql<{ active: number; ever: number }>`
        SELECT count(*) FILTER (WHERE administrator_since IS NOT NULL)::int AS ever,
          count(*) FILTER (WHERE status = 'active' AND 'administrator' = ANY (roles))::int AS active
        FROM operators WHERE institution = ${institution}`.execute(trx);
      return found.rows[0] ?? { active: 0, ever: 0 };
    },
    async dismiss(id) {
      await change(id)
        .set({ status: 'dismissed', password: null, code_hash: null, code_expires_at: null })
        .execute();
      await trx.deleteFrom('operator_sessions').where('operator', '=', id).execute();
    },
  };
}

function sessionRows(trx: Transaction<Database>): Pick<OperatorRows, Sessions> {
  return {
    async addSession(hash, operator, at, expiresAt) {
      await trx.deleteFrom('operator_sessions').where('expires_at', '<', at).execute();
      await trx
        .insertInto('operator_sessions')
        .values({ hash, operator, used_at: at, expires_at: expiresAt })
        .execute();
    },
    async session(hash, now) {
      const row = await trx
        .selectFrom('operator_sessions')
        .innerJoin('operators', 'operators.id', 'operator_sessions.operator')
        .innerJoin('institutions', 'institutions.id', 'operators.institution')
        .selectAll('operators')
        .select(['used_at', 'institutions.kind'])
        .where('hash', '=', hash)
        .where('expires_at', '>', now)
        .where('operators.status', '=', 'active')
        .where('institutions.status', '=', 'active')
        .executeTakeFirst();
      return row && { operator: operatorOf(row), kind: row.kind, usedAt: row.used_at };
    },
    async touchSession(hash, at) {
      await trx.updateTable('operator_sessions').set({ used_at: at }).where('hash', '=', hash).execute();
    },
    async endSession(hash) {
      const ended = await trx
        .deleteFrom('operator_sessions')
        .where('hash', '=', hash)
        .returning('operator')
        .executeTakeFirst();
      return ended?.operator;
    },
    async attempt(nameHash, { most, since, at }) {
      const name = Buffer.from(nameHash).toString('hex');
      // Attempts that come at once are counted one after another.
      await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`login ${name}`}, 0))`.execute(trx);
      // Further ahead than a window: of a clock that was wrong. Processes differ by less.
      const ahead = new Date(2 * at.getTime() - since.getTime());
      await trx
        .deleteFrom('login_attempts')
        .where((one) => one.or([one('at', '<=', since), one('at', '>', ahead)]))
        .execute();
      const made = await trx
        .selectFrom('login_attempts')
        .select('at')
        .where('name_hash', '=', nameHash)
        .orderBy('at', 'desc')
        .limit(most)
        .execute();
      if (made.length === most) return made.at(-1)?.at;
      await trx.insertInto('login_attempts').values({ name_hash: nameHash, at }).execute();
      return undefined;
    },
    async forgetAttempts(nameHash) {
      await trx.deleteFrom('login_attempts').where('name_hash', '=', nameHash).execute();
    },
  };
}
