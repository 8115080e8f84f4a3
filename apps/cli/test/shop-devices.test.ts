/** Terminals with a key of their own, and orders for cards, by the command line. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Home, makeHome, type Serving, serve } from './run.ts';

let home: Home;
let serving: Serving;
beforeAll(async () => {
  home = await makeHome();
  serving = await serve(home);
  await home.run('account', 'create', 'Alice');
}, 300_000);
afterAll(async () => {
  await serving?.stop();
  await home.dispose();
}, 300_000);

const json = async (...words: string[]) =>
  (await home.run(...words)).json as { readonly id: string; readonly code: string };

test('a terminal is added, listed, replaced, closed; its code is shown, and another one each time', async () => {
  const { id: party } = await json('party', 'create', 'shop-1');
  const { id: account } = await json('account', 'create', 'Bakery', '--party', party);
  const { id: merchant } = await json('merchant', 'add', 'SHOP1', 'Bakery', '5462', account);
  const { id: connection } = await json('acquirer', 'link', 'Phones', '--https');
  expect((await home.say('acquirer', 'show', connection)).out).toContain('terminals over HTTPS');
  const added = await json('terminal', 'add', merchant, connection, '--name', 'TILL0001');
  expect(added.code).toMatch(/^[A-Z0-9]{20}$/);
  expect((await home.say('terminal', 'list')).out).toMatch(/^trm_\w+ {2}TILL0001 {2}waiting +mch_/);
  const next = await home.say('terminal', 'replace', added.id);
  expect(next.out).toMatch(/code [A-Z0-9]{20}/);
  expect(next.out).not.toContain(added.code);
  expect((await home.say('terminal', 'close', added.id)).out).toContain('closed');
  expect((await home.say('terminal', 'add', merchant, connection, '--name', 'TILL0001')).err).toContain(
    'has a terminal TILL0001',
  );
});

test('a card is ordered to do something; what waits is listed and taken back; a PIN comes from a file', async () => {
  await home.run('card', 'create', 'alice');
  await home.run('card', 'perso', 'alice', '--account', 'Alice', '--pin', '1234');
  const ordered = await home.say('script', 'order', 'alice', 'put-data', '--set', '9F14=09');
  expect(ordered.err).toBe('');
  expect(ordered.out).toMatch(/^scr_\w+ {2}put_data +waiting/);
  const pin = join(home.data, 'pin.txt');
  await writeFile(pin, '4711\n');
  expect((await home.say('script', 'order', 'alice', 'change-pin', '--pin-file', pin)).out).toContain(
    'change_pin',
  );
  const { scripts } = (await home.run('script', 'list', 'alice')).json as { scripts: { id: string }[] };
  expect(scripts).toHaveLength(2);
  expect(JSON.stringify(scripts)).not.toContain('4711');
  expect((await home.say('script', 'withdraw', scripts[0]?.id ?? '')).out).toContain('withdrawn');
  for (const [words, says] of [
    [['explode'], 'is no order'],
    [['change-pin'], '--pin-file'],
    [['unblock-pin', '--set', '9f14=09'], '--set'],
    [['put-data', '--set', '9f14'], 'TAG=VALUE'],
  ] as const)
    expect(await home.say('script', 'order', 'alice', ...words)).toMatchObject({
      ...{ code: 2, err: expect.stringContaining(says) },
    });
});
