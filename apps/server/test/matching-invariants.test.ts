/**
 * The invariants that two purses keep between each other, as the back-end sees them when both have come home: nothing is lost
 * silently (I2), only certified purses are believed (I5), and a dispute ends as its two devices say (I8).
 */
import { concat, fromHex, hex } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import { judgeDispute, object, type Trust } from '@sokkin/purse';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { asSuperuser } from './eyes.ts';
import {
  creditBy,
  crypto,
  fundPurse,
  newPurse,
  nonce,
  type Purse,
  payOn,
  type Rig,
  rig,
  sync,
  ticketOf,
} from './kit.ts';

let r: Rig;
beforeAll(async () => {
  r = await rig({ webhooks: false });
});
afterAll(() => r.close());

/** A payer with money, and two payees. */
let [a, b, c]: Purse[] = [];
beforeEach(async () => {
  [a, b, c] = await Promise.all([newPurse(r.api), newPurse(r.api), newPurse(r.api)]);
  await fundPurse(r.api, some(a), 5_000n);
  for (const purse of [a, b, c]) await sync(r.api, some(purse));
});

function some<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it was made before');
  return value;
}

const refuse = (payee: Purse, payer: Purse, payment: Uint8Array) =>
  payee.ok('cancel', concat(object('purse', payer.certificate), object('payment', payment)));
/** What the back-end says of the payments that this purse holds, by amount. */
const heldBy = async (purse: Purse): Promise<[string, string | null][]> => {
  const { open_payments } = (await r.api.get(`/v1/purses/${purse.id}`)).body;
  return open_payments.map((p: { amount: string; verdict: string | null }) => [p.amount, p.verdict]);
};
const figure = async (name: string): Promise<string> => {
  const { equations } = (await r.api.get('/v1/audit')).body;
  return equations.find((e: { terms: object }) => name in e.terms).terms[name];
};

test('I2 every debit is credited, taken back or held by its payer, and each Grant says which', async () => {
  const [payer, payee, other] = [some(a), some(b), some(c)];
  const before = BigInt(await figure('waiting'));
  const pay = async (to: Purse, amount: bigint) =>
    payOn(payer, to.certificate, await ticketOf(to, amount), amount);
  // The payer hears of no outcome in any of these taps.
  await creditBy(payee, payer.certificate, await pay(payee, 100n));
  await refuse(payee, payer, await pay(payee, 20n));
  const onItsWay = await pay(other, 3n);
  expect((await payer.summary()).pending).toBe(123n);
  await sync(r.api, payer);
  expect((await heldBy(payer)).map(([amount]) => amount).sort()).toEqual(['100', '20', '3']);
  for (const purse of [payee, other]) await sync(r.api, purse);
  expect(new Map(await heldBy(payer))).toEqual(
    new Map([
      ['100', 'credited'],
      ['20', 'cancelled'],
      ['3', 'waiting'],
    ]),
  );
  await sync(r.api, payer);
  expect(await payer.summary()).toMatchObject({ balance: 4_897n, pending: 3n });
  await sync(r.api, payer);
  expect(await heldBy(payer)).toEqual([['3', 'waiting']]);
  expect(BigInt(await figure('waiting')) - before).toBe(3n);
  // It is not lost: its payer still has it, whenever its payee comes.
  await creditBy(other, payer.certificate, onItsWay);
  await sync(r.api, other);
  await sync(r.api, payer);
  await sync(r.api, payer);
  expect(await heldBy(payer)).toEqual([]);
  expect(await payer.summary()).toMatchObject({ balance: 4_897n, pending: 0n });
  expect((await other.summary()).balance).toBe(3n);
  expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

test('I5 what a purse of another root signed is believed of nobody, and accuses nobody', async () => {
  const elsewhere = await rig({ webhooks: false });
  try {
    const stranger = await newPurse(elsewhere.api);
    await fundPurse(elsewhere.api, stranger, 1_000n);
    const friend = await newPurse(elsewhere.api);
    const payment = await payOn(stranger, friend.certificate, await ticketOf(friend, 5n), 5n);
    const shown = { payments: [{ payment: hex(payment), purse: hex(stranger.certificate) }] };
    const payee = some(b);
    const before = (await r.api.get('/v1/alerts?limit=100')).body.data.length;
    // What the purse says of itself is taken; what strangers signed is left out, and kept nowhere.
    await sync(r.api, payee, shown);
    const kept = await asSuperuser(r, 'SELECT count(*)::int AS n FROM signed_messages WHERE signer = $1', [
      stranger.id.slice('pur_'.length),
    ]);
    expect(kept.rows).toEqual([{ n: 0 }]);
    const statement = hex(await stranger.ok('statement', object('nonce', fromHex(await nonce(r.api)))));
    const answer = await r.api.post(`/v1/purses/${stranger.id}/sync`, { statement, entries: [] });
    expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
    expect((await r.api.get('/v1/alerts?limit=100')).body.data).toHaveLength(before);
  } finally {
    await elsewhere.close();
  }
});

test('I8 what two devices show of a payment is what the back-end finds in their journals', async () => {
  const [payer, payee] = [some(a), some(b)];
  const root = parseCertificate(fromHex((await r.api.get('/v1/pki')).body.root));
  const trust: Trust = { root, knownIssuers: [], epoch: 0 };
  const chain = (purse: Purse) => ({
    issuer: parseCertificate(purse.issuer),
    leaf: parseCertificate(purse.certificate),
  });
  const [both, amounts] = [{ payerChain: chain(payer), payeeChain: chain(payee) }, [40n, 7n]];
  const words: string[] = [];
  for (const [i, take] of [creditBy, undefined].entries()) {
    const amount = some(amounts[i]);
    const payment = await payOn(payer, payee.certificate, await ticketOf(payee, amount), amount);
    const alone = await judgeDispute(crypto, trust, { payment, receipt: undefined, ...both });
    expect(alone.verdict).toBe('debited_not_acknowledged');
    const receipt =
      take === undefined
        ? await refuse(payee, payer, payment)
        : await take(payee, payer.certificate, payment);
    words.push((await judgeDispute(crypto, trust, { payment, receipt, ...both })).verdict);
  }
  expect(words).toEqual(['paid', 'cancelled']);
  for (const purse of [payee, payer]) await sync(r.api, purse);
  expect(new Map(await heldBy(payer))).toEqual(
    new Map([
      ['40', 'credited'],
      ['7', 'cancelled'],
    ]),
  );
});
