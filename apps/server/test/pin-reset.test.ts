/** A blocked PIN: its issuer gives the tries back, by every Grant until one is proven, and once. On the real card. */
import { fromHex, SW } from '@sokkin/codec';
import { parseGrant } from '@sokkin/purse';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Api,
  applyGrant,
  freshKey,
  newPurse,
  PIN,
  type Purse,
  type Rig,
  rig,
  sync,
  upload,
} from './kit.ts';

let r: Rig;
let api: Api;
let purse: Purse;
beforeAll(async () => {
  r = await rig();
  api = r.api;
});
afterAll(() => r.close());
beforeEach(async () => {
  purse = await newPurse(api);
});

const ask = (by: Pick<Api, 'post'> = api, key = freshKey()) =>
  by.post(`/v1/purses/${purse.id}/reset-pin-tries`, {}, { 'idempotency-key': key });
const shown = async () => (await api.get(`/v1/purses/${purse.id}`)).body.pin_tries;
const tries = async () => (await purse.summary()).pinTriesLeft;
const saysSo = (answer: { grant: string }) => parseGrant(fromHex(answer.grant)).fields.resetPinTries;
/** An upload; its Grant is on its way. */
const answered = async () => api.make(`/v1/purses/${purse.id}/sync`, await upload(api, purse));
async function blockPin(): Promise<void> {
  for (let left = await tries(); left > 0; left--) await purse.verify('0000');
  expect(await tries()).toBe(0);
}

describe('a blocked PIN', () => {
  test('gets its tries back with the next sync, and the sync after proves it', async () => {
    await blockPin();
    expect(await purse.verify(PIN)).not.toBe(SW.ok);
    const asked = await ask();
    expect([asked.status, asked.body.pin_tries]).toMatchObject([200, { state: 'waiting', given_at: null }]);
    expect(await tries()).toBe(0);
    await sync(api, purse);
    expect(await purse.verify(PIN)).toBe(SW.ok);
    expect(await shown()).toMatchObject({ state: 'carried', given_at: null });
    expect(saysSo(await sync(api, purse))).toBe(false);
    expect(await shown()).toMatchObject({ state: 'given', given_at: expect.stringMatching(/Z$/) });
  });

  test('is in the log, with who did it, once for a request that is sent again', async () => {
    const key = freshKey();
    const first = await ask(api, key);
    const again = await ask(api, key);
    // Before a Grant has said so it is the same act, whoever asks again.
    const other = await ask(r.second);
    expect([again.body, other.status]).toEqual([first.body, 200]);
    expect(other.body.pin_tries).toEqual(first.body.pin_tries);
    const log = (await api.get(`/v1/log?subject=${purse.id}`)).body.data;
    expect(log).toMatchObject([{ action: 'purse.pin_reset', actor: first.body.pin_tries.asked_by }]);
  });
});

describe('a Grant that says so', () => {
  test('and never arrives is followed by others, until one is proven', async () => {
    await blockPin();
    await ask();
    for (let lost = 0; lost < 2; lost++) expect(saysSo(await answered())).toBe(true);
    await sync(api, purse);
    expect(await tries()).toBe(3);
    expect(saysSo(await answered())).toBe(false);
  });

  test('is the same one for the same Statement', async () => {
    await ask();
    const sent = await upload(api, purse);
    const first = await api.make(`/v1/purses/${purse.id}/sync`, sent);
    expect(await api.make(`/v1/purses/${purse.id}/sync`, sent)).toEqual(first);
    await blockPin();
    expect([await applyGrant(purse, first), await tries()]).toEqual(['ok', 3]);
    await purse.verify('0000');
    expect([await applyGrant(purse, first), await tries()]).toEqual(['ok', 2]);
  });

  test('gives whoever kept several of them the tries of one', async () => {
    await ask();
    const kept = [await answered(), await answered(), await answered()];
    expect(kept.map(saysSo)).toEqual([true, true, true]);
    const left: number[] = [];
    for (const grant of kept) {
      await blockPin();
      expect(await applyGrant(purse, grant)).toBe('ok');
      left.push(await tries());
    }
    expect(left).toEqual([3, 0, 0]);
    expect(saysSo(await sync(api, purse))).toBe(false);
    expect([await tries(), (await shown()).state]).toEqual([0, 'given']);
  });

  test('and meets another that was applied first is void: the next one says so again', async () => {
    await blockPin();
    const plain = await answered();
    await ask();
    const said = await answered();
    expect([saysSo(plain), saysSo(said)]).toEqual([false, true]);
    await applyGrant(purse, plain);
    await applyGrant(purse, said);
    expect(await tries()).toBe(0);
    expect(saysSo(await sync(api, purse))).toBe(true);
    expect(await tries()).toBe(3);
    expect(saysSo(await answered())).toBe(false);
  });

  test('comes by the upload of many, too', async () => {
    await blockPin();
    await ask();
    const one = { purse: purse.id, ...(await upload(api, purse)) };
    const { results } = await api.make('/v1/syncs', { items: [one] });
    expect(await applyGrant(purse, results[0])).toBe('ok');
    expect(await tries()).toBe(3);
  });
});

test('asked for again after a Grant has said so, it is another act', async () => {
  await ask();
  const first = await answered();
  await ask();
  await blockPin();
  await applyGrant(purse, first);
  expect(await tries()).toBe(3);
  await blockPin();
  await sync(api, purse);
  expect(await tries()).toBe(3);
  expect(saysSo(await answered())).toBe(false);
});

test('a blocked purse gets none, and what was asked for waits until the block is lifted', async () => {
  await ask();
  await api.make(`/v1/purses/${purse.id}/block`);
  const refused = await ask();
  expect([refused.status, refused.body.code]).toEqual([409, 'purse_act_refused']);
  expect(refused.body.detail).toMatch(/is blocked: it cannot be given its PIN tries back\.$/);
  await blockPin();
  await sync(api, purse);
  expect([await tries(), (await shown()).state]).toEqual([0, 'waiting']);
  await api.make(`/v1/purses/${purse.id}/unblock`);
  await sync(api, purse);
  expect(await tries()).toBe(3);
});
