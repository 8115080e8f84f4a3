/** The card's PIN is changed. What must hold: the old one is typed, the new one twice; nothing of them is kept when this is left. */
import { Button, catalogue, PinPad, ResultStage, useLanguage, useTexts } from '@sokkin/ui';
import { useState } from 'react';
import type { Touched } from '../../wallet/cards/cards.ts';
import type { Done } from '../../wallet/wallet.ts';
import { CardTouch } from './touch.tsx';
import type { ActProps } from './visit.tsx';
import { saysOfCard } from './words.ts';

const TEXTS = catalogue(
  {
    before: 'The PIN of the card now',
    after: 'The new PIN',
    again: 'The new PIN once more',
    different: 'These were two different PINs. Choose again.',
    hold: (name: string) => `Hold ${name} here`,
    done: 'The card has a new PIN',
    failed: 'The PIN was not changed',
    retry: 'Try again',
    close: 'Done',
    cancel: 'Cancel',
  },
  {
    before: 'カードの今の暗証番号',
    after: '新しい暗証番号',
    again: '新しい暗証番号をもう一度',
    different: '2つの暗証番号が違います。もう一度決めてください。',
    hold: (name: string) => `${name}をかざしてください`,
    done: '暗証番号を変更しました',
    failed: '暗証番号を変更できませんでした',
    retry: 'もう一度',
    close: '閉じる',
    cancel: 'やめる',
  },
);

type Step =
  | { readonly at: 'before'; readonly error?: string }
  | { readonly at: 'after'; readonly before: string; readonly error?: string }
  | { readonly at: 'again'; readonly before: string; readonly after: string }
  | { readonly at: 'touch'; readonly before: string; readonly after: string }
  | { readonly at: 'over'; readonly came: Done<Touched> };

export function ChangePin({ cards, card, field, signals, onClose }: ActProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [step, setStep] = useState<Step>({ at: 'before' });
  const cancel = (
    <Button tone="quiet" wide onPress={onClose}>
      {t.cancel}
    </Button>
  );
  switch (step.at) {
    case 'before':
      return (
        <>
          <PinPad
            key="before"
            label={t.before}
            error={step.error}
            onDone={(before) => setStep({ at: 'after', before })}
          />
          {cancel}
        </>
      );
    case 'after':
      return (
        <>
          <PinPad
            key="after"
            label={t.after}
            error={step.error}
            onDone={(after) => setStep({ at: 'again', before: step.before, after })}
          />
          {cancel}
        </>
      );
    case 'again': {
      const { before, after } = step;
      return (
        <>
          <PinPad
            key="again"
            label={t.again}
            onDone={(typed) =>
              setStep(
                typed === after
                  ? { at: 'touch', before, after }
                  : { at: 'after', before, error: t.different },
              )
            }
          />
          {cancel}
        </>
      );
    }
    case 'touch': {
      const { before, after } = step;
      return (
        <CardTouch<Touched>
          {...{ field, signals }}
          says={t.hold(card.name)}
          run={(touched, again) => cards.changePin(touched, card.id, { before, after, again })}
          onOver={(came) => {
            signals.give(came.status === 'ok' ? 'success' : 'alert');
            if (came.status === 'pin_wrong')
              return setStep({ at: 'before', error: saysOfCard(came, language) });
            setStep({ at: 'over', came });
          }}
          onCancel={onClose}
        />
      );
    }
    case 'over': {
      const { came } = step;
      const isDone = came.status === 'ok';
      return (
        <ResultStage
          kind={isDone ? 'done' : 'failed'}
          title={isDone ? t.done : t.failed}
          detail={isDone ? undefined : saysOfCard(came, language)}
        >
          {!isDone && (
            <Button wide onPress={() => setStep({ at: 'before' })}>
              {t.retry}
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
