/**
 * The one way to a purse, whatever carries it: a reader, a phone's own secure element, a card in this process.
 *
 * What must hold in every implementation (`transportConformance` in @sokkin/testkit runs it):
 * - one command in, one response out, in order; the caller awaits one before it sends the next;
 * - when the purse is gone, `transmit` rejects with SokkinError `card_lost`, then and ever after: whether the
 *   purse worked off the last command is then unknown, and every tap is written for that;
 * - nothing is ever sent twice on the transport's own account.
 */
import { type Bytes, SokkinError } from '@sokkin/codec';

export interface ApduTransport {
  transmit(command: Bytes): Promise<Bytes>;
  /** The reader takes extended length (ISO/IEC 7816-3, 12.1.3); otherwise long commands are chained. */
  readonly extended: boolean;
  close?(): Promise<void>;
}

/**
 * `card_lost`: it left in the middle, tap it again. `no_card`: nothing is there to be tapped.
 * `reader_failed`: the reader itself is out of order.
 */
export type TransportCode = 'card_lost' | 'no_card' | 'reader_failed';

/** What a transport rejects with. */
export class TransportError extends SokkinError<TransportCode> {}

export const cardLost = (cause?: unknown): TransportError =>
  new TransportError(
    'card_lost',
    'The card left too early. Tap it again: nothing is paid twice, and nothing is lost.',
    cause === undefined ? {} : { cause },
  );

export const isCardLost = (error: unknown): boolean =>
  error instanceof SokkinError && error.code === 'card_lost';

/** What a listener hears: every command, and its response, or `undefined` if the purse was lost over it. */
export interface Listener {
  sent?(command: Bytes): void;
  received?(command: Bytes, response: Bytes | undefined): void;
}

/** The same transport, overheard. */
export function overheard(inner: ApduTransport, listener: Listener): ApduTransport {
  return {
    extended: inner.extended,
    async transmit(command) {
      listener.sent?.(command);
      let response: Bytes | undefined;
      try {
        response = await inner.transmit(command);
        return response;
      } finally {
        listener.received?.(command, response);
      }
    },
    ...(inner.close === undefined ? {} : { close: () => inner.close?.() ?? Promise.resolve() }),
  };
}

/** What a tap cost on the air. */
export interface Meter {
  exchanges: number;
  bytesSent: number;
  bytesReceived: number;
}

export const newMeter = (): Meter => ({ exchanges: 0, bytesSent: 0, bytesReceived: 0 });

/** Counts into `meter`. */
export const meterListener = (meter: Meter): Listener => ({
  received(command, response) {
    meter.exchanges += 1;
    meter.bytesSent += command.length;
    meter.bytesReceived += response?.length ?? 0;
  },
});
