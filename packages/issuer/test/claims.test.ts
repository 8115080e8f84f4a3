/** Refund and late payment never both pay: the books of a claim over random stories, without a database. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { book, byPayment, type ClaimBooks, missing, payable, worthOf, writtenOff } from '../src/claims.ts';

const amount = fc.bigInt({ min: 0n, max: 1_000n });

describe('the worth of a purse', () => {
  test('is what it has and gets back, less what it is known to have paid; never below zero', () => {
    const worth = { acknowledged: 50n, waiting: 7n, returning: 3n, creditedAhead: 20n, heldBack: 9n };
    expect(worthOf(worth)).toBe(40n);
    expect(worthOf({ ...worth, creditedAhead: 100n })).toBe(0n);
  });
});

test('what is missing is laid at the late payments, each up to its amount, and the rest at none', () => {
  const late = [{ amount: 5n }, { amount: 10n }];
  expect(byPayment(12n, late)).toEqual([
    { amount: 5n, payment: late[0] },
    { amount: 7n, payment: late[1] },
  ]);
  expect(byPayment(20n, late).at(-1)).toEqual({ amount: 5n, payment: undefined });
  expect(byPayment(0n, late)).toEqual([]);
});

/** One settling, with as much money in the account and the loss account as the story says. */
function settle(books: ClaimBooks, worth: bigint, money: Money, cap: bigint | undefined, isFinal: boolean) {
  let after = books;
  const out = payable(books, worth, cap);
  after = book(after, 'refund', out.refund);
  after = book(after, 'restored', out.restored);
  money.account += out.refund;
  money.loss += out.restored;
  let left = missing(after, worth);
  const least = (...all: bigint[]) => all.reduce((a, b) => (a < b ? a : b));
  const clawback = isFinal ? 0n : least(left, after.paid, money.account);
  after = book(after, 'clawback', clawback);
  money.account -= clawback;
  left -= clawback;
  const loss = least(left, money.loss);
  money.loss -= loss;
  after = book(after, 'loss', loss);
  return { after, uncovered: left - loss };
}
interface Money {
  account: bigint;
  loss: bigint;
}

const step = fc.record({
  /** What the journals say of the purse now. */
  worth: amount,
  /** What its holder spends of the account. */
  spent: amount,
  capped: fc.boolean(),
  isFinal: fc.boolean(),
});

test('over random stories: never written off for more than the worth, but for counted loss', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), amount, amount, (story, cap, lossMoney) => {
      const money = { account: 0n, loss: lossMoney };
      let books: ClaimBooks = { paid: 0n, lost: 0n };
      for (const { worth, spent, capped, isFinal } of story) {
        const { after, uncovered } = settle(books, worth, money, capped ? cap : undefined, isFinal);
        // What the holder has of it and what the purse is worth elsewhere do not add up to more than it held.
        expect(writtenOff(after) - uncovered <= worth).toBe(true);
        expect(writtenOff(after) >= 0n && after.paid >= 0n && after.lost >= 0n).toBe(true);
        expect(money.account >= 0n && money.loss >= 0n).toBe(true);
        // All money that moved is in the books.
        expect(money.loss).toBe(lossMoney - after.lost);
        // To look once more changes nothing.
        const again = settle(after, worth, { ...money }, capped ? cap : undefined, isFinal);
        if (uncovered === 0n) expect(again.after).toEqual(after);
        if (!capped && uncovered === 0n) expect(writtenOff(after)).toBe(worth);
        money.account -= spent < money.account ? spent : money.account;
        books = after;
      }
    }),
    { numRuns: 2_000 },
  );
});

test('whatever came between, the end depends on the worth alone while nobody spends', () => {
  fc.assert(
    fc.property(fc.array(amount, { minLength: 1, maxLength: 12 }), (worths) => {
      const money = { account: 0n, loss: 0n };
      let books: ClaimBooks = { paid: 0n, lost: 0n };
      for (const worth of worths) books = settle(books, worth, money, undefined, false).after;
      expect(books).toEqual({ paid: worths.at(-1), lost: 0n });
      expect(money.account).toBe(worths.at(-1));
    }),
    { numRuns: 1_000 },
  );
});
