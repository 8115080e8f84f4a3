/** Offline EMV approvals in the back-end: in flight from the sync that proves them to the Grant that settles them. */
import { hex } from '@sokkin/codec';
import { composeGrant, FIRST_ISSUER, limitsFor, move, SYSTEM_ACCOUNTS } from '@sokkin/issuer';
import { encodeGrant, headAfter, type Outcome } from '@sokkin/purse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lineFor, sign } from '../src/backend.ts';
import { openPool } from '../src/store/pool.ts';
import { applyGrant, fundPurse, newPurse, type Purse, type Rig, rig, sync } from './kit.ts';

let r: Rig;
beforeAll(async () => {
  r = await rig();
});
afterAll(() => r.close());

const audit = async () => {
  const { body } = await r.api.get('/v1/audit');
  expect(body, JSON.stringify(body, null, 1)).toMatchObject({ holds: true });
  return body;
};
const shown = async (purse: Purse) => (await r.api.get(`/v1/purses/${purse.id}`)).body;

/** The Grant that clearing will issue one day: it settles one approval. */
async function settlingGrant(purse: Purse, approvalNo: number, outcome: Outcome) {
  const { backend } = r.server;
  const { authority } = lineFor(backend, FIRST_ISSUER);
  const id = purse.id.slice('pur_'.length);
  return backend.store.write(async (tx) => {
    const [view, row] = [await tx.journals.view(id, backend.currency), await tx.purses.byId(id)];
    if (view === undefined || row === undefined) throw new Error('the purse is registered');
    const grant = composeGrant({
      authority: authority.certificate.subjectRef,
      view,
      issuedGrantNo: row.issuedGrantNo,
      nonce: new Uint8Array(16),
      epoch: 20_000,
      limits: limitsFor(row.assurance),
      resolutions: [{ paymentNo: approvalNo, outcome }],
      blocked: [],
      isBlocked: false,
    });
    const body = encodeGrant(grant);
    const message = await sign(backend, authority.key, body);
    await tx.purses.addGrant(id, grant, headAfter(body), message, backend.clock());
    return { authority: hex(authority.certificate.bytes), grant: hex(message) };
  });
}

async function rowsOf(purse: Purse) {
  const pool = openPool(r.databaseUrl);
  const { rows } = await pool.query('SELECT approval_no, amount, state FROM approvals WHERE purse = $1', [
    purse.id.slice('pur_'.length),
  ]);
  await pool.end();
  return rows;
}

async function approved(amount: bigint): Promise<{ purse: Purse; approvalNo: number }> {
  const purse = await newPurse(r.api);
  await fundPurse(r.api, purse, 3_000n);
  await sync(r.api, purse);
  const { approvalNo } = await purse.approve(amount);
  await sync(r.api, purse);
  return { purse, approvalNo };
}

test('I1, I2 an approval leaves the balance for a term of its own, and comes back with a Grant', async () => {
  const before = await audit();
  const { purse, approvalNo } = await approved(1_000n);
  const after = await audit();
  const more = (name: 'offline' | 'inFlight' | 'approvals') => Number(after[name]) - Number(before[name]);
  expect([more('offline'), more('inFlight'), more('approvals')]).toEqual([2_000, 1_000, 1_000]);
  expect(after.equations[1].terms.approvals).toBe(after.approvals);
  expect(await shown(purse)).toMatchObject({
    acknowledged: { balance: '2000' },
    shadow_balance: '2000',
    open_payments: [],
    open_approvals: [{ approval_no: approvalNo, amount: '1000' }],
  });

  expect(await applyGrant(purse, await settlingGrant(purse, approvalNo, 'cancelled'))).toBe('ok');
  expect((await purse.summary()).balance).toBe(3_000n);
  // The back-end learns it from the journal, not from having signed it.
  expect(await rowsOf(purse)).toEqual([{ approval_no: BigInt(approvalNo), amount: 1_000n, state: 'open' }]);
  await sync(r.api, purse);
  expect(await rowsOf(purse)).toMatchObject([{ state: 'cancelled' }]);
  expect(await shown(purse)).toMatchObject({ acknowledged: { balance: '3000' }, open_approvals: [] });
  expect(await audit()).toMatchObject({ approvals: before.approvals });
});

test('I1 a cleared approval leaves the float for the merchant', async () => {
  const before = await audit();
  const { purse, approvalNo } = await approved(1_000n);
  const merchant = (await r.api.make('/v1/accounts', { name: 'Shop' })).id;
  expect(await applyGrant(purse, await settlingGrant(purse, approvalNo, 'credited'))).toBe('ok');
  await r.server.backend.store.write((tx) =>
    tx.accounts.post(
      move('redemption', `tc_${approvalNo}`, SYSTEM_ACCOUNTS.float.id, merchant, 1_000n),
      new Date(),
    ),
  );
  await sync(r.api, purse);
  expect(await rowsOf(purse)).toMatchObject([{ state: 'credited' }]);
  expect(await audit()).toMatchObject({ approvals: before.approvals });
  expect((await purse.summary()).balance).toBe(2_000n);
});

test('I7 two copies that approve each prove the fork', async () => {
  const { purse } = await approved(1n);
  // A copy of the memory goes its own way from before the next approval.
  const copy = await purse.clone();
  await purse.approve(2n);
  await sync(r.api, purse);
  await copy.approve(3n);
  await expect(sync(r.api, copy)).rejects.toThrow(/journal_fork/);
});
