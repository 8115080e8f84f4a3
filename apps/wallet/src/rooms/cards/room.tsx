/** Cards: those of one's own, and what this phone carries between cards. */
import { Button, catalogue, EmptyState, type Signals, useTexts } from '@sokkin/ui';
import type { Wire } from '@sokkin/web';
import { ArrowRightLeft, CreditCard, Plus } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Cards } from '../../wallet/cards/cards.ts';
import { useCards } from '../../wallet/cards/showing.ts';
import type { Wallet } from '../../wallet/wallet.ts';
import { Between } from './between.tsx';
import { CardRoom } from './card.tsx';
import { Carried, CarriedList } from './carried.tsx';
import { CardFace } from './face.tsx';
import { LendingReaders } from './lent-reader.tsx';
import { Pair } from './pair.tsx';
import './cards.css';

const TEXTS = catalogue(
  {
    title: 'Cards',
    none: 'No card yet',
    noneWhy:
      'Hold a card to this phone to see what it holds, to top it up, and to be paid while it stays in your pocket.',
    add: 'Add a card',
    between: 'From card to card',
    betweenWhy: 'Two cards pay each other over this phone. Neither has to be yours.',
    goOn: 'Go on with what was begun',
  },
  {
    title: 'カード',
    none: 'まだカードがありません',
    noneWhy: 'カードをかざすと、残高を見たり、チャージしたり、カードの代わりに受け取ったりできます。',
    add: 'カードを追加',
    between: 'カードからカードへ',
    betweenWhy: 'このスマホを介して、2枚のカードの間で支払えます。あなたのカードでなくてもかまいません。',
    goOn: '途中の支払いを続ける',
  },
);

type Place =
  | { readonly at: 'list' }
  | { readonly at: 'pair' }
  | { readonly at: 'between' }
  | { readonly at: 'card'; readonly id: string }
  | { readonly at: 'carried'; readonly id: string };

export interface CardsRoomProps {
  readonly wallet: Wallet;
  readonly walletName: string;
  readonly field: Wire;
  readonly signals: Signals;
}

export default function CardsRoom({ wallet, walletName, field, signals }: CardsRoomProps) {
  const [cards, setCards] = useState<Cards>();
  useEffect(() => {
    let isOn = true;
    void Cards.open(wallet, walletName).then((opened) => {
      if (isOn) setCards(opened);
    });
    return () => {
      isOn = false;
    };
  }, [wallet, walletName]);
  if (cards === undefined) return null;
  return (
    <LendingReaders walletName={walletName}>
      <Opened {...{ cards, walletName, field, signals }} />
    </LendingReaders>
  );
}

interface OpenedProps {
  readonly cards: Cards;
  readonly walletName: string;
  readonly field: Wire;
  readonly signals: Signals;
}

function Opened({ cards, walletName, field, signals }: OpenedProps) {
  const t = useTexts(TEXTS);
  const view = useCards(cards.showing);
  const [place, setPlace] = useState<Place>({ at: 'list' });
  const home = () => setPlace({ at: 'list' });
  const air = { field, signals };
  switch (place.at) {
    case 'pair':
      return (
        <Pair
          {...air}
          {...{ cards, walletName }}
          onClose={(id) => setPlace(id === undefined ? { at: 'list' } : { at: 'card', id })}
        />
      );
    case 'between':
      return <Between {...air} cards={cards} onClose={home} />;
    case 'card':
      return <CardRoom key={place.id} {...air} cards={cards} id={place.id} onClose={home} />;
    case 'carried':
      return <Carried key={place.id} {...air} cards={cards} id={place.id} onClose={home} />;
    case 'list':
      return (
        <>
          <h1>{t.title}</h1>
          {view.cards.length === 0 ? (
            <EmptyState icon={CreditCard} title={t.none}>
              <p>{t.noneWhy}</p>
            </EmptyState>
          ) : (
            <ul className="w-faces" aria-label={t.title}>
              {view.cards.map((card) => (
                <li key={card.id}>
                  <button
                    type="button"
                    className="w-pick"
                    onClick={() => setPlace({ at: 'card', id: card.id })}
                  >
                    <CardFace card={card} />
                  </button>
                </li>
              ))}
            </ul>
          )}
          <Button
            tone={view.cards.length === 0 ? 'primary' : 'plain'}
            wide
            icon={Plus}
            onPress={() => setPlace({ at: 'pair' })}
          >
            {t.add}
          </Button>
          <section className="w-card">
            <p className="sk-soft">{t.betweenWhy}</p>
            <Button wide icon={ArrowRightLeft} onPress={() => setPlace({ at: 'between' })}>
              {view.draft?.ticket === undefined ? t.between : t.goOn}
            </Button>
          </section>
          <CarriedList view={view} onOpen={(id) => setPlace({ at: 'carried', id })} />
        </>
      );
  }
}
