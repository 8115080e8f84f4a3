/** From the account at the bank onto the card, through this phone. */
import { Button, catalogue, moneyText, ResultStage, useLanguage, useTexts } from '@sokkin/ui';
import { useState } from 'react';
import type { Touched } from '../../wallet/cards/cards.ts';
import { useView } from '../../wallet/view.ts';
import type { Done } from '../../wallet/wallet.ts';
import { AmountEntry } from '../amount.tsx';
import { CardTouch } from './touch.tsx';
import type { ActProps } from './visit.tsx';
import { saysOfCard } from './words.ts';

const TEXTS = catalogue(
  {
    title: 'Top up the card',
    account: (balance: string) => `Your account has ${balance}`,
    action: 'Top up',
    hold: (name: string) => `Hold ${name} here`,
    holdWhy: 'Keep it here until your bank has answered.',
    done: 'On the card',
    failed: 'Not topped up',
    again: 'Try again',
    close: 'Done',
  },
  {
    title: 'カードにチャージ',
    account: (balance: string) => `口座の残高 ${balance}`,
    action: 'チャージ',
    hold: (name: string) => `${name}をかざしてください`,
    holdWhy: '銀行の返事が来るまで離さないでください。',
    done: 'カードに入りました',
    failed: 'チャージできませんでした',
    again: 'もう一度',
    close: '閉じる',
  },
);

type Step =
  | { readonly at: 'amount' }
  | { readonly at: 'touch'; readonly amount: bigint }
  | { readonly at: 'over'; readonly amount: bigint; readonly came: Done<Touched> };

export function TopUp({ cards, card, field, signals, onClose }: ActProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const { online } = useView(cards.wallet.parts.showing);
  const [step, setStep] = useState<Step>({ at: 'amount' });
  switch (step.at) {
    case 'amount': {
      const { summary, limits } = card.reading;
      const room = limits.holding - summary.balance - summary.reserved;
      const account = online?.balance ?? 0n;
      return (
        <AmountEntry
          title={t.title}
          hint={t.account(moneyText(account, language))}
          action={t.action}
          most={account < room ? account : room}
          onBack={onClose}
          onDone={(amount) => setStep({ at: 'touch', amount })}
        />
      );
    }
    case 'touch': {
      const { amount } = step;
      return (
        <CardTouch<Touched>
          {...{ field, signals, amount }}
          says={t.hold(card.name)}
          detail={t.holdWhy}
          run={(touched) => cards.topUp(touched, card.id, amount)}
          onOver={(came) => {
            signals.give(came.status === 'ok' ? 'success' : 'alert');
            setStep({ at: 'over', amount, came });
          }}
          onCancel={onClose}
        />
      );
    }
    case 'over': {
      const { amount, came } = step;
      const isDone = came.status === 'ok';
      return (
        <ResultStage
          kind={isDone ? 'done' : 'failed'}
          title={isDone ? t.done : t.failed}
          amount={isDone ? amount : undefined}
          detail={isDone ? undefined : saysOfCard(came, language)}
        >
          {!isDone && (
            <Button wide onPress={() => setStep({ at: 'touch', amount })}>
              {t.again}
            </Button>
          )}
          <Button wide tone="primary" onPress={onClose}>
            {t.close}
          </Button>
        </ResultStage>
      );
    }
  }
}
