/** What the shop sells, to be put into the basket by one touch. What must hold: one touch is one more; how many there are is seen where it was touched. */
import { Chips, catalogue, EmptyState, Field, Money, useTexts } from '@sokkin/ui';
import { PackageOpen, SearchX } from 'lucide-react';
import { useState } from 'react';
import { useNow, useShop } from '../shop-context.tsx';

const TEXTS = catalogue(
  {
    none: 'No goods yet',
    noneWhy: 'A manager adds them under More, Goods. Until then: the keypad.',
    search: 'Search goods',
    nothing: 'Nothing found',
    name: 'Goods',
    group: 'Group',
    all: 'All',
  },
  {
    none: '商品はまだありません',
    noneWhy: '店長が「その他」の「商品」で登録します。それまではテンキーで会計できます。',
    search: '商品を検索',
    nothing: '見つかりません',
    name: '商品',
    group: '分類',
    all: 'すべて',
  },
);
/** Above that, looking is slower than typing. */
const SEEN_AT_ONCE = 12;

export function Items() {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const { catalogue: products, basket } = useNow();
  const [text, setText] = useState('');
  const [group, setGroup] = useState('');
  if (products.length === 0)
    return (
      <EmptyState icon={PackageOpen} title={t.none}>
        {t.noneWhy}
      </EmptyState>
    );
  const groups = [...new Set(products.flatMap((one) => one.group ?? []))];
  const wanted = text.trim().toLowerCase();
  const found = products.filter(
    (one) => one.name.toLowerCase().includes(wanted) && (group === '' || one.group === group),
  );
  const taken = (id: string) =>
    basket.lines.reduce((sum, line) => sum + (line.product === id ? line.quantity : 0), 0);
  return (
    <>
      {groups.length > 1 && (
        <Chips
          name={t.group}
          value={group}
          onChange={setGroup}
          choices={[{ value: '', label: t.all }, ...groups.map((value) => ({ value, label: value }))]}
        />
      )}
      {products.length > SEEN_AT_ONCE && (
        <Field label={t.search} value={text} onChange={setText} type="search" maxLength={60} />
      )}
      {found.length === 0 && <EmptyState icon={SearchX} title={t.nothing} />}
      <ul className="t-goods" aria-label={t.name}>
        {found.map(({ id, name, price }) => (
          <li key={id}>
            <button type="button" data-taken={taken(id) > 0 || undefined} onClick={() => shop.addProduct(id)}>
              <span>{name}</span>
              <Money amount={price} />
              {taken(id) > 0 && <span className="t-goods-count sk-number">× {taken(id)}</span>}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
