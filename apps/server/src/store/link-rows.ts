/** Links of acquirers. */
import { utf8 } from '@sokkin/codec';
import { sha256 } from '@sokkin/crypto';
import type {
  AcquirerLink,
  AcquirerLinkDoor,
  AcquirerLinkKey,
  AcquirerLinkRows,
  AcquirerLinkSettings,
  NewAcquirerLink,
} from '@sokkin/issuer';
import { type Selectable, sql, type Transaction } from 'kysely';
import type { LinkTables, StoredLinkSettings } from './link-schema.ts';
import { onPage } from './pages.ts';
import type { Database } from './schema.ts';

type Row = Selectable<LinkTables['acquirer_links']>;

const linkOf = (row: Row): AcquirerLink => ({
  id: row.id,
  institution: row.institution,
  name: row.name,
  profile: row.profile,
  mac: keyOf(row),
  door: doorOf(row),
  settings: settingsOf(row.settings),
  status: row.status,
  createdAt: row.created_at,
  closedAt: row.closed_at ?? undefined,
});

const keyOf = ({
  mac_algorithm: algorithm,
  mac_key: sealed,
  mac_generation: generation,
}: Row): AcquirerLinkKey | undefined =>
  algorithm === null || sealed === null ? undefined : { algorithm, sealed, generation };

function doorOf({ port, certificate, over_https: isOverHttps }: Row): AcquirerLinkDoor {
  if (isOverHttps) return { by: 'https' };
  if (port !== null) return { by: 'port', port };
  return certificate === null ? { by: 'main' } : { by: 'certificate', sha256: certificate };
}

function settingsOf({ standIn, ...others }: StoredLinkSettings): AcquirerLinkSettings {
  if (standIn === undefined) return { ...others, standIn: undefined };
  const { each, perCard, inAll } = standIn;
  return {
    ...others,
    standIn: {
      each: BigInt(each),
      perCard: { ...perCard, amount: BigInt(perCard.amount) },
      inAll: { ...inAll, amount: BigInt(inAll.amount) },
    },
  };
}

function storedSettings({ standIn, ...others }: AcquirerLinkSettings): StoredLinkSettings {
  if (standIn === undefined) return others;
  const { each, perCard, inAll } = standIn;
  return {
    ...others,
    standIn: {
      each: each.toString(),
      perCard: { ...perCard, amount: perCard.amount.toString() },
      inAll: { ...inAll, amount: inAll.amount.toString() },
    },
  };
}

export function linkRows(trx: Transaction<Database>): AcquirerLinkRows {
  return {
    async add(link, at) {
      // A violated key would end the transaction, so what is taken is looked for under a lock.
      await sql`LOCK TABLE acquirer_links IN SHARE ROW EXCLUSIVE MODE`.execute(trx);
      const taken = await takenBy(trx, link);
      if (taken !== undefined) return taken;
      await trx.insertInto('acquirer_links').values(valuesOf(link, at)).execute();
      return undefined;
    },
    async byId(id) {
      const row = await trx.selectFrom('acquirer_links').selectAll().where('id', '=', id).executeTakeFirst();
      return row && linkOf(row);
    },
    async list(page) {
      const rows = await trx
        .selectFrom('acquirer_links')
        .selectAll()
        .where(onPage('acquirer_links', page))
        .orderBy('number')
        .limit(page.limit)
        .execute();
      return rows.map(linkOf);
    },
    async count(institution) {
      const { count } = await trx
        .selectFrom('acquirer_links')
        .select(sql<number>`count(*)::int`.as('count'))
        .where('institution', '=', institution)
        .where('status', '=', 'active')
        .executeTakeFirstOrThrow();
      return count;
    },
    async open() {
      const rows = await trx
        .selectFrom('acquirer_links')
        .innerJoin('institutions', 'institutions.id', 'acquirer_links.institution')
        .selectAll('acquirer_links')
        .where('acquirer_links.status', '=', 'active')
        .where('institutions.status', '=', 'active')
        .orderBy('acquirer_links.number')
        .execute();
      return rows.map(linkOf);
    },
    async close(id, at) {
      const closed = await trx
        .updateTable('acquirer_links')
        .set({ status: 'closed', closed_at: at })
        .where('id', '=', id)
        .where('status', '=', 'active')
        .executeTakeFirst();
      return closed.numUpdatedRows > 0n;
    },
    async changeKey(id, generation, sealed) {
      const changed = await trx
        .updateTable('acquirer_links')
        .set({ mac_key: sealed, mac_generation: generation + 1 })
        .where('id', '=', id)
        .where('status', '=', 'active')
        .where('mac_generation', '=', generation)
        .executeTakeFirst();
      return changed.numUpdatedRows > 0n;
    },
    async sealedOtherwise(head, limit) {
      const rows = await trx
        .selectFrom('acquirer_links')
        .selectAll()
        .where('status', '=', 'active')
        .where(sql<boolean>`substring(mac_key FROM 1 FOR ${head.length}::int) <> ${Buffer.from(head)}`)
        .orderBy('number')
        .limit(limit)
        .execute();
      return rows.map(linkOf);
    },
    async sealAnew(id, before, anew) {
      await trx
        .updateTable('acquirer_links')
        .set({ mac_key: anew })
        .where('id', '=', id)
        .where('mac_key', '=', before)
        .execute();
    },
  };
}

async function takenBy(
  trx: Transaction<Database>,
  link: NewAcquirerLink,
): Promise<'name' | 'door' | undefined> {
  const { port, certificate } = columnsOf(link);
  const rows = await trx
    .selectFrom('acquirer_links')
    .select(({ and, eb }) =>
      and([eb('institution', '=', link.institution), eb('name', '=', link.name)]).as('has_name'),
    )
    .where('status', '=', 'active')
    .where(({ and, eb, or }) =>
      or([
        and([eb('institution', '=', link.institution), eb('name', '=', link.name)]),
        and([
          eb('port', 'is not distinct from', port),
          eb('certificate', 'is not distinct from', certificate),
        ]),
      ]),
    )
    .execute();
  if (rows.length === 0) return undefined;
  return rows.some((row) => row.has_name) ? 'name' : 'door';
}

function columnsOf({
  id,
  door,
}: Pick<NewAcquirerLink, 'id' | 'door'>): Pick<Row, 'port' | 'certificate' | 'over_https'> {
  switch (door.by) {
    case 'port':
      return { port: door.port, certificate: null, over_https: false };
    case 'certificate':
      return { port: null, certificate: door.sha256, over_https: false };
    case 'main':
      return { port: null, certificate: null, over_https: false };
    // In the place of a certificate, one that nobody has (0025_terminals.sql).
    case 'https':
      return { port: null, certificate: sha256(utf8(id)), over_https: true };
  }
}

const valuesOf = ({ id, institution, name, profile, mac, door, settings }: NewAcquirerLink, at: Date) => ({
  ...{ id, institution, name },
  profile: JSON.stringify(profile),
  mac_algorithm: mac?.algorithm ?? null,
  mac_key: mac?.sealed ?? null,
  ...columnsOf({ id, door }),
  settings: JSON.stringify(storedSettings(settings)),
  created_at: at,
});
