/** First and second GENERATE AC: what the card gives, and what it does to the one balance. */
import { ascii, concat, decodeCvr, decodeIad, fromHex, hex } from '@sokkin/codec';
import { answerWithoutSignature, arpcMethod1, verifyCda } from '@sokkin/crypto';
import { readSummary, selectPurse, sync } from '@sokkin/testkit';
import { describe, expect, test } from 'vitest';
import {
  type Answer,
  answerOf,
  begin,
  CONTROL,
  cdol1Data,
  expectedCryptogram,
  firstAc,
  type HandCard,
  handCard,
  openHandCard,
  processingOptions,
  rsa,
  type Sale,
  secondAc,
  selectPayment,
  send,
  sessionKey,
  symmetric,
  TERMINAL_NUMBER,
} from './hand-card.ts';

const balance = async ({ card }: Pick<HandCard, 'card'>): Promise<bigint> => {
  await selectPurse(card);
  return (await readSummary(card)).balance;
};
const cvrOf = (answer: Answer) => decodeCvr(decodeIad(CONTROL.iad, answer.iad).cvr ?? new Uint8Array(0));
const debitedOf = (answer: Answer) => decodeIad(CONTROL.iad, answer.iad).debited;
const arpc = (answer: Answer, code: string) =>
  concat(
    arpcMethod1(symmetric, 'tdes', sessionKey(answer.atc), answer.cryptogram ?? fromHex(''), ascii(code)),
    ascii(code),
  );

