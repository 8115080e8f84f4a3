/**
 * Who people are: the one place that knows it.
 *
 * What must hold: whoever has the ledger's database, its log and its events has no name; what is written here is read by
 * `open` alone, which re-identification calls (operations/identity.ts); after `erase`, nobody reads it any more. A record may
 * be here of somebody whom the ledger does not know, because its transaction failed after this one: `strays` finds those.
 */
import type { Bytes } from '@sokkin/codec';
import type { KeyPort, LedgerStore } from '@sokkin/issuer';
import type pg from 'pg';
import { parseKeyId } from '../keys/key-ids.ts';
import { IDENTITY_INDEX, indexKeysOf, prefixOf, referenceHash, requestMacs } from './reference-index.ts';
import { prepareIdentitySchema } from './schema.ts';
import {
  IDENTITY,
  type IdentityRecord,
  identityKeyOf,
  makeIdentityKeys,
  type Owner,
  openRecord,
  sealKeyAnew,
  sealRecord,
} from './sealing.ts';

/** Servers hear of new keys within two seconds; the rest is for slow ones. */
const GRACE_MS = 60_000;
const AT_ONCE = 200;
/** It is no hurry. */
const UPKEEP_MS = 30_000;

export interface IdentitiesInput {
  readonly pool: pg.Pool;
  readonly keys: KeyPort;
  readonly store: LedgerStore;
  readonly clock: () => Date;
}

interface Row {
  readonly party: string;
  readonly institution: string;
  readonly data_key: Bytes | null;
  readonly record: Bytes | null;
}

export async function openIdentities(input: IdentitiesInput): Promise<Identities> {
  await prepareIdentitySchema(input.pool);
  await makeIdentityKeys(input.store, input.keys, input.clock());
  return new Identities(input);
}

export class Identities {
  readonly #input: IdentitiesInput;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<unknown> = Promise.resolve();

  constructor(input: IdentitiesInput) {
    this.#input = input;
  }

