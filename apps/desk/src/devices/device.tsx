/**
 * A device on the desk: its screen, and the place that a card can be laid on.
 *
 * What must hold: while a card is in the hand, the whole device takes it, by pointer, by touch and by keyboard alike; the page on the
 * screen goes on, whatever is laid on it.
 */
import { catalogue, useTexts } from '@sokkin/ui';
import { Maximize2, Minimize2, Nfc } from 'lucide-react';
import type { ReactNode } from 'react';
import { PlasticCard } from '../hold/card.tsx';
import type { CardState } from '../hold/hands.ts';
import type { CardId } from '../set.ts';

const TEXTS = catalogue(
  {
    hold: (device: string) => `Hold it here: ${device}`,
    here: 'Hold it here',
    take: 'Take away:',
    next: 'Next in the tour',
    closer: (device: string) => `Look closer: ${device}`,
  },
  {
    hold: (device: string) => `ここにかざす：${device}`,
    here: 'ここにかざす',
    take: '離す：',
    next: 'ツアーで次に使います',
    closer: (device: string) => `大きく見る：${device}`,
  },
);

export interface DeviceProps {
  readonly id: string;
  readonly name: string;
  readonly kind: 'phone' | 'till' | 'pos';
  /** The tour points at it. */
  readonly marked: boolean;
  /** It is drawn larger than the others. */
  readonly isNear: boolean;
  readonly onNear: () => void;
  /** A card is in the hand. */
  readonly takes: boolean;
  readonly onTake: () => void;
  readonly lying: CardState | undefined;
  readonly nameOf: (card: CardId) => string;
  readonly onTakeAway: (card: CardId) => void;
  readonly children: ReactNode;
}

export function DeviceFrame(props: DeviceProps) {
  const { id, name, kind, marked, isNear, onNear, takes, onTake, lying, nameOf, onTakeAway, children } =
    props;
  const t = useTexts(TEXTS);
  const Icon = isNear ? Minimize2 : Maximize2;
  return (
    <figure
      className="d-device"
      data-kind={kind}
      data-device={id}
      data-marked={marked || undefined}
      data-near={isNear || undefined}
    >
      <figcaption>
        <span>
          {name}
          {marked && <span className="sk-unseen"> ({t.next})</span>}
        </span>
        <button
          type="button"
          className="d-closer"
          aria-pressed={isNear}
          aria-label={t.closer(name)}
          // A card in the hand goes from device to device.
          disabled={takes}
          onClick={onNear}
        >
          <Icon aria-hidden size={16} />
        </button>
      </figcaption>
      <div className="d-case">
        <div className="d-screen">
          <div className="d-page" inert={takes}>
            {children}
          </div>
        </div>
        {takes && (
          <button type="button" className="d-drop" aria-label={t.hold(name)} onClick={onTake}>
            <span className="d-drop-says">
              <Nfc aria-hidden size={32} />
              <span>{t.here}</span>
            </span>
          </button>
        )}
        {lying !== undefined && (
          <button type="button" className="d-lying" onClick={() => onTakeAway(lying.id)}>
            <span className="sk-unseen">{t.take} </span>
            <PlasticCard id={lying.id} name={nameOf(lying.id)} balance={lying.balance} isHeld />
          </button>
        )}
      </div>
    </figure>
  );
}
