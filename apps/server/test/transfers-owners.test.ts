/** Whose money it is: an institution moves its own, may pay anybody, and is told nothing of others. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashOf, newSecret } from '../src/access/secrets.ts';
import { type Api, agreed, crypto, freshKey, type Rig, rig } from './kit.ts';

let r: Rig;
/** Of the first issuer, of another one, and of the central bank, which sees all and spends nobody's money. */
let [mine, theirs, bank]: readonly Api[] = [];
let [a, b]: [string, string] = ['', ''];

async function client(institution: string): Promise<Api> {
  const secret = newSecret(crypto, 'scs');
  const id = `cli_${institution.slice(4)}`;
  const scopes = ['accounts:read', 'transfers:read', 'transfers:write'];
  const row = { id, institution, name: id, scopes, isSandbox: false, secretHash: hashOf(secret) };
  await r.server.backend.store.write((tx) => tx.credentials.addClient(row, new Date()));
  return r.as({ client_id: id, client_secret: secret });
}

beforeAll(async () => {
  r = await rig();
  const other = { id: 'ins_other', kind: 'issuer', name: 'Other issuer' } as const;
  await r.server.backend.store.write(async (tx) => {
    await tx.institutions.add(other, new Date());
    for (const [id, institution] of [
      ['acc_a', 'ins_first_issuer'],
      ['acc_b', 'ins_other'],
    ] as const)
      await tx.accounts.add({ id, kind: 'online', name: `Name of ${id}`, institution }, new Date());
  });
  [a, b] = ['acc_a', 'acc_b'];
  for (const account of [a, b]) await agreed(r.api, '/v1/issuances', { account, amount: '1000' });
  mine = await client('ins_first_issuer');
  theirs = await client('ins_other');
  bank = await client('ins_central_bank');
});
afterAll(() => r.close());

const by = (api: Api | undefined): Api => {
  if (api === undefined) throw new Error('made in beforeAll');
  return api;
};
const send = (api: Api | undefined, from: string, to: string, more: object = {}, key = freshKey()) =>
  by(api).post('/v1/transfers', { from, to, amount: '10', ...more }, { 'idempotency-key': key });

test("another institution's account is answered as one that is not there, to the letter", async () => {
  for (const api of [mine, bank]) {
    const foreign = await send(api, b, a);
    const absent = await send(api, 'acc_nobody', a);
    expect(foreign).toMatchObject({ status: 422, body: { code: 'account_unknown', param: 'from' } });
    const { request_id: _1, detail: said, ...rest } = foreign.body;
    const { request_id: _2, detail, ...others } = absent.body;
    expect(rest).toEqual(others);
    expect(said.replace(b, 'acc_nobody')).toBe(detail);
  }
  const item = { key: 'k', from: b, to: a, amount: '10' };
  const batch = await by(mine).post('/v1/transfers/batch', { items: [item] });
  expect(batch.body.results).toMatchObject([{ status: 'refused', code: 'account_unknown' }]);
  const trial = await send(mine, b, a, { dry_run: true });
  expect(trial).toMatchObject({ status: 422, body: { code: 'account_unknown' } });
});

test('anybody may be paid; what they hold is not shown, and both sides see the transfer', async () => {
  const trial = await send(mine, a, b, { dry_run: true });
  expect(trial.body.balances).toEqual({ from: '990', to: null });
  const { body } = await send(mine, a, b);
  for (const api of [mine, theirs, bank])
    expect(await by(api).get(`/v1/transfers/${body.id}`)).toMatchObject({
      status: 200,
      body: { from: a, to: b },
    });
  const xml = String((await by(mine).get(`/v1/transfers/${body.id}/pacs.008`)).body);
  expect(xml).toContain('Name of acc_a');
  expect(xml).not.toContain('Name of acc_b');
  expect(await by(mine).get(`/v1/transfers?account=${b}`)).toMatchObject({ status: 404 });
  expect(await by(mine).get(`/v1/accounts/${b}/statements`)).toMatchObject({ status: 404 });
  expect(await by(mine).get(`/v1/accounts/${b}/statements/camt.053`)).toMatchObject({ status: 404 });
});

test('who was paid sends it back, and nobody else', async () => {
  const { body } = await send(mine, a, b);
  const back = (api: Api | undefined) =>
    by(api).post(`/v1/transfers/${body.id}/reversal`, { reason: 'r' }, { 'idempotency-key': freshKey() });
  for (const api of [mine, bank])
    expect(await back(api)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  expect(await back(theirs)).toMatchObject({ status: 201, body: { from: b, to: a, amount: '10' } });
  const own = await r.api.make('/v1/accounts', { name: 'Third', institution: 'ins_first_issuer' });
  const inside = await send(mine, a, own.id);
  expect(await by(theirs).get(`/v1/transfers/${inside.body.id}`)).toMatchObject({ status: 404 });
  const absent = by(theirs).post(
    `/v1/transfers/${inside.body.id}/reversal`,
    { reason: 'r' },
    { 'idempotency-key': freshKey() },
  );
  expect(await absent).toMatchObject({ status: 404 });
});

test("two callers' keys are not each other's", async () => {
  const key = freshKey();
  const one = await send(mine, a, b, {}, key);
  const two = await send(theirs, b, a, {}, key);
  expect([one.status, two.status]).toEqual([201, 201]);
  expect(one.body.id).not.toBe(two.body.id);
});
