/**
 * docs/live.md, typed line by line at a live back-end in a process of its own: from an empty folder to money in a purse.
 *
 * What must hold: the document has all that it takes, in the right order; nothing but what the lines themselves printed is known.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { main } from '../src/main.ts';
import { type Home, makeHome, type Serving, serve } from './run.ts';

const DOCUMENT = readFileSync(join(import.meta.dirname, '../../../docs/live.md'), 'utf8');
const lines = [...DOCUMENT.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
);
const START = 'sokkin start ';
const begin = lines.findIndex((line) => line.startsWith(START));
const before = process.cwd();

let home: Home;
let serving: Serving;
/** All that was printed so far. */
let printed = '';

beforeAll(async () => {
  home = await makeHome();
  const [preparation = '', environment = ''] = lines.slice(0, begin);
  execFileSync('bash', ['-c', preparation], { cwd: home.data });
  for (const [, name = '', value] of environment.matchAll(/ ([A-Z_]+)=(\S+)/g)) vi.stubEnv(name, value);
  serving = await serve(home, ...wordsOf(lines[begin] ?? '').slice(1));
  printed = serving.text();
  process.chdir(home.data);
  vi.stubEnv('SOKKIN_API', home.url);
  vi.stubEnv('SOKKIN_PASSWORD', 'a long enough sentence');
  vi.stubEnv('NO_COLOR', '1');
});
afterAll(async () => {
  process.chdir(before);
  vi.unstubAllEnvs();
  await serving?.stop();
  await home.dispose();
});

/** Without the command's own name. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '').slice(1);

/** What a placeholder stands for: the last of its kind that was printed. */
function meant(word: string): string {
  const pattern =
    word === 'CODE' ? /--code ([A-Z2-7-]+)/g : /^[a-z]{3}_\.{3}$/.test(word) && idLike(word.slice(0, 4));
  if (pattern === false) return word;
  const found = [...printed.matchAll(pattern)].at(-1)?.[1];
  if (found === undefined) throw new Error(`No line before printed what ${word} stands for`);
  return found;
}
const idLike = (prefix: string): RegExp => new RegExp(`\\b(${prefix}[0-9a-f]{24})\\b`, 'g');

/** In this process: forty starts of Node would take longer than all that they do. */
async function type(line: string): Promise<{ readonly code: number; readonly said: string }> {
  let said = '';
  const hear = (chunk: unknown): true => {
    said += String(chunk);
    return true;
  };
  const heard = [process.stdout, process.stderr].map((s) => vi.spyOn(s, 'write').mockImplementation(hear));
  const code = await main(wordsOf(line).map(meant)).finally(() => {
    for (const spy of heard) spy.mockRestore();
  });
  printed += said;
  return { code, said };
}

const answers = new Map<string, string>();
const answerTo = (beginning: string): string =>
  [...answers].find(([line]) => line.startsWith(`sokkin ${beginning}`))?.[1] ?? '';

test('the start of a live back-end makes no credentials, stays up, and says how to go on', async () => {
  expect(serving.text()).toMatch(/sokkin operator enrol NAME --code [A-Z2-7-]+/);
  expect(serving.text()).toContain('docs/live.md');
  const lost = await type('sokkin account list --data bank');
  expect([lost.code, lost.said]).toEqual([1, expect.stringContaining('sokkin login NAME')]);
});

test('every line of the document does what it says', async () => {
  const typed = lines.slice(begin + 1);
  expect(typed.length).toBeGreaterThan(30);
  for (const line of typed) {
    const { code, said } = await type(line);
    expect([line, code, said]).toEqual([line, 0, said]);
    answers.set(line, said);
  }
  expect(answerTo('audit')).toContain(
    'issued 100,000 = online 85,700 + offline 4,300 + in flight 0 + redeemed 10,000: holds',
  );
  expect(answerTo('log verify')).toContain('The log holds');
});

test('who may not is told who may', async () => {
  const ceremony = await type('sokkin key ceremony ins_first_issuer --data ben');
  expect(ceremony).toMatchObject({ code: 1, said: expect.stringContaining('role key_custodian') });
  const another = await type('sokkin institution client ins_first_issuer --data ada');
  expect(another).toMatchObject({ code: 1, said: expect.stringContaining('has a client') });
  const foreign = await type(
    'sokkin client create X --scopes accounts:read --institution ins_first_issuer --data ada',
  );
  expect(foreign).toMatchObject({ code: 1, said: expect.stringContaining('sokkin institution client') });
  const old = await type('sokkin account list --client first.json');
  expect(old).toMatchObject({ code: 1, said: expect.stringContaining('does not believe the credentials') });
});

test('started again, it prints no code, and the people go on', async () => {
  process.chdir(home.data);
  await serving.stop();
  serving = await serve(home, ...wordsOf(lines[begin] ?? '').slice(1));
  expect(serving.text()).not.toContain('There is no administrator yet');
  vi.stubEnv('SOKKIN_API', home.url);
  const { code, said } = await type('sokkin log verify --against head.json --data ada');
  expect([code, said]).toEqual([0, expect.stringContaining('The log holds')]);
});
