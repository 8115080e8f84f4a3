/** Small files that a command is given. What must hold: what is in them is in no message. */
import { readFile } from 'node:fs/promises';
import { text as standardInput } from 'node:stream/consumers';
import { UsageError } from '../io/command.ts';

const LONGEST = 1_000_000;

/** `-`: what comes on standard input. */
export async function textOf(path: string): Promise<string> {
  const text = path === '-' ? await standardInput(process.stdin) : await fileText(path);
  if (text.length > LONGEST) throw new UsageError(`${path}: it is longer than ${LONGEST} characters.`);
  return text;
}

async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
    throw new UsageError(`The file ${path} cannot be read (${code}).`);
  }
}

export async function jsonOf(path: string): Promise<unknown> {
  const text = await textOf(path);
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`The file ${path} is no JSON.`);
  }
}
