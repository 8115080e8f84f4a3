/** One movement of money, as a line and as a story. */
import {
  Badge,
  catalogue,
  Money,
  momentText,
  Row,
  type Step,
  Timeline,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import {
  ArrowDownLeft,
  ArrowDownToLine,
  ArrowUpFromLine,
  ArrowUpRight,
  type LucideIcon,
  Store,
  Undo2,
} from 'lucide-react';
import type { MoneyRecord, RecordKind } from '../keep/store.ts';

const TEXTS = catalogue(
  {
    paid: 'Paid',
    received: 'Received',
    topped_up: 'Topped up',
    cashed_out: 'Moved to bank',
    refused: 'Sent back',
    shop: 'Shop',
    open: 'On its way',
    cancelled: 'Came back',
    timeline: 'What became of it',
    left: 'Left your purse',
    arrived: 'Arrived',
    arrivedHere: 'Arrived in your purse',
    notYet: 'Not heard of yet: hold the phones together again, or both go online',
    back: 'It did not arrive, and is back in your purse',
    turnedDown: 'You sent it back',
    to: 'To',
    from: 'From',
    purse: (name: string) => `purse ${name}`,
    amount: 'Amount',
    number: 'Number',
    note: 'For',
  },
  {
    paid: '支払い',
    received: '受け取り',
    topped_up: 'チャージ',
    cashed_out: '口座へ',
    refused: '返金した',
    shop: 'お店',
    open: '送金中',
    cancelled: '戻りました',
    timeline: 'この取引の経過',
    left: 'ウォレットから出金',
    arrived: '相手に届きました',
    arrivedHere: 'ウォレットに届きました',
    notYet: 'まだ確認できません。もう一度かざすか、両方がオンラインになると分かります',
    back: '届かなかったので、ウォレットに戻りました',
    turnedDown: '相手に戻しました',
    to: '支払先',
    from: '支払元',
    purse: (name: string) => `ウォレット ${name}`,
    amount: '金額',
    number: '番号',
    note: '内容',
  },
);

const ICON: Readonly<Record<RecordKind, LucideIcon>> = {
  paid: ArrowUpRight,
  received: ArrowDownLeft,
  topped_up: ArrowDownToLine,
  cashed_out: ArrowUpFromLine,
  refused: Undo2,
  shop: Store,
};

export const isOut = (kind: RecordKind): boolean =>
  kind === 'paid' || kind === 'cashed_out' || kind === 'shop';
const signed = ({ kind, amount }: MoneyRecord): bigint => (isOut(kind) ? -amount : amount);

export interface RecordRowProps {
  readonly record: MoneyRecord;
  readonly hidden?: boolean;
  readonly who?: string | undefined;
  readonly onPress?: () => void;
}

export function RecordRow({ record, hidden = false, who, onPress }: RecordRowProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const when = momentText(new Date(record.at), language);
  return (
    <Row
      icon={ICON[record.kind]}
      title={who === undefined ? t[record.kind] : `${t[record.kind]} · ${who}`}
      detail={
        <>
          {when} {record.state === 'open' && isOut(record.kind) && <Badge mood="wait">{t.open}</Badge>}
          {record.state === 'cancelled' && <Badge>{t.cancelled}</Badge>}
        </>
      }
      end={<Money amount={signed(record)} hidden={hidden} signed />}
      {...(onPress === undefined ? {} : { onPress })}
    />
  );
}

export interface RecordStoryProps {
  readonly record: MoneyRecord;
  /** Its holder's own name for the other purse. */
  readonly who?: string | undefined;
}

export function RecordStory({ record, who }: RecordStoryProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const at = momentText(new Date(record.at), language);
  const changed = momentText(new Date(record.changedAt), language);
  const steps: Step[] = isOut(record.kind)
    ? [
        { state: 'done', title: t.left, detail: at },
        record.state === 'open'
          ? { state: 'now', title: t.notYet }
          : record.state === 'credited'
            ? { state: 'done', title: t.arrived, detail: changed }
            : { state: 'done', title: t.back, detail: changed },
      ]
    : [{ state: 'done', title: record.kind === 'refused' ? t.turnedDown : t.arrivedHere, detail: at }];
  return (
    <div className="w-stack">
      <dl className="w-facts">
        <div>
          <dt className="sk-soft">{t.amount}</dt>
          <dd>
            <Money amount={signed(record)} signed />
          </dd>
        </div>
        <div>
          <dt className="sk-soft">{isOut(record.kind) ? t.to : t.from}</dt>
          <dd>{who ?? t.purse(record.counterparty.slice(0, 8))}</dd>
        </div>
        {record.note !== undefined && (
          <div>
            <dt className="sk-soft">{t.note}</dt>
            <dd>{record.note}</dd>
          </div>
        )}
        <div>
          <dt className="sk-soft">{t.number}</dt>
          <dd className="sk-number">{record.id}</dd>
        </div>
      </dl>
      <Timeline name={t.timeline} steps={steps} />
    </div>
  );
}

/** For search: what a row says. */
export function useRecordWords(): (record: MoneyRecord) => string {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  return ({ kind, amount, at, counterparty }) =>
    `${t[kind]} ${amount} ${momentText(new Date(at), language)} ${counterparty}`.toLowerCase();
}
