/**
 * Waiting for a card until something came of it.
 *
 * What must hold: a card that left too early, or another card, is said to be so and waited for again; a card is let go of whatever happened.
 */
import { type ApduTransport, type CardReader, isCardLost, type StopSignal } from '@sokkin/terminal';
import type { Done } from '../wallet.ts';

export type TouchState =
  | 'waiting'
  | 'reading'
  /** It left too early: the same one once more. */
  | 'lost'
  /** That was another card. */
  | 'other';

export interface Touch {
  readonly reader: CardReader;
  /** Ends it with `no_card`. */
  readonly signal: StopSignal;
  readonly onState: (state: TouchState) => void;
}

/** `run` is told whether a touch for the same was torn before. Answers the first outcome that is one. */
export async function touching<T>(
  { reader, signal, onState }: Touch,
  run: (card: ApduTransport, again: boolean) => Promise<Done<T>>,
): Promise<Done<T>> {
  let state: TouchState = 'waiting';
  for (let again = false; ; ) {
    onState(state);
    const card = await reader.next(signal);
    onState('reading');
    try {
      const done = await run(card, again);
      if (done.status !== 'not_for_this_purse') return done;
      state = 'other';
    } catch (error) {
      if (!isCardLost(error)) throw error;
      [state, again] = ['lost', true];
    } finally {
      await card.close();
    }
  }
}
