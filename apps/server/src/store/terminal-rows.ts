/** Terminals that speak over HTTPS. */
import type { TerminalCode, TerminalRow, TerminalRows } from '@sokkin/issuer';
import type { Selectable, Transaction } from 'kysely';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';
import type { TerminalTables } from './terminal-schema.ts';

type Row = Selectable<TerminalTables['terminals']>;

const terminalOf = (row: Row): TerminalRow => ({
  id: row.id,
  acquirer: row.acquirer,
  merchant: row.merchant,
  link: row.link,
  terminal: row.terminal,
  device: row.device ?? undefined,
  code: codeOf(row),
  status: row.status,
  createdAt: row.created_at,
});

const codeOf = ({ code_hash: hash, code_expires_at: expiresAt }: Row): TerminalCode | undefined =>
  hash === null || expiresAt === null ? undefined : { hash, expiresAt };

const columnsOf = (code: TerminalCode | undefined) => ({
  code_hash: code?.hash ?? null,
  code_expires_at: code?.expiresAt ?? null,
});

export function terminalRows(trx: Transaction<Database>): TerminalRows {
  const all = () => trx.selectFrom('terminals').selectAll();
  return {
    async add({ id, acquirer, merchant, link, terminal }, code, at) {
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('terminals')
        .values({ id, acquirer, merchant, link, terminal, ...columnsOf(code), created_at: at })
        .onConflict((c) => c.columns(['acquirer', 'terminal']).doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    },
    async byId(id) {
      const row = await all().where('id', '=', id).executeTakeFirst();
      return row && terminalOf(row);
    },
    async ofDevice(device) {
      const row = await all().where('device', '=', device).executeTakeFirst();
      return row && terminalOf(row);
    },
    async ofCode(hash) {
      const row = await all().where('code_hash', '=', hash).forUpdate().executeTakeFirst();
      return row && terminalOf(row);
    },
    async list(page) {
      const rows = await all().where(onPage('terminals', page)).orderBy('number').limit(page.limit).execute();
      return rows.map(terminalOf);
    },
    async setDevice(id, device) {
      await trx
        .updateTable('terminals')
        .set({ device: device ?? null })
        .where('id', '=', id)
        .execute();
    },
    async setCode(id, code) {
      await trx.updateTable('terminals').set(columnsOf(code)).where('id', '=', id).execute();
    },
    async close(id) {
      await trx
        .updateTable('terminals')
        .set({ status: 'closed', ...columnsOf(undefined) })
        .where('id', '=', id)
        .execute();
    },
  };
}
