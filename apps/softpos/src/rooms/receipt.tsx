/**
 * The receipt of one sale or refund: to show, to print, to take along as a QR code.
 *
 * What must hold: it needs no network; what it shows is what was kept with the sale, never added up anew; the QR code says the same as the paper, and holds no more
 * of the payer than the paper does.
 */
import type { ReceiptData } from '@sokkin/sdk/acceptance';
import {
  Button,
  catalogue,
  momentText,
  ReceiptPaper,
  type SumLine,
  useLanguage,
  useMoneyWords,
  useTexts,
} from '@sokkin/ui';
import { Printer } from 'lucide-react';
import type { Line, Priced } from '../shop/basket.ts';
import { WAYS } from '../words.ts';
import { useSumLines } from './sums.ts';

const TEXTS = catalogue(
  {
    sale: 'Receipt',
    refund: 'Refund',
    of: (title: string, id: string) => `${title} ${id}`,
    other: 'Goods',
    total: 'Total',
    paidBy: 'Paid by',
    backTo: 'Back to',
    from: 'From',
    number: 'Number',
    terminal: 'Terminal',
    approval: 'Approval',
    aid: 'AID',
    cryptogram: 'Cryptogram',
    sign: 'Signature of the payer',
    thanks: 'Thank you',
    take: 'QR code of this receipt',
    print: 'Print',
  },
  {
    sale: 'レシート',
    refund: '返金レシート',
    of: (title: string, id: string) => `${title} ${id}`,
    other: '商品代',
    total: '合計',
    paidBy: '支払い方法',
    backTo: '返金方法',
    from: '支払い元',
    number: '番号',
    terminal: '端末',
    approval: '承認番号',
    aid: 'AID',
    cryptogram: '暗号文',
    sign: 'お客様のご署名',
    thanks: 'ありがとうございました',
    take: 'このレシートのQRコード',
    print: '印刷',
  },
);

export interface ReceiptProps {
  readonly receipt: ReceiptData;
  readonly lines: readonly Line[];
  readonly priced: Priced | undefined;
}

export default function Receipt({ receipt, lines, priced }: ReceiptProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const facts = useFacts(receipt);
  const at = momentText(new Date(receipt.at), language);
  const amount = receipt.kind === 'refund' ? -receipt.amount : receipt.amount;
  const total: SumLine = { label: t.total, amount, isTotal: true };
  const sums = useSumLines(priced ?? { lines: amount, discount: 0n, tip: 0n, total: amount });
  const { text } = useMoneyWords();
  return (
    <div className="t-stack">
      <ReceiptPaper
        name={t.of(t[receipt.kind], receipt.sale)}
        merchant={receipt.merchant}
        title={t[receipt.kind]}
        at={at}
        lines={lines.map(({ name, price, quantity }, n) => ({
          id: String(n),
          name: name === '' ? t.other : name,
          quantity,
          amount: price * BigInt(quantity),
        }))}
        sums={receipt.kind === 'sale' ? sums : [total]}
        facts={facts}
        signature={receipt.signature ? t.sign : undefined}
        thanks={t.thanks}
        qr={{
          name: t.take,
          text: [
            receipt.merchant,
            at,
            `${t[receipt.kind]} ${text(amount)}`,
            ...facts.map(({ label, value }) => `${label} ${value}`),
          ].join('\n'),
        }}
      />
      <div className="t-centre t-unprinted">
        <Button icon={Printer} onPress={() => globalThis.print()}>
          {t.print}
        </Button>
      </div>
    </div>
  );
}

function useFacts({ kind, way, from, sale, terminal, approval, aid, cryptogram }: ReceiptData) {
  const t = useTexts(TEXTS);
  const ways = useTexts(WAYS);
  const some = (label: string, value: string | undefined) => (value === undefined ? [] : [{ label, value }]);
  return [
    { label: kind === 'sale' ? t.paidBy : t.backTo, value: ways[way] },
    { label: t.from, value: from },
    { label: t.number, value: sale },
    { label: t.terminal, value: terminal },
    ...some(t.approval, approval),
    ...some(t.aid, aid?.toUpperCase()),
    ...some(t.cryptogram, cryptogram?.toUpperCase()),
  ];
}
