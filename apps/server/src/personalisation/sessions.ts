/**
 * The sessions in which cards are being made, in the memory of this process.
 *
 * What must hold: a card has one session at a time, the newest; never more than `MOST` are under way; what a session knows is
 * worth nothing after it, because a card that was cut off begins anew.
 */
import type { Bytes } from '@sokkin/codec';
import { type Backend, newId } from '../backend.ts';
import { Problem } from '../problems.ts';
import { type Made, makeCard, refillCard, told, type Wish } from './make-card.ts';
import { PROFILE_NAMES } from './profiles.ts';
import { Relay, type Reply } from './relay.ts';

const MOST = 256;
/** Between two exchanges; and how long what came of it can be asked for again. */
const IDLE_MS = 60_000;

interface Session {
  readonly serial: string;
  readonly relay: Relay<Made>;
}

export class PersonalisationSessions {
  readonly #backend: Backend;
  readonly #sessions = new Map<string, Session>();

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async personalise(serial: string, wish: Wish): Promise<{ id: string; reply: Reply<Made> }> {
    const b = this.#backend;
    const card = await this.#card(serial);
    if (card.state === 'personalised')
      throw new Problem('card_personalised', `The card ${serial} is personalised already.`, 'serial');
    return this.#begin(serial, (transport) => told(() => makeCard(b, card, wish, transport)));
  }

  async refill(serial: string): Promise<{ id: string; reply: Reply<Made> }> {
    const b = this.#backend;
    const card = await this.#card(serial);
    const profile = PROFILE_NAMES.find((name) => name === card.profile);
    if (profile !== 'phone')
      throw new Problem('card_without_limited_keys', `The card ${serial} has no limited-use keys.`, 'serial');
    return this.#begin(serial, (transport) => told(() => refillCard(b, card, profile, transport)));
  }

  exchange(id: string, number: number, response: Bytes): Promise<Reply<Made>> {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new Problem('not_found', `There is no session ${id}: begin anew.`);
    const reply = session.relay.answer(number, response);
    if (reply === undefined)
      throw new Problem('exchange_out_of_turn', `The answer to command ${number} is not due.`, 'number');
    return reply;
  }

  async #card(serial: string) {
    const card = await this.#backend.store.read((tx) => tx.cards.bySerial(serial));
    if (card === undefined) throw new Problem('not_found', `There is no card ${serial}.`, 'serial');
    return card;
  }

  async #begin(serial: string, work: ConstructorParameters<typeof Relay<Made>>[0]) {
    for (const [id, session] of this.#sessions) {
      if (session.serial !== serial) continue;
      session.relay.lose();
      this.#sessions.delete(id);
    }
    // One that is over only keeps its last reply, for whom it did not reach.
    const underWay = [...this.#sessions.values()].filter(({ relay }) => !relay.isOver);
    if (underWay.length >= MOST)
      throw new Problem('overloaded', 'Too many cards are being personalised: try again soon.');
    const id = newId(this.#backend, 'prs');
    const relay = new Relay(work, IDLE_MS);
    this.#sessions.set(id, { serial, relay });
    this.#forgetLater(id, relay);
    return { id, reply: await relay.reply };
  }

  #forgetLater(id: string, relay: Relay<Made>): void {
    const timer = setInterval(() => {
      if (!relay.isOver) return;
      this.#sessions.delete(id);
      clearInterval(timer);
    }, IDLE_MS);
    timer.unref();
  }
}
