/** Clones, roll-backs, lost answers, stale tickets: what the back-end learns from journals. */
import { concat, fromHex, hex, u32 } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import { type HistoryFile, judgeHistories, readWitness } from '@sokkin/issuer';
import { object, parseTicket } from '@sokkin/purse';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  applyGrant,
  chainOf,
  creditBy,
  crypto,
  freshKey,
  fundPurse,
  issueTo,
  newPurse,
  type Purse,
  payOffline,
  payOn,
  type Rig,
  rig,
  settleBy,
  sync,
  ticketOf,
  upload,
} from './kit.ts';

let r: Rig;
beforeEach(async () => {
  r = await rig();
});
afterEach(() => r.close());

const audit = async () => (await r.api.get('/v1/audit')).body;
const alerts = async () => (await r.api.get('/v1/alerts')).body.data;
const trySync = async (purse: Purse, more = {}) =>
  r.api.post(`/v1/purses/${purse.id}/sync`, { ...(await upload(r.api, purse)), ...more });

const historyOf = (file: HistoryFile) => ({
  witness: readWitness(file.kind, fromHex(file.message)),
  entries: file.entries.map((e) => fromHex(e)),
});
// biome-ignore lint/suspicious/noExplicitAny: evidence has many shapes
const judged = async (evidence: any) => {
  const [one, other] = evidence.histories;
  const purse = parseCertificate(fromHex(evidence.certificates.purse));
  return judgeHistories(crypto, purse, historyOf(one), historyOf(other));
};

test('a clone that syncs after its original is found, with evidence that needs nobody', async () => {
  const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
  await fundPurse(r.api, a, 9_000n);
  const clone = await a.clone();
  await payOffline(a, b, 1_000n);
  // The same number, payee and amount: only the hash tells the two apart.
  await payOffline(clone, b, 1_000n);
  await payOffline(clone, b, 500n);
  await sync(r.api, a);
  const refused = await trySync(clone);
  expect(refused).toMatchObject({ status: 422, body: { code: 'journal_fork' } });
  const alert = (await r.api.get(`/v1/alerts/${refused.body.alert}`)).body;
  expect(alert).toMatchObject({ kind: 'fork', severity: 'proven', purse: a.id });
  expect(await judged(alert.evidence)).toMatchObject({ verdict: 'fork' });
  // Any byte changed, and the evidence proves nothing.
  const [one, other] = alert.evidence.histories;
  const broken = { ...other, entries: [`${other.entries[0].slice(0, -2)}00`, ...other.entries.slice(1)] };
  expect(await judged({ ...alert.evidence, histories: [one, broken] })).toMatchObject({
    verdict: 'not_proven',
  });
  // The original is not disturbed, and the same clone again is the same alert.
  await sync(r.api, a);
  await trySync(clone);
  const forks = (await alerts()).filter((x: { kind: string }) => x.kind === 'fork');
  expect(forks.length).toBeGreaterThanOrEqual(1);
  // The payee's journal holds what the original never paid: the audit says it, and names the purse.
  await sync(r.api, b);
  expect(await audit()).toMatchObject({ holds: false });
  const { equations } = await audit();
  expect(equations.find((e: { name: string }) => e.name === 'no_counterfeit')).toMatchObject({
    left: '1500',
  });
  expect(equations.find((e: { name: string }) => e.name === 'money')).toMatchObject({ holds: true });
  const kinds = (await alerts()).map((x: { kind: string }) => x.kind);
  expect(kinds).toContain('payment_contradicted');
});

test('a Payment that its payer hides is proof by itself', async () => {
  const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
  await fundPurse(r.api, a, 9_000n);
  const clone = await a.clone();
  const payment = await payOffline(clone, b, 2_000n);
  await payOffline(a, b, 1_000n);
  await sync(r.api, a);
  // The payee's phone hands in the Payment that it got.
  const more = { payments: [{ payment: hex(payment), purse: hex(a.certificate) }] };
  expect((await trySync(b, more)).status).toBe(200);
  const fork = (await alerts()).find((x: { kind: string }) => x.kind === 'fork');
  expect(fork).toMatchObject({ purse: a.id, severity: 'proven' });
  expect(await judged(fork.evidence)).toMatchObject({ verdict: 'fork' });
});

test('a memory that went back in time is found; a late Statement of an honest purse is not held against it', async () => {
  const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
  await fundPurse(r.api, a, 9_000n);
  const backup = await a.clone();
  const late = await upload(r.api, a);
  await payOffline(a, b, 1_000n);
  await sync(r.api, a);
  const stale = await r.api.post(`/v1/purses/${a.id}/sync`, late);
  expect(stale).toMatchObject({ status: 409, body: { code: 'statement_stale' } });
  expect(await alerts()).toEqual([]);
  const rolled = await trySync(backup);
  expect(rolled).toMatchObject({ status: 422, body: { code: 'journal_rolled_back' } });
  expect(await alerts()).toMatchObject([{ kind: 'rollback', severity: 'suspected', purse: a.id }]);
});

