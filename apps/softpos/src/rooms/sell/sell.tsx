/**
 * Where a sale begins: an amount on the keypad, goods in the basket, or both; then Charge, and the reader is armed at once.
 *
 * What must hold: the figure on Charge is the figure that is charged; the same sale can be put together by touch and by keyboard (digits, Enter); on a wide screen
 * the basket stands beside the keypad, on a phone it lies under it.
 */
import { Button, catalogue, Keypad, Money, Segments, Sheet, type Typed, useKeys, useTexts } from '@sokkin/ui';
import { BadgePercent, HandHeart, ListPlus, type LucideIcon, Nfc, ShoppingBasket } from 'lucide-react';
import { useRef, useState } from 'react';
import { useNow, useShop } from '../shop-context.tsx';
import { BasketPanel } from './basket-panel.tsx';
import { Items } from './items.tsx';
import { type Shared, ShareSheet } from './share-sheet.tsx';
import { TipAsked } from './tip-asked.tsx';
import { countOf, MOST_TYPED, typedOf, withTyped, withTypedNamed } from './typed.ts';

const TEXTS = catalogue(
  {
    sell: 'Sell',
    how: 'How to enter',
    keys: 'Keypad',
    goods: 'Goods',
    add: 'Add',
    charge: 'Charge',
    basket: 'Basket',
    custom: 'Other',
    discount: 'Discount',
    tip: 'Tip',
    tools: 'This sale',
  },
  {
    sell: '会計',
    how: '入力方法',
    keys: 'テンキー',
    goods: '商品',
    add: '追加',
    charge: '会計する',
    basket: 'カゴ',
    custom: 'その他',
    discount: '割引',
    tip: 'チップ',
    tools: 'この会計',
  },
);

type Over = 'basket' | 'asked_tip' | Shared;

export function Sell() {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const { basket, priced, settings } = useNow();
  const [by, setBy] = useState<'keys' | 'goods'>('keys');
  const [over, setOver] = useState<Over>();
  const isReady = priced.total > 0n;
  const charge = () => {
    if (!isReady) return;
    if (settings.asksTip && basket.tip === undefined) setOver('asked_tip');
    else shop.charge();
  };
  const part = useRef<HTMLDivElement>(null);
  useKeys(part, ({ key, target }) => {
    // A button takes Enter for itself.
    if (key === 'Enter' && !(target instanceof HTMLButtonElement)) charge();
  });
  if (over === 'asked_tip')
    return (
      <TipAsked
        onDone={(tip) => {
          if (tip !== undefined) shop.setBasket({ ...basket, tip });
          setOver(undefined);
          shop.charge();
        }}
        onBack={() => setOver(undefined)}
      />
    );
  const chargeButton = (
    <Button tone="primary" wide icon={Nfc} disabled={!isReady} onPress={charge}>
      {t.charge} <Money amount={priced.total} />
    </Button>
  );
  const count = countOf(basket);
  return (
    <div className="t-sell" ref={part}>
      <h1 className="sk-unseen">{t.sell}</h1>
      <section className="t-entry" aria-label={t.how}>
        <Segments
          name={t.how}
          value={by}
          onChange={setBy}
          choices={[
            { value: 'keys', label: t.keys },
            { value: 'goods', label: t.goods },
          ]}
        />
        {by === 'keys' ? <Keys /> : <Items />}
      </section>
      <section className="t-tools" aria-label={t.tools}>
        {by === 'keys' && (
          <Tool
            icon={ListPlus}
            label={t.add}
            disabled={typedOf(basket) === 0n}
            onPress={() => shop.setBasket(withTypedNamed(basket, t.custom))}
          />
        )}
        <Tool aside icon={ShoppingBasket} label={t.basket} count={count} onPress={() => setOver('basket')} />
        <Tool
          aside
          icon={BadgePercent}
          label={t.discount}
          disabled={priced.lines === 0n}
          onPress={() => setOver('discount')}
        />
        <Tool
          aside
          icon={HandHeart}
          label={t.tip}
          disabled={priced.lines === 0n}
          onPress={() => setOver('tip')}
        />
      </section>
      <aside className="t-basket" aria-label={t.basket}>
        <div>
          <BasketPanel onShare={setOver} />
        </div>
        {chargeButton}
      </aside>
      <div className="t-foot">{chargeButton}</div>
      <Sheet title={t.basket} open={over === 'basket'} onClose={() => setOver(undefined)}>
        <div className="t-stack">
          <BasketPanel onShare={setOver} />
          {isReady && chargeButton}
        </div>
      </Sheet>
      {(['discount', 'tip'] as const).map((what) => (
        <ShareSheet
          key={what}
          what={what}
          open={over === what}
          onClose={() => setOver(undefined)}
          onDone={(share) => {
            shop.setBasket({ ...basket, [what]: share });
            setOver(undefined);
          }}
        />
      ))}
    </div>
  );
}

function Keys() {
  const shop = useShop();
  const { basket } = useNow();
  const [refused, setRefused] = useState(false);
  const amount = typedOf(basket);
  const type = (typed: Typed) => {
    const done = shop.setBasket(withTyped(basket, typed.amount));
    setRefused(typed.refused || done.status === 'no');
  };
  return (
    <>
      <p className="t-amount" data-empty={amount === 0n || undefined}>
        <Money amount={amount} size="large" />
      </p>
      <Keypad typed={{ amount, refused }} onType={type} most={MOST_TYPED} />
    </>
  );
}

interface ToolProps {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly count?: number;
  readonly disabled?: boolean;
  /** On a wide screen it stands in the basket beside. */
  readonly aside?: boolean;
  readonly onPress: () => void;
}

function Tool({ icon: Icon, label, count = 0, disabled = false, aside = false, onPress }: ToolProps) {
  return (
    <button
      type="button"
      className="t-tool"
      data-aside={aside || undefined}
      disabled={disabled}
      onClick={onPress}
    >
      <Icon aria-hidden size={22} />
      <span>{label}</span>
      {count > 0 && <span className="t-tool-count sk-number">{count}</span>}
    </button>
  );
}
