/** Alerts that block by policy, and people who close them: at once, with its cause, once, and lifted with a reason (I7). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshKey, fundPurse, newPurse, payOffline, type Rig, rig, sync, upload } from './kit.ts';

let r: Rig;
beforeAll(async () => {
  r = await rig();
});
afterAll(() => r.close());

const alertsOf = async (purse: string, more = '') =>
  (await r.api.get(`/v1/alerts?limit=100&purse=${purse}${more}`)).body.data;

/** A purse with a clone that synced after it. */
async function cloned() {
  const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
  await fundPurse(r.api, a, 9_000n);
  const clone = await a.clone();
  await payOffline(a, b, 100n);
  await payOffline(clone, b, 200n);
  await sync(r.api, a);
  const refused = await r.api.post(`/v1/purses/${a.id}/sync`, await upload(r.api, clone));
  expect(refused.body.code).toBe('journal_fork');
  return { a, clone, alert: refused.body.alert as string };
}

test('a fork blocks its purse in the same moment; a person lifts it, with a reason that stands in the log', async () => {
  const { a, clone, alert } = await cloned();
  expect((await r.api.get(`/v1/purses/${a.id}`)).body).toMatchObject({ blocked: true });
  // Found once more, it is the same alert and the same block.
  await r.api.post(`/v1/purses/${a.id}/sync`, await upload(r.api, clone));
  const [found, ...others] = await alertsOf(a.id, '&kind=fork&severity=proven&status=open');
  expect([found.id, others]).toEqual([alert, []]);
  expect(await alertsOf(a.id, '&status=closed')).toEqual([]);
  const path = `/v1/alerts/${alert}/close`;
  expect((await r.api.post(path, {}, { 'idempotency-key': freshKey() })).status).toBe(400);
  const closed = await r.api.make(path, { reason: 'The card was destroyed', lift_block: true });
  expect(closed).toMatchObject({ status: 'closed', close_reason: 'The card was destroyed' });
  expect((await r.api.get(`/v1/purses/${a.id}`)).body).toMatchObject({ blocked: false });
  const again = await r.api.post(path, { reason: 'x' }, { 'idempotency-key': freshKey() });
  expect(again).toMatchObject({ status: 409, body: { code: 'alert_closed' } });
  const { data } = (await r.api.get('/v1/log?limit=100')).body;
  const acts = data.filter((e: { subject: string }) => [a.id, alert].includes(e.subject));
  expect(acts.map((e: { action: string; actor: string }) => [e.action, e.actor === 'system'])).toEqual(
    expect.arrayContaining([
      ['purse.blocked', true],
      ['alert.closed', false],
      ['purse.unblocked', false],
    ]),
  );
});

test('what blocks is what two have agreed on', async () => {
  const { body } = await r.api.get('/v1/policies/blocking');
  expect(body).toMatchObject({ version: 0, proposal: null });
  const wish = { from_version: 0, document: { blocks: [] } };
  const { id } = await r.api.make('/v1/policies/blocking', wish);
  await r.second.make(`/v1/proposals/${id}/approve`);
  expect((await r.api.get('/v1/policies/blocking')).body).toMatchObject({
    version: 1,
    document: { blocks: [] },
  });
  const stale = await r.api.post('/v1/policies/blocking', wish, { 'idempotency-key': freshKey() });
  expect(stale).toMatchObject({ status: 409, body: { code: 'policy_outdated' } });
  const { a } = await cloned();
  expect((await r.api.get(`/v1/purses/${a.id}`)).body).toMatchObject({ blocked: false });
});
