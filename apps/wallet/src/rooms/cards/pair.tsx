/** A card becomes one of this phone's: it is held here, proves what it is, and gets a name. */
import { Banner, Button, catalogue, Field, useLanguage, useTexts } from '@sokkin/ui';
import { Nfc, Plus } from 'lucide-react';
import { useState } from 'react';
import type { Cards } from '../../wallet/cards/cards.ts';
import { makePracticeCard } from '../../wallet/cards/practice.ts';
import { useCards } from '../../wallet/cards/showing.ts';
import type { Done } from '../../wallet/wallet.ts';
import { CardFace } from './face.tsx';
import { type Air, CardTouch } from './touch.tsx';
import { saysOfCard } from './words.ts';

const TEXTS = catalogue(
  {
    title: 'Add a card',
    why: 'Hold the card here. It stays with you, and its money stays on it: this phone only remembers it.',
    hold: 'Hold your card here',
    touch: 'Hold a card here',
    practice: 'Make a practice card',
    practiceWhy:
      'This is a sandbox. A practice card is a card of software in this browser, with the same application as a real one. Its PIN is 1234.',
    practiceWait: 'Your bank is making it',
    name: 'What do you call it?',
    nameHint: 'Only this phone knows the name.',
    my: 'My card',
    myPractice: 'Practice card',
    keep: 'Keep the name',
    failed: 'The card was not added',
    again: 'Try again',
    back: 'Back',
  },
  {
    title: 'カードを追加',
    why: 'カードをかざしてください。お金はカードの中にあるままで、このスマホはカードを覚えるだけです。',
    hold: 'カードをかざしてください',
    touch: 'カードをかざす',
    practice: '練習用カードを作る',
    practiceWhy:
      'これは試用環境です。練習用カードはこのブラウザの中のカードで、本物のカードと同じ仕組みで動きます。暗証番号は1234です。',
    practiceWait: '銀行がカードを作っています',
    name: 'カードの名前',
    nameHint: '名前を知っているのはこのスマホだけです。',
    my: 'わたしのカード',
    myPractice: '練習用カード',
    keep: 'この名前にする',
    failed: 'カードを追加できませんでした',
    again: 'もう一度',
    back: '戻る',
  },
);

type Step =
  | { readonly at: 'ask' }
  | { readonly at: 'touch' }
  | { readonly at: 'making' }
  | { readonly at: 'name'; readonly id: string }
  | { readonly at: 'over'; readonly why: string };

export interface PairProps extends Air {
  readonly cards: Cards;
  readonly walletName: string;
  readonly onClose: (id?: string) => void;
}

export function Pair({ cards, walletName, field, signals, onClose }: PairProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  const [step, setStep] = useState<Step>({ at: 'ask' });
  const over = (came: Done<string>) => {
    signals.give(came.status === 'ok' ? 'success' : 'alert');
    setStep(
      came.status === 'ok' ? { at: 'name', id: came.value } : { at: 'over', why: saysOfCard(came, language) },
    );
  };
  const practice = async () => {
    setStep({ at: 'making' });
    over(await makePracticeCard(cards, walletName, t.myPractice));
  };
  switch (step.at) {
    case 'touch':
      return (
        <CardTouch
          {...{ field, signals }}
          says={t.hold}
          run={(card) => cards.pair(card, t.my)}
          onOver={over}
          onCancel={() => setStep({ at: 'ask' })}
        />
      );
    case 'name':
      return <Naming cards={cards} id={step.id} onDone={() => onClose(step.id)} />;
    case 'ask':
    case 'making':
    case 'over':
      return (
        <section className="w-stack">
          <h1>{t.title}</h1>
          {step.at === 'over' && (
            <Banner mood="bad" title={t.failed}>
              <p>{step.why}</p>
            </Banner>
          )}
          <p className="sk-soft">{t.why}</p>
          <Button tone="primary" wide icon={Nfc} onPress={() => setStep({ at: 'touch' })}>
            {step.at === 'over' ? t.again : t.touch}
          </Button>
          <section className="w-card">
            <p className="sk-soft">{t.practiceWhy}</p>
            <Button wide icon={Plus} busy={step.at === 'making'} onPress={() => void practice()}>
              {step.at === 'making' ? t.practiceWait : t.practice}
            </Button>
          </section>
          <Button tone="quiet" wide onPress={() => onClose()}>
            {t.back}
          </Button>
        </section>
      );
  }
}

function Naming({
  cards,
  id,
  onDone,
}: {
  readonly cards: Cards;
  readonly id: string;
  readonly onDone: () => void;
}) {
  const t = useTexts(TEXTS);
  const card = useCards(cards.showing).cards.find((one) => one.id === id);
  const [name, setName] = useState(card?.name ?? '');
  if (card === undefined) return null;
  return (
    <form
      className="w-stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== '') void cards.rename(id, name.trim()).then(onDone);
      }}
    >
      <h1>{t.name}</h1>
      <CardFace card={{ ...card, name }} />
      <Field label={t.name} value={name} onChange={setName} hint={t.nameHint} maxLength={24} />
      <Button tone="primary" wide submits disabled={name.trim() === ''}>
        {t.keep}
      </Button>
    </form>
  );
}
