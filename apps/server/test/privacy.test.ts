/** Privacy: purses are pseudonyms; who people are is in one place, under one key, and nobody but two together reads it. */
import { FIRST_ISSUER } from '@sokkin/issuer';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createServer } from '../src/index.ts';
import { testDatabase } from '../src/postgres/test-database.ts';
import { asSuperuser, key, readLog } from './eyes.ts';
import { type Answer, type Api, fundPurse, newPurse, type Rig, redeem, rig, sync } from './kit.ts';

const codeOf = (a: Answer): [number, string] => [a.status, a.body.code];
const PERSON = {
  name: 'Hanako Yamada-Zwetschgenbaum',
  birth_date: '1984-02-29',
  address: 'Kirschweg 17, Chiyoda',
  email: 'hanako@example.invalid',
  phone: '+81-90-0000-4711',
};
const SECRETS = [...Object.values(PERSON), 'customer-4711', 'Holiday money'];

/** Every value of every table that is there, but those of the schemas of the server itself. */
async function dump(url: string, schemas: readonly string[]): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
       WHERE table_schema = ANY ($1) AND table_type = 'BASE TABLE'`,
      [schemas],
    );
    expect(rows.length).toBeGreaterThan(0);
    const texts: string[] = [];
    for (const { name } of rows) {
      const found = await client.query<{ t: string }>(`SELECT t::text AS t FROM ${name} t`);
      for (const { t } of found.rows) texts.push(t, bytesIn(t));
    }
    return texts.join('\n');
  } finally {
    await client.end();
  }
}

/** Octets of a row as text, too: a name may lie in a bytea. */
const bytesIn = (row: string): string =>
  [...row.matchAll(/\\\\?x((?:[0-9a-f]{2})+)/g)]
    .map(([, hex = '']) => Buffer.from(hex, 'hex').toString('latin1'))
    .join('\n');

const named = async (r: Rig, more: object = {}) => {
  const party = await r.api.make('/v1/parties', {
    institution: FIRST_ISSUER,
    reference: 'customer-4711',
    person: PERSON,
    ...more,
  });
  const wish = { name: 'Holiday money', party: party.id, institution: FIRST_ISSUER };
  const account = await r.api.make('/v1/accounts', wish);
  return { party, account };
};

/** As two do it, from the proposal to the reading. */
async function whoIs(r: Rig, purse: string, api: Api = r.api) {
  const { id } = await api.make('/v1/reidentifications', { purse, reason: 'Order 17 of the court' });
  await r.second.make(`/v1/proposals/${id}/approve`);
  return (await api.post(`/v1/reidentifications/${id}/read`)).body;
}

const close = (r: Rig, party: string) => r.api.make(`/v1/parties/${party}/close`);
const propose = (r: Rig, party: string) => r.api.post(`/v1/parties/${party}/erasure`, {}, key());

describe('the ledger', () => {
  let r: Rig;
  beforeAll(async () => {
    r = await rig();
  });
  afterAll(() => r.close());

  test('knows pseudonyms: no name, reference or other word of a person is in a dump of it, nor in its log and events', async () => {
    const { party, account } = await named(r);
    expect(account).toMatchObject({ name: party.id, party: party.id });
    expect(JSON.stringify(party)).not.toContain('4711');
    const purse = await newPurse(r.api, { account: account.id });
    await fundPurse(r.api, purse, 1_000n);
    await sync(r.api, purse);
    expect(await whoIs(r, purse.id)).toMatchObject({
      party: party.id,
      reference: 'customer-4711',
      person: PERSON,
      account_name: 'Holiday money',
      erased: false,
    });
    const ledger = await dump(r.databaseUrl, ['public']);
    expect(ledger).toContain(party.id);
    for (const secret of SECRETS) expect(ledger).not.toContain(secret);
    // Beside it, encrypted.
    const store = await dump(r.databaseUrl, ['identity']);
    expect(store).toContain(party.id);
    for (const secret of SECRETS) expect(store).not.toContain(secret);
    const log = JSON.stringify(await readLog(r.api), (_, v) => (typeof v === 'bigint' ? v.toString() : v));
    const events = JSON.stringify((await r.api.get('/v1/events?limit=100')).body);
    const lists = await Promise.all(
      ['/v1/parties', '/v1/accounts', '/v1/proposals', `/v1/purses/${purse.id}`].map((path) =>
        r.api.get(path),
      ),
    );
    for (const secret of SECRETS)
      expect([log, events, JSON.stringify(lists)].join('\n')).not.toContain(secret);
  });

  test('answers a repeated request from what it kept, which has no name, nor a hash that names can be tried on', async () => {
    const wish = { institution: FIRST_ISSUER, reference: 'customer-9', person: PERSON };
    const again = key();
    const first = await r.api.post('/v1/parties', wish, again);
    expect((await r.api.post('/v1/parties', wish, again)).body).toEqual(first.body);
    const other = await r.api.post('/v1/parties', { ...wish, person: { name: 'Other' } }, again);
    expect(codeOf(other)).toEqual([422, 'idempotency_key_reused']);
  });

  test('finds a reference by its keyed hash, for its own institution alone', async () => {
    const lookup = (api: Api, more: object = {}) =>
      api.post('/v1/party-lookups', { reference: 'customer-9', ...more });
    const mine = await lookup(r.api, { institution: FIRST_ISSUER });
    expect(mine).toMatchObject({ status: 200, body: { kind: 'customer', institution: FIRST_ISSUER } });
    const made = await r.api.make('/v1/institutions', { kind: 'issuer', name: 'Other' });
    const other = r.as(made.client);
    expect(codeOf(await lookup(other))).toEqual([404, 'not_found']);
    expect(codeOf(await lookup(other, { institution: FIRST_ISSUER }))).toEqual([422, 'institution_unknown']);
    const same = await other.make('/v1/parties', { reference: 'customer-9' });
    expect((await lookup(other)).body).toEqual(same);
    const taken = await r.api.post(
      '/v1/parties',
      { institution: FIRST_ISSUER, reference: 'customer-9' },
      key(),
    );
    expect(codeOf(taken)).toEqual([409, 'reference_taken']);
    const { rows } = await asSuperuser(r, 'SELECT reference FROM parties');
    for (const { reference } of rows) expect(reference).toMatch(/^ref_[0-9a-f]{64}$/);
  });

  test('what is written of somebody later replaces what was there, and only re-identification shows it', async () => {
    const { party, account } = await named(r, { reference: 'customer-5' });
    const purse = await newPurse(r.api, { account: account.id });
    const written = await r.api.make(`/v1/parties/${party.id}/person`, { name: 'Jiro' });
    expect(written).toEqual(party);
    expect(await whoIs(r, purse.id)).toMatchObject({ person: { name: 'Jiro' }, reference: 'customer-5' });
    const log = (await readLog(r.api)).filter((e) => e.action === 'identity.written');
    expect(log.map((e) => [e.subject, e.details])).toEqual([[party.id, '{}']]);
  });
});

describe('the key', () => {
  test('is rotated while everybody goes on; data keys go under the new one, and the old one may be destroyed', async () => {
    const r = await rig();
    onTestFinished(() => r.close());
    const { account, party } = await named(r);
    const purse = await newPurse(r.api, { account: account.id });
    const sealedBy = async () =>
      (await asSuperuser(r, 'SELECT DISTINCT sealed_by FROM identity.people')).rows.map((x) => x.sealed_by);
    expect(await sealedBy()).toEqual(['identity.1']);
    expect((await r.api.make('/v1/keys/rotations', { key: 'identity' })).keys).toEqual(['identity.2']);
    // Old records open, and new ones are under the new key, before anything was moved.
    expect(await whoIs(r, purse.id)).toMatchObject({ person: PERSON });
    await r.api.make(`/v1/parties/${party.id}/person`, { name: 'Jiro' });
    await named(r, { reference: 'customer-6' });
    await r.server.upkeep();
    expect(await sealedBy()).toEqual(['identity.2']);
    const early = await r.api.post('/v1/keys/destructions', { id: 'identity.1' }, key());
    expect(codeOf(early)).toEqual([409, 'key_in_use']);
    r.advance(120_000);
    await r.server.upkeep();
    await r.api.make('/v1/keys/destructions', { id: 'identity.1' });
    expect(await whoIs(r, purse.id)).toMatchObject({ person: { name: 'Jiro' } });
  });

  test('of references is rotated, too: found and added once all the while, requests repeated; then the old one is retired', async () => {
    const r = await rig();
    onTestFinished(() => r.close());
    const { party } = await named(r);
    const wish = { institution: FIRST_ISSUER, reference: 'customer-7' };
    const repeated = key();
    const { body: second } = await r.api.post('/v1/parties', wish, repeated);
    const prefixes = async () =>
      (
        await asSuperuser(r, `SELECT DISTINCT split_part(reference, '_', 1) AS p FROM parties ORDER BY 1`)
      ).rows.map((row) => row.p);
    const found = async (reference: string) =>
      (await r.api.post('/v1/party-lookups', { institution: FIRST_ISSUER, reference })).body.id;
    const taken = async (reference: string) =>
      codeOf(await r.api.post('/v1/parties', { institution: FIRST_ISSUER, reference }, key()));
    const holds = async () => {
      expect(await found('customer-4711')).toBe(party.id);
      expect(await found('customer-7')).toBe(second.id);
      expect(await taken('customer-4711')).toEqual([409, 'reference_taken']);
      expect((await r.api.post('/v1/parties', wish, repeated)).body).toEqual(second);
    };
    expect((await r.api.make('/v1/keys/rotations', { key: 'identity_index' })).keys).toEqual([
      'identity_index.2',
    ]);
    await holds();
    // Nobody writes under it before everybody has heard of it.
    await named(r, { reference: 'customer-8' });
    expect(await prefixes()).toEqual(['ref']);
    r.advance(11_000);
    const late = await named(r, { reference: 'customer-10' });
    expect(await prefixes()).toEqual(['ref', 'ref2']);
    await holds();
    const early = await r.api.post('/v1/keys/destructions', { id: 'identity_index.1' }, key());
    expect(codeOf(early)).toEqual([409, 'key_in_use']);
    r.advance(60_000);
    await r.server.upkeep();
    expect(await prefixes()).toEqual(['ref2']);
    await holds();
    expect(await found('customer-10')).toBe(late.party.id);
    await r.api.make('/v1/keys/destructions', { id: 'identity_index.1' });
    expect(await found('customer-4711')).toBe(party.id);
    expect(await taken('customer-8')).toEqual([409, 'reference_taken']);
  });
});

describe('the store', () => {
  test('may be another database: then the ledger’s has not even the ciphertext, and the other no balance', async () => {
    const other = await testDatabase();
    onTestFinished(() => other.drop());
    const r = await rig({ identityDatabaseUrl: other.url });
    onTestFinished(() => r.close());
    const { party, account } = await named(r);
    const purse = await newPurse(r.api, { account: account.id });
    expect(await whoIs(r, purse.id)).toMatchObject({ person: PERSON });
    const { rows } = await asSuperuser(r, `SELECT to_regnamespace('identity') AS there`);
    expect(rows).toEqual([{ there: null }]);
    const store = await dump(other.url, ['public', 'identity']);
    expect(store).toContain(party.id);
    for (const pseudonym of [account.id, purse.id.slice(4), ...SECRETS])
      expect(store).not.toContain(pseudonym);
    // After a restart as before.
    const again = await r.restart();
    expect(await whoIs(again, purse.id)).toMatchObject({ person: PERSON });
  });

  test('that is away stops the start with its name; a record that was exchanged does not open', async () => {
    const r = await rig();
    onTestFinished(() => r.close());
    const { databaseUrl, dataFolder } = r;
    const url = new URL(databaseUrl);
    url.pathname = '/no_such_database';
    const away = createServer({ databaseUrl, dataFolder, identityDatabaseUrl: url.href });
    await expect(away).rejects.toThrow('SOKKIN_IDENTITY_DATABASE_URL');
    const [one, two] = [
      await named(r),
      await named(r, { reference: 'customer-2', person: { name: 'Jiro' } }),
    ];
    await asSuperuser(
      r,
      `UPDATE identity.people a SET data_key = b.data_key, record = b.record FROM identity.people b
       WHERE a.party = $1 AND b.party = $2`,
      [one.party.id, two.party.id],
    );
    const purse = await newPurse(r.api, { account: one.account.id });
    const answer = await whoIs(r, purse.id);
    expect(JSON.stringify(answer)).not.toContain('Jiro');
    expect(answer.status).toBeGreaterThanOrEqual(500);
  });
});

describe('what the program before wrote into the ledger', () => {
  test('is read as it was, and moved out of it by the next run of retention', async () => {
    const r = await rig({ retentionSeconds: 0 });
    onTestFinished(() => r.close());
    await asSuperuser(
      r,
      `INSERT INTO parties (id, kind, institution, reference, created_at)
       VALUES ('cus_old', 'customer', '${FIRST_ISSUER}', 'customer-4711', now())`,
    );
    await asSuperuser(
      r,
      `INSERT INTO accounts (id, kind, name, institution, party, created_at)
       VALUES ('acc_old', 'online', 'Holiday money', '${FIRST_ISSUER}', 'cus_old', now())`,
    );
    const purse = await newPurse(r.api, { account: 'acc_old' });
    expect(await whoIs(r, purse.id)).toMatchObject({ reference: 'customer-4711', person: null });
    const find = () =>
      r.api.post('/v1/party-lookups', { institution: FIRST_ISSUER, reference: 'customer-4711' });
    expect((await find()).body.id).toBe('cus_old');
    await r.server.tidy();
    const ledger = await dump(r.databaseUrl, ['public']);
    for (const secret of ['customer-4711', 'Holiday money']) expect(ledger).not.toContain(secret);
    expect((await find()).body.id).toBe('cus_old');
    expect(await whoIs(r, purse.id)).toMatchObject({
      reference: 'customer-4711',
      account_name: 'Holiday money',
    });
    expect((await r.api.get('/v1/accounts/acc_old')).body.name).toBe('cus_old');
  });
});

describe('a customer', () => {
  let r: Rig;
  beforeAll(async () => {
    r = await rig({ retentionSeconds: 0 });
  });
  afterAll(() => r.close());

  test('is forgotten by two, for good: what was sealed is gone, and the books have every row', async () => {
    const { party, account } = await named(r, { reference: 'gone-1' });
    const purse = await newPurse(r.api, { account: account.id });
    expect(codeOf(await propose(r, party.id))).toEqual([409, 'erasure_refused']);
    await close(r, party.id);
    const { id } = (await propose(r, party.id)).body;
    const own = await r.api.post(`/v1/proposals/${id}/approve`, {}, key());
    expect(codeOf(own)).toEqual([403, 'second_person_needed']);
    const kept = (await asSuperuser(r, 'SELECT data_key FROM identity.people WHERE party = $1', [party.id]))
      .rows[0];
    await r.second.make(`/v1/proposals/${id}/approve`);
    expect(await whoIs(r, purse.id)).toMatchObject({
      party: party.id,
      reference: null,
      person: null,
      erased: true,
    });
    const { rows } = await asSuperuser(r, 'SELECT data_key, record FROM identity.people WHERE party = $1', [
      party.id,
    ]);
    expect(rows).toEqual([{ data_key: null, record: null }]);
    expect(kept.data_key.length).toBeGreaterThan(60);
    expect((await r.api.get(`/v1/accounts/${account.id}`)).body.party).toBe(party.id);
    expect((await r.api.get('/v1/audit')).body.holds).toBe(true);
    const late = await r.api.post(`/v1/parties/${party.id}/person`, { name: 'Again' }, key());
    expect(codeOf(late)).toEqual([410, 'identity_erased']);
    const found = await r.api.post('/v1/party-lookups', { institution: FIRST_ISSUER, reference: 'gone-1' });
    expect(codeOf(found)).toEqual([404, 'not_found']);
    const log = (await readLog(r.api)).filter((e) => e.subject === party.id).map((e) => e.action);
    expect(log).toContain('identity.erased');
  });

  test('is not forgotten while a legal hold stands, also by retention; two lift it', async () => {
    // Its clock goes on for years.
    const r = await rig({ retentionSeconds: 0 });
    onTestFinished(() => r.close());
    const { party } = await named(r, { reference: 'held-1' });
    await close(r, party.id);
    const hold = await r.api.make(`/v1/parties/${party.id}/holds`, { reason: 'Case 17 of the court' });
    const refused = await propose(r, party.id);
    expect(codeOf(refused)).toEqual([409, 'erasure_refused']);
    expect(refused.body.detail).toContain('legal hold');
    r.advance(1831 * 86_400_000);
    await r.server.tidy();
    expect((await r.api.get(`/v1/parties/${party.id}`)).body.erased).toBe(false);
    const lift = await r.api.make(`/v1/holds/${hold.id}/lift`);
    expect(codeOf(await r.api.post(`/v1/proposals/${lift.id}/approve`, {}, key()))).toEqual([
      403,
      'second_person_needed',
    ]);
    await r.second.make(`/v1/proposals/${lift.id}/approve`);
    expect((await r.api.get(`/v1/parties/${party.id}/holds`)).body.data).toMatchObject([{ id: hold.id }]);
    expect(codeOf(await r.api.post(`/v1/holds/${hold.id}/lift`, {}, key()))).toEqual([404, 'not_found']);
    await r.server.tidy();
    expect((await r.api.get(`/v1/parties/${party.id}`)).body.erased).toBe(true);
  });

  test('is not forgotten while money of theirs is here', async () => {
    const { party, account } = await named(r, { reference: 'rich-1' });
    const purse = await newPurse(r.api, { account: account.id });
    await fundPurse(r.api, purse, 1_000n);
    await sync(r.api, purse);
    await close(r, party.id);
    const inPurse = await propose(r, party.id);
    expect(inPurse.body.detail).toContain('purse of theirs holds money');
    await redeem(r.api, purse, 1_000n);
    await sync(r.api, purse);
    const onAccount = await propose(r, party.id);
    expect(onAccount.body.detail).toBe(`${party.id} is not erased: An account of theirs holds money.`);
  });

  test('is not forgotten while a claim of theirs has not come to its end', async () => {
    const { party, account } = await named(r, { reference: 'claim-1' });
    const purse = await newPurse(r.api, { account: account.id });
    await r.api.make('/v1/claims', { purse: purse.id, kind: 'lost' });
    await close(r, party.id);
    // It holds nothing, and its block is the claim's own.
    const waiting = await propose(r, party.id);
    expect(waiting.body.detail).toContain('was reported lost, and that has not come to its end');
    expect(waiting.body.detail).not.toContain('holds money');
  });

  test('that another institution proposes to forget is not found', async () => {
    const { party } = await named(r, { reference: 'other-1' });
    const made = await r.api.make('/v1/institutions', { kind: 'issuer', name: 'Stranger' });
    for (const path of ['erasure', 'person'])
      expect(
        codeOf(
          await r
            .as(made.client)
            .post(`/v1/parties/${party.id}/${path}`, path === 'person' ? { name: 'X' } : {}, key()),
        ),
      ).toEqual([404, 'not_found']);
  });
});
