/**
 * The upload path: what comes twice, out of order, cut, forged, at once to two processes; and that a batch gives what its
 * uploads give one by one.
 */
import { type Bytes, concat, fromHex, hex } from '@sokkin/codec';
import type { ScriptedPurse } from '@sokkin/testkit/scripted-purse';
import fc from 'fast-check';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createServer } from '../src/index.ts';
import { type Rig, rig, TEST_KEYS } from './kit.ts';
import {
  accept,
  alertsOf,
  bodyOf,
  enrich,
  journal,
  newAccount,
  scripted,
  send,
  trade,
} from './upload-kit.ts';

let r: Rig;
beforeEach(async () => {
  r = await rig();
});
afterEach(() => r.close());

test('I4 the same upload again gets the same answer; one that overlaps is taken from where it goes on', async () => {
  const account = await newAccount(r.api);
  const [a, b] = [await scripted(r.api, account), await scripted(r.api, account)];
  enrich(a, 900n);
  trade(a, b, 3);
  const all = [...a.entries];
  const body = await bodyOf(r.api, a);
  const first = await send(r.api, a, body);
  expect(first.status).toBe(200);
  expect(await send(r.api, a, body)).toMatchObject({ status: 200, body: first.body });
  // The answer was lost, and the purse went on: the phone sends everything again.
  trade(a, b, 2);
  const again = await send(r.api, a, await bodyOf(r.api, a));
  expect(again).toMatchObject({ status: 200, body: { acknowledged_seq: a.seq } });
  const kept = await journal(r.api, a);
  expect(kept.slice(-a.entries.length).map((e: { body: string }) => e.body)).toEqual(a.entries.map(hex));
  expect(kept.map((e: { seq: number }) => e.seq)).toEqual(Array.from({ length: a.seq }, (_, i) => i + 1));
  expect(all.length).toBeLessThan(a.entries.length);
});

test('I7 reordered, truncated and forged uploads are the phone’s fault: nothing changes, nobody is accused', async () => {
  const account = await newAccount(r.api);
  const [a, b] = [await scripted(r.api, account), await scripted(r.api, account)];
  enrich(a, 900n);
  trade(a, b, 3);
  const [one, two, ...rest] = a.entries as [Bytes, Bytes, ...Bytes[]];
  const other = concat(rest[0] as Bytes);
  other[other.length - 1] = (other.at(-1) ?? 0) ^ 1;
  const bad: readonly (readonly [string, readonly Bytes[]])[] = [
    ['journal_gap', [two, one, ...rest]],
    ['journal_gap', a.entries.slice(0, -1)],
    ['journal_gap', a.entries.slice(1)],
    ['journal_gap', [one, ...rest]],
    ['journal_broken', [one, two, other, ...rest.slice(1)]],
    ['journal_malformed', [one, two.slice(0, -1), ...rest]],
    ['journal_broken', b.entries],
  ];
  for (const [code, entries] of bad) {
    const answer = await send(r.api, a, await bodyOf(r.api, a, entries));
    expect([code, answer.body.code]).toEqual([code, code]);
  }
  const forged = await bodyOf(r.api, a);
  const statement = fromHex(forged.statement);
  statement[60] = (statement[60] ?? 0) ^ 1;
  expect((await send(r.api, a, { ...forged, statement: hex(statement) })).body.code).toBe(
    'signature_invalid',
  );
  expect(await alertsOf(r.api)).toEqual([]);
  // A Statement that was refused for its entries is good with the right ones.
  const body = await bodyOf(r.api, a);
  expect((await send(r.api, a, { ...body, entries: [] })).body.code).toBe('journal_gap');
  expect((await send(r.api, a, body)).status).toBe(200);
});

