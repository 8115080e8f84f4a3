/** A card as a picture of it: what it is called, its number, and what it held when it was read last. */
import { catalogue, Mark, Money, momentText, useLanguage, useTexts } from '@sokkin/ui';
import type { KeptCard } from '../../keep/cards.ts';

const TEXTS = catalogue(
  { held: 'Held on it', asOf: (when: string) => `as of ${when}`, number: (n: string) => `card ${n}` },
  { held: '残高', asOf: (when: string) => `${when} 現在`, number: (n: string) => `カード ${n}` },
);

/** The first figures of its purse's number: enough to tell cards apart, and spoken in full nowhere. */
export const shortOf = (id: string): string => `${id.slice(0, 4)} ${id.slice(4, 8)}`;

export interface FaceProps {
  readonly card: KeptCard;
  readonly hidden?: boolean;
}

export function CardFace({ card, hidden = false }: FaceProps) {
  const t = useTexts(TEXTS);
  const { language } = useLanguage();
  return (
    <span className="w-face" data-off={card.claim === undefined ? undefined : true}>
      <span className="w-face-head">
        <Mark size={26} />
        <span className="w-face-name">{card.name}</span>
      </span>
      <span className="w-face-chip" aria-hidden />
      <span className="w-face-foot">
        <span>
          <span className="sk-unseen">{t.held} </span>
          <span className="w-face-money">
            <Money amount={card.reading.summary.balance} hidden={hidden} />
          </span>
          <span className="w-face-small"> {t.asOf(momentText(new Date(card.reading.at), language))}</span>
        </span>
        <span className="w-face-small sk-number">{t.number(shortOf(card.id))}</span>
      </span>
    </span>
  );
}
