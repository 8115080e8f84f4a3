/**
 * Sessions with cards, in memory.
 *
 * What must hold: their number is bounded, and their life without an answer; one card has one session, the newest; what
 * ended is remembered a while, so that a lost last answer can be had again. A restart forgets them all, which
 * costs a card nothing but a new session.
 */
import type { Bytes } from '@sokkin/codec';
import type { Owner } from '@sokkin/issuer';
import { mayAct, type Principal } from '../access/principal.ts';
import { Problem } from '../problems.ts';
import { CardFailure } from './failure.ts';
import { Relay, type Script, type Step } from './relay.ts';

const MOST_OPEN = 256;
const MOST_KEPT = 2048;
/** How long a session waits for the card's answer, and is kept after its end. */
export const SESSION_MS = 60_000;

/** Which card, and whose it is to be. */
export interface Subject {
  readonly serial: string;
  readonly owner: Owner;
}

interface Session<Result> extends Subject {
  readonly relay: Relay<Result>;
  touchedAt: number;
}

export interface Begun<Result> {
  readonly id: string;
  readonly step: Step<Result>;
}

export interface SessionOptions {
  readonly newId: () => string;
  readonly now: () => number;
  readonly failureOf: (error: unknown) => CardFailure;
}

export class Sessions<Result> {
  readonly #options: SessionOptions;
  /** Oldest first. */
  readonly #sessions = new Map<string, Session<Result>>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Refuses now, before anything is done for a card, if there is no room for another session. */
  assertRoom(): void {
    this.#sweep();
    const open = [...this.#sessions.values()].filter((s) => !s.relay.isOver);
    if (open.length >= MOST_OPEN)
      throw new Problem('too_many_sessions', `${open.length} cards are being worked on: try again shortly.`);
  }

  async begin({ serial, owner }: Subject, script: Script<Result>): Promise<Begun<Result>> {
    this.assertRoom();
    for (const other of this.#sessions.values())
      if (other.serial === serial) other.relay.end(new CardFailure('superseded'));
    const { newId, now, failureOf } = this.#options;
    const id = newId();
    const relay = new Relay(script, failureOf);
    this.#sessions.set(id, { serial, owner, relay, touchedAt: now() });
    return { id, step: await relay.step() };
  }

  /** `number` is that of the command that the card answered. */
  async answer(who: Principal, id: string, number: number, response: Bytes): Promise<Step<Result>> {
    this.#sweep();
    const session = this.#sessions.get(id);
    if (session === undefined || !mayAct(who, session.owner))
      throw new Problem('not_found', `There is no session ${id} (any more).`);
    session.touchedAt = this.#options.now();
    const next = session.relay.answer(number, response);
    if (next !== undefined) return next;
    // Ended while the card was asked: that is the answer to whatever comes.
    if (session.relay.isEnding) return session.relay.step();
    throw new Problem(
      'exchange_out_of_turn',
      'This answers no command that is open in this session.',
      'number',
    );
  }

  #sweep(): void {
    const oldest = this.#options.now() - SESSION_MS;
    for (const [id, { relay, touchedAt }] of this.#sessions) {
      const isOut = relay.isOver && (touchedAt < oldest || this.#sessions.size > MOST_KEPT);
      if (isOut) this.#sessions.delete(id);
      else if (touchedAt < oldest) relay.end(new CardFailure('expired'));
    }
  }
}
