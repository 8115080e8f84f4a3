/** A day in a bakery, fixed to the minute, in both languages. */
import type { ReceiptData } from '@sokkin/sdk/acceptance';
import { type Basket, type Line, type Product, priceOf } from '../../src/shop/basket.ts';
import type { EntryDetail, Moment, View } from '../../src/shop/view.ts';

export type Language = 'ja' | 'en';
/** 20 November 2026, 14:32 in Tokyo. */
export const NOW = Date.UTC(2026, 10, 20, 5, 32);
const MINUTE = 60_000;

const both = (language: Language, en: string, ja: string): string => (language === 'ja' ? ja : en);

export function productsIn(language: Language): readonly Product[] {
  const say = (en: string, ja: string) => both(language, en, ja);
  const [bread, sweet, drink] = [say('Bread', 'パン'), say('Sweets', '菓子'), say('Drinks', '飲み物')];
  const rows: readonly (readonly [string, string, bigint])[] = [
    [say('Shokupan loaf', '食パン'), bread, 380n],
    [say('Croissant', 'クロワッサン'), bread, 260n],
    [say('Curry bread', 'カレーパン'), bread, 240n],
    [say('Melon pan', 'メロンパン'), bread, 220n],
    [say('Baguette', 'バゲット'), bread, 340n],
    [say('Anpan', 'あんぱん'), bread, 200n],
    [say('Strawberry shortcake', 'いちごのショートケーキ'), sweet, 520n],
    [say('Custard pudding', 'カスタードプリン'), sweet, 350n],
    [say('Cheese tart', 'チーズタルト'), sweet, 420n],
    [say('Coffee', 'コーヒー'), drink, 450n],
    [say('Hojicha latte', 'ほうじ茶ラテ'), drink, 520n],
    [say('Apple juice', 'りんごジュース'), drink, 300n],
  ];
  return rows.map(([name, group, price], n) => ({ id: `p${n}`, name, price, group }));
}

export const lineOf = ({ id, name, price }: Product, quantity = 1): Line => ({
  product: id,
  name,
  price,
  quantity,
});

export function basketIn(language: Language): Basket {
  const [, croissant, , , , , cake, , , coffee] = productsIn(language);
  const lines = [croissant && lineOf(croissant, 2), cake && lineOf(cake), coffee && lineOf(coffee, 2)];
  return { lines: lines.flatMap((line) => line ?? []), discount: { percent: 10 }, tip: undefined };
}

export const shopIn = (language: Language): NonNullable<View['shop']> => ({
  name: both(language, 'Bakery Komugi', 'ベーカリーこむぎ'),
  acceptor: '000000000104512',
  terminal: 'T0004512',
  category: '5462',
  account: '10042867',
});

export const receiptIn = (
  language: Language,
  amount: bigint,
  more: Partial<ReceiptData> = {},
): ReceiptData => ({
  kind: 'sale',
  sale: 'S-20261120-0047',
  at: NOW,
  amount,
  currency: '392',
  exponent: 0,
  merchant: shopIn(language).name,
  terminal: 'T0004512',
  way: 'purse',
  from: '3f6a 91c2',
  signature: false,
  ...more,
});

const moments = (at: number, ...kinds: Moment['kind'][]): readonly Moment[] =>
  kinds.map((kind, n) => ({ at: at + n * 2_000, kind }));

/** The newest first. */
export function entriesIn(language: Language): readonly EntryDetail[] {
  const basket = basketIn(language);
  const priced = priceOf(basket);
  const common = {
    kind: 'sale',
    state: 'approved',
    way: 'purse',
    reason: undefined,
    refunded: 0n,
    of: undefined,
    isQueued: false,
    needsCare: false,
    staff: 's1',
    lines: [],
    priced: undefined,
    receipt: undefined,
    refundable: 0n,
    torn: undefined,
  } as const;
  const at = (minutes: number) => NOW - minutes * MINUTE;
  const [one, two, three, four, five, six, seven] = [at(1), at(12), at(25), at(41), at(58), at(77), at(90)];
  return [
    {
      ...common,
      ...{ id: 'S-20261120-0047', amount: priced.total, at: one, refundable: priced.total },
      ...{ lines: basket.lines, priced, receipt: receiptIn(language, priced.total, { at: one }) },
      timeline: moments(one, 'begun', 'card_seen', 'tap_again', 'approved', 'sent'),
    },
    {
      ...common,
      ...{ id: 'S-20261120-0046', way: 'emv_offline', amount: 3_480n, at: two, isQueued: true },
      ...{
        refundable: 3_480n,
        receipt: receiptIn(language, 3_480n, { way: 'emv_offline', from: '**** 4417' }),
      },
      timeline: moments(two, 'begun', 'card_seen', 'approved'),
    },
    {
      ...common,
      ...{ id: 'S-20261120-0045', way: undefined, state: 'declined', reason: 'insufficient_balance' },
      ...{ amount: 12_800n, at: three },
      timeline: moments(three, 'begun', 'card_seen', 'declined'),
    },
    {
      ...common,
      ...{ id: 'R-20261120-0003', kind: 'refund', amount: 520n, at: four, of: 'S-20261120-0044' },
      receipt: receiptIn(language, 520n, { kind: 'refund' }),
      timeline: moments(four, 'begun', 'card_seen', 'approved', 'sent'),
    },
    {
      ...common,
      ...{ id: 'S-20261120-0044', way: 'emv_online', amount: 1_490n, refunded: 520n, at: five },
      ...{
        refundable: 970n,
        receipt: receiptIn(language, 1_490n, { way: 'emv_online', approval: '04A7C1' }),
      },
      timeline: moments(five, 'begun', 'card_seen', 'asked', 'approved', 'sent', 'refunded'),
    },
    {
      ...common,
      ...{ id: 'S-20261120-0043', state: 'cancelled', way: undefined, amount: 640n, at: six },
      timeline: moments(six, 'begun', 'cancelled'),
    },
    {
      ...common,
      ...{ id: 'R-20261120-0002', kind: 'refund', state: 'open', way: undefined, amount: 800n, at: seven },
      ...{ of: 'S-20261120-0042', torn: { sale: 'S-20261120-0042', amount: 800n } },
      timeline: moments(seven, 'begun', 'tap_again', 'cancelled'),
    },
  ];
}

export const dayNow: View['day'] = {
  from: Date.UTC(2026, 10, 19, 22, 58),
  hours: Array.from({ length: 24 }, (_, hour) =>
    BigInt([3_240, 9_870, 7_410, 6_120, 15_660, 21_940, 12_380, 5_210][hour - 8] ?? 0),
  ),
  sales: {
    purse: { count: 31, amount: 46_120n },
    emv_online: { count: 11, amount: 29_450n },
    emv_offline: { count: 2, amount: 6_780n },
  },
  refunds: { count: 1, amount: 520n },
  ...{ declined: 2, cancelled: 1, unfinished: 0, net: 81_830n },
};
