/** People of a shop and what they may, what it keeps of itself, and a whole day at its counter. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MANAGER, openStage, type Stage, type TestCard, type Till } from './stage.ts';

let stage: Stage;
let till: Till;
let purse: TestCard;
beforeAll(async () => {
  stage = await openStage();
  [till, purse] = await Promise.all([stage.till('day'), stage.card({ purse: 90_000n })]);
});
afterAll(() => stage?.close());

const signIn = (id: string | undefined, pin: string) =>
  till.run<{ status: string; code?: string }>(`till.signIn(${JSON.stringify(id)}, '${pin}')`);
const ROUND = 25;
const idOf = async (name: string) => (await till.view()).staff.find((one) => one.name === name)?.id;

test('a cashier sells and does nothing else; five wrong PINs are enough, also over a reload', async () => {
  const added = await till.run(`till.addStaff({ name: 'Ken', pin: '1357', role: 'cashier' })`);
  expect(added).toMatchObject({ status: 'ok' });
  const [ken, hana] = [await idOf('Ken'), await idOf('Hana')];
  await till.run('till.signOut()');
  expect((await till.view()).stage).toBe('locked');
  expect(await till.run('till.charge()')).toMatchObject({ code: 'not_allowed' });
  expect(await signIn(ken, '1357')).toMatchObject({ status: 'ok' });
  expect(await till.sell(500n, purse)).toMatchObject({ status: 'approved' });
  const sold = (await till.detail())?.id ?? '';
  expect(await till.refund(sold)).toMatchObject({ code: 'not_allowed' });
  for (const what of ['closeDay()', 'sweep()', `removeStaff('${hana}')`, 'change({ hasSounds: false })'])
    expect(await till.run(`till.${what}`), what).toMatchObject({ code: 'not_allowed' });

  await till.run('till.signOut()');
  for (let wrong = 0; wrong < 3; wrong++)
    expect(await signIn(hana, '0000')).toMatchObject({ code: 'wrong_pin' });
  await till.reload();
  expect((await till.view()).stage).toBe('locked');
  for (let wrong = 0; wrong < 2; wrong++) await signIn(hana, '0000');
  expect(await signIn(hana, MANAGER.pin)).toMatchObject({ code: 'wait' });
  expect((await till.view()).staff.find(({ id }) => id === hana)?.waitsUntil).toBeGreaterThan(Date.now());
  expect(await signIn(ken, '1357')).toMatchObject({ status: 'ok' });
});

test('a shop is never without a manager', async () => {
  const other = await stage.till('people');
  const [hana] = (await other.view()).staff;
  const change = (what: string) => other.run(`till.${what}`);
  expect(await change(`changeStaff('${hana?.id}', { role: 'cashier' })`)).toMatchObject({
    code: 'last_manager',
  });
  await change(`addStaff({ name: 'Yui', pin: '9999', role: 'manager' })`);
  expect(await change(`removeStaff('${hana?.id}')`)).toMatchObject({ code: 'not_allowed' });
  expect(await change(`addStaff({ name: '', pin: '9999', role: 'cashier' })`)).toMatchObject({
    code: 'bad_name',
  });
  expect(await change(`addStaff({ name: 'No', pin: '12', role: 'cashier' })`)).toMatchObject({
    code: 'bad_pin',
  });
  await other.page.close();
});

test('catalogue, basket, settings and configuration outlive a reload, without a network', async () => {
  const shop = await stage.till('kept');
  await shop.run(`till.keepProduct({ id: 'tea', name: 'Tea', price: 450n })`);
  await shop.run(`till.keepProduct({ id: 'cake', name: 'Cake', price: 600n })`);
  await shop.run(`till.keepProduct({ id: 'tea', name: 'Green tea', price: 480n })`);
  await shop.run(`till.addProduct('tea'), till.addProduct('tea'), till.addProduct('cake')`);
  await shop.run(
    `till.setBasket({ ...till.now().basket, discount: { percent: 10 }, tip: { amount: 100n } })`,
  );
  await shop.run(`till.change({ asksTip: true, lockAfterMinutes: 0 })`);
  const before = await shop.view();
  expect(before.priced).toEqual({ lines: 1_560n, discount: 156n, tip: 100n, total: 1_504n });
  expect(await shop.run(`till.setBasket({ ...till.now().basket, tip: { percent: 500 } })`)).toMatchObject({
    code: 'bad_amount',
  });
  await shop.page.route('**/v1/**', (route) => route.abort());
  await shop.reload();
  const after = await shop.view();
  expect(after).toMatchObject({ stage: 'ready', by: { name: 'Hana' } });
  const kept = ['catalogue', 'basket', 'priced', 'settings', 'shop'] as const;
  for (const what of kept) expect(after[what], what).toEqual(before[what]);
  expect(after.configuration?.version).toBe(before.configuration?.version);
  expect(await shop.sell(1_504n, purse)).toMatchObject({ status: 'approved', way: 'purse' });
  await shop.page.close();
});

test('while cards are not to be taken without a network, purses still pay', async () => {
  const [shop, card] = await Promise.all([
    stage.till('strict'),
    stage.card({ purse: 5_000n, emvOnly: true }),
  ]);
  await shop.run(`till.addStaff({ name: 'Ken', pin: '1357', role: 'cashier' })`);
  await shop.run(`till.change({ offlineBy: 'manager' })`);
  const ken = (await shop.view()).staff[1]?.id;
  await shop.run(`till.signOut(), till.signIn('${ken}', '1357')`);
  await stage.context.setOffline(true);
  await shop.charge(300n);
  await shop.hold(card);
  expect((await shop.until('waiting')).hint).toBe('other_card');
  await shop.hold(purse);
  expect(await shop.result()).toMatchObject({ status: 'approved', way: 'purse' });
  await stage.context.setOffline(false);
  await shop.page.close();
});

test('history: pages, filters, one sale, CSV', async () => {
  const page = (filter: string) =>
    till.run<{ entries: { amount: bigint }[]; next?: number }>(`till.history(${filter})`);
  await signIn(await idOf('Ken'), '1357');
  await till.sell(111n, purse);
  expect((await page(`{ text: '111' }`)).entries).toMatchObject([{ amount: 111n, staff: 'Ken' }]);
  expect((await page(`{ way: 'emv_online' }`)).entries).toEqual([]);
  expect((await page(`{ staff: 'Ken', kind: 'sale', state: 'approved' }`)).entries.length).toBe(2);
  expect((await page(`{ until: 5 }`)).entries).toEqual([]);
  await expect(till.run(`till.csv({})`)).rejects.toThrow('may not');
});

test('a day of 500 sales', async () => {
  const shop = await stage.till('busy');
  await shop.run('till.change({ lockAfterMinutes: 0 })');
  // A round is one call from here: the hand and the till are both in the page.
  const round = (from: number) =>
    shop.run<number>(`(async () => {
      const wait = (is) => new Promise((resolve) => {
        const look = () => is() && (stop(), resolve());
        const stop = till.subscribe(look);
        look();
      });
      let sold = 0;
      for (let n = ${from}; n < ${from + ROUND}; n++) {
        const line = { product: undefined, name: '', price: 1n + BigInt(n % 7), quantity: 1 };
        till.setBasket({ lines: [line], discount: undefined, tip: undefined });
        till.charge();
        await hold('${purse.name}');
        await wait(() => ['over', 'waiting'].includes(till.now().sale?.phase));
        const { phase, hint, result } = till.now().sale;
        if (result?.status === 'approved') sold += 1;
        else throw new Error('sale ' + n + ': ' + phase + ' ' + hint + ' ' + result?.reason + ' ' + result?.detail);
        till.dismiss();
        await wait(() => till.now().sale === undefined);
      }
      return sold;
    })()`);
  let sold = 0;
  for (let from = 0; from < 500; from += ROUND) {
    // It pays no more than fifty times between two meetings with its issuer.
    await purse.sync();
    sold += await round(from);
  }
  expect(sold).toBe(500);
  await shop.flushed();
  const { day } = await shop.view();
  expect(day.sales.purse).toEqual({ count: 500, amount: 1_994n });
  const first = await shop.run<{ entries: object[]; next: number }>('till.history({})');
  expect(first.entries).toHaveLength(50);
  expect(await shop.run('till.csv({}).then((text) => text.split("\\r\\n").length)')).toBe(502);
  expect(await shop.run('till.closeDay()')).toMatchObject({ status: 'ok' });
});