test('a purse sends several uploads at once, and others with it: each gets the answer of its own', async () => {
  const account = await newAccount(r.api);
  const purses = await Promise.all(Array.from({ length: 6 }, () => scripted(r.api, account)));
  const [first, ...others] = purses as [ScriptedPurse, ...ScriptedPurse[]];
  enrich(first, 900n);
  const bodies: { purse: ScriptedPurse; body: object; seq: number }[] = [];
  for (const purse of others) {
    trade(first, purse, 2);
    bodies.push({ purse, body: await bodyOf(r.api, purse), seq: purse.seq });
    bodies.push({ purse: first, body: await bodyOf(r.api, first), seq: first.seq });
  }
  const answers = await Promise.all(bodies.map(({ purse, body }) => send(r.api, purse, body)));
  for (const [i, { purse, seq }] of bodies.entries()) {
    const answer = answers[i];
    // Of the first purse's own, a later one may have come in before an earlier one.
    const late = purse === first && answer?.body.code === 'statement_stale';
    if (!late) expect(answer).toMatchObject({ status: 200, body: { acknowledged_seq: seq } });
  }
  expect((await r.api.get(`/v1/purses/${first.name}`)).body.acknowledged.seq).toBe(first.seq);
});

test('I7 two processes that both write one journal: of two histories one is acknowledged, the other is proven a fork', async () => {
  const { databaseUrl, dataFolder } = r;
  const other = await createServer({ databaseUrl, dataFolder, keyStore: TEST_KEYS });
  try {
    const account = await newAccount(r.api);
    const apis = [r.api, r.over(other)] as const;
    for (let round = 0; round < 6; round++) {
      const original = await scripted(r.api, account);
      enrich(original, 900n);
      const clone = original.clone();
      original.ticket(1n);
      clone.ticket(2n);
      const bodies = [await bodyOf(r.api, original), await bodyOf(r.api, clone)];
      const answers = await Promise.all(bodies.map((body, i) => send(apis[i] ?? r.api, original, body)));
      expect(answers.map((a) => a.body.code ?? a.status).sort()).toEqual([200, 'journal_fork']);
      const winner = answers[0]?.status === 200 ? original : clone;
      const kept = await journal(r.api, original);
      expect(kept.at(-1).body).toBe(hex(winner.entries.at(-1) as Bytes));
    }
    expect((await alertsOf(r.api)).filter((kind: string) => kind === 'fork')).toHaveLength(6);
  } finally {
    await other.close();
  }
});

test('I4 the same upload to two processes at once is acknowledged once, and both say the same', async () => {
  const { databaseUrl, dataFolder } = r;
  const other = await createServer({ databaseUrl, dataFolder, keyStore: TEST_KEYS });
  try {
    const account = await newAccount(r.api);
    const a = await scripted(r.api, account);
    for (let round = 0; round < 6; round++) {
      enrich(a, 5n);
      const body = await bodyOf(r.api, a);
      const [here, there] = await Promise.all([send(r.api, a, body), send(r.over(other), a, body)]);
      expect(here).toMatchObject({ status: 200, body: { acknowledged_seq: a.seq } });
      expect(there.body).toEqual(here.body);
      a.drop();
      a.apply(fromHex(here.body.grant));
    }
  } finally {
    await other.close();
  }
});

test('a journal that a program of the version before wrote last goes on from its rows', async () => {
  const account = await newAccount(r.api);
  const [a, b] = [await scripted(r.api, account), await scripted(r.api, account)];
  enrich(a, 900n);
  trade(a, b, 2);
  const open = b.ticket(7n);
  const sent = a.pay(b.id, open, 7n);
  await accept(r.api, a);
  await accept(r.api, b);
  const client = new pg.Client({ connectionString: r.databaseUrl });
  await client.connect();
  // Its entries are rows of their own, and it knows nothing of open_items.
  const { data } = (await r.api.get(`/v1/purses/${a.name}/journal?limit=100`)).body;
  await client.query('ALTER TABLE segments DISABLE TRIGGER USER');
  await client.query('DELETE FROM segments WHERE purse = $1', [hex(a.id)]);
  for (const { seq, hash, body } of data)
    await client.query('INSERT INTO entries VALUES ($1, $2, $3, $4)', [
      ...[hex(a.id), seq],
      ...[Buffer.from(hash, 'hex'), Buffer.from(body, 'hex')],
    ]);
  await client.query('UPDATE journals SET open_items = NULL WHERE purse = $1', [hex(a.id)]);
  await client.query('UPDATE journals SET open_items = $2 WHERE purse = $1', [
    hex(b.id),
    // Of entry 1, with nothing in it.
    Buffer.from('01000000010000000000000000', 'hex'),
  ]);
  await client.end();
  b.receive(sent);
  a.settle(sent.paymentNo, 'credited');
  await accept(r.api, b);
  await accept(r.api, a);
  const kept = (await r.api.get(`/v1/purses/${a.name}/journal?limit=100`)).body.data;
  expect(kept.slice(0, data.length)).toEqual(data);
  expect(kept).toHaveLength(a.seq - 1);
  expect((await r.api.get(`/v1/purses/${a.name}`)).body.open_payments).toEqual([]);
});

