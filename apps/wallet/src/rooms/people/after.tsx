/** What can be done with a payment that was made: give its purse a name, have a receipt, show evidence; and what may still become of it. */
import { Banner, Button, catalogue, Field, momentText, moneyText, useLanguage, useTexts } from '@sokkin/ui';
import { FileCheck, Printer, ReceiptText, UserRoundPlus } from 'lucide-react';
import { useState } from 'react';
import type { MoneyRecord } from '../../keep/store.ts';
import { MOST_NAME } from '../../wallet/links.ts';
import { usePeople } from '../../wallet/people.ts';
import { evidenceFile } from '../../wallet/proofs.ts';
import type { Wallet } from '../../wallet/wallet.ts';
import { saysWhy } from '../../words.ts';
import { isOut } from '../record.tsx';
import { nameOf, useNames } from './names.ts';
import { giveFile, type ReceiptWords, receiptPicture, receiptText } from './receipt.ts';

const TEXTS = catalogue(
  {
    open: 'It has not arrived yet',
    openWhy:
      'Hold the phones together again, or let both go online. It cannot be called back from here: only its payee can send it back, before it arrives. If it never arrives, it comes back when that is proven.',
    name: 'Give this purse a name',
    nameHint: 'Only you see it.',
    save: 'Save the name',
    receipt: 'Receipt',
    print: 'Print',
    evidence: 'Save the evidence',
    evidenceWhy: 'A file with the signed records. Anybody can check it without a network (sokkin verify).',
    paid: 'Paid',
    received: 'Received',
    topped_up: 'Topped up',
    cashed_out: 'Moved to bank',
    refused: 'Sent back',
    shop: 'Paid in a shop',
    credited: 'arrived',
    cancelled: 'came back',
    pending: 'on its way',
    to: 'To',
    from: 'From',
    at: 'When',
    state: 'State',
    number: 'Number',
    note: 'For',
    foot: 'A receipt for reading. The signed evidence is a file of its own.',
  },
  {
    open: 'まだ届いていません',
    openWhy:
      'もう一度かざすか、両方をオンラインにしてください。こちらから取り消すことはできません。届く前なら、受け取る側が返せます。届かないことが確認されると、お金は戻ります。',
    name: 'このウォレットに名前を付ける',
    nameHint: 'あなただけに見えます。',
    save: '名前を保存',
    receipt: '控え',
    print: '印刷',
    evidence: '証拠を保存',
    evidenceWhy: '署名付き記録のファイルです。オフラインで誰でも確認できます（sokkin verify）。',
    paid: '支払い',
    received: '受け取り',
    topped_up: 'チャージ',
    cashed_out: '口座へ',
    refused: '返金した',
    shop: 'お店での支払い',
    credited: '届きました',
    cancelled: '戻りました',
    pending: '送金中',
    to: '支払先',
    from: '支払元',
    at: '日時',
    state: '状態',
    number: '番号',
    note: '内容',
    foot: 'これは控えです。署名付きの証拠は別のファイルです。',
  },
);

const isWithSomebody = ({ kind }: MoneyRecord): boolean =>
  kind === 'paid' || kind === 'received' || kind === 'refused';

export default function After({ wallet, record }: { readonly wallet: Wallet; readonly record: MoneyRecord }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const people = usePeople(wallet);
  const words = useReceipt(wallet, record);
  const [fault, setFault] = useState<string>();
  const evidence = async () => {
    const made = await evidenceFile(wallet, record);
    if (made.status !== 'ok') return setFault(saysWhy(made, { language }));
    await giveFile(made.value);
  };
  const isOpen = record.state === 'open' && isOut(record.kind) && record.kind !== 'shop';
  const isNameless = isWithSomebody(record) && nameOf(people, record.counterparty) === undefined;
  return (
    <div className="w-stack">
      {isOpen && (
        <Banner mood="wait" title={t.open}>
          <p>{t.openWhy}</p>
        </Banner>
      )}
      {isNameless && <Naming wallet={wallet} purse={record.counterparty} />}
      <div className="w-two">
        <Button
          wide
          icon={ReceiptText}
          onPress={() => void receiptPicture(words).then((file) => giveFile(file, receiptText(words)))}
        >
          {t.receipt}
        </Button>
        <Button wide icon={Printer} onPress={() => window.print()}>
          {t.print}
        </Button>
      </div>
      {isWithSomebody(record) && (
        <>
          <Button wide icon={FileCheck} onPress={() => void evidence()}>
            {t.evidence}
          </Button>
          <p className="sk-soft">{t.evidenceWhy}</p>
        </>
      )}
      {fault !== undefined && <Banner mood="bad" title={fault} />}
      <Paper {...words} />
    </div>
  );
}

function useReceipt(wallet: Wallet, record: MoneyRecord): ReceiptWords {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const names = useNames(wallet);
  const who = isWithSomebody(record)
    ? [[isOut(record.kind) ? t.to : t.from, names(record.counterparty)] as const]
    : [];
  const note = record.note === undefined ? [] : [[t.note, record.note] as const];
  return {
    title: t[record.kind],
    amount: moneyText(record.amount, language),
    lines: [
      ...who,
      ...note,
      [t.at, momentText(new Date(record.at), language)],
      [t.state, record.state === 'open' ? t.pending : t[record.state]],
      [t.number, record.id],
    ],
    foot: t.foot,
  };
}

/** What comes out of a printer: nothing else of the page does. */
function Paper({ title, amount, lines, foot }: ReceiptWords) {
  return (
    <section className="w-paper" aria-hidden>
      <p>{title}</p>
      <p className="w-paper-amount">{amount}</p>
      <dl>
        {lines.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p>{foot}</p>
    </section>
  );
}

function Naming({ wallet, purse }: { readonly wallet: Wallet; readonly purse: string }) {
  const t = useTexts(TEXTS);
  const [name, setName] = useState('');
  return (
    <form
      className="w-stack"
      onSubmit={(event) => {
        event.preventDefault();
        void wallet.parts.people.call(purse, name);
      }}
    >
      <Field
        label={t.name}
        hint={t.nameHint}
        value={name}
        onChange={setName}
        maxLength={MOST_NAME}
        autoComplete="off"
      />
      <Button wide submits icon={UserRoundPlus} disabled={name.trim() === ''}>
        {t.save}
      </Button>
    </form>
  );
}
