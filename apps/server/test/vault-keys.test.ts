/** The keys of PANs are replaced while two servers of one database link, find and show cards; in the key file, and in SoftHSM2. */
import { withCheckDigit } from '@sokkin/issuer';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer, type Server } from '../src/index.ts';
import type { KeyConfig } from '../src/keys/key-config.ts';
import type { Numbered } from '../src/vault/numbers.ts';
import { type Api, freshKey, type Rig, rig, TEST_KEYS } from './kit.ts';
import { noSoftHsm, softHsm } from './softhsm.ts';

const LONG = { valid_until: '2100-01-01T00:00:00Z' };
let made = 0;
const newCard = () => {
  made += 1;
  return { pan: withCheckDigit(`40000000${String(made).padStart(7, '0')}`), expiry: '3012' };
};
type Card = ReturnType<typeof newCard>;

/** One issuer with one account, seen through two servers of one database. */
async function twoServers(keyStore: KeyConfig) {
  const r = await rig({ keyStore });
  const { databaseUrl, dataFolder } = r;
  let ahead = 0;
  const clock = () => new Date(Date.now() + ahead);
  const other = await createServer({ databaseUrl, dataFolder, keyStore, clock, logLevel: 'silent' });
  const account = (await r.api.make('/v1/accounts', { name: 'A', institution: 'ins_first_issuer' })).id;
  return {
    r,
    account,
    servers: [r.server, other] as const,
    apis: [r.api, r.over(other)] as const,
    advance(ms: number) {
      r.advance(ms);
      ahead += ms;
    },
    async close() {
      await other.close();
      await r.close();
    },
  };
}
type Two = Awaited<ReturnType<typeof twoServers>>;

async function numbered(server: Server, r: Rig, number: string): Promise<Numbered | undefined> {
  const pool = new pg.Pool({ connectionString: r.databaseUrl, max: 1 });
  const run = async <R extends object>(text: string, values: readonly unknown[]) =>
    (await pool.query(text, [...values])).rows as R[];
  const found = await server.backend.vault.resolve(run, [number]);
  await pool.end();
  return found.get(number);
}

/** Both find it, and both link it again to the same link. */
async function bothFind({ r, servers, apis, account }: Two, card: Card, link: string): Promise<void> {
  for (const server of servers)
    expect(await numbered(server, r, card.pan)).toMatchObject({ kind: 'linked', link: { id: link } });
  for (const api of apis) expect((await api.make('/v1/links', { account, card })).id).toBe(link);
}

async function keysInUse({ r }: Two): Promise<string[]> {
  const db = new pg.Client({ connectionString: r.databaseUrl });
  await db.connect();
  const { rows } = await db.query<{ keys: string }>(
    `SELECT DISTINCT pan_sealed_by || ' ' || pan_index_key AS keys FROM links WHERE pan_sealed IS NOT NULL ORDER BY 1`,
  );
  await db.end();
  return rows.map(({ keys }) => keys);
}

const states = async (api: Api): Promise<string[]> =>
  (await api.get('/v1/keys')).body.data
    .filter(({ name }: { name: string }) => name === 'pan' || name === 'pan_index')
    .map(({ id, state }: { id: string; state: string }) => `${id} ${state}`)
    .sort();

