/**
 * A card at the far end of somebody who carries APDUs: the back-end gives a command, the carrier brings the answer.
 *
 * What must hold:
 * - commands are numbered from 1, and each is answered once; the same answer to the last one, brought again because
 *   its reply was lost, gets the same reply (I4); any other is `exchange_out_of_turn`;
 * - a session that nobody carries on ends by itself, and its work learns that the card is lost.
 */
import { type Bytes, equal } from '@sokkin/codec';
import { type ApduTransport, cardLost } from '@sokkin/terminal';

export type Reply<T> =
  | { readonly status: 'command'; readonly number: number; readonly command: Bytes }
  | { readonly status: 'ended'; readonly outcome: T };

interface Waiting {
  readonly number: number;
  readonly answer: (response: Bytes) => void;
  readonly lose: (error: Error) => void;
}

export class Relay<T> {
  readonly #idleMs: number;
  #count = 0;
  #waiting: Waiting | undefined;
  /** The answer that was brought last. */
  #brought: { readonly number: number; readonly response: Bytes } | undefined;
  #reply: Promise<Reply<T>>;
  #tell: (reply: Reply<T>) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(work: (card: ApduTransport) => Promise<T>, idleMs: number) {
    this.#idleMs = idleMs;
    this.#reply = this.#next();
    const card: ApduTransport = { extended: false, transmit: (command) => this.#give(command) };
    void work(card).then((outcome) => {
      this.#end();
      this.#tell({ status: 'ended', outcome });
    });
  }

  /** What is to be carried now, or what came of it all. */
  get reply(): Promise<Reply<T>> {
    return this.#reply;
  }

  get isOver(): boolean {
    return this.#ended;
  }

  /** Takes the card's answer to a command; undefined if it is not that command's turn. */
  answer(number: number, response: Bytes): Promise<Reply<T>> | undefined {
    const { number: last, response: before } = this.#brought ?? {};
    if (number === last && before !== undefined && equal(before, response)) return this.#reply;
    const waiting = this.#waiting;
    if (waiting?.number !== number) return undefined;
    this.#brought = { number, response };
    this.#waiting = undefined;
    this.#reply = this.#next();
    waiting.answer(response);
    return this.#reply;
  }

  /** The card is gone, or another session has it. */
  lose(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.lose(cardLost());
  }

  #next(): Promise<Reply<T>> {
    return new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  #give(command: Bytes): Promise<Bytes> {
    this.#count += 1;
    const number = this.#count;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.lose(), this.#idleMs);
    this.#timer.unref();
    return new Promise((answer, lose) => {
      this.#waiting = { number, answer, lose };
      this.#tell({ status: 'command', number, command });
    });
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }
}
