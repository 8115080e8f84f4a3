/** The desk over PostgreSQL: messages in, money moved, answers as the pure book gives them. */

import { isoMessage } from '@sokkin/codec';
import { type AcceptanceBook, applyMessage, type BookMessage, heldIn, newBook } from '@sokkin/issuer';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openWriterPool } from '../src/store/pool.ts';
import { transferWriter } from '../src/store/transfer-writer.ts';
import { type DeskRig, deskRig, NEW_TOKEN, original1987, PAN, say, V1993 } from './desk-kit.ts';

async function newRig(more?: Parameters<typeof deskRig>[0]): Promise<DeskRig> {
  const rig = await deskRig(more);
  onTestFinished(() => rig.close());
  return rig;
}

describe('courses', () => {
  test('a payment moves money at once; its repeat has the same answer, and moves nothing', async () => {
    const rig = await newRig();
    const first = await rig.ask(say('0200', 1, { 4: 300n }));
    expect(first).toMatchObject({ outcome: 'approved', approved: 300n, chip: [] });
    expect(first.approvalCode).toMatch(/^\d{6}$/);
    expect(await rig.ask(say('0201', 1, { 4: 300n }))).toEqual(first);
    expect(await rig.money('acc_payer')).toEqual({ balance: 700n, held: 0n });
    expect(await rig.money('acc_shop')).toEqual({ balance: 300n, held: 0n });
    expect(await rig.ask(say('0200', 1, { 4: 301n }))).toMatchObject({ outcome: 'duplicate', approved: 0n });
  });

  test('what is held is spent by nothing else: no transfer, no payment; its capture takes it', async () => {
    const rig = await newRig();
    expect(await rig.ask(say('0100', 1, { 4: 800n }))).toMatchObject({ outcome: 'approved' });
    expect(await rig.money('acc_payer')).toEqual({ balance: 1000n, held: 800n });
    const asker = { id: 'cli_x', maySee: () => true, mayUse: () => true };
    const writer = transferWriter(openWriterPool(rig.databaseUrl, { connections: 1 }), 1, rig.at);
    onTestFinished(() => writer.close());
    const order = { from: 'acc_payer', to: 'acc_shop', memo: undefined, endToEnd: undefined, asker };
    const [over, fits] = await writer.submit([
      { ...order, reference: 'trf_1', amount: 201n },
      { ...order, reference: 'trf_2', amount: 150n },
    ]);
    expect(over).toEqual({ status: 'insufficient_funds', available: 200n });
    expect(fits?.status).toBe('done');
    expect(await rig.ask(say('0200', 2, { 4: 51n }))).toMatchObject({ outcome: 'insufficient_funds' });
    const rest = rig.store.write((tx) =>
      tx.accounts.post(
        {
          kind: 'destruction',
          reference: 'dst_1',
          postings: [
            { account: 'acc_payer', amount: -51n },
            { account: 'acc_destroyed', amount: 51n },
          ],
        },
        rig.at(),
      ),
    );
    expect(await rest).toMatchObject({ status: 'insufficient_funds', available: 50n });
    // The database itself, behind all of that.
    await expect(rig.pool.query(`UPDATE accounts SET balance = 799 WHERE id = 'acc_payer'`)).rejects.toThrow(
      /accounts_held/,
    );
    const capture = say('0220', 3, { 4: 700n, 90: original1987('0100', 1), 37: undefined });
    expect(await rig.ask(capture)).toMatchObject({ outcome: 'approved', approved: 700n });
    expect(await rig.money('acc_payer')).toEqual({ balance: 150n, held: 0n });
    expect(await rig.money('acc_shop')).toEqual({ balance: 850n, held: 0n });
  });

  test('a reversal before its payment wins; a reversal without field 90 is a copy of its payment', async () => {
    const rig = await newRig();
    expect(await rig.ask(say('0400', 1, { 4: 300n }))).toMatchObject({ outcome: 'reversal_accepted' });
    expect(await rig.ask(say('0200', 1, { 4: 300n }))).toMatchObject({ outcome: 'timed_out' });
    expect(await rig.ask(say('0200', 2, { 4: 300n }))).toMatchObject({ outcome: 'approved' });
    expect(await rig.ask(say('0400', 2, { 4: 300n }))).toMatchObject({ outcome: 'reversal_accepted' });
    expect(await rig.ask(say('0401', 2, { 4: 300n }))).toMatchObject({ outcome: 'reversal_accepted' });
    expect(await rig.money('acc_payer')).toEqual({ balance: 1000n, held: 0n });
  });

  test('of a reversal field 95 says what is left; a refund finds its payment by the reference on the slip', async () => {
    const rig = await newRig();
    await rig.ask(say('0200', 1, { 4: 300n }));
    const partly = {
      4: 300n,
      90: original1987('0200', 1),
      95: `${'100'.padStart(12, '0')}${'0'.repeat(30)}`,
    };
    expect(await rig.ask(say('0400', 9, partly))).toMatchObject({ outcome: 'reversal_accepted' });
    expect(await rig.money('acc_payer')).toEqual({ balance: 900n, held: 0n });
    const slip = { 3: '200000', 37: 'REF000000001' };
    expect(await rig.ask(say('0200', 10, { ...slip, 4: 60n }))).toMatchObject({
      outcome: 'approved',
      approved: 60n,
    });
    expect(await rig.ask(say('0200', 11, { ...slip, 4: 41n }))).toMatchObject({
      outcome: 'original_mismatch',
    });
    expect(await rig.ask(say('0200', 12, { ...slip, 37: 'REF000000099', 4: 1n }))).toMatchObject({
      outcome: 'original_unknown',
    });
    expect(await rig.money('acc_shop')).toEqual({ balance: 40n, held: 0n });
  });

  test('a refund that was made stands; one whose reversal is here first is refused; its sale stays as it is', async () => {
    const rig = await newRig();
    await rig.ask(say('0200', 1, { 4: 300n }));
    const slip = { 37: 'REF000000001' };
    const refund = (n: number) => say('0200', n, { ...slip, 3: '200000', 4: 60n });
    const undo = (n: number, of: number) =>
      say('0400', n, { ...slip, 3: '200000', 4: 60n, 90: original1987('0200', of) });
    expect(await rig.ask(refund(2))).toMatchObject({ outcome: 'approved' });
    expect(await rig.ask(undo(3, 2))).toMatchObject({ outcome: 'original_mismatch' });
    expect(await rig.ask(refund(2))).toMatchObject({ outcome: 'approved' });
    expect(await rig.ask(undo(5, 4))).toMatchObject({ outcome: 'reversal_accepted' });
    expect(await rig.ask(refund(4))).toMatchObject({ outcome: 'timed_out' });
    expect(await rig.money('acc_payer')).toEqual({ balance: 760n, held: 0n });
    expect(await rig.money('acc_shop')).toEqual({ balance: 240n, held: 0n });
  });

  test('another merchant changes nothing of a payment', async () => {
    const rig = await newRig();
    await rig.addAccount('acc_other', 1000n);
    await rig.pool.query(
      `INSERT INTO merchants (id, acquirer, acceptor, name, category, account, created_at)
       VALUES ('mch_2', 'ins_acquirer', 'SHOP2', 'Other', '5411', 'acc_other', now())`,
    );
    await rig.ask(say('0200', 1, { 4: 300n }));
    const theirs = { 42: 'SHOP2          ', 90: original1987('0200', 1), 37: undefined };
    expect(await rig.ask(say('0400', 2, { ...theirs }))).toMatchObject({ outcome: 'original_mismatch' });
    expect(await rig.ask(say('0200', 3, { ...theirs, 3: '200000', 4: 10n }))).toMatchObject({
      outcome: 'original_mismatch',
    });
    expect(await rig.money('acc_other')).toEqual({ balance: 1000n, held: 0n });
  });

  test('a merchant that has spent the money: a refund is refused, a reversal waits for it, a reserve pays both', async () => {
    const rig = await newRig();
    await rig.addAccount('acc_reserve', 0n);
    await rig.ask(say('0200', 1, { 4: 300n }));
    const asker = { id: 'cli_x', maySee: () => true, mayUse: () => true };
    const writer = transferWriter(openWriterPool(rig.databaseUrl, { connections: 1 }), 1, rig.at);
    onTestFinished(() => writer.close());
    const sweep = { memo: undefined, endToEnd: undefined, asker, amount: 300n };
    await writer.submit([{ ...sweep, reference: 'trf_1', from: 'acc_shop', to: 'acc_reserve' }]);
    const back = { 90: original1987('0200', 1), 37: undefined };
    expect(await rig.ask(say('0200', 2, { ...back, 3: '200000', 4: 10n }))).toMatchObject({
      outcome: 'insufficient_funds',
    });
    const reversal = say('0400', 3, { ...back, 4: 300n });
    expect(await rig.ask(reversal)).toMatchObject({ outcome: 'issuer_unavailable' });
    expect(await rig.money('acc_payer')).toEqual({ balance: 700n, held: 0n });
    await rig.pool.query(`UPDATE merchants SET reserve = 'acc_reserve'`);
    expect(await rig.ask(reversal)).toMatchObject({ outcome: 'reversal_accepted' });
    expect(await rig.money('acc_payer')).toEqual({ balance: 1000n, held: 0n });
    expect(await rig.money('acc_reserve')).toEqual({ balance: 0n, held: 0n });
  });

  test('1993 asks for the same in its own fields', async () => {
    const rig = await newRig();
    const by1993 = (mti: string, n: number, fields: Record<number, string | bigint>) =>
      rig.ask(
        isoMessage(mti, {
          ...{ 2: PAN, 3: '000000', 7: '0401090000', 11: n.toString().padStart(6, '0'), 22: '000000100000' },
          ...{
            12: `26040109${n.toString().padStart(4, '0')}`,
            41: 'TERM0001',
            42: 'SHOP1          ',
            49: 'JPY',
            ...fields,
          },
        }),
        undefined,
        V1993,
      );
    expect(await by1993('1200', 1, { 4: 300n, 24: '200' })).toMatchObject({ outcome: 'approved' });
    const original = `1200${'1'.padStart(6, '0')}260401090001`;
    expect(await by1993('1420', 2, { 4: 120n, 24: '401', 56: original })).toMatchObject({
      outcome: 'reversal_accepted',
    });
    expect(await rig.money('acc_payer')).toEqual({ balance: 880n, held: 0n });
    expect(await by1993('1420', 3, { 4: 300n, 24: '400', 56: original })).toMatchObject({
      outcome: 'reversal_accepted',
    });
    expect(await rig.money('acc_payer')).toEqual({ balance: 1000n, held: 0n });
  });

  test('a balance inquiry tells what could be paid, and takes nothing', async () => {
    const rig = await newRig();
    await rig.ask(say('0100', 1, { 4: 400n }));
    const answer = await rig.ask(say('0100', 2, { 3: '310000' }));
    expect(answer).toMatchObject({
      outcome: 'approved',
      approved: 0n,
      fields: { 54: '0002392C000000000600' },
    });
    expect(await rig.money('acc_payer')).toEqual({ balance: 1000n, held: 400n });
    // Said again, it is answered as it was, whatever there is by then; under its key nothing else is asked.
    await rig.ask(say('0200', 3, { 4: 100n }));
    expect(await rig.ask(say('0101', 2, { 3: '310000' }))).toEqual(answer);
    expect(await rig.ask(say('0100', 4, { 3: '310000' }))).toMatchObject({
      fields: { 54: '0002392C000000000500' },
    });
    expect(await rig.ask(say('0200', 2, { 4: 100n }))).toMatchObject({ outcome: 'duplicate' });
    expect(await rig.ask(say('0100', 3, { 3: '310000' }))).toMatchObject({
      outcome: 'duplicate',
      fields: {},
    });
    // A shop that did not hear the answer may take it back; there is nothing to take back.
    const reversal = say('0400', 5, { 90: original1987('0100', 2) });
    expect(await rig.ask(reversal)).toMatchObject({ outcome: 'reversal_accepted' });
    expect(await rig.ask(say('0101', 2, { 3: '310000' }))).toEqual(answer);
    expect(await rig.money('acc_payer')).toEqual({ balance: 900n, held: 400n });
  });

  test('tokens: domain and what is used up; a reversal gives it back', async () => {
    const rig = await newRig();
    const number = '9999130000000005';
    const domain = {
      ...{ devices: undefined, merchants: new Set(['mch_1']), entries: undefined, currencies: undefined },
      ...{
        mostAmount: undefined,
        mostTotal: 500n,
        mostCount: 2,
        validFrom: 0,
        validUntil: 2 ** 43,
        needsCryptogram: false,
      },
    };
    rig.instruments.rows.set(number, {
      kind: 'token',
      id: 'tok_1',
      account: 'acc_payer',
      domain,
      refusal: undefined,
      own: undefined,
    });
    rig.instruments.tokens.set(number, NEW_TOKEN);
    const pay = (n: number, amount: bigint) => rig.ask(say('0200', n, { 2: number, 4: amount }));
    expect(await pay(1, 400n)).toMatchObject({ outcome: 'approved' });
    expect(await pay(2, 101n)).toMatchObject({ outcome: 'token_limit' });
    expect(await rig.ask(say('0400', 1, { 2: number, 4: 400n }))).toMatchObject({
      outcome: 'reversal_accepted',
    });
    expect(rig.instruments.tokens.get(number)?.use).toEqual({ total: 0n, count: 0 });
    // Two at once see each other.
    const both = await Promise.all([pay(3, 300n), pay(4, 300n)]);
    expect(both.map(({ outcome }) => outcome)).toEqual(['approved', 'token_limit']);
  });

  test.each<[string, Parameters<typeof say>, string]>([
    ['no amount', ['0200', 1, {}], 'format_error'],
    ['nothing', ['0200', 1, { 4: 0n }], 'amount_invalid'],
    ['no number', ['0200', 1, { 2: undefined, 4: 1n }], 'format_error'],
    ['two numbers', ['0200', 1, { 35: '9999120000000024=30122010000', 4: 1n }], 'format_error'],
    ['nobody’s number', ['0200', 1, { 2: '9999120000000024', 4: 1n }], 'card_unknown'],
    ['another currency', ['0200', 1, { 4: 1n, 49: '840' }], 'currency_unsupported'],
    ['another merchant', ['0200', 1, { 4: 1n, 42: 'NOBODY         ' }], 'merchant_unknown'],
    ['something else', ['0200', 1, { 3: '400000', 4: 1n }], 'transaction_invalid'],
    ['totals, where nobody clears', ['0500', 1, {}], 'transaction_invalid'],
    ['contactless without a chip', ['0200', 1, { 4: 1n, 22: '071' }], 'cryptogram_missing'],
  ])('refused: %s', async (_, [mti, n, fields], outcome) => {
    const rig = await newRig();
    expect(await rig.ask(say(mti, n, fields))).toMatchObject({
      outcome,
      approved: 0n,
      approvalCode: undefined,
    });
    expect(await rig.money('acc_payer')).toEqual({ balance: 1000n, held: 0n });
  });
});

