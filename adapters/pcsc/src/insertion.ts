/**
 * When a card is in the virtual reader, and when it is not although the reader talks to it.
 *
 * What must hold: a card counts as inserted once it was given power; waiting for that ends, and says what did not come.
 */
import { SokkinError } from '@sokkin/codec';

/**
 * So many questions for the ATR without power mean: not noticed. pcscd asks twice, and then powers the card, when it
 * finds one in a slot that its polling thread has seen empty (IFDStatusICC, IFDPowerICC). But a program that lets go of a
 * card that was torn out makes the slot "empty" for every program before that thread has looked (SCardDisconnect in
 * winscard.c: SCARD_W_REMOVED_CARD). A card that is laid on until it looks, at most 400 ms later, is one that never
 * left to it: it asks this question at each look, and the slot is called empty for ever.
 *
 * The question that gets no answer, because the card leaves, is the thread's look at an empty slot. A power-off begins the
 * count anew: it is what is still owed to the card before, and the two questions follow.
 */
export const UNNOTICED = 3;

/** A slot that holds a card already takes the connection, and never says a word. */
const FIRST_WORD_MS = 4_000;
/** One attempt takes 2 s: four looks, and the time until the card comes again. */
const POWER_MS = 20_000;

export interface Insertion {
  /** Rejects with SokkinError 'reader_occupied' or 'reader_gives_no_power'. */
  readonly done: Promise<void>;
  /** The reader said something. */
  heard(): void;
  powered(): void;
  end(): void;
}

export function awaitInsertion(): Insertion {
  let powered: () => void = () => undefined;
  let late: (why: SokkinError) => void = () => undefined;
  const done = new Promise<void>((resolve, reject) => {
    powered = resolve;
    late = reject;
  });
  const word = setTimeout(() => late(occupied()), FIRST_WORD_MS);
  const power = setTimeout(() => late(noPower()), POWER_MS);
  return {
    done,
    powered,
    heard: () => clearTimeout(word),
    end() {
      clearTimeout(word);
      clearTimeout(power);
    },
  };
}

const occupied = () =>
  new SokkinError(
    'reader_occupied',
    'The virtual reader takes no card: there is one in this slot already, or pcscd does not look. Use another port: the second slot is at 35964.',
  );
const noPower = () =>
  new SokkinError(
    'reader_gives_no_power',
    `The virtual reader asks the card for its ATR, but gave it no power within ${POWER_MS / 1_000} s. Start pcscd anew.`,
  );
