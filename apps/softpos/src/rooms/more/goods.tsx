/** What the shop sells: names, prices, groups. What must hold: a price is typed on the keypad, as every amount; what was sold before keeps the name and price it had. */
import {
  Banner,
  Button,
  catalogue,
  EmptyState,
  Field,
  Keypad,
  Money,
  Row,
  Rows,
  Sheet,
  type Typed,
  useTexts,
} from '@sokkin/ui';
import { PackageOpen, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useNoWords } from '../../no-words.ts';
import type { Product } from '../../shop/basket.ts';
import { MOST_TYPED } from '../sell/typed.ts';
import { useNow, useShop } from '../shop-context.tsx';

const TEXTS = catalogue(
  {
    none: 'No goods yet',
    noneWhy: 'What is added here is one touch away when selling.',
    list: 'Goods',
    add: 'Add goods',
    change: 'Change goods',
    manager: 'A manager changes goods.',
    name: 'Name',
    group: 'Group',
    groupHint: 'For example: bread, drinks. May be empty.',
    price: 'Price',
    keep: 'Save',
    remove: 'Remove',
  },
  {
    none: '商品はまだありません',
    noneWhy: 'ここに登録した商品は、会計画面で1回のタッチで選べます。',
    list: '商品',
    add: '商品を追加',
    change: '商品を変更',
    manager: '商品の変更は店長が行います。',
    name: '名前',
    group: '分類',
    groupHint: '例：パン、飲み物。空欄でもかまいません。',
    price: '価格',
    keep: '保存',
    remove: '削除',
  },
);

export function Goods() {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const { catalogue: products } = useNow();
  const [edited, edit] = useState<Product | 'new'>();
  const may = shop.may('catalogue');
  return (
    <>
      {products.length === 0 ? (
        <EmptyState icon={PackageOpen} title={t.none}>
          {t.noneWhy}
        </EmptyState>
      ) : (
        <Rows name={t.list}>
          {products.map((product) => (
            <Row
              key={product.id}
              title={product.name}
              detail={product.group}
              end={<Money amount={product.price} />}
              {...(may && { onPress: () => edit(product) })}
            />
          ))}
        </Rows>
      )}
      {may ? (
        <Button wide icon={Plus} onPress={() => edit('new')}>
          {t.add}
        </Button>
      ) : (
        <p className="sk-soft">{t.manager}</p>
      )}
      <Sheet
        title={edited === 'new' ? t.add : t.change}
        open={edited !== undefined}
        onClose={() => edit(undefined)}
      >
        {edited !== undefined && <Edit product={edited} onDone={() => edit(undefined)} />}
      </Sheet>
    </>
  );
}

function Edit({ product, onDone }: { readonly product: Product | 'new'; readonly onDone: () => void }) {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const no = useNoWords();
  const before = product === 'new' ? undefined : product;
  const [name, setName] = useState(before?.name ?? '');
  const [group, setGroup] = useState(before?.group ?? '');
  const [price, setPrice] = useState<Typed>({ amount: before?.price ?? 0n, refused: false });
  const [fault, setFault] = useState<string>();
  const keep = async () => {
    const done = await shop.keepProduct({
      id: before?.id ?? crypto.randomUUID(),
      name: name.trim(),
      price: price.amount,
      group: group.trim() === '' ? undefined : group.trim(),
    });
    if (done.status === 'no') setFault(no(done));
    else onDone();
  };
  const remove = async (id: string) => {
    await shop.removeProduct(id);
    onDone();
  };
  return (
    <div className="t-stack">
      <Field label={t.name} value={name} onChange={setName} maxLength={60} />
      <Field label={t.group} value={group} onChange={setGroup} hint={t.groupHint} maxLength={30} />
      <p className="t-amount">
        <span className="sk-soft">{t.price}</span>
        <Money amount={price.amount} size="large" />
      </p>
      <Keypad typed={price} onType={setPrice} most={MOST_TYPED} />
      {fault !== undefined && <Banner mood="bad" title={fault} />}
      <Button
        tone="primary"
        wide
        disabled={name.trim() === '' || price.amount === 0n}
        onPress={() => void keep()}
      >
        {t.keep}
      </Button>
      {before !== undefined && (
        <Button tone="danger" wide icon={Trash2} onPress={() => void remove(before.id)}>
          {t.remove}
        </Button>
      )}
    </div>
  );
}
