/** Each figure of the audit is the sum of its list; the audit as a habit: one process at a time, kept, and heard when it fails. */
import { AUDIT_TERMS } from '@sokkin/issuer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditHabit, auditNow } from '../src/operations/audits.ts';
import { openPool } from '../src/store/pool.ts';
import {
  agreed,
  creditBy,
  fundPurse,
  newPurse,
  payOffline,
  payOn,
  type Rig,
  redeem,
  rig,
  sync,
  ticketOf,
} from './kit.ts';

let r: Rig;
beforeAll(async () => {
  r = await rig();
});
afterAll(() => r.close());

/** All pages of a term: what the API says the figure is, and the amounts behind it. */
async function drill(term: string, limit: number) {
  const amounts: bigint[] = [];
  const whose = new Set<string>();
  let [cursor, total] = ['', ''];
  do {
    const { status, body } = await r.api.get(`/v1/audit/terms/${term}?limit=${limit}${cursor}`);
    expect(status, JSON.stringify(body)).toBe(200);
    for (const entry of body.data) {
      amounts.push(BigInt(entry.amount));
      whose.add(entry.account ?? entry.purse);
    }
    total = body.total;
    cursor = body.has_more ? `&cursor=${body.next_cursor}` : '';
  } while (cursor !== '');
  return { total: BigInt(total), sum: amounts.reduce((a, b) => a + b, 0n), count: amounts.length, whose };
}

test('the pages of every term add up to its figure', { timeout: 300_000 }, async () => {
  const [a, b, c] = [await newPurse(r.api), await newPurse(r.api), await newPurse(r.api)];
  for (const purse of [a, b]) await fundPurse(r.api, purse, 9_000n);
  await payOffline(a, b, 5_000n);
  await payOffline(b, c, 3_000n);
  // The last of the chain syncs: its money came from purses that have not.
  await sync(r.api, c);
  const ahead = await drill('credited_ahead', 1);
  expect(ahead).toMatchObject({ total: 3_000n, sum: 3_000n, count: 1 });
  await sync(r.api, b);
  // Two payments that their payees have not heard of, and one that comes too late.
  for (const amount of [10n, 20n]) await payOn(a, c.certificate, await ticketOf(c, amount), amount);
  const ticket = await ticketOf(c, 30n);
  await creditBy(c, b.certificate, await payOn(b, c.certificate, ticket, 30n));
  await payOn(a, c.certificate, ticket, 7n);
  expect((await a.approve(40n)).status).toBe('ok');
  for (const purse of [a, b, c]) await sync(r.api, purse);
  await redeem(r.api, c, 500n);
  await agreed(r.api, '/v1/destructions', { account: c.account, amount: '200' });
  const report = (await r.api.get('/v1/audit')).body;
  expect(report).toMatchObject({ holds: true, redeemed: '200', approvals: '40' });
  for (const term of Object.keys(AUDIT_TERMS)) {
    for (const limit of [1, 100]) {
      const { total, sum } = await drill(term, limit);
      expect([term, sum]).toEqual([term, total]);
    }
  }
  const { terms } = report.equations[0];
  for (const [term, value] of Object.entries(terms)) {
    const { total } = await drill(term, 100);
    expect([term, total]).toEqual([
      term,
      BigInt(String(value)) < 0n ? -BigInt(String(value)) : BigInt(String(value)),
    ]);
  }
  expect(await drill('waiting', 1)).toMatchObject({ count: 2, sum: 30n });
  expect(await drill('returning', 1)).toMatchObject({ count: 1, sum: 7n });
  expect((await drill('issued', 1)).count).toBe(2);
});

test('terms and cursors that are none', async () => {
  for (const path of ['profit', 'online?cursor=x', "online?cursor=1'", 'waiting?cursor=1', 'issued?cursor=1'])
    expect(await r.api.get(`/v1/audit/terms/${path}`), path).toMatchObject({
      status: 400,
      body: { code: 'validation_failed' },
    });
});

test('of two that run it at once, one does; what it found is kept', async () => {
  const { backend } = r.server;
  const both = await Promise.all([auditNow(backend, 60), auditNow(backend, 60)]);
  expect(both.filter((found) => found !== undefined)).toHaveLength(1);
  expect(await auditNow(backend, 60)).toBeUndefined();
  r.advance(61_000);
  expect(await auditNow(backend, 60)).toMatchObject({ holds: true });
  const { data } = (await r.api.get('/v1/audit/runs')).body;
  expect(data).toHaveLength(2);
  expect(data[0]).toMatchObject({ holds: true, totals: { issued: expect.stringMatching(/^\d+$/) } });
  expect(data[0].at > data[1].at).toBe(true);
});

test('money that nobody issued is found, and heard of', async () => {
  const pool = openPool(r.databaseUrl);
  const { rows } = await pool.query(`SELECT id FROM accounts WHERE kind = 'online' ORDER BY number LIMIT 1`);
  const id = rows[0].id;
  await pool.query('UPDATE accounts SET balance = balance + 1 WHERE id = $1', [id]);
  const lines: string[] = [];
  const habit = auditHabit(r.server.backend, 1, (line) => lines.push(line));
  r.advance(61_000);
  for (let tries = 0; lines.length === 0 && tries < 200; tries++)
    await new Promise((go) => setTimeout(go, 50));
  await habit.stop();
  expect(lines[0]).toMatch(/^The audit does not hold/);
  expect((await r.api.get('/v1/audit/runs?limit=1')).body.data[0]).toMatchObject({ holds: false });
  const alerts = (await r.api.get('/v1/alerts?limit=100')).body.data;
  const found = alerts.filter((x: { kind: string }) => x.kind === 'audit_failed');
  // Each equation once, however often it is run.
  expect(found.map((x: { evidence: { left: string } }) => x.evidence.left)).toHaveLength(2);
  await pool.query('UPDATE accounts SET balance = balance - 1 WHERE id = $1', [id]);
  await pool.end();
  expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});