/** All that uploads have written, without ids, times and signatures. */
async function written(url: string, purses: readonly ScriptedPurse[]): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const names = new Map(purses.map((p, i) => [hex(p.id), `purse ${i}`]));
  const all: unknown[] = [];
  for (const query of [
    'SELECT payee AS of, ticket_no, max_amount, state FROM tickets ORDER BY 1, 2',
    'SELECT payer AS of, payment_no, ticket_no, amount, state FROM payments ORDER BY 1, 2',
    'SELECT payee AS of, ticket_no, seq, payment_no, amount, outcome FROM receipts ORDER BY 1, 2',
    'SELECT purse AS of, lifecycle, seq, balance, grant_no, ack_seq, octet_length(open_items) AS o FROM journals ORDER BY 1',
    'SELECT purse AS of, first_seq, last_seq, octet_length(bodies) AS o FROM segments ORDER BY 1, 2',
  ]) {
    const { rows } = await client.query<{ of: string }>(query);
    all.push(rows.filter((row) => names.has(row.of)).map((row) => ({ ...row, of: names.get(row.of) })));
  }
  await client.end();
  // In the order of the purses, not of their ids, which are drawn.
  return all.map((rows) =>
    (rows as { of: string }[]).toSorted((x, y) => (x.of < y.of ? -1 : x.of > y.of ? 1 : 0)),
  );
}

type Step =
  | { kind: 'pay'; from: number; to: number; settles: boolean }
  | { kind: 'void'; who: number }
  | { kind: 'sync' };
const FLEET = 4;
const who = fc.nat(FLEET - 1);
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('pay' as const), from: who, to: who, settles: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('void' as const), who }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('sync' as const) }) },
  ),
  { minLength: 3, maxLength: 25 },
);

/** Plays the story; at each `sync` all upload, one after the other or all at once. */
async function play(story: readonly Step[], together: boolean): Promise<unknown> {
  const account = await newAccount(r.api);
  const purses: ScriptedPurse[] = [];
  for (let i = 0; i < FLEET; i++) purses.push(await scripted(r.api, account));
  for (const purse of purses) enrich(purse, 1_000n);
  for (const step of [...story, { kind: 'sync' } as const]) {
    const purse = (i: number) => purses[i] as ScriptedPurse;
    if (step.kind === 'pay' && step.from !== step.to) {
      const [payer, payee] = [purse(step.from), purse(step.to)];
      const sent = payer.pay(payee.id, payee.ticket(5n), 5n);
      payee.receive(sent);
      if (step.settles) payer.settle(sent.paymentNo, 'credited');
    } else if (step.kind === 'void') purse(step.who).void(purse(step.who).ticket(3n));
    else if (step.kind === 'sync') {
      if (together) await Promise.all(purses.map((p) => accept(r.api, p)));
      else for (const p of purses) await accept(r.api, p);
    }
  }
  return written(r.databaseUrl, purses);
}

test('I4 uploads that share transactions leave what the same uploads leave one by one', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (story) => {
      // Grants tell a payer what its payee has said, so that the order of uploads shows; here every payment is closed by both.
      const closed = story.map((s) => (s.kind === 'pay' ? { ...s, settles: true } : s));
      expect(await play(closed, true)).toEqual(await play(closed, false));
    }),
    { numRuns: 4 },
  );
});
