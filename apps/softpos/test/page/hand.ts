/** A hand that holds the cards of the test to a shop's reader. */
import { fromHex, hex } from '@sokkin/codec';
import { holdCard, type Wire } from '@sokkin/web';

/** Of the test: a card under power, its answers, its end. */
interface Hand {
  cardPower(card: string): Promise<void>;
  cardTransmit(card: string, apdu: string): Promise<string>;
}
const hand = (): Hand => Object(globalThis);

export interface Held {
  /** Counted from 1 within this tap; taken away before or after that answer. */
  readonly tear?: number;
  readonly when?: 'before' | 'after';
}

/** Resolves when the tap is over, with how many commands there were. */
export async function hold(field: Wire, card: string, { tear, when = 'after' }: Held = {}): Promise<number> {
  let count = 0;
  const held = holdCard(field, async () => {
    await hand().cardPower(card);
    return {
      async transmit(apdu) {
        count += 1;
        const isLast = count === tear;
        if (isLast && when === 'before') {
          held.remove();
          return new Promise<never>(() => undefined);
        }
        const answer = fromHex(await hand().cardTransmit(card, hex(apdu)));
        if (isLast) {
          held.remove();
          return new Promise<never>(() => undefined);
        }
        return answer;
      },
    };
  });
  await held.over;
  return count;
}
