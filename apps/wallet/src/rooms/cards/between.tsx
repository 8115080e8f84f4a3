/**
 * From card to card over this phone: the card that gets it, the card that pays, the card that gets it once more.
 *
 * What must hold: each step names the card that it wants; what was begun is gone on with after a reload; money that was taken is on the list
 * of what is carried before anything else is asked.
 */
import { Button, catalogue, PinPad, ResultStage, useLanguage, useTexts } from '@sokkin/ui';
import { ArrowRightLeft } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { CarriedMoney } from '../../keep/cards.ts';
import type { Cards } from '../../wallet/cards/cards.ts';
import { askPayee, askPayer, beginCarry, giveUp, handToPayee } from '../../wallet/cards/carry.ts';
import { useCards } from '../../wallet/cards/showing.ts';
import type { Done } from '../../wallet/wallet.ts';
import { AmountEntry } from '../amount.tsx';
import { type Air, CardTouch } from './touch.tsx';
import { saysOfCard } from './words.ts';

const TEXTS = catalogue(
  {
    title: 'How much from card to card?',
    hint: 'The card that gets it is held here first, then the card that pays, then the first one again.',
    begin: 'Begin',
    steps: 'Steps',
    stepGet: 'Getting card',
    stepPay: 'Paying card',
    stepTake: 'Getting card again',
    get: 'Hold the card here that gets the money',
    getWhy: 'It says that it can take the amount. Nothing is paid yet.',
    pay: 'Now the card that pays',
    payWhy: 'The amount leaves this card.',
    take: 'Now the first card once more',
    takeWhy: 'Then it has the money. Until then this phone carries it.',
    pin: 'The PIN of the paying card',
    done: 'Paid from card to card',
    cancelled: 'The card could not take it',
    cancelledWhy: 'The money goes back: hold the card here that paid. You find it under Cards.',
    failed: 'Not paid',
    failedLater: 'Not handed over yet',
    failedLaterWhy: 'This phone keeps the money for the card. You find it under Cards.',
    later: 'Later',
    anew: 'Start over',
    again: 'Try again',
    close: 'Done',
  },
  {
    title: 'カードからカードへいくら？',
    hint: '受け取るカード、支払うカード、もう一度受け取るカードの順にかざします。',
    begin: 'はじめる',
    steps: '手順',
    stepGet: '受け取るカード',
    stepPay: '支払うカード',
    stepTake: 'もう一度受け取るカード',
    get: '受け取るカードをかざしてください',
    getWhy: 'この金額を受け取れるか確認します。まだ支払われません。',
    pay: '次に、支払うカード',
    payWhy: 'このカードから金額が引かれます。',
    take: '最初のカードをもう一度',
    takeWhy: 'これでお金が届きます。それまでこのスマホが預かります。',
    pin: '支払うカードの暗証番号',
    done: 'カードからカードへ支払いました',
    cancelled: 'カードが受け取れませんでした',
    cancelledWhy: 'お金は戻ります。支払ったカードをかざしてください。カードの画面にあります。',
    failed: '支払えませんでした',
    failedLater: 'まだ届けていません',
    failedLaterWhy: 'お金はこのスマホが預かっています。カードの画面にあります。',
    later: 'あとで',
    anew: '最初からやり直す',
    again: 'もう一度',
    close: '閉じる',
  },
);

type Step =
  | { readonly at: 'amount' }
  | { readonly at: 'get'; readonly amount: bigint }
  | { readonly at: 'pay'; readonly amount: bigint; readonly pin?: string }
  | { readonly at: 'pin'; readonly amount: bigint; readonly error: string | undefined }
  | { readonly at: 'take'; readonly money: CarriedMoney }
  | { readonly at: 'no'; readonly why: string; readonly again: Step }
  | { readonly at: 'over'; readonly amount: bigint; readonly outcome: 'credited' | 'cancelled' };

export interface BetweenProps extends Air {
  readonly cards: Cards;
  readonly onClose: () => void;
}

const MOST = 1_000_000n;

