/** Merchants and payments by the command line. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Home, makeHome, type Serving, serve } from './run.ts';

let home: Home;
let serving: Serving;
beforeAll(async () => {
  home = await makeHome();
  serving = await serve(home);
}, 300_000);
afterAll(async () => {
  await serving?.stop();
  await home.dispose();
}, 300_000);

test('a merchant is added, seen, blocked; its payments are none yet; nonsense is said so', async () => {
  await home.run('account', 'create', 'Shop');
  await home.run('account', 'create', 'Alice');
  const added = await home.say('merchant', 'add', 'SHOP1', 'Bakery', '5462', 'Shop');
  expect(added.out).toMatch(/^mch_[0-9a-f]{24} {2}SHOP1 +5462 {2}open +Bakery, paid to acc_/);
  const [{ id }] = ((await home.run('merchant', 'list')).json as { merchants: [{ id: string }] }).merchants;
  expect((await home.say('merchant', 'block', id)).out).toContain('blocked');
  expect((await home.say('payment', 'list', id)).out).toBe('There is no payment.\n');
  expect((await home.say('payment', 'list', 'Alice')).out).toBe('There is no payment.\n');
  expect(await home.say('merchant', 'add', 'SHOP1', 'Bakery', '5462', 'Shop')).toMatchObject({ code: 1 });
  expect((await home.say('merchant', 'add', 'SHOP2', 'Bakery', '54', 'Shop')).err).toContain('four digits');
  expect((await home.say('payment', 'show', 'pmt_000000000000000000000000')).err).toContain(
    'There is no payment',
  );
});
