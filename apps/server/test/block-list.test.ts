/** The block list as it is served: whole and in changes, signed, newest first, and everything that was blocked on it. */
import { epochOfIso, fromHex, hex } from '@sokkin/codec';
import { parseCertificate } from '@sokkin/crypto';
import {
  type HeldBlockList,
  idOf,
  isListed,
  parseBlockList,
  takeBlockList,
  verifyBlockList,
} from '@sokkin/purse';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { EXPIRED_DAYS } from '../src/operations/block-list.ts';
import { workOnClaims } from '../src/operations/claims/work.ts';
import {
  type Api,
  applyGrant,
  crypto,
  freshKey,
  fundPurse,
  newPurse,
  type Purse,
  payOffline,
  type Rig,
  rig,
  sync,
  upload,
} from './kit.ts';

const DAY = 86_400_000;
let r: Rig;
let api: Api;
beforeAll(async () => {
  r = await rig();
  api = r.api;
});
afterAll(() => r.close());

const list = async (query = '') => {
  const answer = await r.as(undefined).get(`/v1/block-list${query}`);
  expect(answer.status).toBe(200);
  return answer.body;
};
const set = (purse: Purse, verb: 'block' | 'unblock') =>
  api.post(`/v1/purses/${purse.id}/${verb}`, {}, { 'idempotency-key': freshKey() });

/** As a phone does: whose word it is, then whether it is newer. */
async function taken(held: HeldBlockList | undefined, body: Record<string, string>) {
  const pki = (await api.get('/v1/pki')).body;
  const own = pki.issuers.find((i: { id: string }) => i.id === body.issuer);
  const issuer = parseCertificate(fromHex(own.certificate));
  const trust = { root: parseCertificate(fromHex(pki.root)), knownIssuers: [], epoch: issuer.effective };
  const chain = { issuer, leaf: parseCertificate(fromHex(body.authority ?? '')) };
  const verified = await verifyBlockList(crypto, trust, chain, fromHex(body.list ?? ''));
  if (verified.status !== 'ok') throw new Error(verified.status);
  return takeBlockList(held, verified.value.fields);
}
async function whole(): Promise<HeldBlockList> {
  const found = await taken(undefined, await list());
  if (found.status !== 'taken') throw new Error(found.status);
  return found.held;
}
const has = (held: HeldBlockList, purse: Purse) => isListed(held, parseCertificate(purse.certificate));

test('a purse is on the list from the moment that its block was committed, and off it likewise', async () => {
  const purse = await newPurse(api);
  const before = await whole();
  expect(has(before, purse)).toBe(false);
  await set(purse, 'block');
  const during = await whole();
  expect([has(during, purse), during.number]).toEqual([true, before.number + 1]);
  await set(purse, 'unblock');
  const after = await whole();
  expect([has(after, purse), after.number]).toEqual([false, before.number + 2]);
});

test('changes since a number lead from that list to the newest, from every number there was', async () => {
  const purses = [await newPurse(api), await newPurse(api), await newPurse(api)];
  const history: HeldBlockList[] = [await whole()];
  const steps = [
    [0, 'block'],
    [1, 'block'],
    [0, 'unblock'],
    [2, 'block'],
    [0, 'block'],
    [1, 'unblock'],
  ] as const;
  for (const [which, verb] of steps) {
    const purse = purses[which];
    if (purse !== undefined) await set(purse, verb);
    history.push(await whole());
  }
  const newest = history.at(-1);
  for (const held of history.slice(0, -1)) {
    const body = await list(`?since=${held.number}`);
    expect(body.base).toBe(held.number);
    expect(await taken(held, body)).toEqual({ status: 'taken', held: newest });
  }
  const same = await list(`?since=${newest?.number}`);
  expect((await taken(newest, same)).status).toBe('same');
});

test('blocked and unblocked between two lists is no change of the list', async () => {
  const purse = await newPurse(api);
  const before = (await list()).number;
  await set(purse, 'block');
  await set(purse, 'unblock');
  expect((await list()).number).toBe(before);
});

test('If-None-Match: nothing is sent while nothing changed; a new day is a new list', async () => {
  const anybody = r.as(undefined);
  const first = await anybody.get('/v1/block-list');
  const tag = String(first.headers.etag);
  const again = await anybody.get('/v1/block-list', { 'if-none-match': tag });
  expect([again.status, again.body]).toEqual([304, undefined]);
  r.advance(DAY);
  const next = await anybody.get('/v1/block-list', { 'if-none-match': tag });
  expect([next.status, next.body.number]).toEqual([200, first.body.number]);
  expect(epochOfIso(next.body.epoch)).toBe(epochOfIso(first.body.epoch) + 1);
});

