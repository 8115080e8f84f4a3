/**
 * Thousands of terminals, each with cards of its own that take turns.
 *
 * What must hold: no two messages have the same numbers; a terminal's cards are nobody else's, so counters arrive in order; what was
 * made beforehand is sent before anything is made on the way.
 */
import type { Bytes, IsoMessage, IsoProfile } from '@sokkin/codec';
import { type SaleKind, type Shop, type Stamp, saleRequest } from '@sokkin/terminal';
import type { LoadCard } from './cards.ts';

export interface LoadShop {
  readonly merchant: string;
  readonly category: string;
  readonly acquirer: string | undefined;
}

export interface LoadQuestion {
  readonly octets: Bytes;
  /** Told by its answer, too (DE 37). */
  readonly reference: string;
}

export interface LoadTerminalParts {
  readonly profile: IsoProfile;
  readonly shop: LoadShop;
  readonly kind: SaleKind;
  /** From 0. */
  readonly number: number;
  /** How many messages there have been already, of earlier loads too. A load that follows within a second repeats none of their numbers. */
  readonly sent: number;
  /** At least one. */
  readonly cards: readonly LoadCard[];
  readonly amount: () => bigint;
  readonly now: () => Date;
  /** Octets with the code of the line. */
  readonly write: (message: IsoMessage) => Bytes;
}

const [DAY_DIGITS, STAN_DIGITS] = [6, 6];

export class LoadTerminal {
  readonly #parts: LoadTerminalParts;
  readonly #shop: Shop;
  readonly #made: LoadQuestion[] = [];
  #next = 0;
  #count: number;

  constructor(parts: LoadTerminalParts) {
    this.#parts = parts;
    this.#count = parts.sent;
    const { merchant, category, acquirer } = parts.shop;
    const terminal = `L${parts.number.toString().padStart(7, '0')}`;
    this.#shop = { terminal, merchant, category, currency: '392', acquirer };
  }

  /** Makes questions beforehand, so that making them costs nothing while they are sent. */
  prepare(count: number): void {
    for (let i = 0; i < count; i++) this.#made.push(this.#make());
  }

  question(): LoadQuestion {
    const made = this.#made[this.#next];
    if (made === undefined) return this.#make();
    this.#next += 1;
    return made;
  }

  #make(): LoadQuestion {
    const { profile, cards, number, kind, now } = this.#parts;
    const stamp = stampOf(now(), number, this.#count);
    const card = cards[this.#count % cards.length];
    this.#count += 1;
    if (card === undefined) throw new Error('a terminal has a card');
    const amount = this.#parts.amount();
    const sale = { kind, stamp, card: card.tap(amount, stamp.local.slice(0, DAY_DIGITS)), amount };
    const message = saleRequest({ profile, shop: this.#shop }, sale);
    return { octets: this.#parts.write(message), reference: stamp.reference };
  }
}

function stampOf(now: Date, terminal: number, count: number): Stamp {
  const text = now.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  const stan = ((count % 999_999) + 1).toString().padStart(STAN_DIGITS, '0');
  // Five characters for the terminal, seven for its count: 60 million terminals, 78 thousand million messages
  const reference =
    `${terminal.toString(36).padStart(5, '0')}${count.toString(36).padStart(7, '0')}`.toUpperCase();
  return { stan, reference, local: text, transmitted: text.slice(2) };
}
