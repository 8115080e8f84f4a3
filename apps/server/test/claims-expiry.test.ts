/** Purses whose certificates end: told once, refunded when silent, left alone while they are used. */

import { parseCertificate } from '@sokkin/crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dayOf } from '../src/backend.ts';
import { workOnClaims } from '../src/operations/claims/work.ts';
import { fundPurse, newPurse, type Purse, type Rig, rig, sync } from './kit.ts';

const DAY_MS = 86_400_000;

let r: Rig;
beforeEach(async () => {
  r = await rig({ claimsSeconds: 0 });
});
afterEach(() => r.close());

async function daysPass(days: number): Promise<void> {
  r.advance(days * DAY_MS);
  const failed: string[] = [];
  await workOnClaims(r.server.backend, (line) => failed.push(line));
  expect(failed).toEqual([]);
}

const lastDay = (purse: Purse): number => parseCertificate(purse.certificate).expiration;
/** To the day that is this many days after the last one of the purse. */
const upTo = (purse: Purse, days: number) =>
  daysPass(lastDay(purse) + days - dayOf(r.server.backend.clock()));

async function holder(): Promise<Purse> {
  const purse = await newPurse(r.api);
  await fundPurse(r.api, purse, 1_000n);
  await sync(r.api, purse);
  return purse;
}
const told = async () =>
  (await r.api.get('/v1/events?limit=100')).body.data.filter(
    (e: { type: string }) => e.type === 'purse.expiring',
  );
const claims = async () => (await r.api.get('/v1/claims')).body.data;
const balanceOf = async (account: string) => (await r.api.get(`/v1/accounts/${account}`)).body.balance;

test('told once before the last day; refunded after two times of silence, if it held something', async () => {
  const card = await holder();
  const empty = await newPurse(r.api);
  await daysPass(1);
  await upTo(card, -61);
  expect(await told()).toEqual([]);
  await upTo(card, -60);
  await daysPass(1);
  const heard = await told();
  expect(heard.map((e: { subject: string }) => e.subject).sort()).toEqual([card.id, empty.id].sort());
  const last_day = new Date(lastDay(card) * DAY_MS).toISOString().slice(0, 10);
  expect(heard[0].data).toMatchObject({ last_day });
  await upTo(card, 30);
  expect(await claims()).toEqual([]);
  await upTo(card, 31);
  const [claim, ...others] = await claims();
  expect(others).toEqual([]);
  expect(claim).toMatchObject({ purse: card.id, kind: 'expired', status: 'waiting', reported_by: 'system' });
  // It may still come home by itself.
  expect((await r.api.get(`/v1/purses/${card.id}`)).body.blocked).toBe(false);
  await daysPass(30);
  expect(await balanceOf(card.account)).toBe('1000');
  expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true, refunded: '1000' });
  expect(await told()).toHaveLength(2);
}, 120_000);

test('a purse that syncs is not claimed before it has been silent again, and takes an open claim back', async () => {
  const card = await holder();
  await daysPass(1);
  await upTo(card, 20);
  await sync(r.api, card);
  await upTo(card, 31);
  expect(await claims()).toEqual([]);
  await upTo(card, 51);
  expect(await claims()).toMatchObject([{ kind: 'expired', status: 'waiting' }]);
  await daysPass(3);
  await sync(r.api, card);
  const [claim] = await claims();
  expect(claim.status).toBe('withdrawn');
  expect((await r.api.get(`/v1/claims/${claim.id}`)).body).toMatchObject({ reason: 'The purse has synced.' });
  await daysPass(31);
  expect((await claims()).map((c: { status: string }) => c.status)).toEqual(['withdrawn', 'waiting']);
  await daysPass(30);
  expect(await balanceOf(card.account)).toBe('1000');
  // Once it is refunded, its sync is taken, and nothing is paid twice.
  await sync(r.api, card);
  expect(await balanceOf(card.account)).toBe('1000');
  expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
}, 120_000);
