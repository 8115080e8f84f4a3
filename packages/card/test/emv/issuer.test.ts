/** The issuer and the holder: EXTERNAL AUTHENTICATE, status updates, scripts, PIN; and DDA. */
import {
  type Bytes,
  command,
  concat,
  decodeResponse,
  decodeTlv,
  decodeTlvs,
  encodeCommand,
  fromHex,
  hex,
} from '@sokkin/codec';
import {
  arpcMethod1,
  arpcMethod2,
  encipherPin,
  encipherScriptData,
  type ScriptKeys,
  scriptSessionKey,
  secureFormat1,
  secureFormat2,
  verifyDda,
} from '@sokkin/crypto';
import { nodeCrypto } from '@sokkin/node';
import { blockOf, readSummary, selectPurse, verifyPin } from '@sokkin/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Card } from '../../src/index.ts';
import {
  AID,
  type Answer,
  answerOf,
  begin,
  firstAc,
  type HandCard,
  handCard,
  KEYS,
  openHandCard,
  rsa,
  secondAc,
  selectPayment,
  send,
  sessionKey,
  symmetric,
  TERMINAL_NUMBER,
} from './hand-card.ts';

const acOf = (answer: Answer): Bytes => answer.cryptogram ?? new Uint8Array(8);
const ask = async ({ card }: Pick<HandCard, 'card'>) => {
  await begin(card);
  return answerOf(await firstAc(card, 'arqc'));
};
const triesLeft = async (card: Card) => (await send(card, 0x80, 0xca, 0x9f, 0x17)).data.at(-1);

describe('EXTERNAL AUTHENTICATE', () => {
  const PROFILE = fromHex('3d00');
  const proof = (asked: Answer, csu: string) => {
    const update = fromHex(csu);
    return concat(arpcMethod2(symmetric, 'tdes', sessionKey(asked.atc), acOf(asked), update), update);
  };
  const external = (card: Card, data: Bytes) => send(card, 0x00, 0x82, 0, 0, data);
  const cardWithCsu = () => handCard({ profile: PROFILE, control: { arpcMethod: 2 } });

  test('the right proof is taken once, and the second cryptogram knows of it', async () => {
    const hand = await cardWithCsu();
    const asked = await ask(hand);
    expect((await external(hand.card, proof(asked, '00800000'))).sw).toBe(0x9000);
    expect((await external(hand.card, proof(asked, '00800000'))).sw).toBe(0x6985);
    expect(answerOf(await secondAc(hand.card, 'tc', '00')).type).toBe('tc');
    expect(hex((await send(hand.card, 0x80, 0xca, 0x9f, 0x13)).data)).toBe('9f13020001');
  });

  test('a wrong proof is no proof, and cannot be tried again', async () => {
    const hand = await cardWithCsu();
    const asked = await ask(hand);
    const wrong = proof(asked, '00800000').map((b, i) => (i === 7 ? b ^ 1 : b));
    expect((await external(hand.card, wrong)).sw).toBe(0x6300);
    expect((await external(hand.card, proof(asked, '00800000'))).sw).toBe(0x6985);
    expect(answerOf(await secondAc(hand.card, 'tc', '00')).type).toBe('aac');
  });

  test('a status update without approval declines; its orders take effect', async () => {
    const hand = await cardWithCsu();
    let asked = await ask(hand);
    expect((await external(hand.card, proof(asked, '00000000'))).sw).toBe(0x9000);
    expect(answerOf(await secondAc(hand.card, 'tc', '00')).type).toBe('aac');
    asked = await ask(hand);
    expect((await external(hand.card, proof(asked, '01900000'))).sw).toBe(0x9000);
    expect(await triesLeft(hand.card)).toBe(1);
    asked = await ask(hand);
    await external(hand.card, proof(asked, '00a00000'));
    expect(answerOf(await secondAc(hand.card, 'tc', '00')).type).toBe('aac');
    expect((await selectPayment(hand.card)).sw).toBe(0x6283);
    await begin(hand.card).catch(() => undefined);
  });

  test('not before it is asked for, and not where the profile has none', async () => {
    const hand = await cardWithCsu();
    await begin(hand.card);
    expect((await external(hand.card, new Uint8Array(8))).sw).toBe(0x6985);
    const none = await handCard();
    await ask(none);
    expect((await external(none.card, new Uint8Array(10))).sw).toBe(0x6d00);
  });
});

