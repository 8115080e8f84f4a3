/**
 * A practice card in a window of its own (`?card=NAME`): it lies there, and is held to a phone by a press of a button.
 *
 * What must hold: it is held to one reader at a time, and says when the touch is over; the window knows nothing that a card does not show.
 */
import { Banner, Button, catalogue, Mark, Shell, useTexts, useTheme } from '@sokkin/ui';
import { type HeldCard, openVirtualCard, type VirtualCard, type Wire } from '@sokkin/web';
import { Nfc } from 'lucide-react';
import { useEffect, useState } from 'react';
import './rooms/cards/cards.css';

const TEXTS = catalogue(
  {
    title: 'Practice card',
    what: 'This window is a card. Press the button on the phone first, then hold the card to it.',
    hold: 'Hold it to a phone',
    away: 'Take it away',
    held: 'It is held to the phone',
    touched: 'The touch is over',
    elsewhere: 'The card is in another window',
    elsewhereWhy: 'Close that window, and open this one again.',
    card: 'Card',
  },
  {
    title: '練習用カード',
    what: 'このウィンドウがカードです。先にスマホのボタンを押してから、カードをかざしてください。',
    hold: 'スマホにかざす',
    away: '離す',
    held: 'スマホにかざしています',
    touched: 'タッチが終わりました',
    elsewhere: 'カードは別のウィンドウにあります',
    elsewhereWhy: 'そのウィンドウを閉じてから、もう一度開いてください。',
    card: 'カード',
  },
);

export function CardWindow({ name, field }: { readonly name: string; readonly field: Wire }) {
  const t = useTexts(TEXTS);
  useTheme();
  const [card, setCard] = useState<VirtualCard | 'elsewhere'>();
  const [held, setHeld] = useState<HeldCard>();
  const [wasTouched, setWasTouched] = useState(false);
  useEffect(() => {
    let isOn = true;
    const opening = openVirtualCard(name);
    opening.then(
      (opened) => isOn && setCard(opened),
      () => isOn && setCard('elsewhere'),
    );
    return () => {
      isOn = false;
      void opening.then((opened) => opened.close()).catch(() => undefined);
    };
  }, [name]);
  if (card === 'elsewhere')
    return (
      <Shell title={t.title}>
        <h1 className="sk-unseen">{t.title}</h1>
        <Banner mood="wait" title={t.elsewhere}>
          <p>{t.elsewhereWhy}</p>
        </Banner>
      </Shell>
    );
  const hold = () => {
    if (card === undefined) return;
    setWasTouched(false);
    const next = card.hold(field);
    setHeld(next);
    void next.over.then(() => {
      setHeld(undefined);
      setWasTouched(true);
    });
  };
  return (
    <Shell title={t.title}>
      <section className="w-centre">
        <h1 className="sk-unseen">{t.title}</h1>
        <span className="w-face" role="img" aria-label={`${t.card} ${name}`}>
          <span className="w-face-head" aria-hidden>
            <Mark size={26} />
            <span className="w-face-name">{t.title}</span>
          </span>
          <span className="w-face-chip" aria-hidden />
          <span className="w-face-foot" aria-hidden>
            <span className="w-face-small">{name}</span>
          </span>
        </span>
        <p role="status" className="sk-soft">
          {held !== undefined ? t.held : wasTouched ? t.touched : t.what}
        </p>
        {held === undefined ? (
          <Button tone="primary" wide icon={Nfc} disabled={card === undefined} onPress={hold}>
            {t.hold}
          </Button>
        ) : (
          <Button wide onPress={() => held.remove()}>
            {t.away}
          </Button>
        )}
      </section>
    </Shell>
  );
}
