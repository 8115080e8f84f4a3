/** Giving back all of a sale, or a part. What must hold: never more than is left of it; what is given back is seen before; the way is the one by which it was paid. */
import {
  Banner,
  Button,
  catalogue,
  Keypad,
  Money,
  Segments,
  useMoneyWords,
  useTexts,
  useTyped,
} from '@sokkin/ui';
import { Undo2 } from 'lucide-react';
import { useState } from 'react';
import { useNoWords } from '../../no-words.ts';
import type { EntryDetail } from '../../shop/view.ts';
import { useShop } from '../shop-context.tsx';

const TEXTS = catalogue(
  {
    how: 'How much',
    all: 'All of it',
    part: 'A part',
    left: (amount: string) => `At most ${amount} can be given back.`,
    purse: 'The payer holds the same card or phone here, and gets it at once.',
    card: 'The bank of the card books it. The card is not needed.',
    give: 'Give back',
  },
  {
    how: '返金額',
    all: '全額',
    part: '一部',
    left: (amount: string) => `${amount}まで返金できます。`,
    purse: '同じカードかスマホをかざしてもらうと、その場で戻ります。',
    card: 'カード会社を通じて返金します。カードは不要です。',
    give: '返金する',
  },
);

export function Refund({ sale, onDone }: { readonly sale: EntryDetail; readonly onDone: () => void }) {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const no = useNoWords();
  const { text } = useMoneyWords();
  const [how, setHow] = useState<'all' | 'part'>('all');
  const [typed, type] = useTyped();
  const [fault, setFault] = useState<string>();
  const amount = how === 'all' ? sale.refundable : typed.amount;
  const give = async () => {
    const done = await shop.refund(sale.id, amount);
    if (done.status === 'no') setFault(no(done));
    else onDone();
  };
  return (
    <div className="t-stack">
      <Segments
        name={t.how}
        value={how}
        onChange={setHow}
        choices={[
          { value: 'all', label: t.all },
          { value: 'part', label: t.part },
        ]}
      />
      <div className="t-amount">
        <Money amount={amount} size="large" />
        <p className="sk-soft">{t.left(text(sale.refundable))}</p>
      </div>
      {how === 'part' && <Keypad typed={typed} onType={type} most={sale.refundable} />}
      <p className="sk-soft">{sale.way === 'purse' ? t.purse : t.card}</p>
      {fault !== undefined && <Banner mood="bad" title={fault} />}
      <Button tone="primary" wide icon={Undo2} disabled={amount === 0n} onPress={() => void give()}>
        {t.give} <Money amount={amount} />
      </Button>
    </div>
  );
}
