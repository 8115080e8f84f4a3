/**
 * Being paid for a card that is not here: the payer is held to this phone, and the money waits on it for the card.
 *
 * What must hold: what the payer is asked for stands on the screen until the end; what was taken is said to be on this phone, not on the card.
 */
import {
  Banner,
  Button,
  catalogue,
  moneyText,
  PinPad,
  ResultStage,
  Segments,
  useLanguage,
  useTexts,
} from '@sokkin/ui';
import { HandCoins, Nfc } from 'lucide-react';
import { useState } from 'react';
import type { CarriedMoney } from '../../keep/cards.ts';
import type { Touched } from '../../wallet/cards/cards.ts';
import { useCards } from '../../wallet/cards/showing.ts';
import { TICKETS_AHEAD } from '../../wallet/cards/visit.ts';
import type { Done } from '../../wallet/wallet.ts';
import { AmountEntry } from '../amount.tsx';
import { CardTouch } from './touch.tsx';
import type { ActProps } from './visit.tsx';
import { saysOfCard } from './words.ts';

const TEXTS = catalogue(
  {
    title: 'Receive for the card',
    why: (n: number) =>
      `The card gives this phone ${n} tickets: with each it can be paid once while it stays in your pocket. They keep room free on the card until they are used or given back.`,
    most: 'Each payment up to',
    hold: (name: string) => `Hold ${name} here`,
    holdWhy: 'It gives its tickets to this phone.',
    give: 'Hold the card here',
    stop: 'Receive for it no longer',
    stopWhy: 'At its next touch the card takes its tickets back.',
    settings: 'Tickets',
    amount: 'How much does the card get?',
    left: (n: number) => (n === 1 ? 'One ticket is left' : `${n} tickets are left`),
    receive: 'Receive',
    payer: "Hold the payer's phone or card here",
    payerWhy: 'The payer presses Pay. A card needs nothing.',
    pin: "The payer's PIN",
    got: 'Taken for the card',
    gotWhy: (name: string) => `It is on this phone. Hold ${name} here, and the card has it.`,
    failed: 'Not received',
    failedTickets: 'The card gave no tickets',
    again: 'Try again',
    close: 'Done',
    back: 'Back',
  },
  {
    title: 'カードの代わりに受け取る',
    why: (n: number) =>
      `カードがこのスマホにチケットを${n}枚渡します。1枚につき1回、カードが手元になくても受け取れます。使うか返すまで、その分の空きがカードに確保されます。`,
    most: '1回の上限',
    hold: (name: string) => `${name}をかざしてください`,
    holdWhy: 'カードがこのスマホにチケットを渡します。',
    give: 'カードをかざす',
    stop: '代わりに受け取るのをやめる',
    stopWhy: '次にかざしたとき、カードがチケットを引き取ります。',
    settings: 'チケット',
    amount: 'カードがいくら受け取りますか',
    left: (n: number) => `チケットはあと${n}枚です`,
    receive: '受け取る',
    payer: '支払う人のスマホかカードをかざしてください',
    payerWhy: '相手が「支払う」を押します。カードはそのままかざせます。',
    pin: '支払う人の暗証番号',
    got: 'カードの代わりに受け取りました',
    gotWhy: (name: string) => `お金はこのスマホにあります。${name}をかざすと、カードに入ります。`,
    failed: '受け取れませんでした',
    failedTickets: 'チケットを受け取れませんでした',
    again: 'もう一度',
    close: '閉じる',
    back: '戻る',
  },
);

const MOSTS = ['1000', '3000', '10000'] as const;
type Most = (typeof MOSTS)[number];

type Step =
  | { readonly at: 'tickets' }
  | { readonly at: 'fetch' }
  | { readonly at: 'no_tickets'; readonly why: string }
  | { readonly at: 'amount' }
  | { readonly at: 'payer'; readonly amount: bigint; readonly pin?: string }
  | { readonly at: 'pin'; readonly amount: bigint; readonly error: string | undefined }
  | { readonly at: 'over'; readonly amount: bigint; readonly came: Done<CarriedMoney> };