describe('the first GENERATE AC', () => {
  test('a TC debits the balance once, and its cryptogram is that of the books', async () => {
    const hand = await handCard();
    await begin(hand.card);
    const answer = answerOf(await firstAc(hand.card, 'tc', { amount: 1_250n }));
    expect([answer.type, answer.atc, debitedOf(answer)]).toEqual(['tc', 1, true]);
    expect(hex(answer.cryptogram ?? fromHex(''))).toBe(hex(expectedCryptogram(answer, { amount: 1_250n })));
    expect(await balance(hand)).toBe(8_750n);
  });

  test('an ARQC and an AAC leave the balance alone', async () => {
    const hand = await handCard();
    for (const asked of ['arqc', 'aac'] as const) {
      await begin(hand.card);
      const answer = answerOf(await firstAc(hand.card, asked, { amount: 700n }));
      expect([answer.type, debitedOf(answer)]).toEqual([asked, false]);
      expect(hex(answer.cryptogram ?? fromHex(''))).toBe(hex(expectedCryptogram(answer, { amount: 700n })));
    }
    expect(await balance(hand)).toBe(10_000n);
  });

  test.each<[string, Sale]>([
    ['more than the balance', { amount: 10_001n }],
    ['nothing', { amount: 0n }],
    ['another currency', { currency: fromHex('0840') }],
    ['cash', { type: 0x01 }],
    ['cashback', { type: 0x09, other: 10n }],
    ['an other amount', { other: 1n }],
    ['a refund', { type: 0x20 }],
  ])(
    'I1: asked for a TC over %s, it asks the issuer; a terminal without one gets an AAC',
    async (_, sale) => {
      const hand = await handCard();
      await begin(hand.card);
      expect(answerOf(await firstAc(hand.card, 'tc', sale)).type).toBe('arqc');
      await begin(hand.card);
      expect(answerOf(await firstAc(hand.card, 'tc', { ...sale, terminalType: 0x23 })).type).toBe('aac');
      expect(await balance(hand)).toBe(10_000n);
    },
  );

  test('I1: the last yen can be spent, and not one more', async () => {
    const hand = await handCard({ balance: 300n });
    for (const [amount, type] of [
      [200n, 'tc'],
      [101n, 'arqc'],
      [100n, 'tc'],
      [1n, 'arqc'],
    ] as const) {
      await begin(hand.card);
      expect(answerOf(await firstAc(hand.card, 'tc', { amount })).type).toBe(type);
    }
    expect(await balance(hand)).toBe(0n);
  });

  test('a purse that is not active approves nothing offline', async () => {
    const hand = await handCard();
    await selectPurse(hand.card);
    await sync(hand.world, hand.card, { order: 'block' });
    await begin(hand.card);
    expect(answerOf(await firstAc(hand.card, 'tc')).type).toBe('arqc');
    expect(await balance(hand)).toBe(10_000n);
  });

  test('approvals in a row: above the lower limit it asks, above the upper it does not approve', async () => {
    const hand = await handCard({ limits: { lowerCount: 1, upperCount: 2 } });
    const outcome = async (sale: Sale) => {
      await begin(hand.card);
      return answerOf(await firstAc(hand.card, 'tc', sale));
    };
    expect((await outcome({})).type).toBe('tc');
    const asked = await outcome({});
    expect([asked.type, [...cvrOf(asked).bits]]).toEqual(['arqc', ['lowerCountExceeded']]);
    expect((await outcome({ terminalType: 0x23 })).type).toBe('tc');
    const last = await outcome({ terminalType: 0x23 });
    expect(last.type).toBe('aac');
    expect(cvrOf(last).bits).toContain('upperCountExceeded');
    expect(await balance(hand)).toBe(9_800n);
  });

  test('CDA: the cryptogram stands in the signature over all that was said', async () => {
    const hand = await handCard();
    await begin(hand.card);
    const answer = answerOf(await firstAc(hand.card, 'tc', {}, true));
    expect(answer.cryptogram).toBeUndefined();
    const seen = {
      information: 0x40,
      unpredictableNumber: TERMINAL_NUMBER,
      transaction: {
        pdolData: fromHex('36000000'),
        cdol1Data: cdol1Data(),
        answer: answerWithoutSignature(answer.template),
      },
    };
    const verdict = verifyCda(rsa, hand.publicKey, answer.signature ?? fromHex(''), seen);
    expect(verdict.verdict).toBe('authentic');
    if (verdict.verdict !== 'authentic') return;
    expect(hex(verdict.cryptogram)).toBe(hex(expectedCryptogram(answer)));
    expect(cvrOf(answer).bits).toContain('cdaPerformed');
    const other = { ...seen, transaction: { ...seen.transaction, cdol1Data: cdol1Data({ amount: 101n }) } };
    expect(verifyCda(rsa, hand.publicKey, answer.signature ?? fromHex(''), other).verdict).not.toBe(
      'authentic',
    );
  });

  test('an AAC is never signed; CDA is refused where the profile has none', async () => {
    const hand = await handCard();
    await begin(hand.card);
    expect(answerOf(await firstAc(hand.card, 'aac', {}, true)).cryptogram).toBeDefined();
    const plain = await handCard({ profile: fromHex('1800') });
    await begin(plain.card);
    expect((await firstAc(plain.card, 'tc', {}, true)).sw).toBe(0x6a86);
  });

  test('AES: the cryptogram is an AES-CMAC under a common session key', async () => {
    const hand = await handCard({ control: { cipher: 'aes' } });
    await begin(hand.card);
    const answer = answerOf(await firstAc(hand.card, 'arqc'));
    expect(hex(answer.cryptogram ?? fromHex(''))).toBe(
      hex(expectedCryptogram(answer, {}, { cipher: 'aes' })),
    );
  });
});

