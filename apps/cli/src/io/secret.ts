/**
 * A password from the person: asked for on the terminal, where it does not show; a program gives it in SOKKIN_PASSWORD.
 * Never a flag: others see what is on a command line.
 */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from './command.ts';
import type { Context } from './context.ts';

export async function passwordOf({ env, json }: Context, twice: boolean): Promise<string> {
  const given = env.SOKKIN_PASSWORD;
  if (given !== undefined && given !== '') return given;
  if (json || process.stdin.isTTY !== true)
    throw new UsageError('There is no terminal to ask for the password on: set SOKKIN_PASSWORD.');
  const password = await hidden('Password: ');
  if (twice && (await hidden('Once more: ')) !== password) throw new UsageError('The two are not the same.');
  return password;
}

async function hidden(question: string): Promise<string> {
  process.stderr.write(question);
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await prompt.question('');
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
}
