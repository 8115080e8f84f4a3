/**
 * A device on the desk: its screen, and the place that a card can be laid on.
 *
 * What must hold: while a card is in the hand, the whole device takes it, by pointer, by touch and by keyboard alike; the page on the
 * screen goes on, whatever is laid on it.
 */
import { catalogue, useTexts } from '@sokkin/ui';
import { Nfc } from 'lucide-react';
import type { ReactNode } from 'react';
import { PlasticCard } from '../hold/card.tsx';
import type { CardState } from '../hold/hands.ts';
import type { CardId } from '../set.ts';

const TEXTS = catalogue(
  {
    hold: (device: string) => `Hold it to: ${device}`,
    here: 'Hold it here',
    take: (card: string) => `Take away: ${card}`,
    next: 'Next in the tour',
  },
  {
    hold: (device: string) => `${device}にかざす`,
    here: 'ここにかざす',
    take: (card: string) => `${card}を離す`,
    next: 'ツアーで次に使います',
  },
);

export interface DeviceProps {
  readonly id: string;
  readonly name: string;
  readonly kind: 'phone' | 'till' | 'pos';
  /** The tour points at it. */
  readonly marked: boolean;
  /** A card is in the hand. */
  readonly takes: boolean;
  readonly onTake: () => void;
  readonly lying: CardState | undefined;
  readonly nameOf: (card: CardId) => string;
  readonly onTakeAway: (card: CardId) => void;
  readonly children: ReactNode;
}

export function DeviceFrame(props: DeviceProps) {
  const { id, name, kind, marked, takes, onTake, lying, nameOf, onTakeAway, children } = props;
  const t = useTexts(TEXTS);
  return (
    <figure className="d-device" data-kind={kind} data-device={id} data-marked={marked || undefined}>
      <figcaption>
        {name}
        {marked && <span className="sk-unseen"> ({t.next})</span>}
      </figcaption>
      <div className="d-case">
        <div className="d-screen">
          <div className="d-page" inert={takes}>
            {children}
          </div>
        </div>
        {takes && (
          <button type="button" className="d-drop" aria-label={t.hold(name)} onClick={onTake}>
            <Nfc aria-hidden size={40} />
            <span>{t.here}</span>
          </button>
        )}
        {lying !== undefined && (
          <button
            type="button"
            className="d-lying"
            aria-label={t.take(nameOf(lying.id))}
            onClick={() => onTakeAway(lying.id)}
          >
            <PlasticCard id={lying.id} name={nameOf(lying.id)} balance={lying.balance} isHeld />
          </button>
        )}
      </div>
    </figure>
  );
}
