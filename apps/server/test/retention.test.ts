/** What is kept long enough goes, in pieces, and nothing that somebody still needs. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asSuperuser, key } from './eyes.ts';
import { applyGrant, freshKey, fundPurse, newPurse, payOffline, type Rig, rig, sync, upload } from './kit.ts';

const DAY = 86_400_000;
let r: Rig;
beforeAll(async () => {
  r = await rig({ retentionSeconds: 0 });
});
afterAll(() => r.close());

const countOf = async (what: string): Promise<number> =>
  (await asSuperuser(r, `SELECT count(*)::int AS n FROM ${what}`)).rows[0].n;
const periods = async () => (await r.api.get('/v1/retention')).body;

test('a dry run says what would go, and removes nothing; the run removes just that, and says so', async () => {
  const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
  await fundPurse(r.api, a, 1_000n);
  const payment = await payOffline(a, b, 100n);
  const handed = [
    { payment: Buffer.from(payment).toString('hex'), purse: Buffer.from(a.certificate).toString('hex') },
  ];
  await sync(r.api, b, { payments: handed });
  await sync(r.api, a);
  const answer = key();
  await r.api.post('/v1/challenges', {}, answer);
  await r.api.post('/v1/issuances', { account: a.account, amount: '1' }, answer);
  r.advance(401 * DAY);
  // Two that are young.
  const young = freshKey();
  await r.api.post('/v1/issuances', { account: a.account, amount: '2' }, { 'idempotency-key': young });
  const before = {
    answers: await countOf('kept_answers'),
    challenges: await countOf('challenges'),
    signed: await countOf('signed_messages'),
    syncs: await countOf(`syncs WHERE answer <> '{}'`),
  };
  const dry = await periods();
  expect(dry).toMatchObject({ version: 1, is_complete: true, last_run: null });
  expect(await countOf('kept_answers')).toBe(before.answers);
  expect(dry.would_remove.kept_answers).toBe(before.answers - 1);
  expect(dry.would_remove.signed_messages).toBeGreaterThan(0);
  await r.server.tidy();
  const after = await periods();
  expect(after.last_run.removed).toMatchObject({
    kept_answers: dry.would_remove.kept_answers,
    sync_answers: dry.would_remove.sync_answers,
    challenges: dry.would_remove.challenges,
    signed_messages: dry.would_remove.signed_messages,
    shop_messages: 0,
    closed_identities: 0,
  });
  const nothing = Object.fromEntries(Object.keys(after.would_remove).map((name) => [name, 0]));
  expect(after.would_remove).toEqual(nothing);
  expect(await countOf('kept_answers')).toBe(1);
  expect(await countOf(`kept_answers WHERE key LIKE '% ${young}'`)).toBe(1);
  // The newest answer of each purse stays; every Statement does.
  expect(await countOf(`syncs WHERE answer <> '{}'`)).toBe(2);
  expect(await countOf('syncs')).toBe(before.syncs);
  // The books are as they were: nothing of money went.
  expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

test('a Statement whose answer is gone is told so; the newest one still gets its answer', async () => {
  const r2 = await rig({ retentionSeconds: 0 });
  try {
    const purse = await newPurse(r2.api);
    const first = await upload(r2.api, purse);
    const path = `/v1/purses/${purse.id}/sync`;
    const answer = await r2.api.make(path, first);
    expect(await applyGrant(purse, answer)).toBe('ok');
    r2.advance(DAY);
    const second = await upload(r2.api, purse);
    const newest = await r2.api.make(path, second);
    r2.advance(91 * DAY);
    await r2.server.tidy();
    const gone = await r2.api.post(path, first, key());
    expect([gone.status, gone.body.code]).toEqual([410, 'answer_not_kept']);
    expect(await r2.api.make(path, second)).toEqual(newest);
  } finally {
    await r2.close();
  }
}, 300_000);

describe('what somebody needs stays', () => {
  test('answers and messages of a purse that an open alert is about, or that is blocked', async () => {
    const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
    await fundPurse(r.api, a, 1_000n);
    const payment = await payOffline(a, b, 100n);
    const handed = [
      { payment: Buffer.from(payment).toString('hex'), purse: Buffer.from(a.certificate).toString('hex') },
    ];
    await sync(r.api, b, { payments: handed });
    await sync(r.api, a);
    await r.api.make(`/v1/purses/${b.id}/block`);
    await asSuperuser(
      r,
      `INSERT INTO alerts (id, kind, severity, status, purse, subject, says, evidence, created_at)
       VALUES ('alt_x', 'fork', 'proven', 'open', $1, 'x', 'x', '{}', now())`,
      [a.id.slice(4)],
    );
    r.advance(401 * DAY);
    const signed = () => countOf(`signed_messages WHERE payer = '${a.id.slice(4)}'`);
    const answers = () => countOf(`syncs WHERE purse = '${a.id.slice(4)}' AND answer <> '{}'`);
    const [messages, kept] = [await signed(), await answers()];
    expect(messages).toBeGreaterThan(0);
    await r.server.tidy();
    expect([await signed(), await answers()]).toEqual([messages, kept]);
    await asSuperuser(r, `UPDATE alerts SET status = 'explained', closed_at = now() WHERE id = 'alt_x'`);
    await r.server.tidy();
    // The payee is still blocked.
    expect(await signed()).toBe(messages);
    await r.api.make(`/v1/purses/${b.id}/unblock`);
    // It was lost, and what was refunded may still come back.
    await asSuperuser(
      r,
      `INSERT INTO claims (purse, id, kind, account, reported_by, channel, status, reported_at, known_seq, due_at, refunded_at)
       VALUES ($1, 'clm_x', 'lost', $2, 'x', 'operator', 'refunded', now(), 1, now(), now())`,
      [b.id.slice(4), b.account],
    );
    await r.server.tidy();
    expect(await signed()).toBe(messages);
    await asSuperuser(r, `UPDATE claims SET status = 'closed' WHERE id = 'clm_x'`);
    await r.server.tidy();
    expect(await signed()).toBe(0);
  });

  test('a message of a payment that its payer has not proven', async () => {
    const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
    await fundPurse(r.api, a, 1_000n);
    await sync(r.api, a);
    const payment = await payOffline(a, b, 100n);
    const handed = [
      { payment: Buffer.from(payment).toString('hex'), purse: Buffer.from(a.certificate).toString('hex') },
    ];
    await sync(r.api, b, { payments: handed });
    const signed = () => countOf(`signed_messages WHERE payer = '${a.id.slice(4)}'`);
    const before = await signed();
    expect(before).toBeGreaterThan(0);
    r.advance(401 * DAY);
    await r.server.tidy();
    expect(await signed()).toBe(before);
  });

  test('an audit that did not hold, whoever asks for its removal', async () => {
    const run = (holds: boolean) =>
      asSuperuser(
        r,
        `INSERT INTO audit_runs (at, holds, totals, milliseconds) VALUES ('2020-01-01', $1, '{}', 1)`,
        [holds],
      );
    await run(true);
    await run(false);
    await r.server.tidy();
    expect(await countOf(`audit_runs WHERE at = '2020-01-01' AND NOT holds`)).toBe(1);
    expect(await countOf(`audit_runs WHERE at = '2020-01-01' AND holds`)).toBe(0);
    const client = new pg.Client({ connectionString: r.databaseUrl });
    await client.connect();
    const removal = client.query('DELETE FROM audit_runs WHERE NOT holds').finally(() => client.end());
    await expect(removal).rejects.toThrow();
  });
});

test('periods are changed by two, and not below what others rely on', async () => {
  const { document, version } = await periods();
  const short = { from_version: version, document: { ...document, kept_answers: 6 } };
  const refused = await r.api.post('/v1/policies/retention', short, key());
  expect([refused.status, refused.body.param]).toEqual([400, 'document.kept_answers']);
  const wish = { from_version: version, document: { ...document, kept_answers: 7 } };
  const made = await r.api.make('/v1/policies/retention', wish);
  expect((await r.api.post(`/v1/proposals/${made.id}/approve`, {}, key())).body.code).toBe(
    'second_person_needed',
  );
  await r.second.make(`/v1/proposals/${made.id}/approve`);
  expect(await periods()).toMatchObject({ version: version + 1, document: { kept_answers: 7 } });
});
