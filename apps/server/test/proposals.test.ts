/** Four eyes: what one proposes takes effect once, when another approves it. */
import { FIRST_ISSUER } from '@sokkin/issuer';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { record, SECRET_WAS_SHOWN } from '../src/access/audit-log.ts';
import type { Principal } from '../src/access/principal.ts';
import { newId } from '../src/backend.ts';
import { createServer, type Server } from '../src/index.ts';
import { issue } from '../src/operations/accounts.ts';
import {
  approveProposal,
  getProposal,
  propose,
  refuseProposal,
  statusOf,
  withdrawProposal,
} from '../src/operations/proposals.ts';
import { asSuperuser, firstFault, person, readLog } from './eyes.ts';
import { type Rig, rig } from './kit.ts';

const WEEK = 7 * 86_400_000;
const ada = person('opr_ada');
const bob = person('opr_bob');

let r: Rig;
let account: string;
beforeAll(async () => {
  r = await rig();
}, 300_000);
afterAll(() => r.close());
beforeEach(async () => {
  account = (await r.api.make('/v1/accounts', { name: 'Four eyes' })).id;
});

const make = (
  who: Principal,
  kind: 'issuance' | 'destruction' = 'issuance',
  amount = '100',
  of = account,
) => {
  const { backend } = r.server;
  const subject = newId(backend, kind === 'issuance' ? 'iss' : 'dst');
  return backend.store.write((tx) =>
    propose(backend, tx, who, { kind, subject, body: { account: of, amount } }),
  );
};
const deciding =
  (decide: typeof approveProposal) =>
  (who: Principal, id: string, { backend }: Server = r.server) =>
    backend.store.write((tx) => decide(backend, tx, who, id));
const approve = deciding(approveProposal);
const refuse = deciding(refuseProposal);
const withdraw = deciding(withdrawProposal);
const look = (who: Principal, id: string) => r.server.backend.store.read((tx) => getProposal(tx, who, id));
const balance = async (): Promise<string> => (await r.api.get(`/v1/accounts/${account}`)).body.balance;

test('nothing moves before somebody else approves; then it moves, and the log has both', async () => {
  const p = await make(ada);
  expect([p.status, await balance()]).toEqual(['waiting', '0']);
  const done = await approve(bob, p.id);
  expect(done).toMatchObject({ status: 'approved', decidedBy: 'opr_bob', result: { balance: '100' } });
  expect(await balance()).toBe('100');
  const acts = (await readLog(r.api)).filter((e) => e.subject === p.id);
  expect(acts.map((e) => [e.actor, e.action])).toEqual([
    ['opr_ada', 'proposal.made'],
    ['opr_bob', 'proposal.approved'],
  ]);
  expect(await firstFault(r.api)).toBeUndefined();
});

test('not the same one, whatever they say', async () => {
  const p = await make(ada);
  await expect(approve(ada, p.id)).rejects.toMatchObject({ code: 'second_person_needed' });
  await expect(refuse(ada, p.id)).rejects.toMatchObject({ code: 'second_person_needed' });
  expect([(await look(ada, p.id)).status, await balance()]).toEqual(['waiting', '0']);
  // The database itself would not have it either.
  const forced = r.server.backend.store.write((tx) =>
    tx.proposals.decide(p.id, { status: 'approved', by: 'opr_ada', at: new Date(), result: {} }),
  );
  await expect(forced).rejects.toThrow(/proposals_check/);
});

test.each(SECRET_WAS_SHOWN)('not one through a client whose secret they saw: %s', async (action) => {
  const { backend } = r.server;
  const [one, two] = [newId(backend, 'cli'), newId(backend, 'cli')];
  await backend.store.write(async (tx) => {
    for (const id of [one, two]) record(backend, tx, ada, action, id);
  });
  const [first, second] = [person(one, { kind: 'institution' }), person(two, { kind: 'institution' })];
  const byAda = await make(ada);
  await expect(approve(first, byAda.id)).rejects.toMatchObject({ code: 'second_person_needed' });
  const byFirst = await make(first);
  await expect(approve(ada, byFirst.id)).rejects.toMatchObject({ code: 'second_person_needed' });
  await expect(approve(second, byFirst.id)).rejects.toMatchObject({ code: 'second_person_needed' });
  expect((await approve(bob, byFirst.id)).status).toBe('approved');
});