/** What a test's word is as a message, and as the pure book has it. */
interface Word {
  readonly kind: 'hold' | 'pay' | 'capture' | 'reverse' | 'refund';
  /** Its own number; few, so that many repeat. */
  readonly n: number;
  readonly of: number;
  readonly amount: bigint;
}
const word: fc.Arbitrary<Word> = fc
  .record({
    kind: fc.constantFrom('hold', 'hold', 'pay', 'pay', 'capture', 'reverse', 'refund'),
    n: fc.integer({ min: 1, max: 9 }),
    of: fc.integer({ min: 1, max: 9 }),
    amount: fc.bigInt({ min: 0n, max: 400n }),
  })
  // A payment of nothing is refused before its book is looked at, where its reversal may have been here first.
  .map((one) => (/hold|pay/.test(one.kind) && one.amount === 0n ? { ...one, amount: 1n } : one));

const MTI = { hold: '0100', pay: '0200', capture: '0220', reverse: '0400', refund: '0200' } as const;
function isoOf({ kind, n, of, amount }: Word) {
  const about = { 37: undefined, 90: original1987('0200', of) };
  const partly = kind === 'reverse' ? { 95: `${amount.toString().padStart(12, '0')}${'0'.repeat(30)}` } : {};
  return say(MTI[kind], n, {
    4: amount,
    ...(kind === 'hold' || kind === 'pay' ? { 37: undefined } : about),
    ...(kind === 'refund' ? { 3: '200000' } : {}),
    ...partly,
  });
}
function bookOf({ kind, n, of, amount }: Word, expiresAt: number): BookMessage {
  const of1 = {
    key: kind === 'capture' ? `a${n}` : kind === 'reverse' ? `r${n}` : `p${n}`,
    original: `p${of}`,
  };
  const fingerprint = JSON.stringify([kind, kind === 'hold' || kind === 'pay' ? 0 : of, amount.toString()]);
  switch (kind) {
    case 'hold':
    case 'pay':
      return { key: of1.key, fingerprint, kind, amount, partial: true, expiresAt };
    case 'capture':
      return { ...of1, fingerprint, kind, amount, last: true };
    case 'reverse':
      return { ...of1, fingerprint, kind, keep: amount };
    case 'refund':
      return { ...of1, fingerprint, kind, amount };
  }
}

