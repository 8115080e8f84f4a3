/** A terminal's messages to its acquirer: every shipped dialect takes them, and answers are believed only where they must be. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  amountOf,
  decodeIso,
  encodeIso,
  formatMti,
  fromHex,
  hex,
  type IsoMessage,
  type IsoProfile,
  isoMatchingKey,
  isoMessage,
  readIsoProfile,
  respondIso,
  textOf,
} from '@sokkin/codec';
import { describe, expect, test } from 'vitest';
import {
  addAuthorisation,
  addTotal,
  captureAdvice,
  closeRequest,
  fateOf,
  NO_TOTALS,
  netOf,
  offlineAdvice,
  type ReadCard,
  readAnswer,
  refundRequest,
  repeatOf,
  reversalRequest,
  type Stamp,
  saleRequest,
} from '../src/index.ts';

const NAMES = ['1987-ascii', '1987-bcd', '1987-binary-ebcdic', '1993-ascii', '1993-bcd', 'example-acquirer'];
const profileNamed = (name: string): IsoProfile =>
  readIsoProfile(
    readFileSync(join(import.meta.dirname, `../../codec/profiles/iso8583-${name}.json`), 'utf8'),
  );

const SHOP = {
  terminal: 'TERM0001',
  merchant: 'SHOP',
  category: '5411',
  currency: '392',
  acquirer: '123456',
};
const stamp = (stan: string): Stamp => ({
  stan,
  reference: `000000${stan}`,
  local: '261123093000',
  transmitted: '1123003000',
});
const data = new Map(
  Object.entries({
    '5a': '9999120000000000',
    '5f24': '311231',
    '5f34': '01',
    '57': '9999120000000000d31122010000000000',
    '82': '3900',
    '95': '0000008000',
    '9a': '261123',
    '9c': '00',
    '5f2a': '0392',
    '9f02': '000000001200',
    '9f10': '0fa5019030000000000000010000000',
    '9f1a': '0392',
    '9f26': 'f64cb513a893becc',
    '9f27': '80',
    '9f36': '0001',
    '9f37': 'a1b2c3d4',
  }).map(([tag, value]) => [Number.parseInt(tag, 16), fromHex(value.length % 2 ? `${value}0` : value)]),
);
const card: ReadCard = { entry: 'contactlessChip', data };

describe.each(NAMES)('%s', (name) => {
  const profile = profileNamed(name);
  const writing = { profile, shop: SHOP };
  const is1987 = profile.version === '1987';
  const sale = saleRequest(writing, { kind: 'pay', stamp: stamp('000001'), card, amount: 1200n });
  const through = (message: IsoMessage): IsoMessage => decodeIso(profile, encodeIso(profile, message));

  test('every message is one of the dialect', () => {
    const hold = saleRequest(writing, { kind: 'hold', stamp: stamp('000002'), card, amount: 1200n });
    const messages = [
      [sale, '200'],
      [hold, '100'],
      [refundRequest(writing, sale, { stamp: stamp('000003'), amount: 5n }), '200'],
      [captureAdvice(writing, hold, { stamp: stamp('000004'), amount: 7n, approvalCode: 'ABC123' }), '220'],
      [reversalRequest(writing, sale, { stamp: stamp('000005'), reason: 'noAnswer' }), '400'],
      [reversalRequest(writing, sale, { stamp: stamp('000006'), left: 200n, reason: 'cancelled' }), '400'],
      [offlineAdvice(writing, { stamp: stamp('000007'), card, amount: 1200n }), '220'],
      [closeRequest(writing, stamp('000008'), addTotal(NO_TOTALS, 'debits', 1200n)), '500'],
    ] as const;
    for (const [message, type] of messages) {
      expect(formatMti(message.mti)).toBe(`${is1987 ? 0 : 1}${type}`);
      const got = through(message);
      expect(textOf(got, 11)).toBe(textOf(message, 11));
      expect(textOf(got, 41)).toBe('TERM0001');
      expect(textOf(got, 42)).toBe('SHOP           ');
    }
  });

  test('a repeat is the same message but for its MTI, and has its key', () => {
    const again = repeatOf(sale);
    expect(formatMti(again.mti)).toBe(is1987 ? '0201' : '1201');
    expect(again.fields).toBe(sale.fields);
    expect(repeatOf(again)).toEqual(again);
    expect(isoMatchingKey(profile, through(again))).toBe(isoMatchingKey(profile, through(sale)));
  });

  test('a reversal names its original, holds no track and no chip data that is not asked for', () => {
    const reversal = through(
      reversalRequest(writing, repeatOf(sale), { stamp: stamp('000009'), reason: 'noAnswer' }),
    );
    expect(textOf(reversal, 37)).toBe(textOf(sale, 37));
    expect(reversal.fields.has(35)).toBe(false);
    expect(amountOf(reversal, 4)).toBe(1200n);
    if (is1987) expect(textOf(reversal, 90)).toBe(`0200000001112300300000000123456${'0'.repeat(11)}`);
    else if (profile.fields[56]) expect(textOf(reversal, 56)).toBe('120000000126112309300006123456');
  });

  test('a partial reversal says what is left', () => {
    const wish = { stamp: stamp('000009'), left: 200n, reason: 'cancelled' } as const;
    const reversal = through(reversalRequest(writing, sale, wish));
    if (is1987) expect(textOf(reversal, 95)?.slice(0, 12)).toBe('000000000200');
    else {
      expect(amountOf(reversal, 4)).toBe(200n);
      expect(textOf(reversal, 30)?.slice(0, 12)).toBe('000000001200');
    }
  });

  test('answers: approval is approval, and nothing else is', () => {
    const answer = (code: string, more = {}) =>
      readAnswer(profile, sale, through(respondIso(profile, sale, { 39: code, ...more })));
    const [yes, partly, no, stolen, late] = is1987
      ? ['00', '10', '51', '43', '68']
      : ['000', '002', '116', '209', '911'];
    expect(answer(yes ?? '', { 38: 'OK1234' })).toMatchObject({
      verdict: 'approved',
      approved: 1200n,
      approvalCode: 'OK1234',
    });
    expect(answer(partly ?? '', { 4: 700n })).toMatchObject({ verdict: 'partly', approved: 700n });
    expect(answer(no ?? '')).toMatchObject({ verdict: 'declined', approved: 0n, keepCard: false });
    expect(answer(stolen ?? '')).toMatchObject({ verdict: 'declined', keepCard: true });
    expect(answer(late ?? '').verdict).toBe('unclear');
    // More than was asked for, and a part that is none
    expect(answer(yes ?? '', { 4: 1201n })).toMatchObject({ verdict: 'unclear', approved: 0n });
    expect(answer(partly ?? '', { 4: 0n })).toMatchObject({ verdict: 'unclear', approved: 0n });
  });

  test('a reversal of what the other side never had is done', () => {
    const reversal = reversalRequest(writing, sale, { stamp: stamp('000009'), reason: 'noAnswer' });
    const fate = (code: string) =>
      fateOf(profile, reversal, through(respondIso(profile, reversal, { 39: code })));
    const codes = is1987 ? ['00', '25', '51', '96'] : ['400', '914', '116', '909'];
    expect(codes.map(fate)).toEqual(['taken', 'taken', 'refused', 'later']);
  });
});

test('chip data goes as it is; the track goes with requests only', () => {
  const profile = profileNamed('1987-ascii');
  const writing = { profile, shop: SHOP };
  const sale = saleRequest(writing, { kind: 'pay', stamp: stamp('000001'), card, amount: 1200n });
  expect(textOf(sale, 35)).toBe('9999120000000000=31122010000000000');
  const chip = sale.fields.get(55) as readonly { tag: number; value: Uint8Array }[];
  expect(chip.map(({ tag, value }) => [tag, hex(value)])).toContainEqual([0x9f26, 'f64cb513a893becc']);
  expect(offlineAdvice(writing, { stamp: stamp('000002'), card, amount: 1n }).fields.has(35)).toBe(false);
});

test('a shop whose name does not fit is told so', () => {
  const shop = { ...SHOP, terminal: 'TERM00001' };
  const profile = profileNamed('1987-ascii');
  expect(() => closeRequest({ profile, shop }, stamp('000001'), NO_TOTALS)).toThrow('field 41');
});

test('totals: a reversal counts beside what it reverses', () => {
  let totals = addTotal(addTotal(NO_TOTALS, 'debits', 1200n), 'debits', 800n);
  totals = addAuthorisation(addTotal(addTotal(totals, 'debitReversals', 800n), 'credits', 100n));
  expect(netOf(totals)).toBe(1100n);
  const message = closeRequest({ profile: profileNamed('1987-ascii'), shop: SHOP }, stamp('000001'), totals);
  expect(message.fields.get(97)).toEqual({ sign: 'C', amount: 1100n });
  expect([74, 76, 77, 81].map((n) => Number(textOf(message, n)))).toEqual([1, 2, 1, 1]);
  expect([86, 88, 89].map((n) => amountOf(message, n))).toEqual([100n, 2000n, 800n]);
  expect(isoMessage('0500', {}).mti).toEqual(message.mti);
});
