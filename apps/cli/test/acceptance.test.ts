/** Clearing and settlement, links, tokens and ranges, merchants and payments by the command line, against one server that it started. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Home, makeHome, type Ran, type Serving, serve } from './run.ts';

const ISSUER = 'ins_first_issuer';
const PAN = '4761739001010010';
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
const file = async (name: string, text: string): Promise<string> => {
  await writeFile(join(home.data, name), text, { mode: 0o600 });
  return name;
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

test('a card is linked, gets a token, and everybody’s suspension is their own', async () => {
  ok(await home.run('account', 'create', 'Alice'));
  const card = await file('card.txt', `${PAN} 3012\n`);
  const linked = await home.say('tokens', 'link', '--account', 'Alice', '--card', card);
  expect(linked.out).toMatch(/^lnk_[0-9a-f]{24} {2}active {3}card \*\*\*\*0010 until 3012/);
  const { links } = ok(await home.run('tokens', 'links', '--account', 'Alice'));
  const requestor = ok(await home.run('tokens', 'requestor', 'Sakura Wallet')).id;
  expect((await home.say('tokens', 'requestors')).out).toContain(`${requestor}  active`);
  const wish = [
    '--link',
    links[0].id,
    '--until',
    '2035-12-31',
    '--most',
    '5,000',
    '--entries',
    'contactless,contact',
  ];
  const made = await home.say('tokens', 'request', requestor, ...wish, '--assurance', '42');
  expect(made.out).toMatch(/^tok_[0-9a-f]{24}: 999913\d{10}, inactive\n/);
  expect(made.out).toContain('most_amount      5000');
  expect(made.out).toContain('entries          contactless, contact');
  const { tokens } = ok(await home.run('tokens', 'list', '--requestor', requestor));
  const { id } = tokens[0];
  expect(ok(await home.run('tokens', 'activate', id)).status).toBe('active');
  expect((await home.say('tokens', 'suspend', id)).out).toBe(`${id}: suspended by issuer\n`);
  expect((await home.say('tokens', 'list')).out).toContain('suspended by issuer');
  expect(ok(await home.run('tokens', 'resume', id)).status).toBe('active');
  expect((await home.say('tokens', 'reveal', id)).out).toBe(`${PAN} 3012\n`);
  expect((await home.say('tokens', 'block', links[0].id)).out).toContain('blocked');
  expect(ok(await home.run('tokens', 'unblock', links[0].id)).status).toBe('active');
  expect(ok(await home.run('tokens', 'deactivate', id)).status).toBe('deactivated');
  expect(ok(await home.run('tokens', 'unlink', links[0].id)).status).toBe('removed');
  expect((await home.say('tokens', 'show', id)).out).toContain('deactivated');
}, 300_000);

test('what is not understood is answered in one sentence, and no card number is repeated', async () => {
  const bad = await file('bad.txt', `${PAN}9 3012`);
  const none = await file('none.txt', 'hello');
  const twoWays = ['tokens', 'request', 'trq_99912345678', '--until', '2030-12-31'];
  const tries: [readonly string[], number, string][] = [
    [['tokens', 'link', '--card', 'nowhere.txt'], 2, 'cannot be read (ENOENT)'],
    [['tokens', 'link', '--card', none], 2, '12 to 19 digits'],
    [['tokens', 'link', '--account', 'Alice', '--card', bad], 1, 'no card of another issuer'],
    [['tokens', 'show', 'tok-1'], 2, 'no id tok_'],
    [['tokens', 'show', 'tok_none'], 1, 'There is no token tok_none'],
    [['tokens', 'suspend', 'lnk_1'], 2, 'no id tok_'],
    [twoWays, 2, '--link, or --card'],
    [[...twoWays, '--link', 'lnk_none', '--count', 'many'], 2, '--count is a number'],
    [[...twoWays, '--link', 'lnk_none'], 1, 'There is no link lnk_none'],
    [['tokens', 'request', 'trq_1', '--link', 'lnk_1', '--until', 'soon'], 2, '2030-12-31'],
    [['tokens', 'forget', 'tok_1'], 2, 'is no command'],
    [['range', 'add', 'A', '476173', '--versions', 'cvn99'], 1, 'There are: ccd-aes'],
    [['range', 'make-keys', 'emr_none', '256', 'tdes'], 2, 'no index from 0 to 255'],
    [['range', 'first-half', 'emr_none', none], 2, 'is no JSON'],
  ];
  for (const [words, code, says] of tries) {
    const ran = await home.say(...words);
    expect([words.join(' '), ran.code, ran.err]).toEqual([
      words.join(' '),
      code,
      expect.stringContaining(says),
    ]);
    expect(ran.out + ran.err).not.toContain(PAN);
    expect(ran.err.trim().split('\n').length, ran.err).toBeLessThanOrEqual(2);
  }
}, 300_000);

test('a range of another issuer’s cards gets its keys', async () => {
  const range = ok(await home.run('range', 'add', 'Bank A', '476173', '--versions', 'cvn10,cvn18'));
  const made = await home.say('range', 'make-keys', range.id, '1', 'tdes');
  expect(made.out).toMatch(/index 1 {4}tdes {2}active {6}cryptogram [0-9A-F]{6}, script_mac [0-9A-F]{6}/);
  const zeros = '00'.repeat(16);
  const component = { cryptogram: zeros, script_mac: zeros, script_encipher: zeros };
  const check_values = { cryptogram: '8CA64D', script_mac: '8CA64D', script_encipher: '8CA64D' };
  const half = await file(
    'half.json',
    JSON.stringify({ key_index: 2, cipher: 'tdes', component, check_values }),
  );
  expect((await home.say('range', 'first-half', range.id, half)).out).toContain(
    'index 2    tdes  incomplete',
  );
  const other = await file('other.json', JSON.stringify({ key_index: 2, component }));
  expect((await home.say('range', 'second-half', range.id, other)).err).toContain('another person');
  expect((await home.say('range', 'withdraw-keys', range.id, '2')).out).toContain(
    'index 2    tdes  withdrawn',
  );
  expect((await home.say('range', 'list')).out).toContain('cvn10, cvn18; rules: the usual');
}, 300_000);

test('a merchant is added, seen, blocked; its payments are none yet; nonsense is said so', async () => {
  await home.run('account', 'create', 'Shop');
  await home.run('account', 'create', 'Anna');
  const added = await home.say('merchant', 'add', 'SHOP1', 'Bakery', '5462', 'Shop');
  expect(added.out).toMatch(/^mch_[0-9a-f]{24} {2}SHOP1 +5462 {2}open +Bakery, paid to acc_/);
  const [{ id }] = ((await home.run('merchant', 'list')).json as { merchants: [{ id: string }] }).merchants;
  expect((await home.say('merchant', 'block', id)).out).toContain('blocked');
  expect((await home.say('payment', 'list', id)).out).toBe('There is no payment.\n');
  expect((await home.say('payment', 'list', 'Anna')).out).toBe('There is no payment.\n');
  expect(await home.say('merchant', 'add', 'SHOP1', 'Bakery', '5462', 'Shop')).toMatchObject({ code: 1 });
  expect((await home.say('merchant', 'add', 'SHOP2', 'Bakery', '54', 'Shop')).err).toContain('four digits');
  expect((await home.say('payment', 'show', 'pmt_000000000000000000000000')).err).toContain(
    'There is no payment',
  );
});
