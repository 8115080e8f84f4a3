/** Made-up people for tests of four eyes, and the log as somebody who reads it over the API checks it. */
import { fromHex } from '@sokkin/codec';
import { CENTRAL_BANK, checkLog, type LogEntry, type LogFault } from '@sokkin/issuer';
import pg from 'pg';
import { type Principal, SCOPES, type Scope } from '../src/access/principal.ts';
import { type Api, freshKey, type Rig } from './kit.ts';

const EVERYTHING = Object.keys(SCOPES) as Scope[];

export const person = (id: string, more: Partial<Principal> & { can?: readonly Scope[] } = {}): Principal => {
  const { can = EVERYTHING, ...rest } = more;
  return {
    kind: 'operator',
    id,
    institution: CENTRAL_BANK,
    reach: 'sees_all',
    scopes: new Set(can),
    ...rest,
  };
};

/** Every entry, a small page at a time. */
export async function readLog(api: Api): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  let cursor = '';
  for (;;) {
    const { body } = await api.get(`/v1/log?limit=3${cursor}`);
    for (const e of body.data) {
      entries.push({
        ...e,
        no: BigInt(e.no),
        at: new Date(e.at),
        previous: fromHex(e.previous),
        hash: fromHex(e.hash),
      });
    }
    if (!body.has_more) return entries;
    cursor = `&cursor=${body.next_cursor}`;
  }
}

/** Where the chain first breaks. */
export async function firstFault(api: Api): Promise<{ no: bigint; fault: LogFault } | undefined> {
  const check = checkLog();
  for (const entry of await readLog(api)) {
    const fault = check.take(entry);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** As somebody who owns the database: triggers do not stop them. */
export async function asSuperuser(r: Pick<Rig, 'databaseUrl'>, sql: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: r.databaseUrl });
  await client.connect();
  try {
    await client.query("SET session_replication_role = 'replica'");
    return await client.query(sql, values);
  } finally {
    await client.end();
  }
}

export const key = () => ({ 'idempotency-key': freshKey() });
