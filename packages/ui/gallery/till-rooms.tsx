/** The parts of a till, as screens will use them. */
import { useState } from 'react';
import * as ui from '../src/index.ts';

const TEXTS = ui.catalogue(
  {
    basket: 'Basket',
    coffee: 'Coffee',
    cake: 'Strawberry cake, a whole one to take home',
    each: (price: string) => `${price} each`,
    subtotal: 'Subtotal',
    discount: 'Discount 10%',
    total: 'Total',
    which: 'Which ones',
    all: 'All',
    paid: 'Paid',
    refunded: 'Refunded',
    day: 'Sales by hour',
    course: 'Sales so far',
    hour: 'Hour',
    sales: 'Sales',
    receipt: 'Receipt',
    shop: 'Bakery Komugi',
    at: '20 Nov 2026, 12:04',
    way: 'Paid by',
    purse: 'Purse 3f6a 91c2',
    sign: 'Signature',
    thanks: 'Thank you',
    take: 'Receipt to take along',
    tap: 'Hold the card or phone here',
    pay: 'Please pay',
    again: 'Hold the same card here again',
    againWhy: 'It left too early. Nothing is paid twice.',
    cancel: 'Cancel',
    approved: 'Approved',
    declined: 'Not paid',
    declinedWhy: 'The card has too little money. Ask for another one.',
    unknown: 'Not known yet',
    offline: 'Offline',
    next: 'Next sale',
    count: 'Payments',
    average: 'On average',
    since: 'since 9:00',
  },
  {
    basket: '注文',
    coffee: 'コーヒー',
    cake: 'いちごのホールケーキ（お持ち帰り用）',
    each: (price: string) => `1点 ${price}`,
    subtotal: '小計',
    discount: '割引 10%',
    total: '合計',
    which: '表示',
    all: 'すべて',
    paid: '支払い済み',
    refunded: '返金済み',
    day: '時間ごとの売上',
    course: '売上の累計',
    hour: '時',
    sales: '売上',
    receipt: 'レシート',
    shop: 'ベーカリーこむぎ',
    at: '2026年11月20日 12:04',
    way: '支払い方法',
    purse: 'ウォレット 3f6a 91c2',
    sign: 'ご署名',
    thanks: 'ありがとうございました',
    take: 'お持ち帰り用レシート',
    tap: 'カードまたはスマホをかざしてください',
    pay: 'お支払い金額',
    again: '同じカードをもう一度かざしてください',
    againWhy: '早く離れました。二重に支払われることはありません。',
    cancel: 'やめる',
    approved: '支払い完了',
    declined: '支払われていません',
    declinedWhy: 'カードの残高が足りません。別のカードをお願いしてください。',
    unknown: 'まだ分かりません',
    offline: 'オフライン',
    next: '次の会計',
    count: '件数',
    average: '平均',
    since: '9:00から',
  },
);
const useWords = () => ui.useTexts(TEXTS);

function Basket() {
  const t = useWords();
  const { text } = ui.useMoneyWords();
  const [count, setCount] = useState(2);
  return (
    <>
      <h1>{t.basket}</h1>
      <ui.BasketList
        name={t.basket}
        most={3}
        onQuantity={(id, quantity) => id === 'coffee' && setCount(quantity)}
        lines={[
          {
            id: 'coffee',
            name: t.coffee,
            quantity: count,
            amount: 450n * BigInt(count),
            detail: t.each(text(450n)),
          },
          { id: 'cake', name: t.cake, quantity: 1, amount: 4_800n },
        ]}
      />
      <ui.Sums
        lines={[
          { label: t.subtotal, amount: 5_700n },
          { label: t.discount, amount: -570n },
          { label: t.total, amount: 5_130n, isTotal: true },
        ]}
      />
    </>
  );
}

const HOURS = [0n, 1_200n, 8_400n, 22_750n, 17_300n, 9_050n, 12_480n, 3_300n].map((amount, at) => ({
  label: `${9 + at}:00`,
  amount,
}));
const SO_FAR = HOURS.map(({ label }, at) => ({
  label,
  amount: HOURS.slice(0, at + 1).reduce((sum, { amount }) => sum + amount, 0n),
}));

