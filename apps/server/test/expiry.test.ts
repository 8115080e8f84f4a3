/** Value finds its way home although certificates have expired (docs/spec/protocol.md, section 6.6). */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fundPurse, newPurse, payOffline, type Rig, redeem, rig, sync } from './kit.ts';

const YEAR_MS = 366 * 86_400_000;

let r: Rig;
beforeEach(async () => {
  r = await rig();
});
afterEach(() => r.close());

test('a purse whose certificates expired years ago still syncs, and pays its value home', async () => {
  const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
  await fundPurse(r.api, a, 9_000n);
  await payOffline(a, b, 4_000n);
  r.advance(7 * YEAR_MS);
  for (const purse of [b, a, b, a]) await sync(r.api, purse);
  await redeem(r.api, b, 4_000n);
  await sync(r.api, b);
  const { body } = await r.api.get('/v1/audit');
  expect(body).toMatchObject({ holds: true, issued: '9000', offline: '5000', online: '4000', inFlight: '0' });
});