test('whatever comes, in whatever batches, through two desks: as the pure book says', {
  timeout: 300_000,
}, async () => {
  const rig = await newRig({ lanes: 1 });
  const second = rig.newDesk({ lanes: 1 });
  await rig.addAccount('acc_rich', 1_000_000n);
  await rig.pool.query(`UPDATE merchants SET takes_partial = true, account = 'acc_rich'`);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(word, { minLength: 1, maxLength: 6 }), { maxLength: 6 }),
      async (batches) => {
        run += 1;
        const account = `acc_run${run}`;
        await rig.addAccount(account, 1000n);
        rig.instruments.rows.set(PAN, {
          kind: 'pan',
          id: 'lnk_1',
          account,
          domain: undefined,
          refusal: undefined,
          own: undefined,
        });
        let book: AcceptanceBook = newBook(1000n);
        for (const [i, batch] of batches.entries()) {
          const answers = await Promise.all(
            batch.map((one) => rig.ask(isoOf(one), i % 2 === 0 ? rig.desk : second)),
          );
          for (const [j, one] of batch.entries()) {
            const step = applyMessage(book, bookOf(one, 0));
            book = step.book;
            expect({ one, outcome: answers[j]?.outcome, approved: answers[j]?.approved }).toEqual({
              ...{ one, outcome: step.outcome, approved: step.approved },
            });
          }
          expect(await rig.money(account)).toEqual({ balance: book.balance, held: heldIn(book) });
        }
      },
    ),
    { numRuns: 60 },
  );
  await rig.money('acc_rich');
});

