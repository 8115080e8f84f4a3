/** Loading the payment application, and a phone's limited-use keys. */
import { ascii, type DataGrouping, DGI, encodeLimitedUseKey, fromHex, hex, tlv } from '@sokkin/codec';
import { nodeCrypto } from '@sokkin/node';
import {
  makeActiveCard,
  makeWorld,
  PowerCut,
  type RestorableNvm,
  readSummary,
  selectPurse,
  tornNvm,
} from '@sokkin/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Nvm } from '../../src/index.ts';
import {
  AID,
  answerOf,
  begin,
  CONTROL,
  expectedCryptogram,
  firstAc,
  groupingsByHand,
  handCard,
  KEYS,
  loadByHand,
  openHandCard,
  processingOptions,
  selectPayment,
  send,
} from './hand-card.ts';

const purseAlone = async () =>
  (await makeActiveCard(await makeWorld(nodeCrypto()), 21, { balance: 500n })).nvm;
const selects = async (nvm: Parameters<typeof openHandCard>[0]) =>
  (await selectPayment(await openHandCard(nvm))).sw;

describe('personalisation', () => {
  test('happens once', async () => {
    const hand = await handCard();
    expect(await loadByHand(hand.nvm, await groupingsByHand())).toBe(0x6985);
  });

  test('without any one grouping nothing is personalised, and it can begin anew', async () => {
    const good = await groupingsByHand();
    for (const left of good) {
      const nvm = await purseAlone();
      expect(
        await loadByHand(
          nvm,
          good.filter((g) => g !== left),
        ),
        hex(Uint8Array.of(left.dgi >> 8)),
      ).toBe(0x6a80);
      expect(await selects(nvm)).toBe(0x6a82);
      expect(await loadByHand(nvm, good)).toBe(0x9000);
      expect(await selects(nvm)).toBe(0x9000);
    }
  });

  test('whatever bytes come in a grouping: refused, or a card that answers', async () => {
    const good = await groupingsByHand();
    const nvm = await purseAlone();
    const blank = nvm.snapshot();
    const changed = fc.tuple(fc.nat(good.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(changed, async ([which, at, change]) => {
        nvm.restore(blank);
        const groupings = good.map((g, i): DataGrouping => {
          if (i !== which) return g;
          return { ...g, value: g.value.map((b, j) => (j === at % g.value.length ? b ^ change : b)) };
        });
        const sw = await loadByHand(nvm, groupings);
        expect([0x9000, 0x6a80]).toContain(sw);
        const card = await openHandCard(nvm);
        for (const response of [await selectPayment(card), await processingOptions(card)]) {
          expect(response.sw).toBeGreaterThanOrEqual(0x6283);
        }
        await selectPurse(card);
        expect((await readSummary(card)).balance).toBe(500n);
      }),
      { numRuns: 150 },
    );
  });

  test('cut off at every byte: none, or whole; the purse is as it was', async () => {
    const good = await groupingsByHand();
    const nvm = await purseAlone();
    const blank = nvm.snapshot();
    const total = await bytesWritten(nvm, good);
    expect(total).toBeGreaterThan(2000);
    const found: number[] = [];
    for (let cut = 0; cut <= total; cut += total - cut > 60 ? 41 : 1) {
      nvm.restore(blank);
      await expect(loadByHand(tornNvm(nvm, { cutAfter: cut }), good)).rejects.toThrow(PowerCut);
      found.push(await selects(nvm));
      const card = await openHandCard(nvm);
      await selectPurse(card);
      expect((await readSummary(card)).balance).toBe(500n);
    }
    expect(new Set(found)).toEqual(new Set([0x6a82, 0x9000]));
    // Old, and from one byte on new.
    expect(found.lastIndexOf(0x6a82)).toBeLessThan(found.indexOf(0x9000));
  });
});

/** How many bytes loading writes; the memory is as before. */
async function bytesWritten(nvm: RestorableNvm, groupings: readonly DataGrouping[]): Promise<number> {
  const before = nvm.snapshot();
  let written = 0;
  const counting: Nvm = {
    size: nvm.size,
    read: (offset, length) => nvm.read(offset, length),
    write(offset, bytes) {
      written += bytes.length;
      return nvm.write(offset, bytes);
    },
  };
  await loadByHand(counting, groupings);
  nvm.restore(before);
  return written;
}

describe('directories', () => {
  test('lead to the application: without contacts with its kernel, at the contacts by a record', async () => {
    const { card } = await handCard();
    const entry = [tlv(0x4f, AID), tlv(0x50, CONTROL.label), tlv(0x87, fromHex('01'))];
    const proximity = await send(card, 0x00, 0xa4, 0x04, 0x00, ascii('2PAY.SYS.DDF01'));
    expect(hex(proximity.data)).toContain(hex(tlv(0xbf0c, tlv(0x61, ...entry, tlv(0x9f2a, CONTROL.kernel)))));
    const contact = await send(card, 0x00, 0xa4, 0x04, 0x00, ascii('1PAY.SYS.DDF01'));
    expect(hex(contact.data)).toBe(
      hex(tlv(0x6f, tlv(0x84, ascii('1PAY.SYS.DDF01')), tlv(0xa5, fromHex('880101')))),
    );
    const record = await send(card, 0x00, 0xb2, 0x01, 0x0c);
    expect(hex(record.data)).toBe(hex(tlv(0x70, tlv(0x61, ...entry))));
    expect((await send(card, 0x00, 0xb2, 0x02, 0x0c)).sw).toBe(0x6a83);
  });

  test('a name that is cut off finds the payment application, and then the purse', async () => {
    const { card } = await handCard();
    const beginning = AID.subarray(0, 7);
    expect(hex((await send(card, 0x00, 0xa4, 0x04, 0x00, beginning)).data)).toContain(hex(AID));
    expect(hex((await send(card, 0x00, 0xa4, 0x04, 0x02, beginning)).data)).toContain('f0534f4b4b494e01');
    expect((await send(card, 0x00, 0xa4, 0x04, 0x02, beginning)).sw).toBe(0x6a82);
    // What was selected stays so.
    expect((await send(card, 0x80, 0xca, 0xdf, 0x20)).sw).toBe(0x9000);
  });

  test('are not there before personalisation', async () => {
    const card = await openHandCard(await purseAlone());
    for (const name of ['1PAY.SYS.DDF01', '2PAY.SYS.DDF01']) {
      expect((await send(card, 0x00, 0xa4, 0x04, 0x00, ascii(name))).sw).toBe(0x6a82);
    }
  });
});

describe('limited-use keys', () => {
  const FIRST = { number: 1, uses: 2, key: fromHex('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf') };
  const phone = () => handCard({ control: { limitedUseOnly: true }, limitedUse: FIRST });

  test('make as many cryptograms as they may, and then none until new ones come', async () => {
    const hand = await phone();
    for (let i = 0; i < 2; i++) {
      await begin(hand.card);
      const answer = answerOf(await firstAc(hand.card, 'arqc'));
      expect(hex(answer.cryptogram ?? AID)).toBe(hex(expectedCryptogram(answer, {}, { key: FIRST.key })));
      expect(hex(answer.iad).slice(16, 20)).toBe('0001');
    }
    await selectPayment(hand.card);
    expect((await processingOptions(hand.card)).sw).toBe(0x6985);
    const key = { number: 2, uses: 1, key: KEYS.cryptogram };
    expect(await loadByHand(hand.nvm, [{ dgi: DGI.limitedUseKey, value: encodeLimitedUseKey(key) }])).toBe(
      0x9000,
    );
    const again = await openHandCard(hand.nvm);
    await begin(again);
    expect(answerOf(await firstAc(again, 'tc')).atc).toBe(3);
  });

  test('a number never comes back, and nothing else is taken after personalisation', async () => {
    const hand = await phone();
    const again = [{ dgi: DGI.limitedUseKey, value: encodeLimitedUseKey(FIRST) }];
    expect(await loadByHand(hand.nvm, again)).toBe(0x6985);
    const more = { dgi: DGI.limitedUseKey, value: encodeLimitedUseKey({ ...FIRST, number: 9 }) };
    expect(await loadByHand(hand.nvm, [more, { dgi: DGI.pin, value: fromHex('241234ffffffffff') }])).toBe(
      0x6a80,
    );
    expect(await loadByHand(hand.nvm, [])).toBe(0x6a80);
  });

  test('the device verifies its holder: what asks for a PIN on a card is approved', async () => {
    const limits = { control: { limitedUseOnly: true }, limitedUse: { ...FIRST, uses: 9 } };
    for (const [verified, type] of [
      [true, 'tc'],
      [false, 'arqc'],
    ] as const) {
      const hand = await handCard({ ...limits, withoutPin: 50n, holder: { isVerified: () => verified } });
      await begin(hand.card);
      expect(answerOf(await firstAc(hand.card, 'tc', { amount: 51n })).type).toBe(type);
    }
  });
});