describe('issuer scripts', () => {
  const keysFor = (answer: Answer): ScriptKeys => ({
    cipher: 'tdes',
    mac: scriptSessionKey(symmetric, 'tdes', KEYS.scriptMac, acOf(answer)),
    encipher: scriptSessionKey(symmetric, 'tdes', KEYS.scriptEncipher, acOf(answer)),
  });

  /** A script of one transaction: each command's MAC starts from the one before. */
  function script(answer: Answer) {
    let chaining = acOf(answer);
    return (ins: number, p1: number, p2: number, data: Bytes = new Uint8Array(0), enciphered = false) => {
      const rules = { macLength: 8, chaining, enciphered };
      const secured = secureFormat1(symmetric, keysFor(answer), rules, command(0x8c, ins, p1, p2, data));
      chaining = secured.chaining;
      return encodeCommand(secured.command);
    };
  }
  const give = async (card: Card, bytes: Bytes) => decodeResponse(await card.transmit(bytes)).sw;

  test('block and unblock the application', async () => {
    const hand = await handCard();
    expect(await give(hand.card, script(await ask(hand))(0x1e, 0, 0))).toBe(0x9000);
    expect((await selectPayment(hand.card)).sw).toBe(0x6283);
    // Also when it is fetched in portions.
    const cut = encodeCommand(command(0x00, 0xa4, 0x04, 0x00, AID, 4));
    const first = decodeResponse(await hand.card.transmit(cut));
    expect(first.sw >> 8).toBe(0x61);
    expect((await send(hand.card, 0x00, 0xc0, 0, 0)).sw).toBe(0x6283);
    await send(hand.card, 0x80, 0xa8, 0, 0, fromHex('830436000000'));
    const declined = answerOf(await firstAc(hand.card, 'tc'));
    expect(declined.type).toBe('aac');
    expect(await give(hand.card, script(declined)(0x18, 0, 0))).toBe(0x9000);
    expect((await selectPayment(hand.card)).sw).toBe(0x9000);
  });

  test('block the card for payments, for good; the purse goes on', async () => {
    const hand = await handCard();
    expect(await give(hand.card, script(await ask(hand))(0x16, 0, 0))).toBe(0x9000);
    const card = await openHandCard(hand.nvm);
    expect((await selectPayment(card)).sw).toBe(0x6a81);
    expect((await send(card, 0x80, 0xca, 0x9f, 0x36)).sw).toBe(0x6985);
    await selectPurse(card);
    expect((await readSummary(card)).balance).toBe(10_000n);
  });

  test('set a new PIN, which is the purse application PIN, too; give its tries back', async () => {
    const hand = await handCard();
    await selectPurse(hand.card);
    for (const _ of [1, 2, 3]) await verifyPin(hand.card, '9999');
    const next = script(await ask(hand));
    expect(await triesLeft(hand.card)).toBe(0);
    expect(await give(hand.card, next(0x24, 0, 0))).toBe(0x9000);
    expect(await give(hand.card, next(0x24, 0, 2, blockOf('4711'), true))).toBe(0x9000);
    await selectPurse(hand.card);
    expect((await verifyPin(hand.card, '1234')).sw).toBe(0x63c2);
    expect((await verifyPin(hand.card, '4711')).sw).toBe(0x9000);
  });

  test('change limits, and nothing that is no limit', async () => {
    const hand = await handCard();
    const next = script(await ask(hand));
    expect(await give(hand.card, next(0xda, 0x9f, 0x14, fromHex('00')))).toBe(0x9000);
    expect(await give(hand.card, next(0xda, 0x9f, 0x36, fromHex('0000')))).toBe(0x6a88);
    await begin(hand.card);
    expect(answerOf(await firstAc(hand.card, 'tc')).type).toBe('arqc');
  });

  test('a wrong MAC changes nothing, ends the script, and is told to the issuer', async () => {
    const hand = await handCard();
    const next = script(await ask(hand));
    const good = next(0x1e, 0, 0);
    const bad = good.map((b, i) => (i === good.length - 1 ? b ^ 1 : b));
    expect(await give(hand.card, bad)).toBe(0x6988);
    expect(await give(hand.card, good)).toBe(0x6985);
    expect((await selectPayment(hand.card)).sw).toBe(0x9000);
    expect(hex((await ask(hand)).iad).slice(10, 12)).toBe('08');
  });

  test('a command cannot be played again, nor in another transaction, nor before a cryptogram', async () => {
    const hand = await handCard();
    const next = script(await ask(hand));
    const put = next(0xda, 0x9f, 0x14, fromHex('05'));
    expect(await give(hand.card, put)).toBe(0x9000);
    expect(await give(hand.card, put)).toBe(0x6988);
    await ask(hand);
    expect(await give(hand.card, put)).toBe(0x6988);
    await begin(hand.card);
    expect(await give(hand.card, put)).toBe(0x6985);
  });

  test('format 2: data and then a MAC of 4 bytes over ATC, cryptogram and data', async () => {
    const hand = await handCard({ control: { scriptFormat: 2, scriptMacLength: 4 } });
    const asked = await ask(hand);
    const rules = { macLength: 4, transactionData: concat(fromHex('0001'), acOf(asked)) };
    const keys = keysFor(asked);
    const block = encipherScriptData(symmetric, 'tdes', keys.encipher, blockOf('2580'), 'always');
    const secured = secureFormat2(symmetric, keys, rules, command(0x84, 0x24, 0, 2, block));
    expect(await give(hand.card, encodeCommand(secured))).toBe(0x9000);
    await selectPurse(hand.card);
    expect((await verifyPin(hand.card, '2580')).sw).toBe(0x9000);
  });

  test('whatever a script holds: an answer, and no value made or lost', async () => {
    const hand = await handCard();
    await ask(hand);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0x16, 0x18, 0x1e, 0x24, 0xda, 0xdc),
        fc.constantFrom(0x84, 0x8c, 0x04, 0x0c, 0x94),
        fc.uint8Array({ maxLength: 40 }),
        async (ins, cla, data) => {
          const response = decodeResponse(
            await hand.card.transmit(encodeCommand(command(cla, ins, 0, 0, data))),
          );
          expect(response.sw).not.toBe(0x9000);
        },
      ),
      { numRuns: 200 },
    );
    await selectPurse(hand.card);
    expect((await readSummary(hand.card)).balance).toBe(10_000n);
  });
});

