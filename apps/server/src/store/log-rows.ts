/**
 * The audit log. What must hold: the entries of a transaction are chained as the last thing that it does, under a lock
 * that it holds until it has committed: no two entries follow the same one, and no other lock is waited for meanwhile.
 */
import { chainEntry, EMPTY_LOG, type LogHead, type LogRows, type UnchainedEntry } from '@sokkin/issuer';
import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

/** Any number that is ours alone within the database: "log". */
const LOCK = 0x6c6f67;

export interface PendingLog {
  readonly rows: LogRows;
  /** Chains and writes what was added. */
  flush(): Promise<void>;
}

export function logRows(trx: Transaction<Database>): PendingLog {
  const added: UnchainedEntry[] = [];
  const head = async (): Promise<LogHead> => {
    const last = await trx
      .selectFrom('audit_log')
      .select(['no', 'hash'])
      .orderBy('no', 'desc')
      .limit(1)
      .executeTakeFirst();
    return last ?? EMPTY_LOG;
  };
  return {
    rows: {
      add: (entry) => void added.push(entry),
      head,
      async list({ limit, after, action, actor, subject, institution }) {
        let query = trx.selectFrom('audit_log').selectAll().where('no', '>', after);
        if (action !== undefined) query = query.where('action', '=', action);
        if (actor !== undefined) query = query.where('actor', '=', actor);
        if (subject !== undefined) query = query.where('subject', '=', subject);
        if (institution !== undefined) query = query.where('institution', '=', institution);
        const rows = await query.orderBy('no').limit(limit).execute();
        return rows.map(({ prev_hash, ...row }) => ({ ...row, previous: prev_hash }));
      },
    },
    async flush() {
      if (added.length === 0) return;
      await sql`SELECT pg_advisory_xact_lock(${LOCK})`.execute(trx);
      let last = await head();
      const rows = added.map((entry) => {
        const { previous, ...row } = chainEntry(last, entry);
        last = row;
        return { ...row, prev_hash: previous };
      });
      await trx.insertInto('audit_log').values(rows).execute();
    },
  };
}
