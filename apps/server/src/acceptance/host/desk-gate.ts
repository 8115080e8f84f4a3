/**
 * The way to the desk, and whether there is one.
 *
 * What must hold: once the desk has failed, it is asked by one message at a time and at most once in `PROBE_MS`, until it answers again: all others
 * learn at once that it is away, and are then certain not to have been asked.
 */
import type { AcceptanceDesk, ShopAnswer, ShopMessage } from '../desk.ts';

const PROBE_MS = 500;

/** `was asked`: the desk may have done what was asked of it, and nobody knows. */
export type DeskReply =
  | { readonly kind: 'answer'; readonly answer: ShopAnswer }
  | { readonly kind: 'away'; readonly wasAsked: boolean; readonly why: unknown };

export class DeskGate {
  readonly #desk: AcceptanceDesk;
  #isAway = false;
  #isProbing = false;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(desk: AcceptanceDesk) {
    this.#desk = desk;
  }

  get isAway(): boolean {
    return this.#isAway;
  }

  async ask(message: ShopMessage): Promise<DeskReply> {
    if (this.#isAway && !this.#mayProbe()) return { kind: 'away', wasAsked: false, why: undefined };
    const isProbe = this.#isAway;
    if (isProbe) this.#isProbing = true;
    this.#triedAt = performance.now();
    try {
      const answer = await this.#desk.answer(message);
      this.#isAway = false;
      return { kind: 'answer', answer };
    } catch (why) {
      this.#isAway = true;
      return { kind: 'away', wasAsked: true, why };
    } finally {
      if (isProbe) this.#isProbing = false;
    }
  }

  #mayProbe(): boolean {
    return !this.#isProbing && performance.now() - this.#triedAt >= PROBE_MS;
  }
}