export function Take({ cards, card, field, signals, onClose }: ActProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const ready = useCards(cards.showing).ready.get(card.id) ?? 0;
  const [step, setStep] = useState<Step>(ready > 0 ? { at: 'amount' } : { at: 'tickets' });
  const air = { field, signals };
  switch (step.at) {
    case 'tickets':
      return (
        <Tickets
          {...{ cards, card, onClose }}
          onFetch={(most) => void cards.take(card.id, most).then(() => setStep({ at: 'fetch' }))}
        />
      );
    case 'fetch':
      return (
        <CardTouch<Touched>
          {...air}
          says={t.hold(card.name)}
          detail={t.holdWhy}
          run={(touched) => cards.stock(touched, card.id)}
          onOver={(came) => {
            signals.give(came.status === 'ok' ? 'success' : 'alert');
            setStep(
              came.status === 'ok' ? { at: 'amount' } : { at: 'no_tickets', why: saysOfCard(came, language) },
            );
          }}
          onCancel={onClose}
        />
      );
    case 'no_tickets':
      return (
        <ResultStage kind="failed" title={t.failedTickets} detail={step.why}>
          <Button wide onPress={() => setStep({ at: 'tickets' })}>
            {t.again}
          </Button>
          <Button wide tone="primary" onPress={onClose}>
            {t.close}
          </Button>
        </ResultStage>
      );
    case 'amount':
      return (
        <>
          <AmountEntry
            title={t.amount}
            hint={t.left(ready)}
            action={t.receive}
            icon={HandCoins}
            most={card.takes ?? 0n}
            onBack={onClose}
            onDone={(amount) => setStep({ at: 'payer', amount })}
          />
          <Button tone="quiet" wide onPress={() => setStep({ at: 'tickets' })}>
            {t.settings}
          </Button>
        </>
      );
    case 'payer': {
      const { amount, pin } = step;
      return (
        <CardTouch<CarriedMoney>
          {...air}
          amount={amount}
          says={t.payer}
          detail={t.payerWhy}
          run={(payer) => cards.takeFor(payer, card.id, { amount, pin })}
          onOver={(came) => {
            if (came.status === 'pin_required') return setStep({ at: 'pin', amount, error: undefined });
            if (came.status === 'pin_wrong')
              return setStep({ at: 'pin', amount, error: saysOfCard(came, language) });
            signals.give(came.status === 'ok' ? 'success' : 'alert');
            setStep({ at: 'over', amount, came });
          }}
          onCancel={onClose}
        />
      );
    }
    case 'pin': {
      const { amount } = step;
      return (
        <PinPad label={t.pin} error={step.error} onDone={(pin) => setStep({ at: 'payer', amount, pin })} />
      );
    }
    case 'over': {
      const { came } = step;
      if (came.status === 'ok')
        return (
          <ResultStage kind="done" title={t.got} amount={came.value.amount} detail={t.gotWhy(card.name)}>
            <Button wide tone="primary" onPress={onClose}>
              {t.close}
            </Button>
          </ResultStage>
        );
      return (
        <ResultStage kind="failed" title={t.failed} detail={saysOfCard(came, language)}>
          <Button wide onPress={() => setStep({ at: 'payer', amount: step.amount })}>
            {t.again}
          </Button>
          <Button wide tone="primary" onPress={onClose}>
            {t.close}
          </Button>
        </ResultStage>
      );
    }
  }
}

type TicketsProps = Pick<ActProps, 'cards' | 'card' | 'onClose'> & {
  readonly onFetch: (most: bigint) => void;
};

function Tickets({ cards, card, onClose, onFetch }: TicketsProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const isMost = (value: string): value is Most => MOSTS.some((one) => one === value);
  const before = String(card.takes ?? '');
  const [most, setMost] = useState<Most>(isMost(before) ? before : '3000');
  return (
    <section className="w-stack">
      <h1>{t.title}</h1>
      <p className="sk-soft">{t.why(TICKETS_AHEAD)}</p>
      <section className="w-card">
        <h2>{t.most}</h2>
        <Segments
          name={t.most}
          choices={MOSTS.map((value) => ({ value, label: moneyText(BigInt(value), language) }))}
          value={most}
          onChange={setMost}
        />
      </section>
      <Button tone="primary" wide icon={Nfc} onPress={() => onFetch(BigInt(most))}>
        {t.give}
      </Button>
      {card.takes !== undefined && (
        <Banner
          title={t.stopWhy}
          action={<Button onPress={() => void cards.take(card.id, undefined).then(onClose)}>{t.stop}</Button>}
        />
      )}
      <Button tone="quiet" wide onPress={onClose}>
        {t.back}
      </Button>
    </section>
  );
}
