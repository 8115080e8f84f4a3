/**
 * Money on this phone that is others': to whose card it goes, since when it is here, and how it gets there or back.
 *
 * What must hold: nothing that is carried is without a way on and its age; what came to its end stays to be seen.
 */
import {
  Badge,
  Button,
  catalogue,
  type Language,
  Money,
  momentText,
  ResultStage,
  Row,
  Rows,
  type Step,
  Timeline,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import { Nfc, PackageOpen, Undo2 } from 'lucide-react';
import { useState } from 'react';
import type { CarriedMoney, KeptCard } from '../../keep/cards.ts';
import type { Cards } from '../../wallet/cards/cards.ts';
import { askBack, handToPayee, returnToPayer } from '../../wallet/cards/carry.ts';
import { type CardsView, useCards } from '../../wallet/cards/showing.ts';
import type { Done } from '../../wallet/wallet.ts';
import { shortOf } from './face.tsx';
import { type Air, CardTouch } from './touch.tsx';
import { saysOfCard } from './words.ts';

const TEXTS = catalogue(
  {
    title: 'On this phone for others',
    why: 'The bank gets it, too, when this phone is online: then it arrives even if the card never comes here.',
    to: (card: string) => `To ${card}`,
    card: (number: string) => `card ${number}`,
    carried: 'Waits for the card',
    returning: 'Waits to go back',
    returned: 'Back on its card',
    arrived: 'Arrived',
    at_bank: 'The bank settles it',
    took: (from: string) => `Taken from ${from}`,
    stepNow: (to: string) => `Hold ${to} here: then it has the money`,
    stepArrived: (to: string) => `${to} has the money`,
    stepBack: (to: string) => `${to} gave it back`,
    stepReturn: (from: string) => `Hold ${from} here: then it has the money back`,
    stepReturned: (from: string) => `${from} has the money back`,
    stepBank: 'The card no longer knows of it. The bank compares both cards and settles it: go online once.',
    timeline: 'What becomes of it',
    deliver: 'Hand it over',
    back: 'Send it back',
    backWhy: 'The card that was to get it has to agree: hold it here.',
    giveBack: 'Give it back',
    hold: (card: string) => `Hold ${card} here`,
    done: 'Handed over',
    cancelled: 'Given back',
    cancelledWhy: (from: string) => `Now hold ${from} here: then it has the money back.`,
    arrivedAlready: 'It had arrived already, and stays there.',
    home: 'The money is back',
    failed: 'Not done',
    close: 'Done',
    again: 'Try again',
    leave: 'Back',
    now: 'just now',
  },
  {
    title: 'このスマホで預かっているお金',
    why: 'このスマホがオンラインになると銀行にも伝わり、カードをかざせなくても届きます。',
    to: (card: string) => `${card}へ`,
    card: (number: string) => `カード ${number}`,
    carried: 'カードを待っています',
    returning: '返すのを待っています',
    returned: 'カードに戻りました',
    arrived: '届きました',
    at_bank: '銀行が処理します',
    took: (from: string) => `${from}から受け取りました`,
    stepNow: (to: string) => `${to}をかざすと、お金が届きます`,
    stepArrived: (to: string) => `${to}に届きました`,
    stepBack: (to: string) => `${to}が返しました`,
    stepReturn: (from: string) => `${from}をかざすと、お金が戻ります`,
    stepReturned: (from: string) => `${from}に戻りました`,
    stepBank:
      'カードにはもう記録がありません。銀行が両方のカードを照合して処理します。一度オンラインにしてください。',
    timeline: 'このお金の経過',
    deliver: '届ける',
    back: '返す',
    backWhy: '受け取るはずだったカードの同意が必要です。そのカードをかざしてください。',
    giveBack: '返金する',
    hold: (card: string) => `${card}をかざしてください`,
    done: '届けました',
    cancelled: '返されました',
    cancelledWhy: (from: string) => `次に${from}をかざすと、お金が戻ります。`,
    arrivedAlready: 'すでに届いていたため、そのままです。',
    home: 'お金が戻りました',
    failed: 'できませんでした',
    close: '閉じる',
    again: 'もう一度',
    leave: '戻る',
    now: 'たった今',
  },
);

const OPEN: readonly CarriedMoney['state'][] = ['carried', 'returning', 'at_bank'];
export const isOpen = ({ state }: CarriedMoney): boolean => OPEN.includes(state);

/** "3 days ago", in words of the browser. */
export function ageText(since: string, now: Date, language: Language): string | undefined {
  const minutes = Math.floor((now.getTime() - new Date(since).getTime()) / 60_000);
  if (minutes < 1) return undefined;
  const say = new Intl.RelativeTimeFormat(language, { numeric: 'always' });
  if (minutes < 60) return say.format(-minutes, 'minute');
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? say.format(-hours, 'hour') : say.format(-Math.floor(hours / 24), 'day');
}

export const cardName = (id: string, cards: readonly KeptCard[], plain: (number: string) => string): string =>
  cards.find((card) => card.id === id)?.name ?? plain(shortOf(id));

export function CarriedList({
  view,
  onOpen,
}: {
  readonly view: CardsView;
  readonly onOpen: (id: string) => void;
}) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  // What has come to its end is seen until there is enough that is newer.
  const shown = [...view.carried.filter(isOpen), ...view.carried.filter((m) => !isOpen(m)).slice(0, 3)];
  if (shown.length === 0) return null;
  return (
    <section className="w-stack" aria-labelledby="carried">
      <h2 id="carried" className="w-title">
        {t.title}
      </h2>
      <Rows name={t.title}>
        {shown.map((money) => (
          <Row
            key={money.id}
            icon={PackageOpen}
            title={t.to(cardName(money.payee, view.cards, t.card))}
            detail={
              <>
                {ageText(money.at, new Date(), language) ?? t.now}{' '}
                <Badge mood={isOpen(money) ? 'wait' : 'good'}>{t[money.state]}</Badge>
              </>
            }
            end={<Money amount={money.amount} />}
            onPress={() => onOpen(money.id)}
          />
        ))}
      </Rows>
      <p className="sk-soft">{t.why}</p>
    </section>
  );
}

