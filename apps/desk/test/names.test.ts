/** What the trace calls the fields of the purse's messages, in Japanese: each that the published transcripts have. */
import { readdirSync, readFileSync } from 'node:fs';
import { fromHex } from '@sokkin/codec';
import { createTracer } from '@sokkin/terminal';
import { expect, test } from 'vitest';
import { nameInJapanese } from '../src/trace/names-ja.ts';

const FOLDER = new URL('../../../vectors/transcripts/', import.meta.url);
/** What ISO/IEC 7816-4 calls by letters, and what nobody understands. */
const HAS_NO_OTHER = /^(CLA|INS|P1-P2|Lc|Le|SW1-SW2|\?.*)$/;

function namesIn(file: string): Set<string> {
  const lines = readFileSync(new URL(file, FOLDER), 'utf8').split('\n');
  const said = lines.filter((line) => /^[<>] /.test(line)).map((line) => line.slice(2));
  const tracer = createTracer();
  const names = new Set<string>();
  for (let at = 0; at < said.length; at += 2) {
    const answer = said[at + 1] ?? 'lost';
    const bytes = answer === 'lost' ? undefined : fromHex(answer);
    const { command, response } = tracer.exchange(fromHex(said[at] ?? ''), bytes);
    for (const { name } of [...command.ranges, ...(response?.ranges ?? [])]) names.add(name);
  }
  return names;
}

test('every field of a purse has a Japanese name', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.apdu') && !name.startsWith('emv-'));
  expect(files.length).toBeGreaterThan(8);
  const missing = new Set<string>();
  for (const file of files)
    for (const name of namesIn(file))
      if (!HAS_NO_OTHER.test(name) && nameInJapanese(name) === undefined) missing.add(name);
  expect([...missing]).toEqual([]);
});

test('a tag stays before its name, and what has one name everywhere keeps it', () => {
  expect(nameInJapanese('C4 Payment')).toBe('C4 支払い（Payment）');
  expect(nameInJapanese('CLA')).toBeUndefined();
});
