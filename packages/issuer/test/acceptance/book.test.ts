/** Holds, captures, reversals, refunds: a table of courses, and any course at all. */
import {
  type AcceptanceBook,
  applyMessage,
  availableIn,
  type BookMessage,
  type BookStep,
  expireHolds,
  heldIn,
  newBook,
} from '@sokkin/issuer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const START = 1000n;

/** One message a word: `hold a 300`, `pay a 300`, `capture c a 100 last`, `reverse r a keep 50`, `refund f a 10`. */
function messageOf(line: string): BookMessage {
  const [kind = '', key = '', third = '', fourth = '', fifth = ''] = line.split(' ');
  const common = { key, fingerprint: line };
  switch (kind) {
    case 'hold':
    case 'pay':
      return { ...common, kind, amount: BigInt(third), partial: fourth === 'partial', expiresAt: 100 };
    case 'capture':
      return { ...common, kind, original: third, amount: BigInt(fourth), last: fifth === 'last' };
    case 'reverse':
      return { ...common, kind, original: third, keep: fourth === 'keep' ? BigInt(fifth) : 0n };
    case 'refund':
      return { ...common, kind, original: third, amount: BigInt(fourth) };
    default:
      throw new Error(`no message: ${line}`);
  }
}

function play(
  lines: readonly string[],
  from: AcceptanceBook = newBook(START),
): { book: AcceptanceBook; steps: BookStep[] } {
  let book = from;
  const steps = lines.map((line) => {
    const step = applyMessage(book, messageOf(line));
    expect(step.book.balance).toBe(book.balance + step.moved);
    book = step.book;
    return step;
  });
  return { book, steps };
}