function Day() {
  const t = useWords();
  const [which, setWhich] = useState<'all' | 'paid' | 'refunded'>('all');
  return (
    <>
      <h1>{t.sales}</h1>
      <ui.Chips
        name={t.which}
        value={which}
        onChange={setWhich}
        choices={[
          { value: 'all', label: t.all, count: 48 },
          { value: 'paid', label: t.paid, count: 46 },
          { value: 'refunded', label: t.refunded, count: 2 },
        ]}
      />
      <ui.Figures
        figures={[
          { label: t.sales, value: <ui.Money amount={74_480n} />, detail: t.since },
          { label: t.count, value: 48 },
          { label: t.average, value: <ui.Money amount={1_551n} /> },
        ]}
      />
      <ui.DayChart name={t.day} axis={t.hour} figure={t.sales} points={HOURS} />
      <ui.DayChart name={t.course} axis={t.hour} figure={t.sales} points={SO_FAR} kind="line" />
    </>
  );
}

function Paper() {
  const t = useWords();
  return (
    <>
      <h1 className="sk-unseen">{t.receipt}</h1>
      <ui.ReceiptPaper
        name={t.receipt}
        merchant={t.shop}
        title={t.receipt}
        at={t.at}
        lines={[
          { id: 'coffee', name: t.coffee, quantity: 2, amount: 900n },
          { id: 'cake', name: t.cake, quantity: 1, amount: 4_800n },
        ]}
        sums={[
          { label: t.discount, amount: -570n },
          { label: t.total, amount: 5_130n, isTotal: true },
        ]}
        facts={[{ label: t.way, value: t.purse }]}
        signature={t.sign}
        qr={{ text: 'https://example.com/r/0123456789abcdef', name: t.take }}
        thanks={t.thanks}
      />
      <ui.Button>{t.cancel}</ui.Button>
    </>
  );
}

/** Two decimals, and a figure that is wider than a small phone at full size. */
function Euro() {
  const [typed, type] = ui.useTyped();
  return (
    <ui.CurrencyProvider currency={{ code: 'EUR', decimals: 2 }}>
      <h1 className="sk-unseen">{useWords().total}</h1>
      <ui.Money amount={typed.amount} size="large" />
      <ui.Keypad typed={typed} onType={type} most={100_000_00n} />
    </ui.CurrencyProvider>
  );
}

function FullTap({ isLost = false }: { readonly isLost?: boolean }) {
  const t = useWords();
  return (
    <ui.FullTap
      lights={isLost ? 'idle' : 'ready'}
      amount={5_130n}
      towardsPayer={t.pay}
      says={isLost ? t.again : t.tap}
      detail={isLost ? t.againWhy : undefined}
      needsCare={isLost}
    >
      <ui.Button wide>{t.cancel}</ui.Button>
    </ui.FullTap>
  );
}

function FullResult({ kind }: { readonly kind: ui.FullResultKind }) {
  const t = useWords();
  return (
    <ui.FullResult
      kind={kind}
      title={{ done: t.approved, failed: t.declined, unknown: t.unknown, stopped: t.cancel }[kind]}
      amount={kind === 'done' ? 5_130n : undefined}
      detail={kind === 'done' ? undefined : t.declinedWhy}
      notes={kind === 'done' ? <ui.Badge mood="wait">{t.offline}</ui.Badge> : undefined}
    >
      <ui.Button wide>{t.next}</ui.Button>
      <ui.Button wide>{t.receipt}</ui.Button>
    </ui.FullResult>
  );
}

export const TILL_ROOMS: Readonly<Record<string, () => React.ReactNode>> = {
  basket: () => <Basket />,
  day: () => <Day />,
  wide: () => <Day />,
  receipt: () => <Paper />,
  euro: () => <Euro />,
  'full-tap': () => <FullTap />,
  'full-lost': () => <FullTap isLost />,
  'full-done': () => <FullResult kind="done" />,
  'full-failed': () => <FullResult kind="failed" />,
  'full-unknown': () => <FullResult kind="unknown" />,
  'full-stopped': () => <FullResult kind="stopped" />,
};
