/** What a basket comes to, as lines under it: on the till, in the history and on receipts the same. */
import { catalogue, type SumLine, useTexts } from '@sokkin/ui';
import type { Basket, Priced, Share } from '../shop/basket.ts';

const TEXTS = catalogue(
  { goods: 'Subtotal', discount: 'Discount', tip: 'Tip', total: 'Total' },
  { goods: '小計', discount: '割引', tip: 'チップ', total: '合計' },
);

/** `shares`: where it is known how they were meant. */
export function useSumLines(
  { lines, discount, tip, total }: Priced,
  shares?: Pick<Basket, 'discount' | 'tip'>,
): readonly SumLine[] {
  const t = useTexts(TEXTS);
  const isPlain = discount === 0n && tip === 0n;
  return [
    ...(isPlain ? [] : [{ label: t.goods, amount: lines }]),
    ...(discount > 0n ? [{ label: named(t.discount, shares?.discount), amount: -discount }] : []),
    ...(tip > 0n ? [{ label: named(t.tip, shares?.tip), amount: tip }] : []),
    { label: t.total, amount: total, isTotal: true },
  ];
}

const named = (label: string, share: Share | undefined): string =>
  share !== undefined && 'percent' in share ? `${label} ${share.percent}%` : label;
