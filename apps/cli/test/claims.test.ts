/** A lost phone, by the command line and a server that it started. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Home, makeHome, type Ran, type Serving, serve } from './run.ts';

let home: Home;
let serving: Serving;
beforeAll(async () => {
  home = await makeHome();
  serving = await serve(home);
}, 300_000);
afterAll(async () => {
  await serving?.stop();
  await home.dispose();
}, 300_000);

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
const ok = (ran: Ran): any => {
  expect(ran, ran.out + ran.err).toMatchObject({ code: 0 });
  return ran.json;
};

async function phoneWith(name: string, amount: string): Promise<string> {
  ok(await home.run('phone', 'create', name, '--account', 'Alice', '--pin', '1234'));
  ok(await home.run('fund', name, amount));
  ok(await home.run('sync', name));
  return `pur_${ok(await home.run('phone', 'show', name)).purse}`;
}

test('reported, taken back, reported again, settled; above the amount of the policy by two', async () => {
  ok(await home.run('account', 'create', 'Alice'));
  ok(await home.run('issue', '50000'));
  const alice = await phoneWith('alice', '4000');
  const said = await home.say('claim', 'report', alice, 'lost');
  expect(said.out).toContain(`the purse ${alice} is lost; waiting`);
  expect(said.out).toMatch(/\d{4}-\d\d-\d\d\s+reported, and blocked\n {2}\d{4}-\d\d-\d\d\? +refund\n/);
  const { claims } = ok(await home.run('claim', 'list'));
  expect(claims).toMatchObject([{ purse: alice, status: 'waiting' }]);
  expect(await home.run('claim', 'report', alice, 'lost')).toMatchObject({ code: 1 });
  expect(ok(await home.run('claim', 'withdraw', claims[0].id))).toMatchObject({ status: 'withdrawn' });
  const { id } = ok(await home.run('claim', 'report', alice, 'broken'));
  expect(ok(await home.run('claim', 'settle', id))).toMatchObject({ status: 'refunded', refunded: '4000' });
  expect((await home.say('claim', 'show', id)).out).toContain('so far        4,000');
  expect((await home.say('audit')).out).toContain('- refunded 4,000');

  const bob = await phoneWith('bob', '20000');
  const large = ok(await home.run('claim', 'report', bob, 'stolen'));
  const settled = await home.say('claim', 'settle', large.id);
  const proposal = /sokkin proposal approve (prp_\S+)/.exec(settled.out)?.[1] ?? '';
  ok(await home.run('proposal', 'approve', proposal));
  expect(ok(await home.run('claim', 'show', large.id))).toMatchObject({ refunded: '20000' });
}, 300_000);

test('what is not understood, and a refusal with its reason', async () => {
  expect(await home.run('claim', 'report', 'pur_0000000000000000', 'eaten')).toMatchObject({ code: 2 });
  expect(await home.run('claim', 'refuse', 'clm_none')).toMatchObject({ code: 2 });
  expect(await home.run('claim', 'show', 'clm_none')).toMatchObject({ code: 1 });
  const carol = await phoneWith('carol', '100');
  const { id } = ok(await home.run('claim', 'report', carol, 'lost'));
  const refused = ok(await home.run('claim', 'refuse', id, '--reason', 'The card was sold.'));
  expect(refused).toMatchObject({ status: 'refused', reason: 'The card was sold.' });
  expect((await home.say('claim', 'show', id)).out).toContain('because       The card was sold.');
}, 300_000);
