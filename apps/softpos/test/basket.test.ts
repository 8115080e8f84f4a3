/** What a basket comes to, in integers; PINs; days and CSV. */
import type { SaleRecord } from '@sokkin/sdk/acceptance';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Basket,
  EMPTY_BASKET,
  MOST_AMOUNT,
  priceOf,
  type Share,
  withProduct,
  wrongWith,
} from '../src/shop/basket.ts';
import { dayOf } from '../src/shop/book.ts';
import { csvOf } from '../src/shop/history.ts';
import { hashPin, isPin, isPinOf, waitAfter } from '../src/shop/pins.ts';
import { isAtLeast, mayDo } from '../src/shop/roles.ts';
import type { Entry } from '../src/shop/view.ts';

const line = (price: bigint, quantity = 1) => ({ product: undefined, name: '', price, quantity });
const basket = (prices: readonly bigint[], discount?: Share, tip?: Share): Basket => ({
  ...{ lines: prices.map((price) => line(price)), discount, tip },
});

test.each<[string, Basket, object]>([
  ['lines', basket([1_200n, 300n]), { lines: 1_500n, discount: 0n, tip: 0n, total: 1_500n }],
  [
    'a discount, rounded half up',
    basket([999n], { percent: 10 }),
    { lines: 999n, discount: 100n, tip: 0n, total: 899n },
  ],
  [
    'all of it off',
    basket([1_000n], { percent: 100 }, { percent: 15 }),
    { discount: 1_000n, tip: 0n, total: 0n },
  ],
  [
    'more off than there is',
    basket([500n], { amount: 700n }, { amount: 50n }),
    { discount: 500n, tip: 50n, total: 50n },
  ],
  [
    'a tip on what is left',
    basket([1_000n], { percent: 10 }, { percent: 15 }),
    { discount: 100n, tip: 135n, total: 1_035n },
  ],
  ['quantities', { ...EMPTY_BASKET, lines: [line(250n, 4)] }, { lines: 1_000n, total: 1_000n }],
])('what it comes to: %s', (_, given, wanted) => {
  expect(priceOf(given)).toMatchObject(wanted);
});

test('no basket that can be rung up comes to less than nothing, or to more than can be asked for', () => {
  const share = fc.oneof(
    fc.constant(undefined),
    fc.record({ percent: fc.integer({ min: -5, max: 120 }) }),
    fc.record({ amount: fc.bigInt({ min: -5n, max: MOST_AMOUNT }) }),
  );
  const lines = fc.array(
    fc.record({
      ...{ product: fc.constant(undefined), name: fc.constant('') },
      price: fc.bigInt({ min: -2n, max: MOST_AMOUNT }),
      quantity: fc.integer({ min: -1, max: 1_000 }),
    }),
  );
  const any = fc.record({ lines, discount: share, tip: share });
  fc.assert(
    fc.property(any, (one) => {
      if (wrongWith(one) !== undefined) return;
      const { total, discount, lines: sum, tip } = priceOf(one);
      expect(total).toBe(sum - discount + tip);
      expect(total >= 0n && total <= MOST_AMOUNT && discount <= sum).toBe(true);
    }),
  );
});

test('what is rung up twice is one line, until its price changes', () => {
  const tea = { id: 'tea', name: 'Tea', price: 400n };
  const twice = withProduct(withProduct(EMPTY_BASKET, tea), tea);
  expect(twice.lines).toEqual([{ product: 'tea', name: 'Tea', price: 400n, quantity: 2 }]);
  expect(withProduct(twice, { ...tea, price: 450n }).lines).toHaveLength(2);
});

test('PINs: 4 to 8 digits, known by a slow hash alone, and a wait that grows', async () => {
  expect(['1234', '12345678'].every(isPin)).toBe(true);
  expect(['123', '123456789', '12a4', ' 1234'].some(isPin)).toBe(false);
  const hash = await hashPin('2580');
  expect(await isPinOf(hash, '2580')).toBe(true);
  expect(await isPinOf(hash, '2581')).toBe(false);
  expect((await hashPin('2580')).hash).not.toEqual(hash.hash);
  expect([4, 5, 6, 7, 50].map((wrong) => waitAfter(wrong, 0) / 1000)).toEqual([0, 30, 60, 120, 3600]);
});

test('a cashier sells; a manager may all of it', () => {
  expect(mayDo('cashier', 'sell')).toBe(true);
  const acts = ['refund', 'close_day', 'sweep', 'staff', 'catalogue', 'settings', 'export'] as const;
  expect(acts.some((act) => mayDo('cashier', act))).toBe(false);
  expect(acts.every((act) => mayDo('manager', act))).toBe(true);
  expect([isAtLeast('cashier', 'manager'), isAtLeast('manager', 'cashier')]).toEqual([false, true]);
});

const record = (at: number, more: Partial<SaleRecord>): SaleRecord => ({
  ...{ id: `s${at}`, kind: 'sale', amount: 100n, at, state: 'approved', way: 'purse', refunded: 0n },
  ...{ ticketIsOut: false, isTorn: false },
  ...more,
});
const HOUR = 3_600_000;

test('a day: totals from its last close on, the hours of today', () => {
  const today = 24 * HOUR;
  const records = [
    record(today - 1, {}),
    record(today + HOUR, { amount: 500n }),
    record(today + HOUR + 1, { kind: 'refund', amount: 200n }),
    record(today + 2 * HOUR, { state: 'declined' }),
  ];
  const day = dayOf(records, today - HOUR, today);
  expect(day).toMatchObject({ net: 400n, declined: 1, sales: { purse: { count: 2, amount: 600n } } });
  expect(day.hours.slice(0, 3)).toEqual([0n, 300n, 0n]);
  expect(dayOf(records, today + 2 * HOUR, today).net).toBe(0n);
});

test('no name in a CSV is a formula or breaks its line', () => {
  const entry: Entry = {
    ...{ id: 's1', kind: 'sale', amount: 1_200n, at: 0, state: 'approved', way: 'purse', reason: undefined },
    ...{ refunded: 0n, of: undefined, isQueued: false, needsCare: false, staff: '=1+"2",\n' },
  };
  const [head, ...lines] = csvOf([entry]).split('\r\n');
  expect(head).toBe('at,id,kind,amount,state,way,reason,refunded,of,staff');
  expect(lines.join('\r\n')).toBe(
    '1970-01-01T00:00:00.000Z,s1,sale,1200,approved,purse,,0,,"\'=1+""2"",\n"\r\n',
  );
});
