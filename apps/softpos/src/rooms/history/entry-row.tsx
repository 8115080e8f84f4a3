/** One sale or refund, as a line. What must hold: its state is said in words; what brought nothing is not shown as income. */
import {
  Badge,
  catalogue,
  clockText,
  type Language,
  Money,
  type Mood,
  momentText,
  Row,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import { CreditCard, type LucideIcon, Smartphone, Undo2, X } from 'lucide-react';
import type { Entry, EntryState } from '../../shop/view.ts';
import { WAYS } from '../../words.ts';

export const STATES = catalogue(
  {
    open: 'Open',
    asking: 'Being asked',
    paid: 'Paid, not booked',
    approved: 'Paid',
    declined: 'Not paid',
    cancelled: 'Cancelled',
  } satisfies Record<EntryState, string>,
  {
    open: '会計中',
    asking: '確認中',
    paid: '記帳待ち',
    approved: '支払い済み',
    declined: '不成立',
    cancelled: '中止',
  } satisfies Record<EntryState, string>,
);

export const REFUND_STATES = catalogue(
  {
    open: 'Unfinished',
    asking: 'Being asked',
    paid: 'Unfinished',
    approved: 'Refunded',
    declined: 'Not refunded',
    cancelled: 'Cancelled',
  } satisfies Record<EntryState, string>,
  {
    open: '未完了',
    asking: '確認中',
    paid: '未完了',
    approved: '返金済み',
    declined: '返金不成立',
    cancelled: '中止',
  } satisfies Record<EntryState, string>,
);

const TEXTS = catalogue(
  {
    refund: 'Refund',
    sale: 'Sale',
    refunded: 'Refunded',
    partly: 'Partly refunded',
    unsent: 'Not sent',
    care: 'Look at it',
  },
  {
    refund: '返金',
    sale: '会計',
    refunded: '返金済み',
    partly: '一部返金',
    unsent: '未送信',
    care: '要確認',
  },
);

const MOOD: Readonly<Record<EntryState, Mood>> = {
  open: 'wait',
  asking: 'wait',
  paid: 'wait',
  approved: 'good',
  declined: 'bad',
  cancelled: 'plain',
};

/** Badges: what became of it, shortest first. */
export function EntryBadges({ entry }: { readonly entry: Entry }) {
  const t = useTexts(TEXTS);
  const states = useTexts(entry.kind === 'refund' ? REFUND_STATES : STATES);
  const { kind, state, refunded, amount, isQueued, needsCare } = entry;
  return (
    <>
      {state !== 'approved' && <Badge mood={MOOD[state]}>{states[state]}</Badge>}
      {kind === 'sale' && refunded > 0n && <Badge>{refunded >= amount ? t.refunded : t.partly}</Badge>}
      {needsCare && <Badge mood="bad">{t.care}</Badge>}
      {isQueued && <Badge mood="wait">{t.unsent}</Badge>}
    </>
  );
}

/** Of today, the time alone. */
const whenText = (at: Date, language: Language): string =>
  at.toDateString() === new Date().toDateString() ? clockText(at, language) : momentText(at, language);

const isIncome = ({ state }: Entry): boolean => state === 'approved' || state === 'paid';

export interface EntryRowProps {
  readonly entry: Entry;
  readonly current: boolean;
  readonly onPress: () => void;
}

export function EntryRow({ entry, current, onPress }: EntryRowProps) {
  const t = useTexts(TEXTS);
  const ways = useTexts(WAYS);
  const { language } = useLanguage();
  const { kind, way, amount, at } = entry;
  return (
    <Row
      icon={pictureOf(entry)}
      title={kind === 'refund' ? t.refund : way === undefined ? t.sale : ways[way]}
      detail={
        <>
          {whenText(new Date(at), language)} <EntryBadges entry={entry} />
        </>
      }
      end={
        <span className={isIncome(entry) ? undefined : 't-struck'}>
          <Money amount={kind === 'refund' ? -amount : amount} />
        </span>
      }
      current={current}
      onPress={onPress}
    />
  );
}

function pictureOf({ kind, way, state }: Entry): LucideIcon {
  if (kind === 'refund') return Undo2;
  if (state === 'declined' || state === 'cancelled') return X;
  return way === 'purse' ? Smartphone : CreditCard;
}
