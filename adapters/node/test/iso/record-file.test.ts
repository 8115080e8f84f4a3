/** Records in a file: cut at every octet, and changed at every octet. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hex } from '@sokkin/codec';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRecordFile } from '../../src/index.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sokkin-records-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bytes = (text: string) => new TextEncoder().encode(text);
const RECORDS = ['first', 'the second one', '3'].map(bytes);
const HEAD = 16;

async function written(name: string): Promise<{ readonly path: string; readonly content: Uint8Array }> {
  const path = join(folder, name);
  const file = await openRecordFile(path);
  await Promise.all(RECORDS.map((record) => file.add(record)));
  await file.close();
  return { path, content: await readFile(path) };
}

async function reopened(path: string): Promise<string[]> {
  const file = await openRecordFile(path);
  await file.close();
  return file.records.map(hex);
}

describe('a file of records', () => {
  test('gives back what was added, over several openings', async () => {
    const { path } = await written('whole');
    const file = await openRecordFile(path);
    await file.add(bytes('later'));
    await file.close();
    expect(await reopened(path)).toEqual([...RECORDS, bytes('later')].map(hex));
  });

  test('cut at any octet has the records that were whole, and takes further ones', async () => {
    const { path, content } = await written('cut');
    const ends = RECORDS.map((_, i) =>
      RECORDS.slice(i + 1).reduce((end, r) => end - HEAD - r.length, content.length),
    );
    const start = (ends[0] ?? 0) - HEAD - (RECORDS[0]?.length ?? 0);
    for (let length = start; length <= content.length; length++) {
      await writeFile(path, content.subarray(0, length));
      const whole = ends.filter((end) => end <= length).length;
      const file = await openRecordFile(path);
      expect(file.records.map(hex)).toEqual(RECORDS.slice(0, whole).map(hex));
      await file.add(bytes('next'));
      await file.close();
      expect(await reopened(path)).toEqual([...RECORDS.slice(0, whole), bytes('next')].map(hex));
    }
  });

  test('a tail of zeros is a write that never came', async () => {
    const { path, content } = await written('zeros');
    await writeFile(path, Buffer.concat([content, Buffer.alloc(40)]));
    expect(await reopened(path)).toEqual(RECORDS.map(hex));
  });

  test('changed in any octet of what a later record follows, it is refused; in the last one nothing false comes of it', async () => {
    const { path, content } = await written('changed');
    const last = content.length - HEAD - (RECORDS.at(-1)?.length ?? 0);
    for (let at = 0; at < content.length; at++) {
      await writeFile(
        path,
        content.map((octet, i) => (i === at ? octet ^ 0x55 : octet)),
      );
      const outcome = await reopened(path).catch((error: unknown) => error);
      if (Array.isArray(outcome)) expect(at >= last && outcome).toEqual(RECORDS.slice(0, -1).map(hex));
      else expect(outcome).toMatchObject({ code: 'record_file_damaged' });
    }
  });

  test('is replaced whole', async () => {
    const { path } = await written('replaced');
    const file = await openRecordFile(path);
    await file.replace([bytes('only')]);
    await file.add(bytes('and this'));
    await file.close();
    expect(await reopened(path)).toEqual([bytes('only'), bytes('and this')].map(hex));
  });
});
