/** What is told of transfers: each one once to each side, if anybody listens, and nothing of what was refused. */
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPool } from '../src/store/pool.ts';
import { agreed, crypto, freshKey, type Rig, rig } from './kit.ts';

const URL = 'https://psp.example/hook';
const [OURS, THEIRS] = ['ins_first_issuer', 'ins_other'];
let r: Rig;
let pool: pg.Pool;
let [a, b]: [string, string] = ['', ''];
const elsewhere = 'acc_elsewhere';
beforeAll(async () => {
  // Nobody is sent anything here: the outbox is what is looked at.
  r = await rig({ webhooks: { pollMs: 3_600_000 } });
  pool = openPool(r.databaseUrl);
  await r.server.backend.store.write(async (tx) => {
    await tx.institutions.add({ id: THEIRS, kind: 'issuer', name: 'Other issuer' }, new Date());
    const row = { id: elsewhere, kind: 'online', name: 'Elsewhere', institution: THEIRS } as const;
    await tx.accounts.add(row, new Date());
  });
  [a, b] = [await open('A'), await open('B')];
  for (const account of [a, elsewhere]) await agreed(r.api, '/v1/issuances', { account, amount: '10000' });
});
afterAll(async () => {
  await pool.end();
  await r.close();
});

const open = async (name: string): Promise<string> => (await r.api.make('/v1/accounts', { name })).id;
const balance = async (id: string) => (await r.api.get(`/v1/accounts/${id}`)).body.balance;
const send = (body: object, key = freshKey()) =>
  r.api.post('/v1/transfers', body, { 'idempotency-key': key });
const batch = async (items: object[]) => (await r.api.post('/v1/transfers/batch', { items })).body;
const listen = async (types: string[] = []): Promise<string> =>
  (await r.api.make('/v1/webhooks', { url: URL, types })).id;
const remove = async (id: string) =>
  r.server.app.inject({ method: 'DELETE', url: `/v1/webhooks/${id}`, headers: await r.api.authorization() });
/** Of everybody, oldest first, since the last time. */
let seen = 0n;
async function told() {
  const { rows } = await pool.query<{ number: bigint; institution: string; subject: string; data: object }>(
    `SELECT number, institution, subject, data FROM events
     WHERE type = 'transfer.done' AND number > $1 ORDER BY number`,
    [seen],
  );
  seen = rows.at(-1)?.number ?? seen;
  return rows.map(({ number: _, ...row }) => row);
}

test('nothing is written while nobody wants it', async () => {
  const id = await listen(['account.created']);
  expect((await send({ from: a, to: b, amount: '10' })).status).toBe(201);
  expect(await told()).toEqual([]);
  await remove(id);
});

test('while a webhook wants it, even a disabled one, until it is deleted', async () => {
  const id = await listen(['transfer.done']);
  await r.server.backend.store.write((tx) => tx.webhooks.setStatus(id, 'disabled'));
  const { body } = await send({ from: a, to: b, amount: '10' });
  expect(await told()).toMatchObject([{ institution: OURS, subject: body.id }]);
  await remove(id);
  await send({ from: a, to: b, amount: '10' });
  expect(await told()).toEqual([]);
});

test('one event, once, with ids and the amount, and no memo', async () => {
  const id = await listen(['transfer.done']);
  const key = freshKey();
  const wish = { from: a, to: b, amount: '120', memo: 'Tea with Hanako', reference: 'INV-7' };
  const { body } = await send(wish, key);
  expect((await send(wish, key)).headers).toMatchObject({ 'idempotent-replayed': 'true' });
  const data = { transfer: body.id, kind: 'transfer', from: a, to: b, amount: '120' };
  expect(await told()).toEqual([{ institution: OURS, subject: body.id, data }]);
  const [listed] = (await r.api.get('/v1/events?type=transfer.done')).body.data;
  expect(listed).toMatchObject({ institution: OURS, subject: body.id, data, created_at: body.created_at });
  await remove(id);
});

test('of a batch, those that were done, in their order; a trial, a refusal and a repetition tell nothing', async () => {
  const id = await listen();
  const item = { key: freshKey(), from: a, to: b, amount: '1' };
  const more = { ...item, key: freshKey(), amount: '2' };
  const tooMuch = { ...item, key: freshKey(), amount: '99999999' };
  await send({ from: a, to: b, amount: '3', dry_run: true });
  const { results } = await batch([item, tooMuch, more, item]);
  expect(results.map((x: { status: string }) => x.status)).toEqual(['done', 'refused', 'done', 'done']);
  expect((await told()).map((e) => e.subject)).toEqual([results[0].id, results[2].id]);
  await batch([item, more]);
  expect(await told()).toEqual([]);
  await remove(id);
});

test('a transfer between institutions is told to each that listens; the central bank hears all', async () => {
  const id = await listen();
  const { body: alone } = await send({ from: a, to: elsewhere, amount: '5' });
  expect(await told()).toMatchObject([{ institution: OURS, subject: alone.id }]);
  const bank = { id: 'whk_bank', institution: 'ins_central_bank', url: URL, types: [] };
  const secret = crypto.randomBytes(80);
  await r.server.backend.store.write((tx) => tx.webhooks.add({ ...bank, secret }, new Date()));
  await remove(id);
  const { body: both } = await send({ from: a, to: elsewhere, amount: '5' });
  const events = await told();
  expect(events.map((e) => e.institution).sort()).toEqual([OURS, THEIRS]);
  for (const event of events) expect(event.subject).toBe(both.id);
  await r.server.backend.store.write((tx) => tx.webhooks.setStatus(bank.id, 'deleted'));
});

test('of a reversal, with what it takes back', async () => {
  const id = await listen(['transfer.done']);
  const { body: sent } = await send({ from: a, to: b, amount: '50' });
  await told();
  const key = freshKey();
  const back = () =>
    r.api.post(
      `/v1/transfers/${sent.id}/reversal`,
      { amount: '20', reason: 'Broken cup' },
      { 'idempotency-key': key },
    );
  const { body } = await back();
  await back();
  const data = { transfer: body.id, kind: 'reversal', from: b, to: a, amount: '20', reverses: sent.id };
  expect(await told()).toEqual([{ institution: OURS, subject: body.id, data }]);
  await remove(id);
  await r.api.make(`/v1/transfers/${sent.id}/reversal`, { amount: '20', reason: 'Broken cup' });
  expect(await told()).toEqual([]);
});

test('what cannot be told does not happen: both are one transaction', async () => {
  const id = await listen(['transfer.done']);
  const had = await balance(a);
  await pool.query(`ALTER TABLE events ADD CONSTRAINT mute CHECK (type <> 'transfer.done') NOT VALID`);
  const key = freshKey();
  expect((await send({ from: a, to: b, amount: '10' }, key)).status).toBe(500);
  expect(await balance(a)).toBe(had);
  await pool.query('ALTER TABLE events DROP CONSTRAINT mute');
  const { body } = await send({ from: a, to: b, amount: '10' }, key);
  expect(await told()).toMatchObject([{ subject: body.id }]);
  await remove(id);
});