describe('courses', () => {
  test.each<[string, string[], string[], { balance: bigint; held: bigint }]>([
    [
      'hold and capture',
      ['hold a 300', 'capture c a 300'],
      ['approved', 'approved'],
      { balance: 700n, held: 0n },
    ],
    [
      'capture of a part, and the rest goes',
      ['hold a 300', 'capture c a 100 last'],
      ['approved', 'approved'],
      { balance: 900n, held: 0n },
    ],
    [
      'capture in two parts',
      ['hold a 300', 'capture c a 100', 'capture d a 200'],
      ['approved', 'approved', 'approved'],
      { balance: 700n, held: 0n },
    ],
    [
      'capture of more than is held',
      ['hold a 300', 'capture c a 301'],
      ['approved', 'original_mismatch'],
      { balance: 1000n, held: 300n },
    ],
    ['pay at once', ['pay a 300'], ['approved'], { balance: 700n, held: 0n }],
    [
      'more than is there',
      ['hold a 600', 'hold b 500'],
      ['approved', 'insufficient_funds'],
      { balance: 1000n, held: 600n },
    ],
    [
      'less will do',
      ['hold a 600', 'hold b 500 partial'],
      ['approved', 'approved_partially'],
      { balance: 1000n, held: 1000n },
    ],
    [
      'nothing is there, and less would do',
      ['hold a 1000', 'pay b 1 partial'],
      ['approved', 'insufficient_funds'],
      { balance: 1000n, held: 1000n },
    ],
    ['a repeat', ['pay a 300', 'pay a 300'], ['approved', 'approved'], { balance: 700n, held: 0n }],
    [
      'a number used again for something else',
      ['pay a 300', 'pay a 400'],
      ['approved', 'duplicate'],
      { balance: 700n, held: 0n },
    ],
    [
      'a reversal',
      ['pay a 300', 'reverse r a'],
      ['approved', 'reversal_accepted'],
      { balance: 1000n, held: 0n },
    ],
    [
      'reversed twice by two messages',
      ['pay a 300', 'reverse r a', 'reverse s a'],
      ['approved', 'reversal_accepted', 'reversal_accepted'],
      { balance: 1000n, held: 0n },
    ],
    [
      'a reversal of a reversal',
      ['pay a 300', 'reverse r a', 'reverse s r'],
      ['approved', 'reversal_accepted', 'original_mismatch'],
      { balance: 1000n, held: 0n },
    ],
    [
      'a reversal of a hold',
      ['hold a 300', 'reverse r a'],
      ['approved', 'reversal_accepted'],
      { balance: 1000n, held: 0n },
    ],
    [
      'a reversal after the capture',
      ['hold a 300', 'capture c a 200', 'reverse r a'],
      ['approved', 'approved', 'reversal_accepted'],
      { balance: 1000n, held: 0n },
    ],
    [
      'a capture after the reversal',
      ['hold a 300', 'reverse r a', 'capture c a 300'],
      ['approved', 'reversal_accepted', 'original_mismatch'],
      { balance: 1000n, held: 0n },
    ],
    [
      'a part of a payment is taken back',
      ['pay a 300', 'reverse r a keep 100'],
      ['approved', 'reversal_accepted'],
      { balance: 900n, held: 0n },
    ],
    [
      'a part of a hold',
      ['hold a 300', 'reverse r a keep 100'],
      ['approved', 'reversal_accepted'],
      { balance: 1000n, held: 100n },
    ],
    [
      'a part of a hold that was captured in part',
      ['hold a 300', 'capture c a 200', 'reverse r a keep 150'],
      ['approved', 'approved', 'reversal_accepted'],
      { balance: 850n, held: 0n },
    ],
    [
      'to keep more than there was',
      ['pay a 300', 'reverse r a keep 301'],
      ['approved', 'original_mismatch'],
      { balance: 700n, held: 0n },
    ],
    [
      'a reversal that overtakes its payment',
      ['reverse r a', 'pay a 300', 'pay a 300'],
      ['reversal_accepted', 'timed_out', 'timed_out'],
      { balance: 1000n, held: 0n },
    ],
    [
      'a reversal that overtakes a refund',
      ['pay a 300', 'reverse r f', 'refund f a 200', 'refund g a 200'],
      ['approved', 'reversal_accepted', 'timed_out', 'approved'],
      { balance: 900n, held: 0n },
    ],
    [
      'a part of what never came, and then came',
      ['reverse r a keep 100', 'pay a 300', 'reverse r a keep 100'],
      ['original_unknown', 'approved', 'reversal_accepted'],
      { balance: 900n, held: 0n },
    ],
    [
      'a capture that overtakes its hold',
      ['capture c a 300', 'hold a 300', 'capture c a 300'],
      ['original_unknown', 'approved', 'approved'],
      { balance: 700n, held: 0n },
    ],
    [
      'a reversal of what was refused',
      ['pay a 3000', 'reverse r a'],
      ['insufficient_funds', 'reversal_accepted'],
      { balance: 1000n, held: 0n },
    ],
    [
      'refunds up to what was captured',
      ['pay a 300', 'refund f a 200', 'refund g a 101', 'refund h a 100'],
      ['approved', 'approved', 'original_mismatch', 'approved'],
      { balance: 1000n, held: 0n },
    ],
    [
      'a reversal of what was refunded',
      ['pay a 300', 'refund f a 200', 'reverse r a'],
      ['approved', 'approved', 'original_mismatch'],
      { balance: 900n, held: 0n },
    ],
    [
      'a refund of a hold',
      ['hold a 300', 'refund f a 1'],
      ['approved', 'original_mismatch'],
      { balance: 1000n, held: 300n },
    ],
    [
      'nothing',
      ['pay a 0', 'hold b 0', 'capture c a 0', 'refund d a 0'],
      ['amount_invalid', 'amount_invalid', 'amount_invalid', 'amount_invalid'],
      { balance: 1000n, held: 0n },
    ],
  ])('%s', (_, lines, outcomes, { balance, held }) => {
    const { book, steps } = play(lines);
    expect(steps.map(({ outcome }) => outcome)).toEqual(outcomes);
    expect([book.balance, heldIn(book)]).toEqual([balance, held]);
  });

  test('a repeat is told as one, with the amount that was approved', () => {
    const { steps } = play(['hold a 900', 'hold b 500 partial', 'hold b 500 partial']);
    expect(steps.map(({ approved, isRepeat, usedChange }) => [approved, isRepeat, usedChange])).toEqual([
      [900n, false, 900n],
      [100n, false, 100n],
      [100n, true, 0n],
    ]);
  });
});

