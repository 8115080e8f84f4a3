/** One sale or refund: what it was, what became of it step by step, its receipt, and giving money back. */
import type { ReceiptData } from '@sokkin/sdk/acceptance';
import {
  Banner,
  Button,
  catalogue,
  type Fact,
  Facts,
  Money,
  momentText,
  Sheet,
  type Step,
  Timeline,
  timeText,
  useLanguage,
  useMoneyWords,
  useTexts,
} from '@sokkin/ui';
import { ReceiptText as ReceiptIcon, Undo2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useNoWords } from '../../no-words.ts';
import type { EntryDetail, Moment } from '../../shop/view.ts';
import { REASONS, WAYS } from '../../words.ts';
import Receipt from '../receipt.tsx';
import { useNow, useShop } from '../shop-context.tsx';
import { EntryBadges, STATES } from './entry-row.tsx';
import { Refund } from './refund.tsx';

const TEXTS = catalogue(
  {
    amount: 'Amount',
    state: 'State',
    way: 'Paid by',
    from: 'From',
    reason: 'Reason',
    at: 'When',
    number: 'Number',
    staff: 'At the till',
    refunded: 'Given back',
    timeline: 'What became of it',
    receipt: 'Receipt',
    refund: 'Refund',
    torn: (amount: string) => `A refund of ${amount} was cut off`,
    tornWhy: 'The payer holds the same card or phone here once more. Nothing is paid back twice.',
    finish: 'Finish it',
    manager: 'A manager can refund it.',
    gone: 'It is not there any more.',
    loading: 'One moment',
    begun: 'Charged',
    card_seen: 'A card was held to it',
    tap_again: 'It left too early',
    asked: 'The bank of the card was asked',
    approved: 'Paid',
    declined: 'Not paid',
    cancelled: 'Cancelled',
    kept: 'Paid; the till takes the money as soon as it can',
    resumed: 'Gone on with after a start',
    refundedMoment: 'Money was given back',
    sent: 'Sent to the bank',
    refused: 'The bank will not take it: ask your acquirer',
    unsent: 'Waits to be sent to the bank',
  },
  {
    amount: '金額',
    state: '状態',
    way: '支払い方法',
    from: '支払い元',
    reason: '理由',
    at: '日時',
    number: '番号',
    staff: '担当',
    refunded: '返金額',
    timeline: 'この会計の経過',
    receipt: 'レシート',
    refund: '返金する',
    torn: (amount: string) => `${amount}の返金が途中で切れました`,
    tornWhy: '同じカードかスマホをもう一度かざしてもらってください。二重に返金されることはありません。',
    finish: '続ける',
    manager: '返金は店長が行えます。',
    gone: '見つかりません。',
    loading: 'お待ちください',
    begun: '会計を開始',
    card_seen: 'カードがかざされました',
    tap_again: '早く離れました',
    asked: 'カード会社に確認しました',
    approved: '支払い完了',
    declined: '支払われませんでした',
    cancelled: '中止しました',
    kept: '支払い済み。記帳は自動で行われます',
    resumed: '起動後に続きを処理しました',
    refundedMoment: '返金しました',
    sent: '銀行に送信しました',
    refused: '銀行が受け付けません。契約会社に確認してください',
    unsent: '銀行への送信待ち',
  },
);

type Shown = EntryDetail | 'gone' | undefined;

export function Detail({ id }: { readonly id: string }) {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const { today, queue } = useNow();
  const [shown, setShown] = useState<Shown>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown may have changed whenever the day or the queue did
  useEffect(() => {
    let isWanted = true;
    void shop.detail(id).then((entry) => {
      if (isWanted) setShown(entry ?? 'gone');
    });
    return () => {
      isWanted = false;
    };
  }, [shop, id, today, queue.count]);
  if (shown === undefined) return <p className="sk-soft">{t.loading}</p>;
  if (shown === 'gone') return <Banner mood="bad" title={t.gone} />;
  return <Story entry={shown} />;
}