test('not one through a client that a client of theirs made', async () => {
  const { backend } = r.server;
  const [first, made, further] = [newId(backend, 'cli'), newId(backend, 'cli'), newId(backend, 'cli')];
  await backend.store.write(async (tx) => {
    record(backend, tx, ada, 'client.created', first);
    record(backend, tx, person(first, { kind: 'institution' }), 'client.created', made);
    record(backend, tx, person(made, { kind: 'institution' }), 'client.rotated', further);
  });
  const byFurther = await make(person(further, { kind: 'institution' }));
  await expect(approve(ada, byFurther.id)).rejects.toMatchObject({ code: 'second_person_needed' });
  const byAda = await make(ada);
  await expect(approve(person(further, { kind: 'institution' }), byAda.id)).rejects.toMatchObject({
    code: 'second_person_needed',
  });
  expect((await approve(bob, byFurther.id)).status).toBe('approved');
});

test('not without the right, nor by another institution', async () => {
  const p = await make(ada);
  const reader = person('opr_reader', { can: ['proposals:read'] });
  await expect(approve(reader, p.id)).rejects.toMatchObject({ code: 'forbidden' });
  const issuer = person('opr_issuer', { institution: FIRST_ISSUER, reach: 'own' });
  await expect(approve(issuer, p.id)).rejects.toMatchObject({
    code: 'not_found',
    message: `There is no ${p.id}.`,
  });
  await expect(approve(issuer, 'prp_none')).rejects.toMatchObject({
    code: 'not_found',
    message: 'There is no prp_none.',
  });
  // An issuer may ask for money on its own account; whether it comes, the central bank says.
  const asked = await make(issuer);
  const colleague = person('opr_colleague', { institution: FIRST_ISSUER, reach: 'own' });
  await expect(approve(colleague, asked.id)).rejects.toMatchObject({ code: 'forbidden' });
  expect((await approve(bob, asked.id)).status).toBe('approved');
  const stranger = person('opr_stranger', { institution: 'ins_other', reach: 'own' });
  await expect(make(stranger)).rejects.toMatchObject({
    code: 'account_unknown',
    message: `There is no account ${account}.`,
  });
});

test('refused or withdrawn is over; only who proposed withdraws', async () => {
  const refused = await make(ada);
  expect((await refuse(bob, refused.id)).status).toBe('refused');
  const withdrawn = await make(ada);
  await expect(withdraw(bob, withdrawn.id)).rejects.toMatchObject({ code: 'forbidden' });
  expect((await withdraw(ada, withdrawn.id)).status).toBe('withdrawn');
  for (const { id } of [refused, withdrawn]) {
    await expect(approve(bob, id)).rejects.toMatchObject({ code: 'proposal_not_waiting' });
    await expect(withdraw(ada, id)).rejects.toMatchObject({ code: 'proposal_not_waiting' });
  }
  expect(await balance()).toBe('0');
});

test('the institution that proposed is told: once of each step, with the kind and no more', async () => {
  const told = async (id: string) => {
    const page = { limit: 100, after: undefined, of: undefined };
    const rows = await r.server.backend.store.read((tx) => tx.events.list(page));
    return rows.filter((e) => e.subject === id).reverse();
  };
  const issuer = person('opr_issuer', { institution: FIRST_ISSUER, reach: 'own' });
  const [approved, refused] = [await make(issuer), await make(ada)];
  await expect(approve(issuer, approved.id)).rejects.toThrow();
  await approve(bob, approved.id);
  await expect(approve(bob, approved.id)).rejects.toThrow();
  await refuse(bob, refused.id);
  for (const [p, types] of [
    [approved, ['proposal.waiting', 'proposal.approved']],
    [refused, ['proposal.waiting', 'proposal.refused']],
  ] as const) {
    const { id, institution } = p;
    const data = { proposal: id, kind: 'issuance' };
    const each = types.map((type) => expect.objectContaining({ type, institution, data }));
    expect(await told(id)).toEqual(each);
  }
  const dropped = await make(ada);
  await withdraw(ada, dropped.id);
  expect((await told(dropped.id)).map((e) => e.type)).toEqual(['proposal.waiting']);
});

