/**
 * What is rung up, and what it comes to. Pure.
 *
 * What must hold: integers only; a total is never below zero nor above what a terminal can ask for; a percentage is rounded half up
 * to a whole minor unit, once for the whole basket.
 */
export interface Product {
  readonly id: string;
  readonly name: string;
  /** Minor units. */
  readonly price: bigint;
  readonly group?: string | undefined;
}

export interface Line {
  /** Of the catalogue; undefined: typed on the keypad. */
  readonly product: string | undefined;
  /** As it was called and cost when it was rung up; empty: typed. */
  readonly name: string;
  readonly price: bigint;
  readonly quantity: number;
}

/** Whole percents, or minor units. */
export type Share = { readonly percent: number } | { readonly amount: bigint };

export interface Basket {
  readonly lines: readonly Line[];
  readonly discount: Share | undefined;
  readonly tip: Share | undefined;
}

export const EMPTY_BASKET: Basket = { lines: [], discount: undefined, tip: undefined };

export interface Priced {
  readonly lines: bigint;
  readonly discount: bigint;
  /** Of what is left after the discount. */
  readonly tip: bigint;
  readonly total: bigint;
}

export const MOST_LINES = 200;
export const MOST_QUANTITY = 999;
/** Twelve digits: what a card can be asked for. */
export const MOST_AMOUNT = 999_999_999_999n;
const MOST_NAME = 60;

export function priceOf({ lines: rung, discount: less, tip: more }: Basket): Priced {
  const lines = rung.reduce((sum, { price, quantity }) => sum + price * BigInt(quantity), 0n);
  const discount = least(shareOf(less, lines), lines);
  const tip = shareOf(more, lines - discount);
  return { lines, discount, tip, total: lines - discount + tip };
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const shareOf = (share: Share | undefined, of: bigint): bigint => {
  if (share === undefined) return 0n;
  return 'amount' in share ? share.amount : (of * BigInt(share.percent) + 50n) / 100n;
};

/** One more of it: on its line if it has one at this price. */
export function withProduct(basket: Basket, { id, name, price }: Product): Basket {
  const at = basket.lines.findIndex((line) => line.product === id && line.price === price);
  const lines =
    at < 0
      ? [...basket.lines, { product: id, name, price, quantity: 1 }]
      : basket.lines.map((line, n) => (n === at ? { ...line, quantity: line.quantity + 1 } : line));
  return { ...basket, lines };
}

/** undefined: it can be rung up; else what is wrong with it. */
export function wrongWith(basket: Basket): string | undefined {
  const { lines, discount, tip } = basket;
  if (lines.length > MOST_LINES) return `A basket has at most ${MOST_LINES} lines.`;
  for (const { name, price, quantity } of lines) {
    if (name.length > MOST_NAME) return `A name has at most ${MOST_NAME} characters.`;
    if (price < 0n || price > MOST_AMOUNT) return `A price is 0 to ${MOST_AMOUNT}.`;
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > MOST_QUANTITY)
      return `A quantity is 1 to ${MOST_QUANTITY}.`;
  }
  if (!isShare(discount, 100) || !isShare(tip, 100)) return 'A share is 0 to 100 percent, or an amount.';
  return priceOf(basket).total > MOST_AMOUNT ? `A sale is at most ${MOST_AMOUNT}.` : undefined;
}

function isShare(share: Share | undefined, most: number): boolean {
  if (share === undefined) return true;
  if ('amount' in share) return share.amount >= 0n && share.amount <= MOST_AMOUNT;
  return Number.isInteger(share.percent) && share.percent >= 0 && share.percent <= most;
}
