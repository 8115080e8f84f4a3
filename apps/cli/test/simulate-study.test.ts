/** A study: the same bytes from any number of workers, readable files, and the committed one is what the command makes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Home, makeHome } from './run.ts';

const STUDY = join(import.meta.dirname, '..', '..', '..', 'docs', 'studies', 'clones');
const LONG = 900_000;
const PICTURES = ['study.html', 'blocked.svg', 'made.svg', 'honest.svg'];
const FILES = ['attacks.csv', 'days.csv', 'summary.csv', 'study.json', ...PICTURES];

let home: Home;
beforeAll(async () => {
  home = await makeHome();
});
afterAll(() => home.dispose());

const at = (folder: string, name: string) => readFile(join(home.data, folder, name), 'utf8');
const scenario = join(STUDY, 'scenario.json');

test('the same bytes, whatever the number of workers', { timeout: LONG }, async () => {
  const words = [
    'simulate',
    '--scenario',
    scenario,
    '--purses',
    '100',
    '--days',
    '4',
    '--grid',
    'sync=daily,seldom',
  ];
  const one = await home.run(...words, '--workers', '1', '--out', 'one');
  const two = await home.run(...words, '--workers', '2', '--out', 'two');
  expect(one.code).toBe(0);
  expect(two.json).toEqual(one.json);
  for (const name of FILES) expect(await at('two', name)).toBe(await at('one', name));
  for (const name of PICTURES) {
    const text = await at('one', name);
    // Of what is loaded from elsewhere there is nothing: the name of the SVG language is no address.
    expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|<script|<link|src=|@import|url\(/,
    );
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  }
});

test('the committed study is what its command makes: one of its runs again', { timeout: LONG }, async () => {
  const { code } = await home.run(
    'simulate',
    '--scenario',
    scenario,
    '--grid',
    'limits=normal,sync=daily',
    '--out',
    'slice',
  );
  expect(code).toBe(0);
  for (const name of ['attacks.csv', 'days.csv', 'summary.csv']) {
    const [head, ...rows] = (await at('slice', name)).trimEnd().split('\r\n');
    const [wantedHead, ...all] = (await readFile(join(STUDY, name), 'utf8')).trimEnd().split('\r\n');
    expect(head).toBe(wantedHead);
    const isOfSlice = (row: string) => /^(normal,daily,|[a-z]+,normal,daily,)/.test(row);
    expect(rows).toEqual(all.filter(isOfSlice));
    expect(rows.length).toBeGreaterThan(3);
  }
});

test('what is not understood is answered with what to do', async () => {
  const refused = async (...words: string[]) => {
    const { code, err } = await home.say('simulate', ...words);
    expect(code).toBe(2);
    return err;
  };
  expect(await refused('--purses', '5')).toMatch(/--purses is a whole number from 20/);
  expect(await refused('--scenario', 'nowhere.json')).toMatch(/nowhere\.json cannot be read/);
  expect(await refused('--grid', 'limits=tiny')).toMatch(/limit_profiles of the scenario \(normal\)/);
});
