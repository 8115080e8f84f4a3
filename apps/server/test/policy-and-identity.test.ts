/** Limits in versions, and who is behind a purse: both by two, never by one. */
import { fromHex } from '@sokkin/codec';
import { FIRST_ISSUER, faultOf, PROFILES, profilesDocument, profilesOf } from '@sokkin/issuer';
import { parseGrant } from '@sokkin/purse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from '../src/index.ts';
import { asSuperuser, key, readLog } from './eyes.ts';
import { type Answer, type Api, newPurse, type Purse, type Rig, rig, sync } from './kit.ts';

let r: Rig;
let purse: Purse;
beforeAll(async () => {
  r = await rig();
  purse = await newPurse(r.api);
}, 300_000);
afterAll(() => r.close());

const codeOf = (a: Answer): [number, string] => [a.status, a.body.code];
const approve = (id: string, api: Api = r.second) => api.post(`/v1/proposals/${id}/approve`, {}, key());
const document = () => structuredClone(profilesDocument(PROFILES));
type Document = ReturnType<typeof document>;
const changed = (change: (d: { -readonly [K in keyof Document]: Document[K] }) => void): Document => {
  const d = document();
  change(d);
  return d;
};

describe('what every policy keeps', () => {
  test('what the program comes with does, and goes through the document unchanged', () => {
    expect(faultOf(PROFILES)).toBeUndefined();
    expect(profilesOf(document())).toEqual(PROFILES);
  });

  const set = (path: string, value: string | number) => (d: object) => {
    const steps = path.split('.');
    const last = steps.pop() ?? '';
    let at = d;
    for (const step of steps) at = Reflect.get(at, step);
    Reflect.set(at, last, value);
  };
  test.each([
    ['normal.basic.software.holding', '80000', 'holding is larger than that of tee'],
    ['normal.basic.tee.count', 51, 'count is larger'],
    ['normal.basic.software.per_payment_without_pin', '10001', 'per_payment_without_pin is larger'],
    ['normal.basic.tee.cumulative_without_pin', '30001', 'cumulative_without_pin is larger'],
    [
      'normal.basic.software.by_class.tee.per_payment',
      '20001',
      'more may be paid to tee than to secure_element',
    ],
    [
      'normal.basic.tee.by_class.secure_element.per_payment',
      '60000',
      'by_class.secure_element.per_payment is larger',
    ],
    ['normal.basic.secure_element.by_class.software.per_payment', '50001', 'which is protected better'],
    ['normal.basic.secure_element.per_payment_without_pin', '30001', 'without PIN may be larger than all'],
    [
      'normal.basic.secure_element.by_class.secure_element.cumulative',
      '100001',
      'more than the purse may hold',
    ],
    ['normal.basic.secure_element.by_class.software.cumulative', '49999', 'may be larger than all of them'],
    ['normal.basic.secure_element.holding', '1000000000000001', 'out of range'],
  ] as const)('%s = %s is refused', async (path, value, says) => {
    const d = changed(set(path, value));
    expect(faultOf(profilesOf(d))).toContain(says);
    const answer = await r.api.post('/v1/policies/limits', { from_version: 1, document: d }, key());
    expect(codeOf(answer)).toEqual([422, 'policy_invalid']);
  });

  test('and what is no document is not even looked at', async () => {
    const wrong: [object, string][] = [
      [{ document: document() }, 'from_version'],
      [{ from_version: 1, document: { normal: {} } }, 'document.normal.anonymous'],
      [
        { from_version: 1, document: changed(set('normal.basic.tee.holding', '-1')) },
        'document.normal.basic.tee.holding',
      ],
      [
        { from_version: 1, document: changed(set('normal.basic.tee.holding', 1)) },
        'document.normal.basic.tee.holding',
      ],
      [
        { from_version: 1, document: changed(set('normal.basic.tee.extra', '1')) },
        'document.normal.basic.tee',
      ],
      [
        { from_version: 1, document: changed(set('normal.basic.tee.count', 1.5)) },
        'document.normal.basic.tee.count',
      ],
    ];
    for (const [body, param] of wrong) {
      const answer = await r.api.post('/v1/policies/limits', body, key());
      expect([...codeOf(answer), answer.body.param]).toEqual([400, 'validation_failed', param]);
    }
  });
});

