/** The main story, with real cards: issued, funded, paid on and on offline, synced, redeemed, accounted for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { agreed, fundPurse, newPurse, payOffline, type Rig, redeem, rig, sync } from './kit.ts';

let r: Rig;
beforeAll(async () => {
  r = await rig();
});
afterAll(() => r.close());

const audit = async () => {
  const { body } = await r.api.get('/v1/audit');
  expect(body, JSON.stringify(body, null, 1)).toMatchObject({ holds: true });
  return body;
};

test('issue, fund, pay on and on, sync in any order, redeem: the audit holds at every step', async () => {
  const [a, b, c] = [await newPurse(r.api), await newPurse(r.api), await newPurse(r.api)];
  await audit();
  await fundPurse(r.api, a, 9_000n);
  expect(await audit()).toMatchObject({
    issued: '9000',
    online: '0',
    offline: '0',
    inFlight: '9000',
    on_its_way: '9000',
    counted_twice: '0',
  });
  await payOffline(a, b, 5_000n);
  await payOffline(b, c, 3_000n);
  // The last one syncs first: the money it has came from purses that have not synced.
  await sync(r.api, c);
  expect(await audit()).toMatchObject({ offline: '3000', inFlight: '6000' });
  const alerts = await r.api.get('/v1/alerts');
  expect(alerts.body.data).toMatchObject([
    { kind: 'shadow_negative', severity: 'suspected', status: 'open' },
  ]);
  await sync(r.api, a);
  await audit();
  await sync(r.api, b);
  expect(await audit()).toMatchObject({ offline: '9000', inFlight: '0' });
  expect((await r.api.get('/v1/alerts')).body.data).toMatchObject([{ status: 'explained' }]);
  expect(await redeem(r.api, c, 1_000n)).toMatchObject({ status: 'credited', amount: '1000' });
  expect(await audit()).toMatchObject({
    online: '1000',
    offline: '9000',
    inFlight: '-1000',
    on_its_way: '0',
    counted_twice: '1000',
  });
  await sync(r.api, c);
  await agreed(r.api, '/v1/destructions', { account: c.account, amount: '1000' });
  expect(await audit()).toMatchObject({ issued: '9000', online: '0', offline: '8000', redeemed: '1000' });
  const { body } = await r.api.get(`/v1/purses/${c.id}`);
  expect(body).toMatchObject({ status: 'active', acknowledged: { balance: '2000' }, shadow_balance: '2000' });
});
