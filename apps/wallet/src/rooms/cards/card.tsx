/** One card: what it held when it was here last, and what can be done with it over this phone. */
import {
  Badge,
  Banner,
  Button,
  catalogue,
  Meter,
  Money,
  moneyText,
  Row,
  Rows,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import {
  ArrowDownLeft,
  ArrowDownToLine,
  ArrowUpRight,
  HandCoins,
  KeyRound,
  type LucideIcon,
  Nfc,
  RefreshCw,
  SquareArrowOutUpRight,
  Store,
  Undo2,
} from 'lucide-react';
import { useEffect, useState } from 'react';
import type { KeptCard } from '../../keep/cards.ts';
import type { Cards } from '../../wallet/cards/cards.ts';
import { cardWindow } from '../../wallet/cards/practice.ts';
import { useCards } from '../../wallet/cards/showing.ts';
import { useView } from '../../wallet/view.ts';
import { CardFace } from './face.tsx';
import { Loss } from './loss.tsx';
import { Manage } from './manage.tsx';
import { ChangePin } from './pin.tsx';
import { Take } from './take.tsx';
import { TopUp } from './top-up.tsx';
import type { Air } from './touch.tsx';
import { Visit } from './visit.tsx';

const TEXTS = catalogue(
  {
    read: 'Read the card',
    take: 'Receive for it',
    topUp: 'Top up',
    sync: 'Compare',
    pin: 'Change PIN',
    window: 'Open the practice card',
    windowWhy: 'It opens in a window of its own: hold it to this phone from there.',
    others: 'The card is not yours at the bank: it can be read here, and this phone can receive for it.',
    ready: (n: number, most: string) => `This phone can take ${n} payments of up to ${most} for it`,
    notYet: 'Hold the card here once: then this phone can receive for it',
    limits: 'What the card can pay',
    once: 'At once',
    withoutPin: 'Without PIN',
    untilSync: 'Until it meets the bank',
    room: 'Room on the card',
    history: 'Last on the card',
    paid: 'Paid',
    received: 'Received',
    refused: 'Sent back',
    shop: 'Shop',
    open: 'On its way',
    cancelled: 'Came back',
    nothing: 'Nothing yet.',
    back: 'All cards',
  },
  {
    read: 'カードを読む',
    take: '代わりに受け取る',
    topUp: 'チャージ',
    sync: '照合する',
    pin: '暗証番号の変更',
    window: '練習用カードを開く',
    windowWhy: '別のウィンドウで開きます。そこからこのスマホにかざせます。',
    others: '銀行ではあなたのカードではありません。残高を読むことと、代わりに受け取ることができます。',
    ready: (n: number, most: string) => `代わりに受け取れるのは、あと${n}回（1回${most}まで）`,
    notYet: '一度カードをかざすと、代わりに受け取れるようになります',
    limits: 'カードで支払える額',
    once: '1回',
    withoutPin: '暗証番号なし',
    untilSync: '次に銀行と照合するまで',
    room: 'カードに入る額',
    history: 'カードの最近の取引',
    paid: '支払い',
    received: '受け取り',
    refused: '返金した',
    shop: 'お店',
    open: '送金中',
    cancelled: '戻りました',
    nothing: 'まだありません。',
    back: 'カード一覧',
  },
);

const ACTS = ['take', 'top_up', 'pin', 'sync', 'read', 'lost'] as const;
type Act = (typeof ACTS)[number];

export interface CardRoomProps extends Air {
  readonly cards: Cards;
  readonly id: string;
  readonly onClose: () => void;
}

export function CardRoom({ cards, id, field, signals, onClose }: CardRoomProps) {
  const card = useCards(cards.showing).cards.find((one) => one.id === id);
  const { isOnline } = useView(cards.wallet.parts.showing);
  const [act, setAct] = useState<Act>();
  const isAsked = card?.isMine === undefined;
  useEffect(() => {
    // Whose it is, as soon as somebody can be asked.
    if (isOnline && isAsked) void cards.askWhose(id);
  }, [isOnline, isAsked, cards, id]);
  if (card === undefined) return null;
  const at = { cards, card, field, signals, onClose: () => setAct(undefined) };
  switch (act) {
    case 'take':
      return <Take {...at} />;
    case 'top_up':
      return <TopUp {...at} />;
    case 'pin':
      return <ChangePin {...at} />;
    case 'sync':
    case 'read':
      return <Visit key={act} {...at} isSync={act === 'sync'} />;
    case 'lost':
      return <Loss {...at} />;
    case undefined:
      return <Overview {...{ cards, card, onAct: setAct, onClose }} />;
  }
}

interface OverviewProps {
  readonly cards: Cards;
  readonly card: KeptCard;
  readonly onAct: (act: Act) => void;
  readonly onClose: () => void;
}

function Overview({ cards, card, onAct, onClose }: OverviewProps) {
  const t = useTexts(TEXTS);
  const isLost = card.claim !== undefined;
  const isOthers = card.isMine === false;
  return (
    <>
      <h1 className="sk-unseen">{card.name}</h1>
      <CardFace card={card} />
      {isOthers && <Banner title={t.others} />}
      {!isLost && (
        <div className="w-two w-acts">
          <Button tone="primary" wide icon={Nfc} onPress={() => onAct('read')}>
            {t.read}
          </Button>
          <Button tone="primary" wide icon={HandCoins} onPress={() => onAct('take')}>
            {t.take}
          </Button>
          {!isOthers && (
            <>
              <Button wide icon={ArrowDownToLine} onPress={() => onAct('top_up')}>
                {t.topUp}
              </Button>
              <Button wide icon={RefreshCw} onPress={() => onAct('sync')}>
                {t.sync}
              </Button>
            </>
          )}
          <Button wide icon={KeyRound} onPress={() => onAct('pin')}>
            {t.pin}
          </Button>
        </div>
      )}
      <Takes cards={cards} card={card} />
      {card.virtual !== undefined && !isLost && (
        <section className="w-card">
          <p className="sk-soft">{t.windowWhy}</p>
          <a className="sk-button" href={cardWindow(card.virtual)} target="_blank" rel="noopener" data-wide>
            <SquareArrowOutUpRight aria-hidden size={20} />
            <span>{t.window}</span>
          </a>
        </section>
      )}
      <LimitsOf card={card} />
      <HistoryOf card={card} />
      <Manage {...{ cards, card }} onLost={() => onAct('lost')} onGone={onClose} />
      <Button tone="quiet" wide onPress={onClose}>
        {t.back}
      </Button>
    </>
  );
}

function Takes({ cards, card }: { readonly cards: Cards; readonly card: KeptCard }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const ready = useCards(cards.showing).ready.get(card.id) ?? 0;
  if (card.takes === undefined) return null;
  const most = moneyText(card.takes, language);
  return (
    <Banner mood={ready === 0 ? 'wait' : 'good'} title={ready === 0 ? t.notYet : t.ready(ready, most)} />
  );
}

function LimitsOf({ card }: { readonly card: KeptCard }) {
  const t = useTexts(TEXTS);
  const { summary, limits } = card.reading;
  const row = limits.byClass[0];
  return (
    <section className="w-card" aria-labelledby="card-limits">
      <h2 id="card-limits">{t.limits}</h2>
      <Meter label={t.once} used={0n} most={row.perPayment} />
      <Meter label={t.withoutPin} used={summary.spentWithoutPin} most={limits.cumulativeWithoutPin} />
      <Meter label={t.untilSync} used={summary.spent[0]} most={row.cumulative} />
      <Meter label={t.room} used={summary.balance + summary.reserved} most={limits.holding} />
    </section>
  );
}

const ICON: Readonly<Record<KeptCard['reading']['lines'][number]['kind'], LucideIcon>> = {
  paid: ArrowUpRight,
  received: ArrowDownLeft,
  refused: Undo2,
  shop: Store,
};

function HistoryOf({ card }: { readonly card: KeptCard }) {
  const t = useTexts(TEXTS);
  const { lines } = card.reading;
  return (
    <section className="w-stack" aria-labelledby="card-history">
      <h2 id="card-history" className="w-title">
        {t.history}
      </h2>
      {lines.length === 0 ? (
        <p className="sk-soft">{t.nothing}</p>
      ) : (
        <Rows name={t.history}>
          {lines.map(({ kind, seq, amount, state }) => {
            const isOut = kind === 'paid' || kind === 'shop';
            return (
              <Row
                key={`${kind}${seq}`}
                icon={ICON[kind]}
                title={t[kind]}
                {...(state === 'credited'
                  ? {}
                  : {
                      detail: <Badge mood={state === 'open' ? 'wait' : 'plain'}>{t[state]}</Badge>,
                    })}
                end={<Money amount={isOut ? -amount : amount} signed />}
              />
            );
          })}
        </Rows>
      )}
    </section>
  );
}
