/** Chip cards at the desk: cryptograms, counters, what the card is told. */
import { fromHex, hex, type IsoTlv } from '@sokkin/codec';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { USES_OF_A_KEY } from '../src/personalisation/order.ts';
import { chipOf, question } from './desk-card.ts';
import { type DeskRig, deskRig, PAN, say } from './desk-kit.ts';

let rig: DeskRig;
beforeEach(async () => {
  rig = await deskRig({ policy: { withoutChip: new Set(), holdFor: 86_400_000 } });
  onTestFinished(() => rig.close());
  rig.instruments.chip = chipOf(PAN);
});

const pay = (n: number, amount: bigint, chip: readonly IsoTlv[], mti = '0200') =>
  rig.ask(say(mti, n, { 4: amount, 22: '071', 55: chip }));

test('a genuine question is answered so that the card knows its issuer; the same message again, the same answer', async () => {
  const chip = question(PAN, 28, 300n);
  const first = await pay(1, 300n, chip);
  expect(first.outcome).toBe('approved');
  expect(first.chip.map(({ tag }) => tag)).toEqual([0x8a, 0x91]);
  expect(hex(first.chip[0]?.value ?? fromHex(''))).toBe('3030');
  // Status update: the issuer approves, and the card's offline counters begin anew.
  expect(hex(first.chip[1]?.value.subarray(4) ?? fromHex(''))).toBe('00820000');
  expect(await pay(1, 300n, chip, '0201')).toEqual(first);
  expect(await rig.money('acc_payer')).toEqual({ balance: 700n, held: 0n });
  const { rows } = await rig.pool.query('SELECT account, card, atc FROM card_counters');
  expect(rows).toEqual([{ account: 'acc_payer', card: 'lnk_payer:00', atc: 28 }]);
});

test('a cryptogram counts once, whatever message brings it; refused for funds, it has counted, too', async () => {
  const chip = question(PAN, 28, 300n);
  await pay(1, 300n, chip);
  expect(await pay(2, 300n, chip)).toMatchObject({ outcome: 'counter_replayed' });
  const dear = question(PAN, 29, 3000n);
  const refused = await pay(3, 3000n, dear);
  expect(refused.outcome).toBe('insufficient_funds');
  expect(hex(refused.chip[0]?.value ?? fromHex(''))).toBe('3531');
  expect(hex(refused.chip[1]?.value.subarray(4) ?? fromHex(''))).toBe('00000000');
  expect(await pay(4, 3000n, dear)).toMatchObject({ outcome: 'counter_replayed' });
  // Two at once with one counter, in one batch: two cards with one key, or one message that was changed.
  const both = await Promise.all([pay(5, 1n, question(PAN, 30, 1n)), pay(6, 2n, question(PAN, 30, 2n))]);
  expect(both.map(({ outcome }) => outcome)).toEqual(['approved', 'suspected_counterfeit']);
  expect(await pay(7, 1n, question(PAN, 600, 1n))).toMatchObject({ outcome: 'counter_suspicious' });
  expect(await pay(8, 1n, question(PAN, 21, 1n))).toMatchObject({ outcome: 'counter_replayed' });
});

test('a wrong cryptogram, one over another amount, one of another kind, one of nobody we know', async () => {
  const chip = question(PAN, 28, 300n);
  const turned = chip.map(({ tag, value }) =>
    tag === 0x9f26 ? { tag, value: value.map((byte, i) => (i === 7 ? byte ^ 1 : byte)) } : { tag, value },
  );
  expect(await pay(1, 300n, turned)).toMatchObject({ outcome: 'cryptogram_wrong', chip: [] });
  expect(await pay(2, 301n, chip)).toMatchObject({ outcome: 'amount_invalid' });
  const approvedByCard = question(PAN, 28, 300n, { results: '50b800', information: 0x40 });
  expect(await pay(3, 300n, approvedByCard)).toMatchObject({ outcome: 'cryptogram_wrong', chip: [] });
  rig.instruments.chip = undefined;
  expect(await pay(4, 300n, chip)).toMatchObject({ outcome: 'cryptogram_wrong', chip: [] });
  rig.instruments.chip = chipOf(PAN);
  expect(await pay(5, 300n, chip)).toMatchObject({ outcome: 'approved' });
  expect(await rig.ask(say('0200', 6, { 4: 1n, 22: '071' }))).toMatchObject({
    outcome: 'cryptogram_missing',
  });
});

test('an inquiry that is said again has its answer again, for the card too, though its counter is used up', async () => {
  const chip = question(PAN, 28, 0n);
  const inquire = (mti: string, n: number) => rig.ask(say(mti, n, { 3: '310000', 22: '071', 55: chip }));
  const first = await inquire('0100', 1);
  expect(first).toMatchObject({ outcome: 'approved', fields: { 54: '0002392C000000001000' } });
  expect(first.chip.map(({ tag }) => tag)).toEqual([0x8a, 0x91]);
  await pay(2, 300n, question(PAN, 29, 300n));
  expect(await inquire('0101', 1)).toEqual(first);
  expect(await inquire('0100', 3)).toMatchObject({ outcome: 'counter_replayed', fields: {} });
});

test('the same message again is not looked at again, even when the keys are gone', async () => {
  const chip = question(PAN, 28, 300n);
  const first = await pay(1, 300n, chip);
  rig.instruments.rows.set(PAN, {
    ...{ kind: 'pan', id: 'lnk_payer', account: 'acc_payer', domain: undefined, own: undefined },
    refusal: 'card_lost',
  });
  expect(await pay(1, 300n, chip, '0201')).toEqual(first);
  expect(await pay(2, 300n, question(PAN, 29, 300n))).toMatchObject({ outcome: 'card_lost' });
});

test('a limited-use key is worth its uses and no more, whoever has it; the next one pays', async () => {
  rig.instruments.chip = chipOf(PAN, { isPhone: true });
  const tap = (n: number, keyNumber: number) => pay(n, 1n, question(PAN, 100 + n, 1n, { keyNumber }));
  // At once, so that one batch uses it up; and in batches one after the other.
  const many = await Promise.all(Array.from({ length: USES_OF_A_KEY - 2 }, (_, i) => tap(i + 1, 1)));
  expect(new Set(many.map(({ outcome }) => outcome))).toEqual(new Set(['approved']));
  const last = await Promise.all([30, 31, 32, 33].map((n) => tap(n, 1)));
  expect(last.map(({ outcome }) => outcome)).toEqual(['approved', 'approved', 'key_used_up', 'key_used_up']);
  expect(await tap(34, 1)).toMatchObject({ outcome: 'key_used_up' });
  expect(await tap(35, 2)).toMatchObject({ outcome: 'approved' });
  const { rows } = await rig.pool.query('SELECT key_number, uses FROM card_key_uses ORDER BY key_number');
  expect(rows).toEqual([
    { key_number: 1, uses: USES_OF_A_KEY },
    { key_number: 2, uses: 1 },
  ]);
  expect(await rig.money('acc_payer')).toEqual({ balance: 1000n - BigInt(USES_OF_A_KEY) - 1n, held: 0n });
});