test('a lost answer: the same upload gets the same Grant; a new one a newer, and either may be applied', async () => {
  const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
  await fundPurse(r.api, a, 9_000n);
  await payOffline(a, b, 1_000n);
  const body = await upload(r.api, a);
  const path = `/v1/purses/${a.id}/sync`;
  const first = await r.api.post(path, body);
  const again = await r.api.post(path, body);
  expect(again).toMatchObject({ status: 200, body: first.body });
  const newer = await trySync(a);
  expect(await applyGrant(a, first.body)).toBe('ok');
  expect(await applyGrant(a, newer.body)).toBe('ok');
  expect(await applyGrant(a, first.body)).toBe('grant_stale');
  await sync(r.api, a);
  expect(await audit()).toMatchObject({ holds: true });
});

test('a lost funding is found in the payee’s journal; a withdrawn ticket returns the money', async () => {
  const a = await newPurse(r.api);
  await issueTo(r.api, a.account, 1000n);
  const fund = async (max: bigint) => {
    const ticket = await ticketOf(a, max);
    const funding = await r.api.make('/v1/fundings', {
      account: a.account,
      ticket: hex(ticket),
      payee: chainOf(a),
      amount: max.toString(),
    });
    return { ticket, funding };
  };
  const one = await fund(600n);
  await creditBy(a, fromHex(one.funding.payer.purse), fromHex(one.funding.payment));
  const two = await fund(400n);
  await a.ok('voidTicket', object('number', u32(parseTicket(two.ticket).fields.seq)));
  expect(await audit()).toMatchObject({ holds: true, online: '0', offline: '0', inFlight: '1000' });
  await sync(r.api, a);
  expect((await r.api.get(`/v1/fundings/${one.funding.id}`)).body.status).toBe('credited');
  expect((await r.api.get(`/v1/fundings/${two.funding.id}`)).body.status).toBe('cancelled');
  expect(await audit()).toMatchObject({ holds: true, online: '400', offline: '600', inFlight: '0' });
});

test('a funding whose Payment never arrived is delivered with the next sync', async () => {
  const a = await newPurse(r.api);
  await issueTo(r.api, a.account, 1000n);
  const ticket = await ticketOf(a, 700n);
  await r.api.make('/v1/fundings', {
    account: a.account,
    ticket: hex(ticket),
    payee: chainOf(a),
    amount: '700',
  });
  const { deliveries } = await sync(r.api, a);
  expect(deliveries.payments).toHaveLength(1);
  const [{ payment, payer }] = deliveries.payments;
  await creditBy(a, fromHex(payer.purse), fromHex(payment));
  expect((await sync(r.api, a)).deliveries.payments).toEqual([]);
  expect(await audit()).toMatchObject({ holds: true, online: '300', offline: '700', inFlight: '0' });
});

test('a redemption whose Payment never arrived is found in the payer’s journal', async () => {
  const a = await newPurse(r.api);
  await fundPurse(r.api, a, 2_000n);
  const redemption = await r.api.make('/v1/redemptions', {
    account: a.account,
    purse: a.id,
    max_amount: '800',
  });
  await payOn(a, fromHex(redemption.payee.purse), fromHex(redemption.ticket), 800n);
  await sync(r.api, a);
  expect((await r.api.get(`/v1/redemptions/${redemption.id}`)).body).toMatchObject({
    status: 'credited',
    amount: '800',
  });
  expect((await r.api.get(`/v1/purses/${a.id}`)).body.open_payments).toMatchObject([{ verdict: 'credited' }]);
  // The Grant of the next sync says so; the purse reports it with the one after.
  await sync(r.api, a);
  await sync(r.api, a);
  expect((await r.api.get(`/v1/purses/${a.id}`)).body.open_payments).toEqual([]);
  expect(await audit()).toMatchObject({ holds: true, online: '800', offline: '1200', inFlight: '0' });
});

