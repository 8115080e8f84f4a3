/** Cards from order to end, and the block list on phones, by the real binary against a real back-end. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Home, makeHome, type Ran, type Serving, serve } from './run.ts';

let home: Home;
let serving: Serving;
const ok = async (line: string): Promise<Ran['json']> => {
  const ran = await home.run(...line.split(' '));
  expect([line, ran.code, ran.json.error]).toEqual([line, 0, undefined]);
  return ran.json;
};
const error = async (line: string, code = 1): Promise<{ code: string; message: string }> => {
  const ran = await home.run(...line.split(' '));
  expect([line, ran.code, ran.out]).toEqual([line, code, expect.stringContaining('"error"')]);
  return ran.json.error as { code: string; message: string };
};
const OFFLINE = '--api http://127.0.0.1:9';
const purseOf = async (name: string) => String((await ok(`card show ${name}`)).purse);

beforeAll(async () => {
  home = await makeHome();
  serving = await serve(home, '--no-story');
  await ok('account create Pilot');
  await ok('issue 100,000');
});
afterAll(async () => {
  await serving.stop();
  await home.dispose();
});

describe('an order', () => {
  it('is made by card batch, which goes on, and makes no item twice', async () => {
    const { id } = await ok('order create --count 3');
    const line = `card batch --order ${id} --prefix pilot- --pin 1234 --jobs 1`;
    const child = home.spawn(...line.split(' '));
    // Cut off wherever it is.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    child.kill('SIGKILL');
    const first = await ok(line);
    expect(Number(first.done) + Number(first.skipped)).toBe(3);
    const again = await ok(line);
    expect(again).toMatchObject({ done: 0, skipped: 3, failed: [] });
    const order = await ok(`order show ${id}`);
    expect(order).toMatchObject({ state: 'personalised', counts: { personalised: 3 } });
    const purses = (order.items as { purse: string }[]).map((item) => item.purse);
    expect(purses).toContain(`pur_${await purseOf('pilot-0002')}`);
    expect(new Set(purses).size).toBe(3);
    expect(await ok(`order deliver ${id}`)).toMatchObject({ state: 'delivered' });
    expect((await ok('order list')).orders).toMatchObject([{ id, state: 'delivered' }]);
    expect((await ok('fleet')).purses).toBe(3);
  });

  it('of cards that their holders activate: none pays before that', async () => {
    const { id } = await ok('order create --held');
    await ok(`card batch --order ${id} --prefix held- --pin 1234`);
    expect((await ok('card show held-0001')).lifecycle).toBe('personalised');
    await ok('card activate held-0001');
    expect((await ok('card show held-0001')).lifecycle).toBe('active');
  });
});

describe('a card is replaced', () => {
  it('by paying all it has to the new one, in as many payments as its limits take', async () => {
    await ok('fund pilot-0001 45,000');
    const done = await ok('card replace pilot-0001 pilot-0002 --pin 1234');
    expect(done.moved).toBe('45000');
    expect(await ok('card show pilot-0001')).toMatchObject({ balance: '0', lifecycle: 'terminated' });
    expect(await ok('card show pilot-0002')).toMatchObject({ balance: '45000', lifecycle: 'active' });
    expect((await ok('audit')).holds).toBe(true);
  });

  it('or retired, when it is empty', async () => {
    await ok('fund pilot-0003 100');
    expect((await error('card retire pilot-0003')).message).toContain('holds 100 yen');
    await ok('redeem pilot-0003 100 --pin 1234');
    await ok('card retire pilot-0003');
    await ok('card retire pilot-0003');
    expect((await ok('card show pilot-0003')).lifecycle).toBe('terminated');
  });
});

describe('an issuer, with a purse of a customer', () => {
  it('gives a blocked PIN its tries back, which the next sync brings', async () => {
    for (const _ of [1, 2, 3]) await error('card pin pilot-0002 --old 0000 --new 5678');
    expect((await ok('card show pilot-0002')).pin_tries_left).toBe(0);
    expect((await error('card pin pilot-0002 --old 1234 --new 5678')).message).toContain('PIN');
    expect((await ok('purse reset-pin pilot-0002')).pin_tries).toMatchObject({ state: 'waiting' });
    await ok('sync pilot-0002');
    expect((await ok('card show pilot-0002')).pin_tries_left).toBe(3);
    await ok('card pin pilot-0002 --old 1234 --new 1234');
    await ok('sync pilot-0002');
    const said = await home.say('purse', 'show', 'pilot-0002');
    expect(said.out).toMatch(/PIN tries to be given back since .*: it had them by 2\d{3}-/);
  });

  it('blocks it, lets it go, and looks at those of one kind', async () => {
    const purse = `pur_${await purseOf('pilot-0002')}`;
    expect(await ok(`purse block ${purse}`)).toMatchObject({ id: purse, state: 'blocked' });
    expect((await ok('purse list --state blocked')).purses).toMatchObject([{ id: purse }]);
    expect((await home.say('purse', 'show', purse)).out).toMatch(/blocked by .*: operator/);
    expect(await ok('purse unblock pilot-0002')).toMatchObject({ state: 'active', blocks: [] });
    expect((await ok('purse list --state blocked')).purses).toEqual([]);
    expect((await error('purse list --state lost')).message).toContain('"blocked"');
    expect((await error('purse block pur_12', 2)).message).toContain('16 digits');
    expect((await error('purse block nobody')).code).toBe('not_found');
  });

  it('says what it may do, and what its next sync brings', async () => {
    expect(await ok('purse limits pilot-0002')).toMatchObject({ tier: 'basic', changes: false, after: null });
    expect((await home.say('purse', 'limits', 'pilot-0002')).out).toMatch(
      /normal since .*\n.*sync of 2\d{3}-/,
    );
  });

  it('gives it another tier, the larger one by a second person, and renews it', async () => {
    const raised = await ok('purse tier pilot-0002 2');
    expect([raised.tier, raised.proposal]).toEqual([1, expect.stringMatching(/^prp_/)]);
    expect((await error('purse tier pilot-0002 256', 2)).message).toContain('0 to 255');
    const { id, items } = await ok('purse renew pilot-0002');
    expect((await ok(`order show ${id}`)).items).toMatchObject([{ state: 'ordered' }]);
    expect(items).toBeUndefined();
  });
});

describe('the block list', () => {
  it('offline, a phone that has it refuses a blocked card, one that has not yet takes it; the back-end copes', async () => {
    await ok('phone create shop --pin 1234');
    await ok('phone create stall --pin 1234');
    const purse = await purseOf('pilot-0002');
    const own = (await ok('card show pilot-0002')).balance;
    expect(await error('blocklist show --phone shop')).toMatchObject({ code: 'not_found' });
    await ok('purse block pilot-0002');
    const fetched = await ok('blocklist fetch --phone shop');
    expect(fetched).toMatchObject({ before: null, number: expect.any(Number) });
    expect(await ok(`blocklist show --phone shop --purse ${purse} ${OFFLINE}`)).toMatchObject({
      listed: true,
    });

    const refused = await error(`pay --amount 300 --from pilot-0002 --to shop --pin 1234 ${OFFLINE}`);
    expect(refused.code).toBe('counterparty_blocked');
    expect((await ok('card show pilot-0002')).balance).toBe(own);
    await ok(`pay --amount 300 --from pilot-0002 --to stall --pin 1234 ${OFFLINE}`);

    await ok('sync stall');
    expect((await ok('phone show stall')).balance).toBe('300');
    await ok('sync pilot-0002');
    expect((await ok('card show pilot-0002')).lifecycle).toBe('blocked');
    expect((await ok('audit')).holds).toBe(true);
  });

  it('a phone that carries it brings it up to date when it syncs', async () => {
    const held = await purseOf('held-0001');
    await ok('purse block held-0001');
    expect(await ok(`blocklist show --phone shop --purse ${held}`)).toMatchObject({ listed: false });
    await ok('sync shop');
    expect(await ok(`blocklist show --phone shop --purse ${held}`)).toMatchObject({ listed: true });
  });

  it('that somebody changed in the folder is not used', async () => {
    const path = join(home.data, 'phones', 'shop.blocked');
    const before = await readFile(path, 'utf8');
    const at = before.lastIndexOf('"list":"') + 120;
    await writeFile(path, `${before.slice(0, at)}${before[at] === '0' ? '1' : '0'}${before.slice(at + 1)}`);
    expect(await error('blocklist show --phone shop')).toMatchObject({ code: 'file_damaged' });
    await writeFile(path, before);
    await ok('blocklist show --phone shop');
  });
});
