/** The cards that lie before the visitor. What must hold: everything that a pointer can do with a card, a keyboard can do, too. */
import { Badge, catalogue, Money, useTexts } from '@sokkin/ui';
import { type KeyboardEvent, type RefObject, useEffect, useRef } from 'react';
import { createPortal } from 'react-dom';
import type { CardId } from '../set.ts';
import { PlasticCard } from './card.tsx';
import { useDrag } from './drag.ts';
import type { CardState, Hands } from './hands.ts';

const TEXTS = catalogue(
  {
    title: 'Cards',
    how: 'Drag a card onto a device, or press one after the other.',
    pin: 'Two hold money and pay with or without a network. The bank card pays from its account. PIN: 1234',
    coming: 'being made',
    isHeld: 'Held',
    inHand: 'In your hand: choose a device. Escape puts it back.',
    put: 'Put back',
    broken: 'This card could not be made. Reset the desk to try again.',
    next: 'Next in the tour',
  },
  {
    title: 'カード',
    how: 'カードを端末まで動かすか、カード、端末の順に押します。',
    pin: '2枚にはお金が入っていて、オフラインでも払えます。銀行のカードは口座から払います。暗証番号：1234',
    coming: '準備中',
    isHeld: 'かざし中',
    inHand: '手に持っています。端末を選んでください。Escで戻ります。',
    put: '戻しました',
    broken: 'このカードは作れませんでした。机を新しくしてください。',
    next: 'ツアーで次に使います',
  },
);

export interface TrayProps {
  readonly hands: Hands;
  readonly nameOf: (card: CardId) => string;
  readonly marks: readonly string[];
}

export function Tray({ hands, nameOf, marks }: TrayProps) {
  const t = useTexts(TEXTS);
  const { cards, inHand, putBack } = hands;
  const ghost = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (inHand === undefined) return;
    const listen = (event: globalThis.KeyboardEvent) => {
      if (event.key === 'Escape') putBack();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [inHand, putBack]);
  return (
    <section className="d-tray" aria-labelledby="tray">
      <div className="d-tray-says">
        <h2 id="tray">{t.title}</h2>
        <p className="sk-soft" role="status">
          {inHand === undefined ? t.how : `${nameOf(inHand)}: ${t.inHand}`}
        </p>
        <p className="sk-soft">{t.pin}</p>
      </div>
      <ul>
        {cards.map((card) => (
          <li key={card.id} data-marked={marks.includes(card.id) || undefined}>
            <TrayCard card={card} hands={hands} nameOf={nameOf} ghost={ghost} marks={marks} />
          </li>
        ))}
      </ul>
      {createPortal(
        <div ref={ghost} className="d-ghost d-card" hidden={inHand === undefined} />,
        document.body,
      )}
    </section>
  );
}

interface TrayCardProps extends TrayProps {
  readonly card: CardState;
  readonly ghost: RefObject<HTMLElement | null>;
}

function TrayCard({ card, hands, nameOf, ghost, marks }: TrayCardProps) {
  const t = useTexts(TEXTS);
  const { id, status, balance, on } = card;
  const drag = useDrag(id, {
    onStart: () => {
      if (ghost.current) ghost.current.dataset.dragged = 'true';
      hands.pick(id);
    },
    onDrop: (device) => hands.holdTo(id, device),
    onNowhere: hands.putBack,
    ghost,
  });
  const isIn = hands.inHand === id;
  const toFirstDevice = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    if (isIn) return hands.putBack();
    hands.pick(id);
    requestAnimationFrame(() => firstDrop(marks)?.focus());
  };
  if (status === 'broken')
    return (
      <p className="d-card-broken sk-soft">
        {t.broken} {card.fault}
      </p>
    );
  if (on !== undefined)
    return (
      <p className="d-card-away">
        <Badge mood="wait">{t.isHeld}</Badge>
        <span>{nameOf(id)}</span>
        {balance !== undefined && <Money amount={balance} />}
      </p>
    );
  return (
    <button
      type="button"
      className="d-card-button"
      aria-pressed={isIn}
      disabled={status !== 'ready'}
      onClick={() => (isIn ? hands.putBack() : pickFromPress(hands, id, ghost.current))}
      onKeyDown={toFirstDevice}
      {...drag}
    >
      <PlasticCard
        id={id}
        name={status === 'coming' ? `${nameOf(id)} (${t.coming})` : nameOf(id)}
        balance={balance}
      />
      {marks.includes(id) && <span className="sk-unseen">({t.next})</span>}
    </button>
  );
}

function pickFromPress(hands: Hands, id: CardId, ghost: HTMLElement | null): void {
  if (ghost !== null) delete ghost.dataset.dragged;
  hands.pick(id);
}

/** The device that the tour points at, else the first. */
function firstDrop(marks: readonly string[]): HTMLElement | undefined {
  const all = [...document.querySelectorAll<HTMLElement>('.d-drop')].filter(
    (one) => one.offsetParent !== null,
  );
  const wanted = all.find((one) =>
    marks.includes(one.closest<HTMLElement>('[data-device]')?.dataset.device ?? ''),
  );
  return wanted ?? all[0];
}
