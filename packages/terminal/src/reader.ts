/**
 * A reader: where cards and phones come from, whatever carries them (a USB reader, a page's bridge to one, a phone's NFC
 * chip, a window of the same browser). What is documented for who writes one: docs/readers.md.
 *
 * What must hold in every implementation (`readerConformance` in @sokkin/testkit runs it):
 * - `next` gives a card once for each time that it comes: one that was let go of and still lies there is not given again;
 *   one that lay there before anybody asked is;
 * - `next` ends with `no_card` when its signal says stop, and takes no card afterwards;
 * - `gone` resolves when the card has left the field or its transport is lost, whether it was let go of before or not;
 *   it never rejects;
 * - the transport is an `ApduTransport`: `card_lost` for ever once the card is gone, or was let go of.
 */
import { type ApduTransport, cardLost, TransportError } from './transport.ts';

/** What an `AbortSignal` is, for runtimes that have none. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface CardInField extends ApduTransport {
  /** The tap is over: no PIN stays verified. The card may be taken away, or stay where it is. */
  close(): Promise<void>;
  readonly gone: Promise<void>;
}

export interface CardReader {
  /** One wait at a time. Rejects with TransportError `no_card` (told to stop) or `reader_failed`. */
  next(signal?: StopSignal): Promise<CardInField>;
}

export const noCardCame = (): TransportError =>
  new TransportError('no_card', 'No card was held to the reader.');

/** A card that a program holds to a `heldReader`. */
export interface Held {
  /** The card has left the field. */
  leave(): void;
  /** The tap is over: it has left, or was let go of by the reader. */
  readonly over: Promise<void>;
}

export interface HeldReader {
  readonly reader: CardReader;
  /**
   * A card has come. It waits until somebody asks for one; `power` is called then, and puts it under power. The transport's
   * own `close` is called when the tap is over.
   */
  hold(power: () => Promise<ApduTransport>): Held;
}

/**
 * A reader for who is told of cards by events: a native NFC plug-in (tag found, tag lost), a card in the same process,
 * tests and demos.
 */
export function heldReader(): HeldReader {
  const waiting: HeldCard[] = [];
  let ask: ((card: HeldCard) => void) | undefined;
  return {
    hold(power) {
      const card = new HeldCard(power, () => {
        const at = waiting.indexOf(card);
        if (at >= 0) waiting.splice(at, 1);
      });
      if (ask === undefined) waiting.push(card);
      else ask(card);
      return card;
    },
    reader: {
      next: (signal) =>
        new Promise((resolve, reject) => {
          if (ask !== undefined) throw new Error('Bug: two wait for a card at one reader');
          const end = () => {
            ask = undefined;
            signal?.removeEventListener('abort', stop);
          };
          const stop = () => {
            end();
            reject(noCardCame());
          };
          const take = (card: HeldCard) => {
            end();
            card.powered().then(resolve, reject);
          };
          if (signal?.aborted === true) return stop();
          const first = waiting.shift();
          if (first !== undefined) return take(first);
          ask = take;
          signal?.addEventListener('abort', stop);
        }),
    },
  };
}

class HeldCard implements Held {
  readonly #power: () => Promise<ApduTransport>;
  readonly #out: () => void;
  readonly over: Promise<void>;
  #finish: () => void = () => undefined;
  #isGone = false;
  #inner: ApduTransport | undefined;
  /** Ends the command that is under way. */
  #lose: (() => void) | undefined;

  constructor(power: () => Promise<ApduTransport>, out: () => void) {
    this.#power = power;
    this.#out = out;
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#out();
    this.#lose?.();
    this.#finish();
    // Whatever its driver says of a card that is gone.
    void this.#inner?.close?.().catch(() => undefined);
  }

  async powered(): Promise<CardInField> {
    const inner = await this.#power();
    this.#inner = inner;
    return {
      extended: inner.extended,
      gone: this.over,
      transmit: (command) =>
        new Promise((resolve, reject) => {
          this.#lose = () => reject(cardLost());
          if (this.#isGone) return this.#lose();
          inner.transmit(command).then(resolve, reject);
        }),
      close: async () => this.leave(),
    };
  }
}
