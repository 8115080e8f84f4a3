/** The log of privileged acts: one chain, whoever writes; whoever rewrites it is found. */
import { fromHex, hex } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import { EMPTY_LOG, logHeadBody } from '@sokkin/issuer';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { record } from '../src/access/audit-log.ts';
import { createServer } from '../src/index.ts';
import { asSuperuser, firstFault, person, readLog } from './eyes.ts';
import { crypto, type Rig, rig } from './kit.ts';

let r: Rig;
beforeAll(async () => {
  r = await rig();
}, 300_000);
afterAll(() => r.close());

const ada = person('opr_ada');
const act = (n: number, backend = r.server.backend) =>
  backend.store.write(async (tx) =>
    record(backend, tx, ada, 'test.acted', `thing_${n}`, { n, b: 'x', a: null }),
  );

beforeEach(async () => {
  await asSuperuser(r, 'TRUNCATE audit_log');
  for (let n = 1; n <= 8; n++) await act(n);
});

describe('what is written', () => {
  test('every act, in the order of its commit, each with the hash of the one before', async () => {
    const entries = await readLog(r.api);
    expect(entries.map((e) => [e.no, e.subject])).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((n) => [BigInt(n), `thing_${n}`]),
    );
    expect(entries[0]).toMatchObject({
      actor: 'opr_ada',
      action: 'test.acted',
      details: '{"a":null,"b":"x","n":1}',
    });
    expect(hex(entries[0]?.previous ?? new Uint8Array(0))).toBe(hex(EMPTY_LOG.hash));
    expect(await firstFault(r.api)).toBeUndefined();
  });

  test('nothing of a transaction that was rolled back', async () => {
    const { store } = r.server.backend;
    const failing = store.write(async (tx) => {
      record(r.server.backend, tx, ada, 'test.acted', 'never', {});
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    expect((await r.api.get('/v1/log/head')).body.no).toBe('8');
  });

  test('nothing in what only reads: that is a fault of the program', async () => {
    const { backend } = r.server;
    const reading = backend.store.read(async (tx) => record(backend, tx, ada, 'test.acted', 'never', {}));
    await expect(reading).rejects.toThrow(/read-only transaction/);
  });

  test('two servers on one database write one chain', async () => {
    const { databaseUrl, dataFolder } = r;
    const other = await createServer({ databaseUrl, dataFolder });
    try {
      const acts = Array.from({ length: 60 }, (_, n) => act(n, n % 2 === 0 ? undefined : other.backend));
      await Promise.all(acts);
    } finally {
      await other.close();
    }
    const entries = await readLog(r.api);
    expect(entries.filter((e) => e.action === 'test.acted')).toHaveLength(68);
    expect(entries.map((e) => e.no)).toEqual(entries.map((_, i) => BigInt(i + 1)));
    expect(await firstFault(r.api)).toBeUndefined();
  }, 300_000);

  test('what is asked for: by action, actor, subject', async () => {
    const subjects = async (query: string) =>
      (await r.api.get(`/v1/log?${query}`)).body.data.map((e: { subject: string }) => e.subject);
    expect(await subjects('subject=thing_4')).toEqual(['thing_4']);
    expect(await subjects('actor=opr_ada&cursor=6')).toEqual(['thing_7', 'thing_8']);
    expect(await subjects('action=test.other')).toEqual([]);
    expect((await r.api.get("/v1/log?actor=x'--")).status).toBe(400);
  });
});

describe('the database keeps it', () => {
  test.each([
    ['an entry is not changed', "UPDATE audit_log SET actor = 'opr_eve' WHERE no = 3"],
    ['nor removed', 'DELETE FROM audit_log WHERE no = 3'],
    ['nor are all', 'TRUNCATE audit_log'],
  ])('%s', async (_, sql) => {
    const client = new pg.Client({ connectionString: r.databaseUrl });
    await client.connect();
    await expect(client.query(sql)).rejects.toThrow(/written once and never changed/);
    await client.end();
  });
});

describe('a superuser is found', () => {
  test.each([
    ['who changes an actor', "UPDATE audit_log SET actor = 'opr_eve' WHERE no = 3", 3n, 'changed'],
    ['a time', "UPDATE audit_log SET at = at - interval '1 hour' WHERE no = 1", 1n, 'changed'],
    ['an institution', "UPDATE audit_log SET institution = 'ins_x' WHERE no = 8", 8n, 'changed'],
    ['an action', "UPDATE audit_log SET action = 'test.bowed' WHERE no = 2", 2n, 'changed'],
    ['a subject', "UPDATE audit_log SET subject = 'thing_9' WHERE no = 2", 2n, 'changed'],
    ['details', `UPDATE audit_log SET details = '{"a":null,"b":"y","n":4}' WHERE no = 4`, 4n, 'changed'],
    ['a hash', 'UPDATE audit_log SET hash = sha256(hash) WHERE no = 5', 5n, 'changed'],
    ['the hash before', 'UPDATE audit_log SET prev_hash = sha256(hash) WHERE no = 5', 5n, 'unchained'],
    ['who deletes an entry', 'DELETE FROM audit_log WHERE no = 4', 4n, 'missing'],
    ['the first ones', 'DELETE FROM audit_log WHERE no < 3', 1n, 'missing'],
    [
      'one, and closes the gap',
      'DELETE FROM audit_log WHERE no = 4; UPDATE audit_log SET no = no - 1 WHERE no > 4',
      4n,
      'unchained',
    ],
    [
      'who swaps two',
      'UPDATE audit_log SET no = CASE no WHEN 6 THEN 107 ELSE 106 END WHERE no IN (6, 7); UPDATE audit_log SET no = no - 100 WHERE no > 100',
      6n,
      'unchained',
    ],
    [
      'who inserts one',
      `INSERT INTO audit_log SELECT 9, at, 'opr_eve', institution, action, subject, details, hash, sha256('x') FROM audit_log WHERE no = 8`,
      9n,
      'changed',
    ],
  ] as const)('%s', async (_, sql, no, fault) => {
    await asSuperuser(r, sql);
    expect(await firstFault(r.api)).toEqual({ no, fault });
  });

  test('who truncates it, by the head that was kept', async () => {
    const kept = (await r.api.get('/v1/log/head')).body;
    await asSuperuser(r, 'DELETE FROM audit_log WHERE no > 6');
    expect(await firstFault(r.api)).toBeUndefined();
    expect(Number((await r.api.get('/v1/log/head')).body.no)).toBeLessThan(Number(kept.no));
  });
});

test('the head is signed by the authority, and the signature is over number, hash and time', async () => {
  const { no, hash, at, signature, authority } = (await r.api.get('/v1/log/head')).body;
  const { publicKey } = parseCertificate(fromHex(authority));
  const body = logHeadBody({ no: BigInt(no), hash: fromHex(hash) }, new Date(at));
  expect(await crypto.verify(publicKey, body, fromHex(signature))).toBe(true);
  const other = logHeadBody({ no: BigInt(no) + 1n, hash: fromHex(hash) }, new Date(at));
  expect(await crypto.verify(publicKey, other, fromHex(signature))).toBe(false);
  expect((await readLog(r.api)).at(-1)).toMatchObject({ no: BigInt(no), hash: fromHex(hash) });
});