test('every issuer signs the same list; one that is not there signs none', async () => {
  const { id } = await api.make('/v1/institutions', { kind: 'issuer', name: 'Another' });
  await api.make('/v1/keys/ceremonies', { institution: id });
  const { issuers } = (await api.get('/v1/pki')).body;
  expect(issuers.length).toBeGreaterThan(1);
  const lists = [];
  for (const issuer of issuers) {
    const found = await taken(undefined, await list(`?issuer=${issuer.id}`));
    lists.push(found.status === 'taken' ? found.held : found.status);
  }
  for (const held of lists) expect(held).toEqual(lists[0]);
  expect((await api.get('/v1/block-list?issuer=00000000000000ff')).status).toBe(404);
});

test('a number from the future, as after a restore, is answered with the whole list', async () => {
  const { number } = await list();
  expect(await list(`?since=${number + 5}`)).toMatchObject({ number, base: 0 });
});

test('a block that is being committed while a list is made is on this list or on the next', async () => {
  const purses = await Promise.all(Array.from({ length: 8 }, () => newPurse(api)));
  await Promise.all(purses.flatMap((purse) => [set(purse, 'block'), list(), list()]));
  const held = await whole();
  for (const purse of purses) expect(has(held, purse)).toBe(true);
  await Promise.all(purses.flatMap((purse) => [set(purse, 'unblock'), list(), set(purse, 'block')]));
  const after = await whole();
  for (const purse of purses) {
    const { blocked } = (await api.get(`/v1/purses/${purse.id}`)).body;
    expect(has(after, purse)).toBe(blocked);
  }
});

test('I1, I3: what a blocked purse pays where nobody has the list yet is credited, and the books hold', async () => {
  const [thief, shop] = [await newPurse(api), await newPurse(api)];
  await fundPurse(api, thief, 900n);
  await sync(api, thief);
  await set(thief, 'block');
  await payOffline(thief, shop, 900n);
  await sync(api, shop);
  expect((await shop.summary()).balance).toBe(900n);
  const answer = await api.make(`/v1/purses/${thief.id}/sync`, await upload(api, thief));
  expect(await applyGrant(thief, answer)).toBe('ok');
  expect((await thief.summary()).lifecycle).toBe('blocked');
  expect((await api.get('/v1/audit')).body.holds).toBe(true);
});

test('an issuer is revoked by two, once, and the next list has it', async () => {
  const { id } = await api.make('/v1/institutions', { kind: 'issuer', name: 'Broken' });
  await api.make('/v1/keys/ceremonies', { institution: id });
  const { issuers } = (await api.get('/v1/pki')).body;
  const issuer = issuers.at(-1).id;
  const before = await whole();
  const body = { issuer, reason: 'Its HSM was stolen' };
  const made = await api.post('/v1/issuer-revocations', body, { 'idempotency-key': freshKey() });
  expect([made.status, made.body.kind]).toEqual([201, 'issuer_revocation']);
  expect((await whole()).number).toBe(before.number);
  const key = { 'idempotency-key': freshKey() };
  const approved = await r.second.post(`/v1/proposals/${made.body.id}/approve`, undefined, key);
  expect(approved.body.status).toBe('approved');
  const after = await whole();
  expect([after.number, after.issuers.map(hex)]).toEqual([before.number + 1, [issuer]]);
  const again = await api.post('/v1/issuer-revocations', body, { 'idempotency-key': freshKey() });
  expect([again.status, again.body.code]).toEqual([409, 'issuer_revoked']);
  const unknown = { issuer: '00000000000000ff', reason: 'x' };
  const refused = await api.post('/v1/issuer-revocations', unknown, { 'idempotency-key': freshKey() });
  expect(refused.body.code).toBe('institution_unknown');
});

test('a purse leaves the list a month after its last day, blocked as it is; others stay', async () => {
  const own = await rig({ claimsSeconds: 0, webhooks: false });
  onTestFinished(() => own.close());
  const old = await newPurse(own.api);
  own.advance(90 * DAY);
  const young = await newPurse(own.api);
  for (const purse of [old, young]) await own.api.make(`/v1/purses/${purse.id}/block`);
  const listed = async () => {
    await workOnClaims(own.server.backend, (line) => expect(line).toBe(''));
    const { body } = await own.api.get('/v1/block-list');
    const parsed = parseBlockList(fromHex(body.list));
    return [...parsed.fields.added].map((reference) => `pur_${hex(idOf(reference))}`).sort();
  };
  expect(await listed()).toEqual([old.id, young.id].sort());
  const lastDay = parseCertificate(old.certificate).expiration;
  const untilThen = lastDay - Math.floor(own.server.backend.clock().getTime() / DAY);
  // Its claims' habit takes a certificate up, tells of its end, and finds it silent: one look each.
  own.advance((untilThen + EXPIRED_DAYS) * DAY);
  for (let look = 0; look < 3; look++) expect(await listed()).toContain(old.id);
  own.advance(2 * DAY);
  for (let look = 0; look < 3; look++) await listed();
  expect(await listed()).toEqual([young.id]);
  expect((await own.api.get(`/v1/purses/${old.id}`)).body.blocked).toBe(true);
});
