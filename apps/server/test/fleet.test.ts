/** The life of purses: every act, every refusal, and what the next Grant orders. */
import { concat, fromHex, hex } from '@sokkin/codec';
import { object, parseGrant } from '@sokkin/purse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Api,
  applyGrant,
  freshKey,
  fundPurse,
  issueTo,
  newPurse,
  type Purse,
  payOffline,
  payOn,
  type Rig,
  redeem,
  rig,
  settleBy,
  sync,
  ticketOf,
  upload,
} from './kit.ts';
import { deviceApi, deviceToken, newKey } from './wallet.ts';

const DAY = 86_400_000;
let r: Rig;
let api: Api;
beforeAll(async () => {
  r = await rig();
  api = r.api;
});
afterAll(() => r.close());

const keyed = (path: string, body?: object, by: Pick<Api, 'post'> = api) =>
  by.post(path, body, { 'idempotency-key': freshKey() });
const act = (purse: Pick<Purse, 'id'>, verb: string, body?: object, by?: Pick<Api, 'post'>) =>
  keyed(`/v1/purses/${purse.id}/${verb}`, body, by);
const stateOf = async (purse: Purse): Promise<string> => (await api.get(`/v1/purses/${purse.id}`)).body.state;
const lifecycle = async (purse: Purse): Promise<string> => (await purse.summary()).lifecycle;
/** A sync that gives back what its Grant orders. */
async function ordered(purse: Purse): Promise<string> {
  const answer = await api.make(`/v1/purses/${purse.id}/sync`, await upload(api, purse));
  expect(await applyGrant(purse, answer)).toBe('ok');
  return parseGrant(fromHex(answer.grant)).fields.order;
}
const empty = async () => newPurse(api);
const holding = async (amount: bigint) => {
  const purse = await newPurse(api);
  await fundPurse(api, purse, amount);
  await sync(api, purse);
  return purse;
};

describe('blocking', () => {
  test('the issuer lifts its own block alone', async () => {
    const purse = await empty();
    expect((await act(purse, 'block')).body).toMatchObject({
      state: 'blocked',
      blocks: [{ reason: 'operator', cause: null }],
    });
    await r.server.backend.store.write((tx) =>
      tx.purses.block(
        purse.id.slice(4),
        { reason: 'policy', by: 'system', cause: 'alt_1' },
        r.server.backend.clock(),
      ),
    );
    const lifted = await act(purse, 'unblock');
    expect(lifted.body).toMatchObject({
      state: 'blocked',
      blocks: [{ reason: 'policy', by: 'system', cause: 'alt_1' }],
    });
    const again = await act(purse, 'unblock');
    expect([again.status, again.body.code]).toEqual([409, 'blocked_by_others']);
    expect(again.body.detail).toBe('The purse is blocked by the policy, not by you.');
  });
});

describe('tiers', () => {
  test('a smaller one at once, a larger one by a second person', async () => {
    const purse = await empty();
    const raise = await act(purse, 'tier', { tier: 2 });
    expect(raise.body).toMatchObject({ tier: 1, proposal: expect.stringMatching(/^prp_/) });
    expect((await api.get(`/v1/purses/${purse.id}`)).body.tier).toBe(1);
    const own = await keyed(`/v1/proposals/${raise.body.proposal}/approve`);
    expect(own.body.code).toBe('second_person_needed');
    const done = await keyed(`/v1/proposals/${raise.body.proposal}/approve`, undefined, r.second);
    expect(done.body).toMatchObject({ status: 'approved', result: { tier: 2 } });
    expect((await api.get(`/v1/purses/${purse.id}`)).body.tier).toBe(2);
    expect((await act(purse, 'tier', { tier: 1 })).body).toEqual({
      purse: purse.id,
      tier: 1,
      proposal: null,
    });
    expect((await api.get(`/v1/purses?tier=1`)).body.data.map((p: { id: string }) => p.id)).toContain(
      purse.id,
    );
  });

  test('none that the account has no purses of', async () => {
    const purse = await empty();
    const refused = await act(purse, 'tier', { tier: 0 });
    expect([refused.status, refused.body.code]).toEqual([422, 'tier_not_allowed']);
  });

  test('not of a purse that is retired', async () => {
    const purse = await empty();
    await act(purse, 'retire');
    for (const tier of [0, 2]) {
      const refused = await act(purse, 'tier', { tier });
      expect([refused.status, refused.body.code]).toEqual([409, 'purse_act_refused']);
    }
  });
});