describe('VERIFY', () => {
  test('plain: a try is burnt before the comparison, wrong is counted, right makes large payments possible', async () => {
    const hand = await handCard({ withoutPin: 50n });
    await begin(hand.card);
    expect((await send(hand.card, 0x00, 0x20, 0, 0x80, blockOf('9999'))).sw).toBe(0x63c2);
    expect((await send(hand.card, 0x00, 0x20, 0, 0x80, blockOf('1234'))).sw).toBe(0x9000);
    expect(answerOf(await firstAc(hand.card, 'tc', { amount: 51n })).type).toBe('tc');
  });

  test('three wrong ones block it, for the purse, too', async () => {
    const hand = await handCard();
    await begin(hand.card);
    const sws = [];
    for (const _ of [1, 2, 3, 4]) sws.push((await send(hand.card, 0x00, 0x20, 0, 0x80, blockOf('9999'))).sw);
    expect(sws).toEqual([0x63c2, 0x63c1, 0x63c0, 0x6983]);
    expect(hex(answerOf(await firstAc(hand.card, 'arqc')).iad).slice(6, 8)).toBe('0e');
    await selectPurse(hand.card);
    expect((await verifyPin(hand.card)).sw).toBe(0x6983);
  });

  test('enciphered: with the number that the card just gave, once', async () => {
    const hand = await handCard();
    await begin(hand.card);
    const { randomBytes } = nodeCrypto();
    const pin = async (number: Bytes) =>
      encipherPin(rsa, hand.publicKey, blockOf('1234'), number, randomBytes) ?? new Uint8Array(0);
    const number = (await send(hand.card, 0x00, 0x84, 0, 0)).data;
    expect(number.length).toBe(8);
    const right = await pin(number);
    expect((await send(hand.card, 0x00, 0x20, 0, 0x88, right)).sw).toBe(0x9000);
    expect((await send(hand.card, 0x00, 0x20, 0, 0x88, right)).sw).toBe(0x63c2);
    await send(hand.card, 0x00, 0x84, 0, 0);
    expect((await send(hand.card, 0x00, 0x20, 0, 0x88, right)).sw).toBe(0x63c1);
  });
});

describe('INTERNAL AUTHENTICATE', () => {
  test('DDA: the signature is over the number of the terminal, and new each time', async () => {
    const hand = await handCard();
    await begin(hand.card);
    const signatureOf = async () => {
      const response = await send(hand.card, 0x00, 0x88, 0, 0, TERMINAL_NUMBER);
      return decodeTlvs(decodeTlv(response.data).value)[0]?.value.slice() ?? new Uint8Array(0);
    };
    const [one, two] = [await signatureOf(), await signatureOf()];
    expect(verifyDda(rsa, hand.publicKey, one, TERMINAL_NUMBER).verdict).toBe('authentic');
    expect(verifyDda(rsa, hand.publicKey, one, fromHex('00000000')).verdict).toBe('bad-hash');
    expect(hex(one)).not.toBe(hex(two));
    const bent = one.map((b, i) => (i === 60 ? b ^ 4 : b));
    expect(verifyDda(rsa, hand.publicKey, bent, TERMINAL_NUMBER).verdict).not.toBe('authentic');
  });
});

test('ARPC method 1 is the one of the books here, so that the issuer tests above mean it', async () => {
  const hand = await handCard();
  const asked = await ask(hand);
  const arpc = arpcMethod1(symmetric, 'tdes', sessionKey(asked.atc), acOf(asked), fromHex('3030'));
  expect(answerOf(await secondAc(hand.card, 'tc', '00', concat(arpc, fromHex('3030')))).type).toBe('tc');
});
