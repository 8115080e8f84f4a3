/** Alerts that block by policy, and people who close them: at once, with its cause, once, and lifted with a reason (I7). */
import { fromHex, hex } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import { judgeAlert } from '@sokkin/issuer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  chainOf,
  crypto,
  freshKey,
  fundPurse,
  issueTo,
  newPurse,
  type Purse,
  payOffline,
  type Rig,
  rig,
  sync,
  ticketOf,
  upload,
} from './kit.ts';

let r: Rig;
beforeAll(async () => {
  r = await rig();
});
afterAll(() => r.close());

const alertsOf = async (purse: string, more = '') =>
  (await r.api.get(`/v1/alerts?limit=100&purse=${purse}${more}`)).body.data;

const ticketNumber = (ticket: Uint8Array): number =>
  new DataView(ticket.buffer, ticket.byteOffset).getUint32(11);

/** The certificates of the root, and of the issuer's own purse that funds this one. */
async function ownPurse(purse: Purse) {
  const ticket = hex(await ticketOf(purse, 1n));
  await issueTo(r.api, purse.account, 1n);
  const body = { account: purse.account, ticket, payee: chainOf(purse), amount: '1' };
  const { payer } = await r.api.make('/v1/fundings', body);
  return { root: fromHex((await r.api.get('/v1/pki')).body.root), issuer_purse: fromHex(payer.purse) };
}

/** A purse with a clone that synced after it. */
async function cloned() {
  const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
  await fundPurse(r.api, a, 9_000n);
  const clone = await a.clone();
  await payOffline(a, b, 100n);
  await payOffline(clone, b, 200n);
  await sync(r.api, a);
  const refused = await r.api.post(`/v1/purses/${a.id}/sync`, await upload(r.api, clone));
  expect(refused.body.code).toBe('journal_fork');
  return { a, clone, alert: refused.body.alert as string };
}

test('a fork blocks its purse in the same moment; a person lifts it, with a reason that stands in the log', async () => {
  const { a, clone, alert } = await cloned();
  expect((await r.api.get(`/v1/purses/${a.id}`)).body).toMatchObject({ blocked: true });
  // Found once more, it is the same alert and the same block.
  await r.api.post(`/v1/purses/${a.id}/sync`, await upload(r.api, clone));
  const [found, ...others] = await alertsOf(a.id, '&kind=fork&severity=proven&status=open');
  expect([found.id, others]).toEqual([alert, []]);
  expect(await alertsOf(a.id, '&status=closed')).toEqual([]);
  const path = `/v1/alerts/${alert}/close`;
  expect((await r.api.post(path, {}, { 'idempotency-key': freshKey() })).status).toBe(400);
  const closed = await r.api.make(path, { reason: 'The card was destroyed', lift_block: true });
  expect(closed).toMatchObject({ status: 'closed', close_reason: 'The card was destroyed' });
  expect((await r.api.get(`/v1/purses/${a.id}`)).body).toMatchObject({ blocked: false });
  const again = await r.api.post(path, { reason: 'x' }, { 'idempotency-key': freshKey() });
  expect(again).toMatchObject({ status: 409, body: { code: 'alert_closed' } });
  const { data } = (await r.api.get('/v1/log?limit=100')).body;
  const acts = data.filter((e: { subject: string }) => [a.id, alert].includes(e.subject));
  expect(acts.map((e: { action: string; actor: string }) => [e.action, e.actor === 'system'])).toEqual(
    expect.arrayContaining([
      ['purse.blocked', true],
      ['alert.closed', false],
      ['purse.unblocked', false],
    ]),
  );
});

test('a purse that credits itself what our own purse never paid is blocked; what it signed is judged offline', async () => {
  const m = await newPurse(r.api);
  await fundPurse(r.api, m, 100n);
  const ticketNo = ticketNumber(await ticketOf(m, 5_000n));
  const { root, issuer_purse } = await ownPurse(m);
  await m.mint(issuer_purse, { ticketNo, amount: 5_000n, paymentNo: 4_000 });
  await sync(r.api, m);
  const [alert] = await alertsOf(m.id, '&kind=funding_invented');
  expect(alert).toMatchObject({ severity: 'suspected', status: 'open' });
  expect((await r.api.get(`/v1/purses/${m.id}`)).body).toMatchObject({ blocked: true });
  const judge = (evidence: unknown) => judgeAlert(crypto, parseCertificate(root), alert.kind, evidence);
  expect(await judge(alert.evidence)).toMatchObject({ verdict: 'signed', purses: [m.id.slice('pur_'.length)] });
  const { entries, ...history } = alert.evidence.histories.payee;
  const histories = { payee: { ...history, entries: entries.slice(0, -1) } };
  expect(await judge({ ...alert.evidence, histories })).toMatchObject({ verdict: 'not_proven' });
  await expect(judge({})).rejects.toThrow('cannot be read');
});

test('a fork proves itself offline; a contradiction says that one of two is broken, and not which', async () => {
  const [{ a, alert }, root] = [await cloned(), fromHex((await r.api.get('/v1/pki')).body.root)];
  const judge = (kind: string, evidence: unknown) => judgeAlert(crypto, parseCertificate(root), kind, evidence);
  const fork = (await r.api.get(`/v1/alerts/${alert}`)).body;
  const name = a.id.slice('pur_'.length);
  expect(await judge('fork', fork.evidence)).toMatchObject({ verdict: 'proven', purses: [name] });
  const [one] = fork.evidence.histories;
  expect(await judge('fork', { ...fork.evidence, histories: [one, one] })).toMatchObject({ verdict: 'not_proven' });
  const [x, m] = [await newPurse(r.api), await newPurse(r.api)];
  await sync(r.api, x);
  const ticketNo = ticketNumber(await ticketOf(m, 700n));
  await m.mint(x.certificate, { ticketNo, amount: 700n, paymentNo: 2 });
  await sync(r.api, m);
  const [found] = await alertsOf(x.id, '&kind=payment_contradicted');
  expect(found.severity).toBe('suspected');
  expect(await judge(found.kind, found.evidence)).toMatchObject({ verdict: 'contradiction' });
  expect((await r.api.get(`/v1/purses/${x.id}`)).body).toMatchObject({ blocked: false });
});

test('what blocks is what two have agreed on', async () => {
  const { body } = await r.api.get('/v1/policies/blocking');
  expect(body).toMatchObject({ version: 0, proposal: null });
  const wish = { from_version: 0, document: { blocks: [] } };
  const { id } = await r.api.make('/v1/policies/blocking', wish);
  await r.second.make(`/v1/proposals/${id}/approve`);
  expect((await r.api.get('/v1/policies/blocking')).body).toMatchObject({
    version: 1,
    document: { blocks: [] },
  });
  const stale = await r.api.post('/v1/policies/blocking', wish, { 'idempotency-key': freshKey() });
  expect(stale).toMatchObject({ status: 409, body: { code: 'policy_outdated' } });
  const { a } = await cloned();
  expect((await r.api.get(`/v1/purses/${a.id}`)).body).toMatchObject({ blocked: false });
});
