/**
 * What every AcceptanceStore has to do. An implementation runs it in a few lines:
 *
 *     storeConformance('memory', async () => ({ store: memoryStore(), reopen, dispose }));
 */
import { fromHex } from '@sokkin/codec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AcceptanceStore, QueueItem, SaleRecord } from '../src/acceptance/index.ts';

export interface StoreUnderTest {
  readonly store: AcceptanceStore;
  /** The same store, as the next start of the program has it; undefined: it is gone with the program. */
  readonly reopen: (() => Promise<AcceptanceStore>) | undefined;
  dispose(): Promise<void> | void;
}

const sale = (id: string, at: number, more: Partial<SaleRecord> = {}): SaleRecord => ({
  ...{ id, kind: 'sale', amount: 1_200n, at, state: 'approved', refunded: 0n },
  ...{ ticketIsOut: false, isTorn: false },
  ...more,
});
const data = new Map([
  [0x9f26, fromHex('0102030405060708')],
  [0x5a, fromHex('9999120000000000')],
]);
const tc = (id: string, at: number): QueueItem => ({
  ...{ id: `tc:${id}`, sale: id, amount: 1_200n, at, kind: 'tc', record: data },
});
const ids = (all: readonly { readonly id: string }[]): string[] => all.map(({ id }) => id);

export function storeConformance(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`acceptance store: ${name}`, () => {
    let made: StoreUnderTest;
    let store: AcceptanceStore;
    beforeEach(async () => {
      made = await make();
      store = made.store;
    });
    afterEach(() => made.dispose());

    it('gives a record back as it was written, the last one of an id', async () => {
      const first = sale('a', 5, { state: 'asking', asked: data, reference: fromHex('0011223344556677') });
      await store.write({ sales: [first] });
      expect(await store.sale('a')).toEqual(first);
      const last = sale('a', 5, { way: 'emv_online', refunded: 200n });
      await store.write({ sales: [last] });
      expect(await store.sale('a')).toEqual(last);
      expect(await store.sale('b')).toBeUndefined();
    });

    it('gives the records of a time, the oldest first, its end excluded', async () => {
      await store.write({ sales: [sale('c', 30), sale('a', 10), sale('d', 40), sale('b', 20)] });
      expect(ids(await store.sales(20, 40))).toEqual(['b', 'c']);
      expect(ids(await store.sales(0, Number.MAX_SAFE_INTEGER))).toEqual(['a', 'b', 'c', 'd']);
      expect(await store.sales(40, 40)).toEqual([]);
      expect(await store.sales(41, 20)).toEqual([]);
    });

    it('gives what is unfinished, the oldest first, until it is finished', async () => {
      const waiting = [
        sale('paid', 3, { state: 'paid' }),
        sale('open', 1, { state: 'open' }),
        sale('out', 4, { state: 'declined', ticketIsOut: true }),
        sale('asking', 2, { state: 'asking' }),
      ];
      await store.write({ sales: [...waiting, sale('done', 0), sale('off', 9, { state: 'cancelled' })] });
      expect(ids(await store.unfinished())).toEqual(['open', 'asking', 'paid', 'out']);
      await store.write({ sales: [sale('open', 1), sale('out', 4, { state: 'declined' })] });
      expect(ids(await store.unfinished())).toEqual(['asking', 'paid']);
    });

    it('keeps the queue by age; the same id is the same item; what is done with is gone', async () => {
      await store.write({ queue: [tc('b', 20), tc('a', 10)] });
      await store.write({ queue: [tc('a', 10), tc('c', 30)] });
      expect(await store.queue()).toEqual([tc('a', 10), tc('b', 20), tc('c', 30)]);
      await store.write({ done: ['tc:a', 'tc:never'] });
      expect(ids(await store.queue())).toEqual(['tc:b', 'tc:c']);
    });

    it('writes a sale and its place in the queue as one', async () => {
      await store.write({ queue: [tc('a', 1)] });
      await store.write({ sales: [sale('b', 2)], queue: [tc('b', 2)], done: ['tc:a'] });
      expect([ids(await store.sales(0, 9)), ids(await store.queue())]).toEqual([['b'], ['tc:b']]);
    });

    it('keeps amounts beyond the numbers of JavaScript', async () => {
      const large = sale('a', 1, { amount: 999_999_999_999_999_999n, refunded: 9_007_199_254_740_993n });
      await store.write({ sales: [large] });
      expect(await store.sale('a')).toEqual(large);
    });

    it('keeps the torn log', async () => {
      expect(await store.torn.load()).toEqual([]);
      const asked = {
        ...{ type: 'tc' as const, pdolData: fromHex('36'), cdol1Data: fromHex('00'), isSigned: true },
        unpredictableNumber: fromHex('a1b2c3d4'),
      };
      const log = [
        {
          ...{ id: 'sale_1', amount: 700n, pan: fromHex('9999120000000000'), sequence: fromHex('01'), asked },
          ...{ drdolData: fromHex('ff'), shown: data, cvm: 'noCvm' as const, atSeconds: 1_700_000_000 },
        },
      ];
      await store.torn.save(log);
      expect(await store.torn.load()).toEqual(log);
    });

    it('has it all after the next start, if it outlives the program', async () => {
      if (made.reopen === undefined) return;
      const open = sale('a', 1, { state: 'paid', payment: fromHex('c2') });
      await store.write({ sales: [open], queue: [tc('a', 1)] });
      const again = await made.reopen();
      expect(await again.sale('a')).toEqual(open);
      expect(await again.unfinished()).toEqual([open]);
      expect(await again.queue()).toEqual([tc('a', 1)]);
    });
  });
}