describe('retiring', () => {
  test('an empty purse is ended by its next Grant, and nobody takes its payments', async () => {
    const purse = await empty();
    const answer = await act(purse, 'retire');
    expect(answer.body).toMatchObject({ state: 'retired', blocked: true, blocks: [{ reason: 'retired' }] });
    expect(answer.body.retired_at).not.toBeNull();
    expect(await ordered(purse)).toBe('terminate');
    expect(await lifecycle(purse)).toBe('terminated');
    expect(await stateOf(purse)).toBe('retired');
    expect((await act(purse, 'unblock')).body.code).toBe('purse_act_refused');
    expect((await act(purse, 'retire')).body.code).toBe('purse_act_refused');
  });

  test('a purse with value in it is not retired, and the refusal says how much; once it is home, it is', async () => {
    const purse = await holding(700n);
    const refused = await act(purse, 'retire');
    expect([refused.status, refused.body.code, refused.body.value]).toEqual([422, 'purse_not_empty', '700']);
    await redeem(api, purse, 700n);
    await sync(api, purse);
    expect((await act(purse, 'retire')).status).toBe(200);
  });

  test('a payment that waits for its receipt is value, too', async () => {
    const [payer, payee] = [await holding(500n), await empty()];
    const ticket = await ticketOf(payee, 500n);
    await payOn(payer, payee.certificate, ticket, 500n);
    await sync(api, payer);
    expect((await act(payer, 'retire')).body).toMatchObject({ code: 'purse_not_empty', value: '500' });
  });

  test('a funding on its way is value, too', async () => {
    const purse = await empty();
    await issueTo(api, purse.account, 300n);
    const ticket = await ticketOf(purse, 300n);
    await api.make('/v1/fundings', {
      account: purse.account,
      ticket: hex(ticket),
      payee: { purse: hex(purse.certificate), issuer: hex(purse.issuer) },
      amount: '300',
    });
    const refused = await act(purse, 'retire');
    expect(refused.body).toMatchObject({ code: 'purse_not_empty', value: '300' });
    expect(refused.body.detail).toContain('300 yen are on their way to it');
  });

  test('I2: what came in unseen before it was retired comes home before it is ended', async () => {
    const [rich, purse] = [await holding(400n), await empty()];
    await payOffline(rich, purse, 250n);
    // The back-end has not heard of that.
    expect((await act(purse, 'retire')).status).toBe(200);
    expect(await ordered(purse)).toBe('none');
    expect(await lifecycle(purse)).toBe('active');
    const answer = await redeem(api, purse, 250n);
    expect(answer.status).toBe('credited');
    expect(await ordered(purse)).toBe('terminate');
    expect((await api.get(`/v1/purses/${purse.id}`)).body).toMatchObject({ state: 'retired', blocked: true });
  });

  test('I2: a purse with a ticket out is blocked, not ended, so that what was paid on it is cancelled', async () => {
    const [payer, purse] = [await holding(400n), await empty()];
    const ticket = await ticketOf(purse, 100n);
    await sync(api, purse);
    await act(purse, 'retire');
    expect(await ordered(purse)).toBe('block');
    const payment = await payOn(payer, purse.certificate, ticket, 100n);
    const receipt = await purse.ok(
      'cancel',
      concat(object('purse', payer.certificate), object('payment', payment)),
    );
    await settleBy(payer, purse.certificate, receipt);
    expect((await payer.summary()).balance).toBe(400n);
    expect(await ordered(purse)).toBe('terminate');
  });
});

describe('replacing', () => {
  const pair = async (amount: bigint) => {
    const old = amount === 0n ? await empty() : await holding(amount);
    return { old, next: await newPurse(api, { account: old.account }) };
  };

  test('both at hand: the old one pays the new one, and is ended', async () => {
    const { old, next } = await pair(900n);
    await payOffline(old, next, 900n);
    await sync(api, old);
    await sync(api, next);
    const answer = await act(old, 'replace', { by: next.id });
    expect(answer.body).toMatchObject({ state: 'replaced', replaced_by: next.id, blocked: true });
    expect((await api.get(`/v1/purses/${next.id}`)).body).toMatchObject({
      state: 'active',
      replaces: old.id,
    });
    expect(await ordered(old)).toBe('terminate');
    expect(await stateOf(old)).toBe('replaced');
  });

  test('the old one is gone with value in it: it is recorded, and what turns up can come home', async () => {
    const { old, next } = await pair(650n);
    const answer = await act(old, 'replace', { by: next.id });
    expect(answer.body).toMatchObject({
      state: 'replaced',
      blocked: false,
      acknowledged: { balance: '650' },
    });
    expect(await ordered(old)).toBe('none');
    await redeem(api, old, 650n);
    expect(await ordered(old)).toBe('terminate');
  });

  test('once: not by two, not of two, not by itself, not by one that is over', async () => {
    const { old, next } = await pair(0n);
    const third = await newPurse(api, { account: old.account });
    expect((await act(old, 'replace', { by: old.id })).body.code).toBe('purse_act_refused');
    await act(old, 'replace', { by: next.id });
    expect((await act(old, 'replace', { by: next.id })).status).toBe(200);
    expect((await act(old, 'replace', { by: third.id })).body.code).toBe('purse_act_refused');
    expect((await act(third, 'replace', { by: next.id })).body.code).toBe('purse_replaced');
    expect((await act(third, 'replace', { by: old.id })).body.code).toBe('purse_act_refused');
    expect((await act(third, 'replace', { by: 'pur_00000000000000ff' })).body.code).toBe('purse_unknown');
  });

  test("not by another owner's", async () => {
    const [old, other] = [await empty(), await empty()];
    const refused = await act(old, 'replace', { by: other.id });
    expect([refused.status, refused.body.code]).toEqual([422, 'owner_mismatch']);
  });
});

