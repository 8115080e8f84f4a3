/** The key of a line in a file, because others on a machine see the arguments of a program. */
import { readFile } from 'node:fs/promises';
import { SokkinError } from '@sokkin/codec';
import { UsageError } from '../io/command.ts';

/** Hexadecimal digits, small. */
export async function keyIn(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SokkinError('file_failed', `${path} could not be read.`, { cause });
  });
  const digits = text.trim().toLowerCase();
  if (!/^([0-9a-f]{2}){16,32}$/.test(digits))
    throw new UsageError(`${path} holds no key: 32 to 64 hexadecimal digits.`);
  return digits;
}
