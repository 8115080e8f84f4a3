/** Clearing and settlement by the command line, against a server that it started. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Home, makeHome, type Ran, type Serving, serve } from './run.ts';

const ISSUER = 'ins_first_issuer';
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

test('a day is set up, shown, ended and listed', async () => {
  const fees = ok(await home.run('account', 'create', 'Fees')).id;
  ok(await home.run('settlement', 'set', ISSUER, '--cut-over', '15:00', '--fee-account', fees));
  const shown = await home.say('settlement', 'show', ISSUER);
  expect(shown.out).toContain('Days end at 15:00 UTC.');
  expect(ok(await home.run('settlement', 'cut', ISSUER))).toMatchObject({
    day: 1,
    status: 'settled',
    net: '0',
  });
  expect(ok(await home.run('settlement', 'days', ISSUER)).days).toMatchObject([{ day: 1 }]);
  expect((await home.say('settlement', 'totals', ISSUER)).out).toContain('Nothing was compared yet.');
});

test('a file with nonsense: each line is told of, and nothing is paid', async () => {
  const file = join(home.data, 'batch.jsonl');
  await writeFile(file, '{"card_acceptor":"SHOP1"}\nnot json\n');
  const ran = await home.say('clear', file);
  expect(ran.code).toBe(1);
  expect(ran.out).toMatch(
    /0 settled, .* 2 unreadable\.\n {2}item 1: unreadable\..*\n {2}item 2: unreadable\./,
  );
});

test.each([
  [['clear', 'nowhere.jsonl'], 1, 'There is no file nowhere.jsonl.'],
  [['clear', 'x', '--profile', 'a', '--link', 'b'], 2, 'both name a dialect'],
  [['settlement', 'show', ISSUER, 'monday'], 2, '"monday" is no number of a day.'],
  [['settlement', 'show', 'ins_nobody'], 1, 'There is no acquirer ins_nobody.'],
  [
    ['settlement', 'terms', 'mch_nobody', '--basis-points', 'many'],
    2,
    '"many" is no number of basis points.',
  ],
  [['settlement', 'statement', 'mch_nobody', '1', '--format', 'pdf'], 2, '"pdf" is none of text, csv, camt.'],
] as const)('nonsense is answered in one sentence: %#', async (words, code, says) => {
  const ran = await home.say(...words);
  expect([ran.code, ran.err + ran.out]).toEqual([code, expect.stringContaining(says)]);
});