function Story({ entry }: { readonly entry: EntryDetail }) {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const [over, setOver] = useState<'receipt' | 'refund'>();
  const { receipt, torn } = entry;
  const isRefundable = entry.refundable > 0n && torn === undefined;
  return (
    <div className="t-stack">
      <div className="t-entry-head">
        <Money amount={entry.kind === 'refund' ? -entry.amount : entry.amount} size="large" />
        <p>
          <EntryBadges entry={entry} />
        </p>
      </div>
      {torn !== undefined && <Torn torn={torn} />}
      <Facts facts={useFacts(entry)} />
      <Timeline name={t.timeline} steps={useSteps(entry)} />
      <div className="t-two">
        {receipt !== undefined && (
          <Button wide icon={ReceiptIcon} onPress={() => setOver('receipt')}>
            {t.receipt}
          </Button>
        )}
        {isRefundable && (
          <Button wide icon={Undo2} disabled={!shop.may('refund')} onPress={() => setOver('refund')}>
            {t.refund}
          </Button>
        )}
      </div>
      {isRefundable && !shop.may('refund') && <p className="sk-soft">{t.manager}</p>}
      {receipt !== undefined && (
        <Sheet title={t.receipt} open={over === 'receipt'} onClose={() => setOver(undefined)}>
          <Receipt receipt={receipt} lines={entry.lines} priced={entry.priced} />
        </Sheet>
      )}
      <Sheet title={t.refund} open={over === 'refund'} onClose={() => setOver(undefined)}>
        <Refund sale={entry} onDone={() => setOver(undefined)} />
      </Sheet>
    </div>
  );
}

/** Nobody knows whether the payer has it: until it is finished, nothing else of the sale is given back. */
function Torn({ torn }: { readonly torn: NonNullable<EntryDetail['torn']> }) {
  const t = useTexts(TEXTS);
  const shop = useShop();
  const no = useNoWords();
  const { text } = useMoneyWords();
  const [fault, setFault] = useState<string>();
  const finish = async () => {
    const done = await shop.refund(torn.sale);
    if (done.status === 'no') setFault(no(done));
  };
  return (
    <Banner
      mood="wait"
      title={t.torn(text(torn.amount))}
      action={
        <Button icon={Undo2} disabled={!shop.may('refund')} onPress={() => void finish()}>
          {t.finish}
        </Button>
      }
    >
      {fault ?? (shop.may('refund') ? t.tornWhy : t.manager)}
    </Banner>
  );
}

function useFacts(entry: EntryDetail): readonly Fact[] {
  const t = useTexts(TEXTS);
  const ways = useTexts(WAYS);
  const states = useTexts(STATES);
  const reasons = useTexts(REASONS);
  const { language } = useLanguage();
  const { staff } = useNow();
  const { state, way, reason, id, refunded, receipt } = entry;
  const who = staff.find((one) => one.id === entry.staff)?.name ?? entry.staff;
  return [
    { label: t.state, value: states[state] },
    ...some(t.way, way && ways[way]),
    ...some(t.from, fromOf(receipt)),
    ...some(t.reason, reason && reasons[reason]),
    ...(refunded > 0n ? [{ label: t.refunded, value: <Money amount={refunded} /> }] : []),
    ...some(t.staff, who),
    { label: t.at, value: momentText(new Date(entry.at), language) },
    { label: t.number, value: <span className="sk-number">{id}</span> },
  ];
}

const some = (label: string, value: string | undefined): readonly Fact[] =>
  value === undefined ? [] : [{ label, value }];
const fromOf = (receipt: ReceiptData | undefined): string | undefined => receipt?.from;

const STATE_OF: Readonly<Record<Moment['kind'], Step['state']>> = {
  begun: 'done',
  card_seen: 'done',
  tap_again: 'done',
  asked: 'done',
  approved: 'done',
  declined: 'failed',
  cancelled: 'done',
  kept: 'now',
  resumed: 'done',
  refunded: 'done',
  sent: 'done',
  refused: 'failed',
};

function useSteps({ timeline, isQueued }: EntryDetail): readonly Step[] {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const steps = timeline.map(({ at, kind }, n) => ({
    // What is over does not go on.
    state: STATE_OF[kind] === 'now' && n < timeline.length - 1 ? ('done' as const) : STATE_OF[kind],
    title: kind === 'refunded' ? t.refundedMoment : t[kind],
    detail: timeText(new Date(at), language),
  }));
  return isQueued ? [...steps, { state: 'now', title: t.unsent }] : steps;
}