export function Between({ cards, field, signals, onClose }: BetweenProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { draft } = useCards(cards.showing);
  const [step, setStep] = useState<Step>(
    draft?.ticket === undefined ? { at: 'amount' } : { at: 'pay', amount: draft.amount },
  );
  const no = (came: Exclude<Done<unknown>, { status: 'ok' }>, again: Step) => {
    signals.give('alert');
    setStep({ at: 'no', why: saysOfCard(came, language), again });
  };
  const touch = { field, signals, onCancel: onClose };
  switch (step.at) {
    case 'amount':
      return (
        <AmountEntry
          title={t.title}
          hint={t.hint}
          action={t.begin}
          icon={ArrowRightLeft}
          most={MOST}
          onBack={onClose}
          onDone={(amount) => void beginCarry(cards, amount).then(() => setStep({ at: 'get', amount }))}
        />
      );
    case 'get': {
      const { amount } = step;
      return (
        <Stepped now={0}>
          <CardTouch
            key="get"
            {...touch}
            amount={amount}
            says={t.get}
            detail={t.getWhy}
            run={(card) => askPayee(cards, card)}
            onOver={(came) => {
              if (came.status !== 'ok') return no(came, { at: 'get', amount });
              signals.give('success');
              setStep({ at: 'pay', amount });
            }}
          />
        </Stepped>
      );
    }
    case 'pay': {
      const { amount, pin } = step;
      return (
        <Stepped now={1}>
          <CardTouch
            key="pay"
            {...touch}
            amount={amount}
            says={t.pay}
            detail={t.payWhy}
            run={(card) => askPayer(cards, card, pin)}
            onOver={(came) => {
              if (came.status === 'pin_required') return setStep({ at: 'pin', amount, error: undefined });
              if (came.status === 'pin_wrong')
                return setStep({ at: 'pin', amount, error: saysOfCard(came, language) });
              if (came.status !== 'ok') return no(came, { at: 'pay', amount });
              signals.give('success');
              setStep({ at: 'take', money: came.value });
            }}
          >
            {draft?.wasAsked === false && (
              <Button
                tone="quiet"
                wide
                onPress={() => void giveUp(cards).then(() => setStep({ at: 'amount' }))}
              >
                {t.anew}
              </Button>
            )}
          </CardTouch>
        </Stepped>
      );
    }
    case 'pin': {
      const { amount } = step;
      return (
        <PinPad label={t.pin} error={step.error} onDone={(pin) => setStep({ at: 'pay', amount, pin })} />
      );
    }
    case 'take': {
      const { money } = step;
      return (
        <Stepped now={2}>
          <CardTouch
            key="take"
            {...touch}
            amount={money.amount}
            says={t.take}
            detail={t.takeWhy}
            run={(card) => handToPayee(cards, card, money.id)}
            onOver={(came) => {
              if (came.status !== 'ok') return no(came, step);
              signals.give(came.value === 'credited' ? 'success' : 'alert');
              setStep({ at: 'over', amount: money.amount, outcome: came.value });
            }}
          />
        </Stepped>
      );
    }
    case 'no': {
      const isLater = step.again.at === 'take';
      return (
        <ResultStage
          kind={isLater ? 'unknown' : 'failed'}
          title={isLater ? t.failedLater : t.failed}
          detail={isLater ? `${step.why} ${t.failedLaterWhy}` : step.why}
        >
          <Button wide onPress={() => setStep(step.again)}>
            {t.again}
          </Button>
          <Button wide tone="primary" onPress={onClose}>
            {isLater ? t.later : t.close}
          </Button>
        </ResultStage>
      );
    }
    case 'over': {
      const isDone = step.outcome === 'credited';
      return (
        <ResultStage
          kind={isDone ? 'done' : 'failed'}
          title={isDone ? t.done : t.cancelled}
          amount={step.amount}
          detail={isDone ? undefined : t.cancelledWhy}
        >
          <Button wide tone="primary" onPress={onClose}>
            {t.close}
          </Button>
        </ResultStage>
      );
    }
  }
}

function Stepped({ now, children }: { readonly now: number; readonly children: ReactNode }) {
  const t = useTexts(TEXTS);
  return (
    <>
      <ol className="w-steps" aria-label={t.steps}>
        {[t.stepGet, t.stepPay, t.stepTake].map((name, i) => (
          <li key={name} aria-current={i === now ? 'step' : undefined}>
            {i + 1} {name}
          </li>
        ))}
      </ol>
      {children}
    </>
  );
}