describe('the order of commands', () => {
  test('each in its phase, and one cryptogram a transaction', async () => {
    const { card } = await handCard();
    expect((await send(card, 0x80, 0xa8, 0, 0, fromHex('8300'))).sw).toBe(0x6986);
    await selectPayment(card);
    expect((await firstAc(card, 'tc')).sw).toBe(0x6985);
    expect((await processingOptions(card, fromHex('00'))).sw).toBe(0x6700);
    expect((await send(card, 0x80, 0xa8, 0, 0, fromHex('8404'))).sw).toBe(0x6a80);
    expect((await processingOptions(card)).sw).toBe(0x9000);
    expect((await processingOptions(card)).sw).toBe(0x6985);
    expect((await send(card, 0x80, 0xae, 0x40, 0, cdol1Data().subarray(1))).sw).toBe(0x6700);
    expect((await send(card, 0x80, 0xae, 0xc0, 0, cdol1Data())).sw).toBe(0x6a86);
    expect((await firstAc(card, 'tc')).sw).toBe(0x9000);
    expect((await firstAc(card, 'tc')).sw).toBe(0x6985);
    expect((await secondAc(card, 'tc', '00')).sw).toBe(0x6985);
  });

  test('the ATC rises with every transaction, whatever becomes of it, and outlives power', async () => {
    const hand = await handCard();
    await begin(hand.card);
    await begin(hand.card);
    hand.card.reset();
    const again = await openHandCard(hand.nvm);
    await begin(again);
    expect(answerOf(await firstAc(again, 'arqc')).atc).toBe(3);
    expect(hex((await send(again, 0x80, 0xca, 0x9f, 0x36)).data)).toBe('9f36020003');
  });
});

describe('the second GENERATE AC', () => {
  const ask = async (hand: HandCard, sale: Sale = {}) => {
    await begin(hand.card);
    return answerOf(await firstAc(hand.card, 'arqc', sale));
  };

  test('approved online: a TC that takes nothing from the card', async () => {
    const hand = await handCard();
    const asked = await ask(hand);
    const answer = answerOf(await secondAc(hand.card, 'tc', '00', arpc(asked, '00')));
    expect([answer.type, answer.atc, debitedOf(answer)]).toEqual(['tc', asked.atc, false]);
    const cvr = cvrOf(answer);
    expect([cvr.first, cvr.second, [...cvr.bits]]).toEqual(['arqc', 'tc', []]);
    expect(await balance(hand)).toBe(10_000n);
  });

  test('the issuer says no, and a terminal that asks for a TC all the same gets an AAC', async () => {
    const hand = await handCard();
    const asked = await ask(hand);
    expect(answerOf(await secondAc(hand.card, 'tc', '00', arpc(asked, '05'))).type).toBe('aac');
    const wrong = await ask(hand);
    const forged = arpc(wrong, '00').map((b, i) => (i === 0 ? b ^ 1 : b));
    const refused = answerOf(await secondAc(hand.card, 'tc', '00', forged));
    expect(refused.type).toBe('aac');
    expect(cvrOf(refused).bits).toContain('issuerAuthenticationFailed');
  });

  test('without the issuer proving itself: as the profile has it', async () => {
    const lenient = await handCard();
    await ask(lenient);
    const answer = answerOf(await secondAc(lenient.card, 'tc', '00'));
    expect([answer.type, debitedOf(answer)]).toEqual(['tc', false]);
    const strict = await handCard({ control: { requireIssuerAuthentication: true } });
    await ask(strict);
    expect(answerOf(await secondAc(strict.card, 'tc', '00')).type).toBe('aac');
    expect([await balance(lenient), await balance(strict)]).toEqual([10_000n, 10_000n]);
  });

  test('the issuer could not be reached: the card decides offline, and a TC debits', async () => {
    const hand = await handCard({ balance: 150n });
    await ask(hand, { amount: 100n });
    const answer = answerOf(await secondAc(hand.card, 'tc', 'Y3'));
    expect([answer.type, debitedOf(answer)]).toEqual(['tc', true]);
    expect(cvrOf(answer).bits).toContain('unableToGoOnline');
    await ask(hand, { amount: 51n });
    expect(answerOf(await secondAc(hand.card, 'tc', 'Y3')).type).toBe('aac');
    expect(await balance(hand)).toBe(50n);
  });

  test('a transaction that ended before the answer is told to the issuer the next time', async () => {
    const hand = await handCard();
    await ask(hand);
    const next = await ask(hand);
    expect(cvrOf(next).bits).toContain('lastOnlineNotCompleted');
    await secondAc(hand.card, 'tc', '00', arpc(next, '00'));
    expect(cvrOf(await ask(hand)).bits).not.toContain('lastOnlineNotCompleted');
  });
});