test('after seven days by the clock of the server it is too late', async () => {
  const p = await make(ada);
  r.advance(WEEK - 1000);
  expect(statusOf(await look(ada, p.id), r.server.backend.clock())).toBe('waiting');
  r.advance(2000);
  expect(statusOf(await look(ada, p.id), r.server.backend.clock())).toBe('expired');
  await expect(approve(bob, p.id)).rejects.toMatchObject({
    code: 'proposal_not_waiting',
    message: `The proposal ${p.id} is expired.`,
  });
  const shown = async (status: string) =>
    (await r.api.get(`/v1/proposals?limit=100&status=${status}`)).body.data.map((x: { id: string }) => x.id);
  expect(await shown('expired')).toContain(p.id);
  expect(await shown('waiting')).not.toContain(p.id);
});

test('what cannot be done then keeps waiting, and can be done later', async () => {
  // Whose account it is asks for it; the central bank takes it back.
  const issuer = person('opr_issuer', { institution: FIRST_ISSUER, reach: 'own' });
  await expect(make(ada, 'destruction')).rejects.toMatchObject({ code: 'account_unknown' });
  const p = await make(issuer, 'destruction');
  await expect(approve(bob, p.id)).rejects.toMatchObject({ code: 'insufficient_funds' });
  expect((await look(ada, p.id)).status).toBe('waiting');
  await approve(bob, (await make(ada)).id);
  expect((await approve(bob, p.id)).result).toEqual({ balance: '0' });
});

test('many approvals at once, at two servers: one takes effect', async () => {
  const other = await createServer({ databaseUrl: r.databaseUrl, dataFolder: r.dataFolder });
  try {
    const p = await make(ada);
    const approvers = Array.from({ length: 16 }, (_, i) => person(`opr_approver_${i}`));
    const results = await Promise.allSettled(
      approvers.map((who, i) => approve(who, p.id, i % 2 === 0 ? r.server : other)),
    );
    expect(results.filter((x) => x.status === 'fulfilled')).toHaveLength(1);
    for (const x of results)
      if (x.status === 'rejected') expect(x.reason).toMatchObject({ code: 'proposal_not_waiting' });
    expect(await balance()).toBe('100');
    const acts = (await readLog(r.api)).filter((e) => e.subject === p.id);
    expect(acts.map((e) => e.action)).toEqual(['proposal.made', 'proposal.approved']);
  } finally {
    await other.close();
  }
}, 300_000);

test('a proposal is not changed under the eyes of who decides, nor removed', async () => {
  const { id, subject } = await make(ada);
  const changed = (sql: string) => asPlainUser(sql.replace('ID', `'${id}'`));
  await expect(changed(`UPDATE proposals SET body = '{}' WHERE id = ID`)).rejects.toThrow(
    /not to be changed/,
  );
  await expect(changed('DELETE FROM proposals WHERE id = ID')).rejects.toThrow(/never changed/);
  await approve(bob, id);
  await expect(changed(`UPDATE proposals SET decided_by = 'opr_eve' WHERE id = ID`)).rejects.toThrow(
    /not to be changed/,
  );
  // Even if a superuser sets it back to waiting, the ledger has no second transfer for it.
  await asSuperuser(r, "UPDATE proposals SET status = 'waiting', decided_by = NULL WHERE id = $1", [id]);
  await expect(approve(bob, id)).rejects.toThrow(/transfers_kind_reference_key/);
  const { backend } = r.server;
  const again = backend.store.write((tx) => issue(backend, tx, { id: subject, account, amount: 100n }));
  await expect(again).rejects.toThrow(/transfers_kind_reference_key/);
  expect(await balance()).toBe('100');
});

async function asPlainUser(sql: string) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: r.databaseUrl });
  await client.connect();
  return client.query(sql).finally(() => client.end());
}
