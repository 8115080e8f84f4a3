/** The card is held here to be read, or to be compared with the bank; what waited for it is handed over. */
import { Button, catalogue, moneyText, ResultStage, useLanguage, useTexts } from '@sokkin/ui';
import { useState } from 'react';
import type { KeptCard } from '../../keep/cards.ts';
import type { Cards, Touched } from '../../wallet/cards/cards.ts';
import type { Done } from '../../wallet/wallet.ts';
import { type Air, CardTouch } from './touch.tsx';
import { saysOfCard } from './words.ts';

const TEXTS = catalogue(
  {
    hold: (name: string) => `Hold ${name} here`,
    syncWhy: 'Keep it here until your bank has answered.',
    done: 'Read',
    synced: 'Everything is right',
    arrived: (amount: string) => `${amount} that this phone carried is on the card now.`,
    back: (amount: string) => `${amount} came back to the card.`,
    failed: 'Not done',
    again: 'Try again',
    close: 'Done',
  },
  {
    hold: (name: string) => `${name}をかざしてください`,
    syncWhy: '銀行の返事が来るまで離さないでください。',
    done: '読み取りました',
    synced: '問題ありません',
    arrived: (amount: string) => `預かっていた${amount}がカードに入りました。`,
    back: (amount: string) => `${amount}がカードに戻りました。`,
    failed: 'できませんでした',
    again: 'もう一度',
    close: '閉じる',
  },
);

export interface ActProps extends Air {
  readonly cards: Cards;
  readonly card: KeptCard;
  readonly onClose: () => void;
}

export function Visit({
  cards,
  card,
  field,
  signals,
  onClose,
  isSync,
}: ActProps & { readonly isSync: boolean }) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [came, setCame] = useState<Done<Touched>>();
  if (came === undefined)
    return (
      <CardTouch<Touched>
        {...{ field, signals }}
        says={t.hold(card.name)}
        detail={isSync ? t.syncWhy : undefined}
        run={(touched) =>
          isSync
            ? cards.sync(touched, card.id)
            : cards.touch(touched, card.id, async () => ({ status: 'ok', value: undefined }))
        }
        onOver={(over) => {
          signals.give(over.status === 'ok' ? 'success' : 'alert');
          setCame(over);
        }}
        onCancel={onClose}
      />
    );
  if (came.status !== 'ok')
    return (
      <ResultStage kind="failed" title={t.failed} detail={saysOfCard(came, language)}>
        <Button wide onPress={() => setCame(undefined)}>
          {t.again}
        </Button>
        <Button wide tone="primary" onPress={onClose}>
          {t.close}
        </Button>
      </ResultStage>
    );
  const { arrived, back } = came.value.chores;
  const told = [
    ...(arrived > 0n ? [t.arrived(moneyText(arrived, language))] : []),
    ...(back > 0n ? [t.back(moneyText(back, language))] : []),
  ];
  return (
    <ResultStage
      kind="done"
      title={isSync ? t.synced : t.done}
      amount={card.reading.summary.balance}
      detail={told.length === 0 ? undefined : told.join(' ')}
    >
      <Button wide tone="primary" onPress={onClose}>
        {t.close}
      </Button>
    </ResultStage>
  );
}
