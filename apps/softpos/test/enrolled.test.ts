/** A shop that its acquirer has enrolled with a code, as in live mode: nothing of the sandbox's own shops is used. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from '../../server/test/kit.ts';
import { openStage, type Stage, type TestCard, type Till } from './stage.ts';

let stage: Stage;
let bank: Api;
let account: string;
let terminal: { readonly id: string; readonly code: string };
let till: Till;
let purse: TestCard;
let card: TestCard;
beforeAll(async () => {
  stage = await openStage();
  const { server } = stage;
  const made = await server.api.make('/v1/institutions', { kind: 'issuer', name: 'Bank of the shop' });
  await server.api.make('/v1/keys/ceremonies', { institution: made.id });
  bank = server.as(made.client);
  const party = (await bank.make('/v1/parties', { reference: 'shop-1' })).id;
  account = (await bank.make('/v1/accounts', { name: 'Bakery', party })).id;
  const order = { acceptor: 'BAKERY1', name: 'Bakery Komugi', category: '5462', account };
  const merchant = (await bank.make('/v1/merchants', order)).id;
  const link = { name: 'Phones', profile: '1987-ascii', https: true };
  const connection = (await bank.make('/v1/acquirer-connections', link)).id;
  terminal = await bank.make('/v1/terminals', { merchant, connection, terminal: 'TILL0001' });
  [till, purse, card] = await Promise.all([
    stage.till('coded', terminal.code),
    stage.card({ purse: 5_000n }),
    stage.card({ purse: 5_000n, emvOnly: true }),
  ]);
});
afterAll(() => stage?.close());

test('it is the terminal of that merchant, under the name that its acquirer gave it', async () => {
  expect((await till.view()).shop).toMatchObject({
    ...{ name: 'Bakery Komugi', acceptor: 'BAKERY1', terminal: 'TILL0001', category: '5462', account },
  });
  expect((await bank.get(`/v1/terminals/${terminal.id}`)).body.device).toMatch(/^dev_/);
});

test('a code that was used, or that nobody gave out, makes no shop, and the screen has a word for it', async () => {
  const page = await stage.context.newPage();
  await page.goto(`${stage.url}/till/?shop=other`);
  await expect.poll(() => page.evaluate('till.now().stage')).toBe('new');
  for (const code of [terminal.code, 'ABCDE']) {
    const asked = `till.enrol({ code: '${code}', manager: { name: 'Ken', pin: '1357' } })`;
    expect(await page.evaluate(asked)).toMatchObject({ code: 'unknown_code' });
  }
  await page.close();
});

test('purses and cards of another bank pay; the money comes to the account at its own bank', async () => {
  expect(await till.sell(700n, purse)).toMatchObject({ status: 'approved', way: 'purse' });
  expect(await till.sell(300n, card)).toMatchObject({ status: 'approved', way: 'emv_offline' });
  await till.flushed();
  const balance = async () => BigInt((await bank.get(`/v1/accounts/${account}`)).body.balance as string);
  const before = await balance();
  expect(await till.run('till.sweep()')).toEqual({ status: 'ok', value: 700n });
  expect(await balance()).toBe(before + 700n);
  expect(await till.run('till.closeDay()')).toMatchObject({
    status: 'ok',
    value: { acquirer: { isBalanced: true } },
  });
});