test('approved limits are in the next Grant, of every server; those of before stay in the history', async () => {
  const holdingIn = async (api: Api) =>
    parseGrant(fromHex((await sync(api, purse)).grant)).fields.limits.holding;
  const { databaseUrl, dataFolder } = r;
  const other = await createServer({ databaseUrl, dataFolder });
  try {
    expect(await holdingIn(r.api)).toBe(100_000n);
    const next = changed((d) => {
      Object.assign(d.normal.basic.secure_element, { holding: '90000' });
      for (const c of Object.values(d.normal.basic.secure_element.by_class))
        Object.assign(c, { cumulative: '90000' });
    });
    const first = await r.api.make('/v1/policies/limits', { from_version: 1, document: next });
    const second = await r.api.make('/v1/policies/limits', { from_version: 1, document: document() });
    expect(codeOf(await approve(first.id, r.api))).toEqual([403, 'second_person_needed']);
    expect(await holdingIn(r.api)).toBe(100_000n);
    expect((await approve(first.id)).body).toMatchObject({ status: 'approved', result: { version: 2 } });
    expect(await holdingIn(r.api)).toBe(90_000n);
    const elsewhere = other.backend.store.read((tx) => tx.policies.current('limits'));
    expect(await elsewhere).toMatchObject({ version: 2, proposal: first.id });
    // Made from what is in force no more.
    expect(codeOf(await approve(second.id))).toEqual([409, 'policy_outdated']);
    const { body } = await r.api.get('/v1/policies/limits/versions');
    expect(body.data.map((v: { version: number }) => v.version)).toEqual([2, 1]);
    expect(body.data[1]).toMatchObject({ document: document(), proposal: null });
    expect((await r.api.get('/v1/policies/limits')).body).toEqual(body.data[0]);
    expect((await r.api.get('/v1/policies/limits/versions?limit=1&cursor=2')).body.data).toEqual([
      body.data[1],
    ]);
  } finally {
    await other.close();
  }
});

describe('who is behind a purse', () => {
  const reason = 'Order 17 of the court';
  const asked = () => r.api.make('/v1/reidentifications', { purse: purse.id, reason });
  const readOnce = (id: string, api: Api = r.api) => api.post(`/v1/reidentifications/${id}/read`);

  test('after another has approved, once, to who proposed it, and in the log', async () => {
    const customer = 'cus_hana';
    await asSuperuser(
      r,
      `INSERT INTO parties (id, kind, institution, reference, created_at) VALUES ('${customer}', 'customer', '${FIRST_ISSUER}', 'customer-4711', now())`,
    );
    await asSuperuser(r, 'UPDATE accounts SET party = $1 WHERE id = $2', [customer, purse.account]);
    const { id } = await asked();
    expect(codeOf(await readOnce(id))).toEqual([409, 'proposal_not_approved']);
    expect(codeOf(await approve(id, r.api))).toEqual([403, 'second_person_needed']);
    const approved = await approve(id);
    expect(approved.body).toMatchObject({ status: 'approved', result: {} });
    expect(JSON.stringify(approved.body)).not.toContain('4711');
    expect(codeOf(await readOnce(id, r.second))).toEqual([404, 'not_found']);
    const both = await Promise.all([readOnce(id), readOnce(id)]);
    expect(both.map((a) => a.status).sort()).toEqual([200, 409]);
    expect(both.find((a) => a.status === 200)?.body).toEqual({
      purse: purse.id,
      institution: FIRST_ISSUER,
      account: purse.account,
      party: customer,
      reference: 'customer-4711',
      person: null,
      account_name: null,
      erased: false,
    });
    expect(codeOf(await readOnce(id))).toEqual([409, 'already_read']);
    const log = (await readLog(r.api)).filter((e) => e.subject === id);
    expect(log.map((e) => e.action)).toEqual(['proposal.made', 'proposal.approved', 'identity.read']);
    expect(JSON.stringify(log, (_, v) => (typeof v === 'bigint' ? v.toString() : v))).not.toContain('4711');
    for (const table of ['kept_answers', 'proposals', 'audit_log']) {
      const { rows } = await asSuperuser(
        r,
        `SELECT count(*)::int AS n FROM ${table} t WHERE t::text LIKE '%4711%'`,
      );
      expect(rows).toEqual([{ n: 0 }]);
    }
  });

  test('not of a purse that is not there, nor without a reason; not one that was refused', async () => {
    const none = { purse: 'pur_0000000000000000', reason };
    expect(codeOf(await r.api.post('/v1/reidentifications', none, key()))).toEqual([422, 'purse_unknown']);
    const short = { purse: purse.id, reason: 'because' };
    expect(codeOf(await r.api.post('/v1/reidentifications', short, key()))).toEqual([
      400,
      'validation_failed',
    ]);
    const { id } = await asked();
    expect((await r.second.post(`/v1/proposals/${id}/refuse`, {}, key())).body.status).toBe('refused');
    expect(codeOf(await readOnce(id))).toEqual([409, 'proposal_not_approved']);
    const issuance = await r.api.make('/v1/issuances', { account: purse.account, amount: '1' });
    expect(codeOf(await readOnce(issuance.proposal))).toEqual([404, 'not_found']);
  });
});