test('many at once through two desks, transfers beside them: nobody overdraws, and every yen is somewhere', async () => {
  const rig = await newRig();
  const second = rig.newDesk();
  const writer = transferWriter(openWriterPool(rig.databaseUrl, { connections: 2 }), 2, rig.at);
  onTestFinished(() => writer.close());
  const asker = { id: 'cli_x', maySee: () => true, mayUse: () => true };
  const order = {
    from: 'acc_payer',
    to: 'acc_shop',
    memo: undefined,
    endToEnd: undefined,
    asker,
    amount: 7n,
  };
  const answers = await Promise.all(
    Array.from({ length: 150 }, (_, i) =>
      rig.ask(say(i % 3 === 0 ? '0100' : '0200', i + 1, { 4: 11n }), i % 2 === 0 ? rig.desk : second),
    ),
  ).then((paid) => paid.filter(({ outcome }) => outcome === 'approved').length);
  const moved = await Promise.all(
    Array.from({ length: 20 }, (_, i) => writer.submit([{ ...order, reference: `trf_${i}` }])),
  ).then((all) => all.flat().filter(({ status }) => status === 'done').length);
  expect(answers).toBe(90);
  expect(moved).toBe(1);
  const { balance, held } = await rig.money('acc_payer');
  expect(balance - held).toBe(1000n - 990n - 7n);
  expect(balance + (await rig.money('acc_shop')).balance).toBe(1000n);
});