describe('holds that last too long', () => {
  test('are released at their time, and not before', () => {
    const { book } = play(['hold a 300', 'hold b 200', 'capture c b 50']);
    expect(expireHolds(book, 99)).toEqual({ book, released: [] });
    const after = expireHolds(book, 100);
    expect([after.released, heldIn(after.book), after.book.balance]).toEqual([['a', 'b'], 0n, 950n]);
  });

  test('a capture afterwards is paid of what is there, or not at all', () => {
    const { book } = expireHolds(play(['hold a 300']).book, 100);
    expect(play(['capture c a 300'], book).book.balance).toBe(700n);
    const spent = play(['pay b 800'], book).book;
    expect(play(['capture c a 300'], spent).steps[0]?.outcome).toBe('insufficient_funds');
    expect(play(['reverse r a', 'capture c a 300'], book).steps[1]?.outcome).toBe('original_mismatch');
  });
});

describe('any course', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const amount = fc.integer({ min: 0, max: 700 });
  const line = fc.oneof(
    fc
      .tuple(fc.constantFrom('hold', 'pay'), name, amount, fc.constantFrom('', ' partial'))
      .map(([k, n, a, p]) => `${k} ${n} ${a}${p}`),
    fc
      .tuple(fc.integer({ max: 9, min: 0 }), name, amount, fc.constantFrom('', ' last'))
      .map(([i, n, a, l]) => `capture c${i} ${n} ${a}${l}`),
    fc
      .tuple(fc.integer({ max: 9, min: 0 }), fc.constantFrom('a', 'b', 'c', 'r1', 'f1'), fc.option(amount))
      .map(([i, n, k]) => `reverse r${i} ${n}${k === null ? '' : ` keep ${k}`}`),
    fc.tuple(fc.integer({ max: 9, min: 0 }), name, amount).map(([i, n, a]) => `refund f${i} ${n} ${a}`),
  );

  test('holds never exceed what is there; all that was captured, and not given back, is all that is gone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 9, arbitrary: line }, { weight: 1, arbitrary: fc.constant('expire') }), {
          maxLength: 40,
        }),
        (lines) => {
          let book = newBook(START);
          for (const one of lines) {
            if (one === 'expire') book = expireHolds(book, 100).book;
            else book = play([one], book).book;
            expect(availableIn(book)).toBeGreaterThanOrEqual(0n);
            const all = [...book.payments.values()];
            const gone = all.reduce((sum, p) => sum + p.captured - p.refunded, 0n);
            expect(book.balance).toBe(START - gone);
            for (const p of all) {
              expect([p.held >= 0n, p.captured >= 0n, p.refunded >= 0n, p.refunded <= p.captured]).toEqual([
                true,
                true,
                true,
                true,
              ]);
              if (p.state !== 'open') expect(p.held).toBe(0n);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('every message sent again, any time, changes nothing', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), fc.nat(), (lines, pick) => {
        const { book, steps } = play(lines);
        const again = lines[pick % lines.length] ?? '';
        const step = steps[pick % lines.length];
        // What is not known is the one answer that may change, because it may have come by now.
        fc.pre(step?.outcome !== 'original_unknown');
        const repeat = applyMessage(book, messageOf(again));
        expect([repeat.moved, repeat.usedChange, repeat.book]).toEqual([0n, 0n, book]);
        expect(repeat.outcome).toBe(step?.outcome);
      }),
    );
  });

  test('a payment, its repeats and its reversals in any order: nothing is gone, nothing is held', () => {
    const storm = ['pay a 300', 'pay a 300', 'pay a 300', 'reverse r a', 'reverse r a', 'reverse s a'];
    const hold = ['hold b 200', 'hold b 200', 'reverse t b', 'reverse t b'];
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...storm, ...hold], { minLength: storm.length + hold.length }),
        (lines) => {
          const { book } = play(lines);
          expect([book.balance, heldIn(book)]).toEqual([START, 0n]);
        },
      ),
    );
  });

  test('two payments whose reversals come for one alone: the other stands', () => {
    const lines = ['pay a 300', 'pay a 300', 'reverse r a', 'pay b 250', 'pay b 250'];
    fc.assert(
      fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), (order) => {
        expect(play(order).book.balance).toBe(750n);
      }),
    );
  });

  test('what a token is used up by is what its payments hold and took', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const { book, steps } = play(lines);
        const used = [...book.payments.values()].reduce((sum, p) => sum + p.held + p.captured, 0n);
        expect(steps.reduce((sum, { usedChange }) => sum + usedChange, 0n)).toBe(used);
      }),
    );
  });
});
