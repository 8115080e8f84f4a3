/**
 * `sokkin evidence` on what a real server has found: alerts that need no clone of a card but its messages, judged in another
 * process that has the root certificate and the file, and nothing else (I7, I8).
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex, hex } from '@sokkin/codec';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fundPurse, newPurse, payOffline, type Rig, rig, sync } from '../../server/test/kit.ts';
import { accept, enrich, newAccount, scripted } from '../../server/test/upload-kit.ts';
import { type Home, makeHome } from './run.ts';

let r: Rig;
let home: Home;
beforeAll(async () => {
  [r, home] = await Promise.all([rig({ webhooks: false }), makeHome()]);
});
afterAll(async () => {
  await r.close();
  await home.dispose();
});

interface Alert {
  readonly id: string;
  readonly kind: string;
  readonly severity: string;
  readonly evidence: Record<string, unknown>;
}
const alertsOf = async (purse: string): Promise<Alert[]> =>
  (await r.api.get(`/v1/alerts?limit=100&purse=${purse}`)).body.data;

/** Two signed Payments of one number, which two phones hand in; neither copy of the purse has synced them. */
async function forkOfTwoMessages(): Promise<Alert[]> {
  const [a, b, c] = [await newPurse(r.api), await newPurse(r.api), await newPurse(r.api)];
  await fundPurse(r.api, a, 9_000n);
  await sync(r.api, a);
  const clone = await a.clone();
  for (const [copy, payee, amount] of [[a, b, 100n] as const, [clone, c, 200n] as const]) {
    const payment = await payOffline(copy, payee, amount);
    await sync(r.api, payee, { payments: [{ payment: hex(payment), purse: hex(a.certificate) }] });
  }
  return alertsOf(a.id);
}

/** A purse whose journal names one that nobody certified, and moves more than two have agreed to believe. */
async function tooMuchFromNobody(): Promise<Alert[]> {
  const velocity = { count_per_day: 1_000, amount_per_day: '100' };
  const wish = { from_version: 0, document: { blocks: [], velocity } };
  const { id } = await r.api.make('/v1/policies/blocking', wish);
  await r.second.make(`/v1/proposals/${id}/approve`);
  const purse = await scripted(r.api, await newAccount(r.api));
  enrich(purse, 5_000n);
  await accept(r.api, purse);
  return alertsOf(purse.name);
}

test('I7, I8 a fork of two messages, an unknown certificate and an impossible velocity are judged without the back-end', {
  timeout: 120_000,
}, async () => {
  const [fork, ...moreForks] = await forkOfTwoMessages();
  if (fork === undefined) throw new Error('the fork was not found');
  expect([fork.kind, fork.severity, moreForks]).toEqual(['fork', 'proven', []]);
  const others = await tooMuchFromNobody();
  expect(others.map((a) => [a.kind, a.severity]).sort()).toEqual([
    ['unknown_certificate', 'suspected'],
    ['velocity', 'suspected'],
  ]);
  // One octet of what was signed is another one.
  const [one, two] = fork.evidence.histories as { message: string }[];
  if (one === undefined || two === undefined) throw new Error('a fork has two histories');
  const message = fromHex(two.message);
  message[30] = (message[30] ?? 0) ^ 1;
  const evidence = { ...fork.evidence, histories: [one, { ...two, message: hex(message) }] };
  const changed = { ...fork, id: 'alt_changed', evidence };
  const file = join(home.data, 'alerts.json');
  const root = join(home.data, 'root.cert');
  await writeFile(file, JSON.stringify({ data: [fork, ...others, changed] }));
  await writeFile(root, fromHex((await r.api.get('/v1/pki')).body.root));
  const { code, json, err } = await home.run('evidence', file, '--root', root);
  expect(err).toBe('');
  const judged = json.alerts as {
    id: string;
    kind: string;
    verdict: string;
    says: string;
    purses: string[];
  }[];
  expect(judged.map((j) => [j.id, j.verdict])).toEqual([
    [fork.id, 'proven'],
    ...others.map((a) => [a.id, 'signed']),
    ['alt_changed', 'not_proven'],
  ]);
  expect(judged.find((j) => j.kind === 'velocity')?.says).toContain('1 times, 5000 in all');
  expect(code).toBe(1);
});
