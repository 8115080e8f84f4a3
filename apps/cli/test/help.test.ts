/** What `sokkin` says of itself: nobody has to guess a command. */
import { expect, it } from 'vitest';
import { COMMANDS, main } from '../src/main.ts';

const help = async (...words: string[]): Promise<string> => {
  const out: string[] = [];
  const err: string[] = [];
  const to = (said: string[]) => ({ write: (text: string) => said.push(text) });
  const code = await main(words, { env: {}, out: to(out), err: to(err) });
  expect([words, code, err]).toEqual([words, 0, []]);
  return out.join('');
};

it('the overview has every command, once', async () => {
  const lines = (await help('--help')).split('\n');
  for (const { name, says } of COMMANDS) {
    const told = lines.filter((line) => new RegExp(`^ {2}sokkin ${name} {2,}\\S`).test(line));
    expect([name, told.length]).toEqual([name, 1]);
    expect(told[0]).toContain(says);
  }
});

it('a word that several commands begin with has a page, as asked for in either way', async () => {
  const page = await help('webhook', '--help');
  for (const name of ['webhook create', 'webhook deliveries', 'webhook replay']) expect(page).toContain(name);
  expect(await help('help', 'webhook')).toBe(page);
  expect(await help('webhook', 'create', '--help')).toContain('Usage: sokkin webhook create URL [flags]');
});

it('every command has a page whose examples call it', async () => {
  for (const { name } of COMMANDS) {
    const page = await help(...name.split(' '), '--help');
    expect([name, page.split('Examples:\n')[1]]).toEqual([name, expect.stringContaining(`sokkin ${name}`)]);
  }
});
