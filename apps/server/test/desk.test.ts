/** The desk over PostgreSQL: messages in, money moved, answers as the pure book gives them. */
import {
  type AcceptanceBook,
  applyMessage,
  availableIn,
  type BookMessage,
  heldIn,
  newBook,
} from '@sokkin/issuer';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DeskRig, deskRig, original1987, PAN, say, V1993 } from './desk-kit.ts';

let rig: DeskRig;
beforeAll(async () => {
  rig = await deskRig();
});
afterAll(() => rig.close());

describe('courses', () => {
  test('a payment moves money at once; its repeat has the same answer, and moves nothing', async () => {
    const pay = say('0200', 1, { 4: 300n });
    const first = await rig.ask(pay);
    expect(first).toMatchObject({ outcome: 'approved', approved: 300n, chip: [] });
    expect(first.approvalCode).toMatch(/^\d{6}$/);
    expect(await rig.ask(say('0201', 1, { 4: 300n }))).toEqual(first);
    expect(await rig.money('acc_payer')).toEqual({ balance: 700n, held: 0n });
    expect(await rig.money('acc_shop')).toEqual({ balance: 300n, held: 0n });
    expect(await rig.ask(say('0200', 1, { 4: 301n }))).toMatchObject({ outcome: 'duplicate', approved: 0n });
  });
});
