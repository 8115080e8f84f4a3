/** Redeemed against issued, issuer by issuer (I1): false money of one issuer is not covered by the float of another. */
import { amountBytes, concat, fromHex } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import { judgeAlert } from '@sokkin/issuer';
import { object } from '@sokkin/purse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditNow } from '../src/operations/audits.ts';
import {
  type Api,
  crypto,
  fundPurse,
  newPurse,
  type Purse,
  type Rig,
  redeem,
  rig,
  sync,
  ticketOf,
} from './kit.ts';

let r: Rig;
const banks: { id: string; api: Api }[] = [];
beforeAll(async () => {
  r = await rig({ webhooks: false });
  for (const name of ['North', 'South']) {
    const { client, id } = await r.api.make('/v1/institutions', { kind: 'issuer', name });
    await r.api.make('/v1/keys/ceremonies', { institution: id });
    banks.push({ id, api: r.as(client) });
  }
}, 120_000);
afterAll(() => r.close());

const overdrawn = async (status: string) =>
  (await r.api.get(`/v1/alerts?kind=issuer_overdrawn&status=${status}`)).body.data;
const look = () => auditNow(r.server.backend, 0);

/** A purse of this bank, and its account. */
async function purseOf(bank: number): Promise<[Api, Purse]> {
  const { api } = banks[bank] as { api: Api };
  return [api, await newPurse(api)];
}

/** Offline, to a purse that another issuer certified. */
async function payAcross(payer: Purse, payee: Purse, amount: bigint): Promise<void> {
  const shows = (purse: Purse) => concat(object('purse', purse.certificate), object('issuer', purse.issuer));
  const ticket = object('ticket', await ticketOf(payee, amount));
  const payment = await payer.ok('pay', concat(shows(payee), ticket, object('amount', amountBytes(amount))));
  await payee.ok('credit', concat(shows(payer), object('payment', payment)));
}

test('what came from purses of another issuer covers what is redeemed, once they have synced', async () => {
  const [[north, a], [south, b]] = [await purseOf(0), await purseOf(1)];
  await fundPurse(r.api, a, 5_000n);
  await sync(north, a);
  await payAcross(a, b, 3_000n);
  await sync(south, b);
  await redeem(south, b, 2_500n);
  await sync(south, b);
  await look();
  const [early, ...others] = await overdrawn('open');
  expect(others).toEqual([]);
  expect(early.evidence).toMatchObject({
    ...{ institution: banks[1]?.id, cover: '-2500', issued: '0', redeemed: '2500', received: '0' },
  });
  await sync(north, a);
  await look();
  expect(await overdrawn('open')).toEqual([]);
  expect(await overdrawn('explained')).toMatchObject([{ id: early.id }]);
});

test('false money that one issuer redeems is found, while all issuers together are covered; its evidence stands offline', async () => {
  const [[north, victim], [south, m]] = [await purseOf(0), await purseOf(1)];
  await fundPurse(r.api, victim, 9_000n);
  await sync(north, victim);
  // The broken element says that a purse of the other issuer paid it, and turns what it made into money.
  const ticket = await ticketOf(m, 4_000n);
  const ticketNo = new DataView(ticket.buffer, ticket.byteOffset).getUint32(11);
  await m.mint(victim.certificate, { ticketNo, amount: 4_000n, paymentNo: 900 });
  await sync(south, m);
  await redeem(south, m, 3_900n);
  await sync(south, m);
  expect((await look())?.holds).toBe(true);
  const [alert, ...others] = await overdrawn('open');
  expect(others).toEqual([]);
  expect(alert).toMatchObject({ severity: 'suspected', evidence: { institution: banks[1]?.id } });
  const root = parseCertificate(fromHex((await r.api.get('/v1/pki')).body.root));
  const judge = (evidence: unknown) => judgeAlert(crypto, root, alert.kind, evidence);
  expect(await judge(alert.evidence)).toMatchObject({ verdict: 'signed', purses: [m.id.slice(4)] });
  const [credit] = alert.evidence.credits;
  const changed = { ...credit, payment_no: credit.payment_no + 1 };
  expect(await judge({ ...alert.evidence, credits: [changed] })).toMatchObject({ verdict: 'not_proven' });
  expect(await judge({ ...alert.evidence, credits: [] })).toMatchObject({ verdict: 'our_word' });
  // An honest other issuer is not charged with what was said of its purse.
  expect(alert.evidence.institution).not.toBe(banks[0]?.id);
});