describe('activating', () => {
  test('a purse that waits for its holder is not activated by its syncs, until its holder does', async () => {
    const { client, id } = await api.make('/v1/institutions', { kind: 'issuer', name: 'Held' });
    await api.make('/v1/keys/ceremonies', { institution: id });
    const issuer = r.as(client);
    const party = (await issuer.make('/v1/parties', { reference: 'p' })).id;
    const key = newKey();
    const device = (await issuer.make('/v1/devices', { kind: 'wallet', party, jwk: key.jwk })).id;
    const account = (await issuer.make('/v1/accounts', { name: 'A', party })).id;
    const purse = await newPurse(issuer, { account, sync: false });
    await r.server.backend.store.write((tx) => tx.fleet.setHeld(purse.id.slice(4), true));
    await sync(issuer, purse);
    await sync(issuer, purse);
    expect(await lifecycle(purse)).toBe('personalised');
    const wallet = deviceApi(r, await deviceToken(r, device, key), key);
    const answer = await wallet.post(`/v1/purses/${purse.id}/activate`, {});
    expect([answer.status, answer.body.waits_for_holder]).toEqual([200, false]);
    expect((await wallet.post(`/v1/purses/${purse.id}/activate`, {})).status).toBe(200);
    await sync(issuer, purse);
    expect(await lifecycle(purse)).toBe('active');
    for (const verb of ['retire', 'block', 'unblock', 'reset-pin-tries'])
      expect((await wallet.post(`/v1/purses/${purse.id}/${verb}`, {})).status).toBe(403);
  });

  test('not a blocked one', async () => {
    const purse = await empty();
    await act(purse, 'block');
    const refused = await act(purse, 'activate');
    expect([refused.status, refused.body.code]).toEqual([409, 'purse_act_refused']);
  });
});

describe('the fleet', () => {
  test('lists by state are what each purse shows, and the counts add up', async () => {
    const all = new Map<string, string>();
    for (let cursor = ''; ; ) {
      const { body } = await api.get(`/v1/purses?limit=100${cursor}`);
      for (const purse of body.data) all.set(purse.id, purse.state);
      if (!body.has_more) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    const states = ['personalised', 'active', 'blocked', 'expired', 'replaced', 'retired'];
    for (const state of states) {
      const { body } = await api.get(`/v1/purses?limit=100&state=${state}`);
      const wanted = [...all].filter(([, s]) => s === state).map(([id]) => id);
      expect(body.data.map((p: { id: string }) => p.id).sort(), state).toEqual(wanted.sort());
    }
    const fleet = (await api.get('/v1/fleet')).body;
    expect(fleet.purses).toBe(all.size);
    const counted = (state: string) =>
      fleet.by
        .filter((row: { state: string }) => row.state === state)
        .reduce((sum: number, row: { purses: number }) => sum + row.purses, 0);
    for (const state of states)
      expect(counted(state), state).toBe([...all.values()].filter((s) => s === state).length);
  });

  test('purses that expire, and purses that have not synced, are found by their dates', async () => {
    const purse = await empty();
    const { expires, last_sync_at } = (await api.get(`/v1/purses/${purse.id}`)).body;
    const idsOf = async (query: string) =>
      (await api.get(`/v1/purses?limit=100&${query}`)).body.data.map((p: { id: string }) => p.id);
    const next = new Date(Date.parse(expires) + DAY).toISOString().slice(0, 10);
    expect(await idsOf(`expires_before=${expires}`)).not.toContain(purse.id);
    expect(await idsOf(`expires_before=${next}`)).toContain(purse.id);
    const later = new Date(Date.parse(last_sync_at) + 1).toISOString();
    expect(await idsOf(`synced_before=${last_sync_at}`)).not.toContain(purse.id);
    expect(await idsOf(`synced_before=${later}`)).toContain(purse.id);
    expect((await api.get('/v1/purses?expires_before=2026-02-30')).status).toBe(400);
    expect((await api.get('/v1/purses?state=lost')).status).toBe(400);
  });

  test('after its last day a purse is expired, by the list, too', async () => {
    const purse = await empty();
    r.advance(6 * 365 * DAY);
    expect(await stateOf(purse)).toBe('expired');
    const { body } = await api.get('/v1/purses?limit=100&state=expired');
    expect(body.data.map((p: { id: string }) => p.id)).toContain(purse.id);
    const refused = await act(purse, 'activate');
    expect(refused.body.code).toBe('purse_act_refused');
  });
});