type Act = 'deliver' | 'ask_back' | 'return';
type Stage =
  | { readonly at: 'story' }
  | { readonly at: 'touch'; readonly act: Act }
  | { readonly at: 'over'; readonly act: Act; readonly came: Done<'credited' | 'cancelled'> };

export interface CarriedProps extends Air {
  readonly cards: Cards;
  readonly id: string;
  readonly onClose: () => void;
}

export function Carried({ cards, id, field, signals, onClose }: CarriedProps) {
  const t = useTexts(TEXTS);
  const view = useCards(cards.showing);
  const [stage, setStage] = useState<Stage>({ at: 'story' });
  const money = view.carried.find((one) => one.id === id);
  if (money === undefined) return null;
  const [from, to] = [money.payer, money.payee].map((one) => cardName(one, view.cards, t.card));
  if (stage.at === 'touch') {
    const { act } = stage;
    const isReturn = act === 'return';
    const run = {
      deliver: (card: Parameters<typeof handToPayee>[1]) => handToPayee(cards, card, id),
      ask_back: (card: Parameters<typeof handToPayee>[1]) => askBack(cards, card, id),
      return: async (card: Parameters<typeof handToPayee>[1]): Promise<Done<'cancelled'>> => {
        const came = await returnToPayer(cards, card, id);
        return came.status === 'ok' ? { status: 'ok', value: 'cancelled' } : came;
      },
    }[act];
    return (
      <CardTouch<'credited' | 'cancelled'>
        {...{ field, signals }}
        amount={money.amount}
        says={t.hold((isReturn ? from : to) ?? '')}
        detail={act === 'ask_back' ? t.backWhy : undefined}
        run={run}
        onOver={(came) => {
          signals.give(came.status === 'ok' ? 'success' : 'alert');
          setStage({ at: 'over', act, came });
        }}
        onCancel={() => setStage({ at: 'story' })}
      />
    );
  }
  if (stage.at === 'over')
    return <Over {...stage} money={money} from={from ?? ''} onStage={setStage} onClose={onClose} />;
  return <Story {...{ money, from: from ?? '', to: to ?? '' }} onStage={setStage} onClose={onClose} />;
}

