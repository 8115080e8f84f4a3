/** Transfers, reversals, statements and the audit's lists, by the real binary against a real back-end. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Home, makeHome, type Ran, type Serving, serve } from './run.ts';

let home: Home;
let serving: Serving;
const run = (...words: string[]): Promise<Ran> => home.run(...words);
const ok = async (...words: string[]): Promise<Ran> => {
  const ran = await run(...words);
  expect([words, ran.code, ran.json.error]).toEqual([words, 0, undefined]);
  return ran;
};

beforeAll(async () => {
  home = await makeHome();
  serving = await serve(home, '--no-story', '--story');
  await ok('account', 'create', 'Mine');
  await ok('account', 'create', 'Pilot');
  await ok('issue', '1000', '--account', 'Mine');
});
afterAll(async () => {
  await serving.stop();
  await home.dispose();
});

it('moves money, after saying what would happen, and sends it back', async () => {
  const trial = await ok('transfer', 'Mine', 'Pilot', '300', '--dry-run');
  expect(trial.json).toMatchObject({ dry_run: true, balances: { from: '700', to: '300' } });
  const sent = await ok('transfer', 'Mine', 'Pilot', '300', '--memo', 'for <the> cake');
  expect(sent.json).toMatchObject({ kind: 'transfer', amount: '300', memo: 'for <the> cake' });
  const id = String(sent.json.id);
  const back = await ok('reverse', id, '--reason', 'too much', '--amount', '100');
  expect(back.json).toMatchObject({ kind: 'reversal', amount: '100', reverses: id });
  const refused = await run('transfer', 'Mine', 'Pilot', '5000');
  expect(refused.code).toBe(1);
  expect(refused.json.error).toMatchObject({ code: 'backend_refused' });
});

it('shows a statement, and writes it as camt.053', async () => {
  const { json } = await ok('statement', 'Mine');
  expect(json).toMatchObject({ opening_balance: '0', closing_balance: '800' });
  expect((json.data as { amount: string }[]).map((e) => e.amount)).toEqual(['1000', '-300', '100']);
  const file = join(home.data, 'mine.xml');
  await ok('statement', 'Mine', '--camt', file);
  const xml = await readFile(file, 'utf8');
  expect(xml).toContain('camt.053.001.08');
  expect(xml).toContain('<Ustrd>for &lt;the&gt; cake</Ustrd>');
});

it('names what the back-end did not understand', async () => {
  const { code, json } = await run('statement', 'Mine', '--from', 'yesterday');
  expect([code, json.error]).toEqual([
    1,
    {
      code: 'backend_refused',
      message: 'The back-end refused: from: a time in UTC such as 2026-11-23T09:00:00Z is expected',
    },
  ]);
});

it('says what stands behind a figure of the audit', async () => {
  expect((await ok('audit')).json).toMatchObject({ holds: true });
  const { json } = await ok('audit', '--term', 'online');
  expect(json).toMatchObject({ term: 'online', total: '1000' });
  expect((json.data as { amount: string }[]).map((e) => e.amount)).toEqual(['800', '200']);
  expect((await ok('audit', '--history')).json).toMatchObject({ data: expect.any(Array) });
  expect((await run('audit', '--term', 'profit')).code).toBe(1);
});
