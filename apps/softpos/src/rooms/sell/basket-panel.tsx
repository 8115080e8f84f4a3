/** What is in the basket, what goes off and on top, and what it comes to. What must hold: the figures are the shop's; nothing is added up here. */
import { BasketList, Button, catalogue, EmptyState, Sums, useMoneyWords, useTexts } from '@sokkin/ui';
import { BadgePercent, HandHeart, ShoppingBasket, Trash2 } from 'lucide-react';
import { EMPTY_BASKET, MOST_QUANTITY } from '../../shop/basket.ts';
import { useNow, useShop } from '../shop-context.tsx';
import { useSumLines } from '../sums.ts';
import type { Shared } from './share-sheet.tsx';
import { isTyped, withQuantity } from './typed.ts';

const TEXTS = catalogue(
  {
    basket: 'Basket',
    each: (price: string) => `${price} each`,
    typed: 'On the keypad',
    discount: 'Discount',
    tip: 'Tip',
    empty: 'Clear',
    nothing: 'Nothing in the basket',
    nothingWhy: 'Type an amount, or touch goods.',
  },
  {
    basket: 'カゴ',
    each: (price: string) => `1点 ${price}`,
    typed: 'テンキーの金額',
    discount: '割引',
    tip: 'チップ',
    empty: '消去',
    nothing: 'カゴは空です',
    nothingWhy: '金額を入力するか、商品を選んでください。',
  },
);

export function BasketPanel({ onShare }: { readonly onShare: (what: Shared) => void }) {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const { text } = useMoneyWords();
  const { basket, priced } = useNow();
  const sums = useSumLines(priced, basket);
  if (basket.lines.length === 0)
    return (
      <EmptyState icon={ShoppingBasket} title={t.nothing}>
        {t.nothingWhy}
      </EmptyState>
    );
  return (
    <>
      <BasketList
        name={t.basket}
        most={MOST_QUANTITY}
        onQuantity={(id, quantity) => shop.setBasket(withQuantity(basket, Number(id), quantity))}
        lines={basket.lines.map((line, at) => ({
          id: String(at),
          name: isTyped(line) ? t.typed : line.name,
          quantity: line.quantity,
          amount: line.price * BigInt(line.quantity),
          ...(line.quantity > 1 && { detail: t.each(text(line.price)) }),
        }))}
      />
      <div className="t-extras">
        <Button icon={BadgePercent} onPress={() => onShare('discount')}>
          {t.discount}
        </Button>
        <Button icon={HandHeart} onPress={() => onShare('tip')}>
          {t.tip}
        </Button>
        <Button icon={Trash2} tone="quiet" onPress={() => shop.setBasket(EMPTY_BASKET)}>
          {t.empty}
        </Button>
      </div>
      <Sums lines={sums} />
    </>
  );
}
