/**
 * The token vault over PostgreSQL: the contracts of packages/issuer/src/token-ports.ts and vault/vault-ports.ts.
 *
 * What must hold: what is taken is found out by the unique keys and not by looking first, and fails no transaction; a row changes for
 * whoever saw its latest version.
 */
import type {
  LinkRow,
  OwnedPage,
  PanIndex,
  RequestorRow,
  TokenFilter,
  TokenRow,
  VaultRows,
} from '@sokkin/issuer';
import { CompiledQuery, type Selectable, sql, type Transaction } from 'kysely';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';
import { hexOf } from './sets.ts';
import {
  addTokenUse,
  domainText,
  linkOf,
  linksOfPans,
  type Run,
  resolveTokens,
  tokenOf,
} from './vault-sql.ts';

/** For what is written as plain SQL, in this transaction. */
export const runOn =
  (trx: Transaction<Database>): Run =>
  async <R extends object>(text: string, values: readonly unknown[]) =>
    (await trx.executeQuery(CompiledQuery.raw(text, [...values]))).rows as R[];

const requestorOf = (row: Selectable<Database['token_requestors']>): RequestorRow => ({
  id: row.id,
  institution: row.institution,
  name: row.name,
  status: row.status,
  createdAt: row.created_at,
});

const panColumns = ({ pan, card }: LinkRow) => ({
  pan_sealed: pan?.envelope ?? null,
  pan_sealed_by: pan === undefined ? null : sealedBy(pan.envelope),
  pan_index_key: pan?.index.key ?? null,
  pan_index: pan?.index.value ?? null,
  pan_last4: card?.lastFour ?? null,
  pan_expiry: card?.expiry ?? null,
});

/** Every envelope begins so, whatever made it: version, length of the key's name, name. */
const sealedBy = (envelope: Uint8Array): string =>
  new TextDecoder().decode(envelope.subarray(2, 2 + (envelope[1] ?? 0)));

const lifeColumns = ({ life, domain, use, version }: TokenRow) => ({
  stage: life.stage,
  suspended_by: [...life.suspendedBy],
  domain: domainText(domain),
  used_total: use.total,
  used_count: use.count,
  version,
});

export function vaultRows(trx: Transaction<Database>): VaultRows {
  const run = runOn(trx);
  return {
    ...linkRows(trx, run),
    ...tokenRows(trx, run),
    ...requestorRows(trx),
  };
}

type Part<K extends keyof VaultRows> = Pick<VaultRows, K>;

function linkRows(
  trx: Transaction<Database>,
  run: Run,
): Part<
  | 'addLink'
  | 'link'
  | 'linkOfPan'
  | 'linksOfPans'
  | 'saveLink'
  | 'staleLinks'
  | 'lockPan'
  | 'links'
  | 'linksOfParty'
