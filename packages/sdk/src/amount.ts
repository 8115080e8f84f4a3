/**
 * Amounts are minor units in decimal digits on the wire, and `bigint` in programs. What must hold: nothing is ever
 * rounded, and what the API would refuse is refused here.
 */

/** 10^15, as the API takes it. */
const MOST = 1_000_000_000_000_000n;

/** Of an answer: `"1000"` is 1000n. Balances may be negative. */
export function amountOf(text: string): bigint {
  if (!/^-?(0|[1-9][0-9]*)$/.test(text))
    throw new RangeError(`"${text}" is not an amount in decimal digits.`);
  return BigInt(text);
}

/** For a request. */
export function amountText(amount: bigint): string {
  if (amount < 1n || amount > MOST) throw new RangeError(`${amount} is not between 1 and ${MOST}.`);
  return amount.toString();
}