test('a payment on a ticket that went to another is settled by the back-end, whoever syncs first', async () => {
  for (const payeeFirst of [true, false]) {
    const [a, b, c] = [await newPurse(r.api), await newPurse(r.api), await newPurse(r.api)];
    await fundPurse(r.api, a, 2_000n);
    await fundPurse(r.api, b, 2_000n);
    const ticket = await ticketOf(c, 500n);
    await payOn(a, c.certificate, ticket, 500n);
    const second = await payOn(b, c.certificate, ticket, 400n);
    const receipt = await creditBy(c, b.certificate, second);
    await settleBy(b, c.certificate, receipt);
    const order = payeeFirst ? [c, b, a] : [a, b, c];
    for (const p of order) await sync(r.api, p);
    expect(await audit()).toMatchObject({ holds: true });
    await sync(r.api, a);
    expect((await a.summary()).balance).toBe(2_000n);
    for (const p of [a, b, c]) await sync(r.api, p);
    expect(await audit()).toMatchObject({ holds: true, inFlight: '0' });
  }
  expect((await alerts()).filter((x: { severity: string }) => x.severity === 'proven')).toEqual([]);
});

test('a payment that its payee never saw is delivered at the payee’s sync', async () => {
  const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
  await fundPurse(r.api, a, 2_000n);
  const payment = await payOn(a, b.certificate, await ticketOf(b, 500n), 500n);
  await sync(r.api, a, { payments: [{ payment: hex(payment), purse: hex(a.certificate) }] });
  expect((await r.api.get(`/v1/purses/${b.id}`)).body.shadow_balance).toBe('500');
  const [delivery] = (await sync(r.api, b)).deliveries.payments;
  const receipt = await creditBy(b, fromHex(delivery.payer.purse), fromHex(delivery.payment));
  // The payee's phone brings the Receipt; the payer gets it, or a settlement, at its next sync.
  await sync(r.api, b, { receipts: [{ receipt: hex(receipt), purse: hex(b.certificate) }] });
  await sync(r.api, a);
  expect((await a.summary()).openPayments).toBe(0);
  await sync(r.api, a);
  expect(await audit()).toMatchObject({ holds: true, offline: '2000', inFlight: '0' });
});

test('blocking: the purse stops at its next sync, others refuse it at theirs, and it comes back', async () => {
  const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
  await fundPurse(r.api, a, 2_000n);
  await sync(r.api, a);
  expect((await r.api.post(`/v1/purses/${a.id}/block`)).body.blocked).toBe(true);
  await sync(r.api, b);
  const ticket = await ticketOf(b, 100n);
  const payment = await payOn(a, b.certificate, ticket, 100n);
  const receipt = await creditBy(b, a.certificate, payment);
  await settleBy(a, b.certificate, receipt);
  expect((await a.summary()).balance).toBe(2_000n);
  await sync(r.api, a);
  expect((await a.summary()).lifecycle).toBe('blocked');
  const refused = await a.send(
    'issueTicket',
    concat(object('amount', new Uint8Array(8)), object('reference', new Uint8Array(8))),
  );
  expect(refused.status).not.toBe('ok');
  await r.api.post(`/v1/purses/${a.id}/unblock`);
  await sync(r.api, a);
  expect((await a.summary()).lifecycle).toBe('active');
  await sync(r.api, a);
  await sync(r.api, b);
  expect(await audit()).toMatchObject({ holds: true });
});

test('a purse is blocked for as long as one reason stands, and each lifts its own', async () => {
  const { id } = await newPurse(r.api);
  const purse = id.slice('pur_'.length);
  const { store, clock } = r.server.backend;
  const blocked = async () => (await r.api.get(`/v1/purses/${id}`)).body.blocked;
  await r.api.post(`/v1/purses/${id}/block`);
  const cause = { by: 'system', cause: 'alt_1' };
  for (let i = 0; i < 2; i++)
    await store.write((tx) => tx.purses.block(purse, { reason: 'policy', ...cause }, clock()));
  expect((await r.api.post(`/v1/purses/${id}/unblock`)).body.blocked).toBe(true);
  expect(await store.read((tx) => tx.purses.blocks(purse))).toEqual([{ reason: 'policy', ...cause }]);
  expect(await store.write((tx) => tx.purses.lift(purse, 'report'))).toBe(false);
  expect(await blocked()).toBe(true);
  expect(await store.write((tx) => tx.purses.lift(purse, 'policy'))).toBe(true);
  expect(await blocked()).toBe(false);
});

test('lists page through everything once', async () => {
  const names = Array.from({ length: 7 }, (_, i) => `Account ${i}`);
  for (const name of names) await r.api.make('/v1/accounts', { name });
  const seen: string[] = [];
  let cursor = '';
  for (;;) {
    const { body } = await r.api.get(`/v1/accounts?limit=3${cursor}`);
    seen.push(...body.data.map((x: { name: string }) => x.name));
    if (!body.has_more) break;
    cursor = `&cursor=${body.next_cursor}`;
  }
  expect(seen).toEqual(names);
  const key = freshKey();
  expect(key).not.toBe(freshKey());
});