> {
  const links = () => trx.selectFrom('links').selectAll();
  return {
    async addLink(row) {
      const { id, account, reference, status, version, createdAt: created_at } = row;
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('links')
        .values({ id, account, reference, status, version, created_at, ...panColumns(row) })
        .onConflict((c) => c.doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n ? 'added' : 'taken';
    },
    async link(id) {
      const row = await links().where('id', '=', id).executeTakeFirst();
      return row && linkOf(row);
    },
    async linkOfPan(indexes) {
      return (await linksOfPans(run, indexes))[0];
    },
    linksOfPans: (indexes) => linksOfPans(run, indexes),
    async saveLink(row) {
      const { numUpdatedRows } = await trx
        .updateTable('links')
        .set({ status: row.status, version: row.version, ...panColumns(row) })
        .where('id', '=', row.id)
        .where('version', '=', row.version - 1)
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    },
    async staleLinks({ sealing, indexing }, most) {
      // Ranges of the index on both sides of the newest keys: links under those are not looked at.
      const { rows } = await sql<Selectable<Database['links']>>`
        SELECT * FROM links WHERE pan_sealed IS NOT NULL AND pan_sealed_by < ${sealing}
        UNION ALL SELECT * FROM links WHERE pan_sealed IS NOT NULL AND pan_sealed_by > ${sealing}
        UNION ALL SELECT * FROM links WHERE pan_sealed IS NOT NULL AND pan_sealed_by = ${sealing} AND pan_index_key < ${indexing}
        UNION ALL SELECT * FROM links WHERE pan_sealed IS NOT NULL AND pan_sealed_by = ${sealing} AND pan_index_key > ${indexing}
        LIMIT ${most}`.execute(trx);
      return rows.map(linkOf);
    },
    async lockPan(indexes) {
      for (const name of indexes.map(lockName).sort())
        await sql`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(trx);
    },
    async linksOfParty(party) {
      const { rows } = await sql<Selectable<Database['links']>>`
        SELECT * FROM links WHERE status <> 'removed' AND account IN (SELECT id FROM accounts WHERE party = ${party})
        ORDER BY number`.execute(trx);
      return rows.map(linkOf);
    },
    async links(page, { account } = {}) {
      const rows = await links()
        .where(onPage('links', page))
        .$if(account !== undefined, (q) => q.where('account', '=', account ?? ''))
        .orderBy('number')
        .limit(page.limit)
        .execute();
      return rows.map(linkOf);
    },
  };
}

const lockName = ({ key, value }: PanIndex): string => `pan ${key} ${hexOf(value)}`;

function tokenRows(
  trx: Transaction<Database>,
  run: Run,
): Part<'resolve' | 'addUse' | 'addToken' | 'token' | 'saveToken' | 'tokensOfLink' | 'tokenById' | 'tokens'> {
  const tokens = () => trx.selectFrom('tokens').selectAll();
  return {
    resolve: (numbers, forUse) => resolveTokens(run, numbers, forUse),
    addUse: (changes) => addTokenUse(run, changes),
    async addToken(row) {
      const { number, id, link, requestor, assurance, createdAt: created_at } = row;
      const account =
        (await trx.selectFrom('links').select('account').where('id', '=', link).executeTakeFirst())
          ?.account ?? '';
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('tokens')
        .values({ number, id, link, account, requestor, assurance, created_at, ...lifeColumns(row) })
        .onConflict((c) => c.doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n ? 'added' : 'taken';
    },
    async token(number) {
      const row = await tokens().where('number', '=', number).executeTakeFirst();
      return row && tokenOf(row);
    },
    async saveToken(row) {
      const { numUpdatedRows } = await trx
        .updateTable('tokens')
        .set(lifeColumns(row))
        .where('number', '=', row.number)
        .where('version', '=', row.version - 1)
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    },
    async tokensOfLink(link) {
      return (await tokens().where('link', '=', link).orderBy('place').execute()).map(tokenOf);
    },
    async tokenById(id) {
      const row = await tokens().where('id', '=', id).executeTakeFirst();
      return row && tokenOf(row);
    },
    tokens: (page, filter) => tokenPage(trx, page, filter),
  };
}

/**
 * Tokens of the owner's accounts, and those that its requestors had made: each of the two by an index of its own, and a page of both.
 */
async function tokenPage(
  trx: Transaction<Database>,
  { of, after, limit }: OwnedPage,
  filter: TokenFilter = {},
): Promise<TokenRow[]> {
  const whole = { limit, after: undefined, of };
  const mine = sql<boolean>`account IN (SELECT id FROM accounts WHERE ${onPage('accounts', whole)})`;
  const made = sql<boolean>`requestor IN (SELECT substr(id, 5) FROM token_requestors WHERE ${onPage('token_requestors', whole)})`;
  const sides = of === undefined ? [sql<boolean>`true`] : [mine, made];
  // Of a token that is another's it starts nowhere.
  const start = sql`(SELECT place FROM tokens WHERE id = ${after ?? null} AND (${sql.join(sides, sql` OR `)}))`;
  const conditions = [
    ...(after === undefined ? [] : [sql<boolean>`place > ${start}`]),
    ...Object.entries({ link: filter.link, account: filter.account, requestor: filter.requestor }).flatMap(
      ([column, value]) => (value === undefined ? [] : [sql<boolean>`${sql.ref(column)} = ${value}`]),
    ),
  ];
  const pages = sides.map(
    (side) => sql`(SELECT place FROM tokens WHERE ${sql.join([side, ...conditions], sql` AND `)}
      ORDER BY place LIMIT ${limit})`,
  );
  const rows = await trx
    .selectFrom('tokens')
    .selectAll()
    .where(sql<boolean>`place IN (${sql.join(pages, sql` UNION `)})`)
    .orderBy('place')
    .limit(limit)
    .execute();
  return rows.map(tokenOf);
}

function requestorRows(
  trx: Transaction<Database>,
): Part<'addRequestor' | 'requestor' | 'requestors' | 'closeRequestor'> {
  return {
    async addRequestor({ id, institution, name, createdAt: created_at }) {
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('token_requestors')
        .values({ id, institution, name, created_at })
        .onConflict((c) => c.doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n ? 'added' : 'taken';
    },
    async requestor(id) {
      const row = await trx
        .selectFrom('token_requestors')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst();
      return row && requestorOf(row);
    },
    async closeRequestor(id) {
      await trx.updateTable('token_requestors').set({ status: 'closed' }).where('id', '=', id).execute();
    },
    async requestors(page) {
      const rows = await trx
        .selectFrom('token_requestors')
        .selectAll()
        .where(onPage('token_requestors', page))
        .orderBy('number')
        .limit(page.limit)
        .execute();
      return rows.map(requestorOf);
    },
  };
}
