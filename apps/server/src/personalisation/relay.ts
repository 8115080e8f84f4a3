/**
 * A conversation with a card that somebody else holds: the back-end writes the commands, whoever holds the card carries
 * them there and the answers back, one HTTP request each. The carrier is not trusted with anything.
 *
 *     script:  transmit(c1) ...... r1 transmit(c2) ...... r2   end
 *     carrier:          c1 -> card -> r1       c2 -> card -> r2 -> done
 *
 * What must hold: each answer reaches the script once; the same answer sent again gets the same next step, so
 * that a lost HTTP answer loses nothing; any other is out of step and changes nothing. When it ends, the script's next
 * command ends the script.
 */
import { type Bytes, equal } from '@sokkin/codec';
import type { ApduTransport } from '@sokkin/terminal';
import type { CardFailure } from './failure.ts';

export type Step<Result> =
  | { readonly status: 'command'; readonly number: number; readonly command: Bytes }
  | { readonly status: 'done'; readonly result: Result }
  | { readonly status: 'failed'; readonly failure: CardFailure };

/** What the card is asked through; `result` is what came of it. Other errors than CardFailure are bugs or the environment's. */
export type Script<Result> = (card: ApduTransport) => Promise<Result>;

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((r) => {
    resolve = r;
  });
  return { promise, resolve };
}

interface Waiting {
  readonly number: number;
  resolve(response: Bytes): void;
  reject(failure: CardFailure): void;
}

export class Relay<Result> {
  /** The newest step, which may be still to come. */
  #next = deferred<Step<Result>>();
  #commands = 0;
  #waiting: Waiting | undefined;
  #answered: { readonly number: number; readonly response: Bytes } | undefined;
  #ended: CardFailure | undefined;
  #over = false;

  /** `failureOf` says what a script's error means to the carrier. */
  constructor(script: Script<Result>, failureOf: (error: unknown) => CardFailure) {
    const card: ApduTransport = { extended: false, transmit: (command) => this.#transmit(command) };
    script(card).then(
      (result) => this.#finish({ status: 'done', result }),
      (error: unknown) => this.#finish({ status: 'failed', failure: failureOf(error) }),
    );
  }

  /** Whether it has come to its end. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Whether it was ended from outside: its next step is its last. */
  get isEnding(): boolean {
    return this.#ended !== undefined;
  }

  /** The step that the carrier is to do now. */
  step(): Promise<Step<Result>> {
    return this.#next.promise;
  }

  /** The card's answer to command `number`; undefined if it is out of step. */
  answer(number: number, response: Bytes): Promise<Step<Result>> | undefined {
    const answered = this.#answered;
    if (answered?.number === number) return equal(answered.response, response) ? this.step() : undefined;
    const waiting = this.#waiting;
    if (waiting?.number !== number) return undefined;
    this.#answered = { number, response };
    this.#waiting = undefined;
    this.#next = deferred();
    waiting.resolve(response);
    return this.step();
  }

  /** Ends it from outside, now or with the script's next command. */
  end(failure: CardFailure): void {
    this.#ended ??= failure;
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    this.#next = deferred();
    waiting.reject(this.#ended);
  }

  #transmit(command: Bytes): Promise<Bytes> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#commands += 1;
    const number = this.#commands;
    return new Promise((resolve, reject) => {
      this.#waiting = { number, resolve, reject };
      this.#next.resolve({ status: 'command', number, command });
    });
  }

  #finish(step: Step<Result>): void {
    this.#over = true;
    this.#next.resolve(step);
  }
}
