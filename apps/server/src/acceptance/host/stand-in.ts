/**
 * Approving while the ledger cannot be reached, at the acquirer's risk and within the link's limits.
 *
 * What must hold: an approval is counted before it is given, and until the ledger has it; counts are over all that waits on this process's disk, so
 * a kill does not begin them anew. Only plain purchases in our currency, from a card whose number the message tells, are approved.
 */
import { amountOf, type IsoMessage } from '@sokkin/codec';
import type { StandInLimits } from '@sokkin/issuer';
import { cardOf } from './card-of.ts';
import type { Owed } from './owed.ts';

const PURCHASE = '00';
const YEN = '392';

export interface Purchase {
  readonly card: string;
  readonly amount: bigint;
}

/** The purchase that a request asks for; undefined: another thing, or not all of it is said. */
export function purchaseOf(message: IsoMessage): Purchase | undefined {
  const { mti, fields } = message;
  const isAsked = mti.function === 'request' && (mti.class === 'authorisation' || mti.class === 'financial');
  const code = fields.get(3);
  const card = cardOf(message);
  if (!isAsked || typeof code !== 'string' || !code.startsWith(PURCHASE) || fields.get(49) !== YEN)
    return undefined;
  const amount = typeof fields.get(4) === 'bigint' ? amountOf(message, 4) : undefined;
  return card === undefined || amount === undefined || amount <= 0n ? undefined : { card, amount };
}

interface Used {
  count: number;
  amount: bigint;
}

export class StandIn {
  /** By link, then by card; '' is all of the link. */
  readonly #used = new Map<string, Map<string, Used>>();

  /** Counts it. False: it would go beyond a limit. */
  take(link: string, limits: StandInLimits, { card, amount }: Purchase): boolean {
    const inAll = this.#of(link, '');
    const ofCard = this.#of(link, card);
    if (amount > limits.each || !fits(inAll, limits.inAll, amount) || !fits(ofCard, limits.perCard, amount))
      return false;
    this.#add(link, card, amount, 1);
    return true;
  }

  /** What was approved before a kill. */
  remember(owed: Owed, card: string): void {
    this.#add(owed.link, card, owed.approved, 1);
  }

  /** The ledger has it, or it was not given after all. */
  release(link: string, { card, amount }: Purchase): void {
    this.#add(link, card, amount, -1);
  }

  #of(link: string, card: string): Used {
    return this.#used.get(link)?.get(card) ?? { count: 0, amount: 0n };
  }

  #add(link: string, card: string, amount: bigint, sign: 1 | -1): void {
    const cards = this.#used.get(link) ?? new Map<string, Used>();
    this.#used.set(link, cards);
    for (const name of ['', card]) {
      const { count, amount: before } = this.#of(link, name);
      if (count + sign === 0) cards.delete(name);
      else cards.set(name, { count: count + sign, amount: before + BigInt(sign) * amount });
    }
  }
}

const fits = (
  used: Used,
  limit: { readonly count: number; readonly amount: bigint },
  amount: bigint,
): boolean => used.count < limit.count && used.amount + amount <= limit.amount;
