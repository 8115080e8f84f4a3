/**
 * Cursors and owners of lists: a list continues after the row that the cursor names, and shows what its owner has.
 * What must hold: a list in a condition names nothing outside itself, so that it can be made on another machine than the rows; a name that is unknown, and one of another owner's row, both give an empty page.
 */
import type { OwnedPage, Owner } from '@sokkin/issuer';
import { type RawBuilder, sql } from 'kysely';

/** What a cursor names, by table. */
const KEY = {
  accounts: 'id',
  purses: 'id',
  alerts: 'id',
  claims: 'id',
  cards: 'serial',
  card_orders: 'id',
  institutions: 'id',
  parties: 'id',
  clients: 'id',
  devices: 'id',
  events: 'id',
  webhooks: 'id',
  links: 'id',
  token_requestors: 'id',
  emv_ranges: 'id',
  acquirer_links: 'id',
  merchants: 'id',
  terminals: 'id',
} as const;
type Table = keyof typeof KEY;

/** The rows of a table with an identity column `number` that a page may show. */
export function onPage(
  table: Table,
  { after, of }: OwnedPage,
  order: 'oldest_first' | 'newest_first' = 'oldest_first',
): RawBuilder<boolean> {
  const owned = ownedBy(table, of);
  if (after === undefined) return owned;
  const t = sql.table(table);
  return sql<boolean>`${owned} AND ${t}.number ${sql.raw(order === 'oldest_first' ? '>' : '<')} (
    SELECT number FROM ${t} WHERE ${sql.ref(`${table}.${KEY[table]}`)} = ${after} AND ${owned})`;
}

function ownedBy(table: Table, of: Owner | undefined): RawBuilder<boolean> {
  if (of === undefined) return sql<boolean>`true`;
  const { institution, party, device } = of;
  const whole = party === undefined;
  switch (table) {
    case 'institutions':
      return sql<boolean>`institutions.id = ${institution}`;
    case 'acquirer_links':
    case 'card_orders':
    case 'clients':
    case 'token_requestors':
    case 'emv_ranges':
    case 'events':
    case 'webhooks':
      return whole ? sql<boolean>`${sql.table(table)}.institution = ${institution}` : sql<boolean>`false`;
    case 'merchants':
    case 'terminals':
      return whole ? sql<boolean>`${sql.table(table)}.acquirer = ${institution}` : sql<boolean>`false`;
    case 'parties':
      return whole
        ? sql<boolean>`parties.institution = ${institution}`
        : sql<boolean>`(parties.institution, parties.id) = (${institution}, ${party})`;
    case 'accounts':
    case 'devices': {
      const t = sql.table(table);
      return whole
        ? sql<boolean>`${t}.institution = ${institution}`
        : sql<boolean>`(${t}.institution, ${t}.party) = (${institution}, ${party})`;
    }
    case 'purses': {
      const here =
        device === undefined
          ? sql<boolean>`true`
          : sql<boolean>`(purses.device IS NULL OR purses.device = ${device})`;
      return sql<boolean>`${here} AND purses.account IN (SELECT id FROM accounts WHERE ${ownedBy('accounts', of)})`;
    }
    case 'links':
      return sql<boolean>`links.account IN (SELECT id FROM accounts WHERE ${ownedBy('accounts', of)})`;
    case 'claims':
      return sql<boolean>`EXISTS (
        SELECT 1 FROM accounts WHERE accounts.id = claims.account AND ${ownedBy('accounts', of)})`;
    case 'alerts':
      return sql<boolean>`alerts.purse IN (SELECT id FROM purses WHERE ${ownedBy('purses', of)})`;
    case 'cards':
      return whole
        ? sql<boolean>`cards.institution = ${institution}`
        : sql<boolean>`cards.purse IN (SELECT id FROM purses WHERE ${ownedBy('purses', of)})`;
  }
}