  /** Keeps house from now on. */
  watch(log: (line: string) => void): void {
    this.#timer = setInterval(() => {
      // What fails now (a database or an HSM that is away) is done the next time.
      this.#working = this.upkeep().then(
        (ids) => {
          for (const id of ids) log(`The key ${id} is retired`);
        },
        () => undefined,
      );
    }, UPKEEP_MS);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
  }

  /** What the reference is found by: as it is written now, as it may have been written, and under the oldest key of all. */
  async referenceHashes(
    institution: string,
    reference: string,
  ): Promise<{ readonly current: string; readonly all: readonly string[]; readonly oldest: string }> {
    const { keys, clock } = this.#input;
    const index = await indexKeysOf(keys, clock());
    const hashUnder = (key: string) => referenceHash(keys, key, institution, reference);
    const [current, oldest] = await Promise.all([hashUnder(index.current), hashUnder(index.oldest)]);
    return { current, oldest, all: await Promise.all(index.all.map(hashUnder)) };
  }

  /** As a request's hash is kept now, and as it may have been kept before. */
  requestMacs(text: Bytes): Promise<readonly Bytes[]> {
    return requestMacs(this.#input.keys, text, this.#input.clock());
  }

  /** Written anew, with a data key of its own. */
  async write(owner: Owner, record: IdentityRecord): Promise<void> {
    await this.#locked(owner, async (client) => this.#put(client, owner, record));
  }

  /** What is there, changed; of somebody who is not there, begun with `first`. */
  async change(
    owner: Owner,
    first: IdentityRecord,
    change: (record: IdentityRecord) => IdentityRecord,
  ): Promise<void> {
    await this.#locked(owner, async (client, row) => {
      const before = row === undefined ? first : await this.#opened(row);
      // Who was erased stays so.
      if (before !== undefined) await this.#put(client, owner, change(before));
    });
  }

  /** undefined: there is none, or it was erased. */
  async open(party: string): Promise<IdentityRecord | undefined> {
    const { rows } = await this.#input.pool.query<Row>(SELECT, [party]);
    const [row] = rows;
    return row && this.#opened(row);
  }

  async #opened({ party, institution, data_key, record }: Row): Promise<IdentityRecord | undefined> {
    if (data_key === null || record === null) return undefined;
    return openRecord(this.#input.keys, { party, institution }, { dataKey: data_key, record });
  }

  /** Destroys the data key and what it sealed. */
  async erase(party: string): Promise<void> {
    await this.#input.pool.query(
      `UPDATE identity.people SET data_key = NULL, sealed_by = NULL, record = NULL, erased_at = $2
       WHERE party = $1 AND erased_at IS NULL`,
      [party, this.#input.clock()],
    );
  }

  /** Parties with a record from between the two. */
  async since(from: Date, to: Date, after: string, limit: number): Promise<string[]> {
    const { rows } = await this.#input.pool.query<{ party: string }>(
      `SELECT party FROM identity.people WHERE created_at >= $1 AND created_at < $2 AND party > $3
       ORDER BY party LIMIT $4`,
      [from, to, after, limit],
    );
    return rows.map((row) => row.party);
  }

  /** After rotations. Gives the ids of keys that were. */
  async upkeep(): Promise<string[]> {
    return [...(await this.#sealAnew()), ...(await this.#hashAnew())];
  }

  /** References are hashed under the newest key, some at a time; then the old ones are retired. */
  async #hashAnew(): Promise<string[]> {
    const { keys, store, clock } = this.#input;
    const { current } = await indexKeysOf(keys, clock());
    const old = (await keys.list()).filter(
      ({ id, state }) => parseKeyId(id)?.name === IDENTITY_INDEX && id !== current && state === 'active',
    );
    if (old.length === 0) return [];
    const listed = (await keys.list()).find(({ id }) => id === current);
    // Somebody who is slow to hear of it may still write under the old one; and a younger one waits for its turn.
    if (clock().getTime() - (listed?.createdAt.getTime() ?? 0) < GRACE_MS) return [];
    if (old.some(({ id }) => (parseKeyId(id)?.generation ?? 0) > (parseKeyId(current)?.generation ?? 0)))
      return [];
    for (let after = 0n; ; ) {
      const rows = await store.read((tx) =>
        tx.privacy.underOtherIndex(`${prefixOf(current)}%`, after, AT_ONCE),
      );
      for (const { party, institution, reference } of rows) {
        const record = await this.open(party);
        // Who was erased is found by nothing any more.
        if (record === undefined) continue;
        const hash = await referenceHash(keys, current, institution, record.reference);
        await store.write((tx) => tx.privacy.rehashed(party, reference, hash));
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < AT_ONCE) break;
      after = last.number;
    }
    for (const { id } of old) await keys.retire(id);
    return old.map(({ id }) => id);
  }

  /**
   * Data keys go under the newest key, some at a time, while everybody goes on reading and writing; then
   * the old key is retired. Gives the ids of keys that were.
   */
  async #sealAnew(): Promise<string[]> {
    const { keys, pool, clock } = this.#input;
    const newest = await identityKeyOf(keys);
    const old = (await keys.list()).filter(
      ({ id, state }) => parseKeyId(id)?.name === IDENTITY && id !== newest && state === 'active',
    );
    for (;;) {
      const { rows } = await pool.query<Row>(`${SELECT_OLD} LIMIT ${AT_ONCE}`, [newest]);
      for (const row of rows) await this.#anew(row);
      if (rows.length < AT_ONCE) break;
    }
    if (old.length === 0) return [];
    const made = (await keys.list()).find(({ id }) => id === newest)?.createdAt.getTime() ?? 0;
    if (clock().getTime() - made < GRACE_MS) return [];
    for (const { id } of old) await keys.retire(id);
    return old.map(({ id }) => id);
  }

  async #anew({ party, institution, data_key }: Row): Promise<void> {
    if (data_key === null) return;
    const anew = await sealKeyAnew(this.#input.keys, { party, institution }, data_key);
    // Unless it was written anew, or erased, meanwhile.
    await this.#input.pool.query(
      'UPDATE identity.people SET data_key = $3, sealed_by = $4 WHERE party = $1 AND data_key = $2',
      [party, data_key, anew.dataKey, anew.sealedBy],
    );
  }

  async #put(client: pg.ClientBase, owner: Owner, record: IdentityRecord): Promise<void> {
    const { dataKey, sealedBy, record: sealed } = await sealRecord(this.#input.keys, owner, record);
    const now = this.#input.clock();
    await client.query(
      `INSERT INTO identity.people (party, institution, data_key, sealed_by, record, created_at, changed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $6)
       ON CONFLICT (party) DO UPDATE SET data_key = $3, sealed_by = $4, record = $5, changed_at = $6
       WHERE people.erased_at IS NULL AND people.institution = $2`,
      [owner.party, owner.institution, dataKey, sealedBy, sealed, now],
    );
  }

  async #locked(
    { party }: Owner,
    work: (client: pg.ClientBase, row: Row | undefined) => Promise<void>,
  ): Promise<void> {
    const client = await this.#input.pool.connect();
    try {
      await client.query('BEGIN');
      // Also of who is not there yet.
      await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`identity ${party}`]);
      const { rows } = await client.query<Row>(`${SELECT} FOR UPDATE`, [party]);
      await work(client, rows[0]);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }
}

const COLUMNS = 'party, institution, data_key, record';
const SELECT = `SELECT ${COLUMNS} FROM identity.people WHERE party = $1`;
const SELECT_OLD = `SELECT ${COLUMNS} FROM identity.people WHERE sealed_by <> $1 ORDER BY sealed_by`;