async function rotation(keyStore: KeyConfig): Promise<void> {
  const two = await twoServers(keyStore);
  const { apis, account, servers, r } = two;
  const [one, other] = apis;
  const cards = [newCard(), newCard(), newCard(), newCard()] as const;
  const link = async (api: Api, card: Card): Promise<string> =>
    (await api.make('/v1/links', { account, card })).id;
  const before = await link(one, cards[0]);
  await bothFind(two, cards[0], before);
  expect(await keysInUse(two)).toEqual(['pan.1 pan_index.1']);

  for (const key of ['pan', 'pan_index']) await one.make('/v1/keys/rotations', { key });
  // The other process has not heard of it: each links as it knows, and both find both.
  const during = [await link(other, cards[1]), await link(one, cards[2])] as const;
  await bothFind(two, cards[1], during[0]);
  await bothFind(two, cards[2], during[1]);
  // Now both have, and the new key makes indexes.
  two.advance(15_000);
  const after = await link(other, cards[3]);
  for (const [card, id] of [
    [cards[0], before],
    [cards[1], during[0]],
    [cards[2], during[1]],
    [cards[3], after],
  ] as const)
    await bothFind(two, card, id);
  expect((await keysInUse(two)).at(-1)).toBe('pan.2 pan_index.2');

  // At the same time, in both.
  await Promise.all(servers.map((server) => server.upkeep()));
  expect(await keysInUse(two)).toEqual(['pan.2 pan_index.2']);
  expect(await states(one)).toEqual([
    'pan.1 active',
    'pan.2 active',
    'pan_index.1 active',
    'pan_index.2 active',
  ]);
  two.advance(60_000);
  await servers[1].upkeep();
  expect(await states(other)).toEqual([
    'pan.1 retired',
    'pan.2 active',
    'pan_index.1 retired',
    'pan_index.2 active',
  ]);
  for (const id of ['pan.1', 'pan_index.1']) await one.make('/v1/keys/destructions', { id });
  two.advance(5000);
  await bothFind(two, cards[0], before);

  const { id: requestor } = await r.api.make('/v1/token-requestors', { name: 'Shop' });
  const token = await other.make('/v1/tokens', { requestor, card: cards[0], domain: LONG });
  expect((await one.post(`/v1/tokens/${token.id}/detokenise`)).body).toEqual(cards[0]);
  await two.close();
}

test('in the key file', () => rotation(TEST_KEYS));

describe.skipIf(noSoftHsm !== undefined)(`in SoftHSM2${noSoftHsm ? `: ${noSoftHsm}` : ''}`, () => {
  let hsm: ReturnType<typeof softHsm> | undefined;
  beforeAll(() => {
    hsm = softHsm();
  });
  afterAll(() => hsm?.remove());

  test('CKM_AES_GCM seals and CKM_SHA256_HMAC finds', async () => {
    if (hsm === undefined) throw new Error('Bug: it is made before');
    await rotation(hsm.newToken());
  });
});

test('one card that two servers link at once while a key is replaced has one link', async () => {
  const two = await twoServers(TEST_KEYS);
  const { apis, account } = two;
  await apis[0].make('/v1/keys/rotations', { key: 'pan_index' });
  // The clocks of the two are on both sides of the moment when the new key is used.
  two.r.advance(12_000);
  for (let i = 0; i < 5; i++) {
    const card = newCard();
    const wish = { account, card };
    const asked = [0, 1, 0, 1].map((n) =>
      apis[n]?.post('/v1/links', wish, { 'idempotency-key': freshKey() }),
    );
    const answers = await Promise.all(asked);
    expect(new Set(answers.map((answer) => answer?.body.id)).size).toBe(1);
  }
  await two.close();
});

test('when they are due to be replaced is shown with all keys, and said in the log, as with certificates', async () => {
  const said: string[] = [];
  const r = await rig({ log: (line) => said.push(line) });
  const of = async (name: string) =>
    (await r.api.get('/v1/keys')).body.data.find((key: { id: string }) => key.id === name)?.replacement;
  expect(await of('pan.1')).toEqual({ due_in_days: 365, warning: null });
  expect(await of('vault.1')).toBeNull();
  r.advance(340 * 86_400_000);
  expect(await of('pan_index.1')).toEqual({ due_in_days: 25, warning: '30_days' });
  for (let i = 0; i < 2; i++) await r.server.upkeep();
  expect(said.filter((line) => line.includes('pan.1'))).toEqual([
    'The key pan.1 is due to be replaced in 25 days: rotate it.',
  ]);
  r.advance(30 * 86_400_000);
  expect(await of('pan.1')).toEqual({ due_in_days: -5, warning: 'expired' });
  await r.api.make('/v1/keys/rotations', { key: 'pan' });
  expect([await of('pan.1'), await of('pan.2')]).toEqual([null, { due_in_days: 365, warning: null }]);
  await r.close();
});