interface StoryProps {
  readonly money: CarriedMoney;
  readonly from: string;
  readonly to: string;
  readonly onStage: (stage: Stage) => void;
  readonly onClose: () => void;
}

function Story({ money, from, to, onStage, onClose }: StoryProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const moment = (at: string) => momentText(new Date(at), language);
  const { state } = money;
  const taken: Step = { state: 'done', title: t.took(from), detail: moment(money.at) };
  const changed = moment(money.changedAt);
  const rest: Readonly<Record<CarriedMoney['state'], readonly Step[]>> = {
    carried: [{ state: 'now', title: t.stepNow(to) }],
    arrived: [{ state: 'done', title: t.stepArrived(to), detail: changed }],
    returning: [
      { state: 'done', title: t.stepBack(to), detail: changed },
      { state: 'now', title: t.stepReturn(from) },
    ],
    returned: [
      { state: 'done', title: t.stepBack(to) },
      { state: 'done', title: t.stepReturned(from), detail: changed },
    ],
    at_bank: [{ state: 'now', title: t.stepBank }],
  };
  const touch = (act: Act) => onStage({ at: 'touch', act });
  return (
    <section className="w-stack">
      <div className="w-hero">
        <h1>{t.to(to)}</h1>
        <Money amount={money.amount} size="large" />
      </div>
      <Timeline name={t.timeline} steps={[taken, ...rest[state]]} />
      <div className="sk-actions">
        {state === 'carried' && (
          <>
            <Button tone="primary" wide icon={Nfc} onPress={() => touch('deliver')}>
              {t.deliver}
            </Button>
            <Button wide icon={Undo2} onPress={() => touch('ask_back')}>
              {t.back}
            </Button>
          </>
        )}
        {state === 'returning' && (
          <Button tone="primary" wide icon={Undo2} onPress={() => touch('return')}>
            {t.giveBack}
          </Button>
        )}
        <Button tone="quiet" wide onPress={onClose}>
          {t.leave}
        </Button>
      </div>
    </section>
  );
}

interface OverProps {
  readonly act: Act;
  readonly came: Done<'credited' | 'cancelled'>;
  readonly money: CarriedMoney;
  readonly from: string;
  readonly onStage: (stage: Stage) => void;
  readonly onClose: () => void;
}

function Over({ act, came, money, from, onStage, onClose }: OverProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const close = (
    <Button wide tone="primary" onPress={onClose}>
      {t.close}
    </Button>
  );
  if (came.status !== 'ok')
    return (
      <ResultStage kind="failed" title={t.failed} detail={saysOfCard(came, language)}>
        <Button wide onPress={() => onStage({ at: 'touch', act })}>
          {t.again}
        </Button>
        {close}
      </ResultStage>
    );
  if (act === 'return')
    return (
      <ResultStage kind="done" title={t.home} amount={money.amount}>
        {close}
      </ResultStage>
    );
  if (came.value === 'cancelled')
    return (
      <ResultStage kind="unknown" title={t.cancelled} amount={money.amount} detail={t.cancelledWhy(from)}>
        <Button wide tone="primary" onPress={() => onStage({ at: 'touch', act: 'return' })}>
          {t.giveBack}
        </Button>
        <Button wide onPress={onClose}>
          {t.close}
        </Button>
      </ResultStage>
    );
  return (
    <ResultStage
      kind="done"
      title={t.done}
      amount={money.amount}
      detail={act === 'ask_back' ? t.arrivedAlready : undefined}
    >
      {close}
    </ResultStage>
  );
}
