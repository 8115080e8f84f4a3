/** Orders of cards: each item becomes one card, whatever is cut off; and what its delivery means for the card before it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newBlank, orderFor, personalise, purseOn, relay } from './factory.ts';
import { type Api, freshKey, fundPurse, newPurse, type Rig, rig, sync } from './kit.ts';

let r: Rig;
let api: Api;
let account: string;
beforeAll(async () => {
  r = await rig();
  ({ api } = r);
  account = (await api.make('/v1/accounts', { name: 'Factory' })).id;
});
afterAll(() => r.close());

const keyed = (path: string, body: object = {}) => api.post(path, body, { 'idempotency-key': freshKey() });
const order = async (...items: object[]) => {
  const made = await keyed('/v1/card-orders', { items });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
};
const itemsOf = async (id: string, query = '') =>
  (await api.get(`/v1/card-orders/${id}/items${query}`)).body.data;
const stateOf = async (id: string) => (await api.get(`/v1/card-orders/${id}`)).body;

describe('an order', () => {
  test('has an item for each card, and says what became of each', async () => {
    const other = (await api.make('/v1/accounts', { name: 'Other' })).id;
    const made = await order({ account, count: 2 }, { account: other, tier: 2 });
    expect(made).toMatchObject({ state: 'ordered', profile: 'white-label', counts: { ordered: 3 } });
    expect(await itemsOf(made.id)).toMatchObject([
      { item: 1, state: 'ordered', account, tier: 1, serial: null, purse: null },
      { item: 2, account, tier: 1 },
      { item: 3, account: other, tier: 2 },
    ]);
    const page = (await api.get(`/v1/card-orders/${made.id}/items?limit=2`)).body;
    expect([page.has_more, page.next_cursor]).toEqual([true, '2']);
    expect(await itemsOf(made.id, '?limit=2&cursor=2')).toHaveLength(1);
    expect((await api.get('/v1/card-orders')).body.data.map((o: { id: string }) => o.id)).toContain(made.id);
  });

  test('the same request again orders nothing more', async () => {
    const headers = { 'idempotency-key': freshKey() };
    const [one, two] = [
      await api.post('/v1/card-orders', { items: [{ account }] }, headers),
      await api.post('/v1/card-orders', { items: [{ account }] }, headers),
    ];
    expect(two.body).toEqual(one.body);
  });

  test('is refused for what is not there, and for more than one request takes', async () => {
    const refused = async (body: object) => (await keyed('/v1/card-orders', body)).body.code;
    expect(await refused({ items: [{ account: 'acc_none' }] })).toBe('account_unknown');
    expect(await refused({ profile: 'no-such', items: [{ account }] })).toBe('profile_unknown');
    expect(
      await refused({
        items: [
          { account, count: 600 },
          { account, count: 600 },
        ],
      }),
    ).toBe('validation_failed');
    expect(await refused({ items: [{ account, replaces: 'pur_00000000000000ff' }] })).toBe('purse_unknown');
    const elsewhere = await newPurse(api);
    expect(await refused({ items: [{ account, replaces: elsewhere.id }] })).toBe('owner_mismatch');
    expect(await refused({ items: [{ account: elsewhere.account, replaces: elsewhere.id, count: 2 }] })).toBe(
      'validation_failed',
    );
  });
});

describe('an item', () => {
  test('is taken by one chip, which goes on after a cut, and becomes one card', async () => {
    const { id } = await order({ account });
    const [blank, second] = [await newBlank(api), await newBlank(api)];
    const more = { order: id, item: 1 };
    const begun = await api.post('/v1/personalisations', orderFor(blank.serial, account, more));
    let left = 6;
    const card = await blank.tap();
    const cut = relay(api, begun, (command) => {
      left -= 1;
      return left > 0 ? card.transmit(command) : Promise.reject(new Error('cut'));
    });
    await expect(cut).rejects.toThrow('cut');
    expect(await stateOf(id)).toMatchObject({ state: 'in_personalisation' });
    const taken = await personalise(api, second, account, more);
    expect([taken.status, taken.body.code]).toEqual([409, 'order_item_taken']);
    const done = await personalise(api, blank, account, more);
    expect(done.body.status).toBe('done');
    expect(await itemsOf(id)).toMatchObject([
      { state: 'personalised', serial: blank.serial, purse: done.body.purse },
    ]);
    expect((await personalise(api, second, account, more)).body.code).toBe('order_item_state');
    const { id: next } = await order({ account });
    const again = await personalise(api, blank, account, { order: next, item: 1 });
    expect(again.body.code).toBe('card_personalised');
  });

  test('one chip is not taken for two items', async () => {
    const { id } = await order({ account, count: 2 });
    const blank = await newBlank(api);
    await api.post('/v1/personalisations', orderFor(blank.serial, account, { order: id, item: 1 }));
    const second = await personalise(api, blank, account, { order: id, item: 2 });
    expect(second.body).toMatchObject({ code: 'order_item_taken' });
  });

  test('is personalised as it says, or not at all', async () => {
    const { id } = await order({ account, tier: 2 });
    const blank = await newBlank(api);
    const with_ = async (more: object) =>
      (await personalise(api, blank, account, { order: id, item: 1, ...more })).body;
    expect(await with_({})).toMatchObject({ code: 'order_item_differs', param: 'tier' });
    expect(await with_({ tier: 2, profile: 'jcb-shaped' })).toMatchObject({ param: 'profile' });
    expect(await with_({ tier: 2, item: 9 })).toMatchObject({ code: 'order_item_state' });
    expect(await with_({ tier: 2, order: 'ord_none' })).toMatchObject({ code: 'not_found' });
    expect(await with_({ tier: 2, item: undefined })).toMatchObject({ code: 'validation_failed' });
    expect(await itemsOf(id)).toMatchObject([{ state: 'ordered', serial: null }]);
  });

  test('gives up a broken chip and takes another; what was begun on the broken one cannot end', async () => {
    const { id } = await order({ account });
    const [broken, sound] = [await newBlank(api), await newBlank(api)];
    const more = { order: id, item: 1 };
    const begun = await api.post('/v1/personalisations', orderFor(broken.serial, account, more));
    const released = await keyed(`/v1/card-orders/${id}/release`, { item: 1, reason: 'no answer to reset' });
    expect(released.body).toMatchObject({ state: 'ordered', serial: null, says: 'no answer to reset' });
    expect((await keyed(`/v1/card-orders/${id}/release`, { item: 1, reason: 'x' })).body.code).toBe(
      'order_item_state',
    );
    const card = await broken.tap();
    const late = await relay(api, begun, (command) => card.transmit(command));
    expect(late.body.status).toBe('failed');
    expect((await personalise(api, sound, account, more)).body.status).toBe('done');
    expect(await itemsOf(id)).toMatchObject([{ state: 'personalised', serial: sound.serial }]);
  });

  test('is cancelled while nobody has begun it, and delivered when it is made', async () => {
    const { id } = await order({ account, count: 2 });
    const early = await keyed(`/v1/card-orders/${id}/delivery`);
    expect([early.status, early.body.code]).toEqual([409, 'order_item_state']);
    await personalise(api, await newBlank(api), account, { order: id, item: 1 });
    expect((await keyed(`/v1/card-orders/${id}/cancel`, { items: [1, 2] })).body.code).toBe(
      'order_item_state',
    );
    const cancelled = await keyed(`/v1/card-orders/${id}/cancel`);
    expect(cancelled.body).toMatchObject({
      state: 'personalised',
      counts: { personalised: 1, cancelled: 1 },
    });
    const delivered = await keyed(`/v1/card-orders/${id}/delivery`, { items: [1] });
    expect(delivered.body).toMatchObject({ state: 'delivered', counts: { delivered: 1, cancelled: 1 } });
    const { data } = (await api.get(`/v1/events?type=card_order.changed`)).body;
    const changes = data.filter((e: { subject: string }) => e.subject === id);
    // Newest first.
    expect(changes.map((e: { data: object }) => e.data)).toMatchObject([
      { delivered: 1, cancelled: 1 },
      { cancelled: 1, personalised: 1 },
    ]);
  });
});

describe('a card for its holder to activate', () => {
  test('is not active after its syncs, until it is activated', async () => {
    const made = await keyed('/v1/card-orders', { activation: 'by_holder', items: [{ account }] });
    const blank = await newBlank(api);
    const done = await personalise(api, blank, account, { order: made.body.id, item: 1 });
    const purse = await purseOn(blank, account, done);
    await sync(api, purse);
    expect((await purse.summary()).lifecycle).toBe('personalised');
    expect((await api.get(`/v1/purses/${purse.id}`)).body).toMatchObject({
      state: 'personalised',
      waits_for_holder: true,
    });
    expect((await api.post(`/v1/purses/${purse.id}/activate`, {})).status).toBe(200);
    await sync(api, purse);
    expect((await purse.summary()).lifecycle).toBe('active');
  });
});

describe('renewing', () => {
  test('orders a card of the same account and tier, whose delivery ends the old one when it is empty', async () => {
    const old = await newPurse(api);
    // Its journal shows that it is active with its second sync.
    await sync(api, old);
    const made = await keyed(`/v1/purses/${old.id}/renew`);
    expect([made.status, made.body.counts.ordered]).toEqual([201, 1]);
    const { id } = made.body;
    expect(await itemsOf(id)).toMatchObject([{ account: old.account, tier: 1, replaces: old.id }]);
    const done = await personalise(api, await newBlank(api), old.account, { order: id, item: 1 });
    // Until the holder has the new one, the old one is as it was.
    expect((await api.get(`/v1/purses/${old.id}`)).body).toMatchObject({
      state: 'active',
      replaced_by: null,
    });
    await keyed(`/v1/card-orders/${id}/delivery`);
    expect((await api.get(`/v1/purses/${old.id}`)).body).toMatchObject({
      state: 'replaced',
      replaced_by: done.body.purse,
    });
    await sync(api, old);
    expect((await old.summary()).lifecycle).toBe('terminated');
    expect((await keyed(`/v1/purses/${old.id}/renew`)).body.code).toBe('purse_act_refused');
  });

  test('I2: with money on it, the old card goes on until the money is home', async () => {
    const old = await newPurse(api);
    await fundPurse(api, old, 500n);
    await sync(api, old);
    const { id } = (await keyed(`/v1/purses/${old.id}/renew`)).body;
    await personalise(api, await newBlank(api), old.account, { order: id, item: 1 });
    await keyed(`/v1/card-orders/${id}/delivery`);
    await sync(api, old);
    expect((await old.summary()).lifecycle).toBe('active');
    expect((await old.summary()).balance).toBe(500n);
  });

  test('what was retired meanwhile stays so, and the new card is delivered all the same', async () => {
    const old = await newPurse(api);
    const { id } = (await keyed(`/v1/purses/${old.id}/renew`)).body;
    await personalise(api, await newBlank(api), old.account, { order: id, item: 1 });
    await keyed(`/v1/purses/${old.id}/retire`);
    expect((await keyed(`/v1/card-orders/${id}/delivery`)).body.state).toBe('delivered');
    expect((await api.get(`/v1/purses/${old.id}`)).body).toMatchObject({
      state: 'retired',
      replaced_by: null,
    });
  });
});
