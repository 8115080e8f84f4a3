/**
 * The amount on the keypad, as a line of the basket that has no name yet, so that it survives a reload as the rest does. Pure.
 *
 * What must hold: there is at most one line without a name; what stands on the keypad is charged with the rest.
 */
import type { Basket, Line } from '../../shop/basket.ts';

/** Above that, it was a mistake. Minor units. */
export const MOST_TYPED = 99_999_999n;

export const isTyped = ({ product, name }: Line): boolean => product === undefined && name === '';

export const typedOf = ({ lines }: Basket): bigint => lines.find(isTyped)?.price ?? 0n;

export function withTyped(basket: Basket, amount: bigint): Basket {
  const others = basket.lines.filter((line) => !isTyped(line));
  const typed: Line = { product: undefined, name: '', price: amount, quantity: 1 };
  return { ...basket, lines: amount === 0n ? others : [...others, typed] };
}

/** Into the basket: from now on it has a name, and the keypad is empty. */
export const withTypedNamed = (basket: Basket, name: string): Basket => ({
  ...basket,
  lines: basket.lines.map((line) => (isTyped(line) ? { ...line, name } : line)),
});

/** None: the line is gone. */
export function withQuantity(basket: Basket, at: number, quantity: number): Basket {
  const lines = basket.lines.map((line, n) => (n === at ? { ...line, quantity } : line));
  return { ...basket, lines: lines.filter((line) => line.quantity > 0) };
}

/** Without what stands on the keypad. */
export const countOf = ({ lines }: Basket): number =>
  lines.reduce((sum, line) => sum + (isTyped(line) ? 0 : line.quantity), 0);
