/** `sokkin card attach`, `sokkin readers` and `reader:NAME`, as a person uses them, in a house of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cardMemorySize, createCard } from '@sokkin/card';
import { hex } from '@sokkin/codec';
import { nodeCrypto, openFileNvm } from '@sokkin/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CARD_ATR, CONTACTLESS_ATR } from '../src/index.ts';
import { type House, openHouse } from './house.ts';

const SOKKIN = join(import.meta.dirname, '..', '..', '..', 'apps', 'cli', 'bin', 'sokkin.js');
/** A command that does not end by itself is ended. */
const ENDS_MS = 60_000;
const opened = await openHouse();
const skipped = typeof opened === 'string' ? `: skipped, ${opened}` : '';

describe.skipIf(skipped !== '')(`sokkin and readers${skipped}`, () => {
  const house = opened as House;
  let data: string;

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'sokkin-reader-'));
    await mkdir(join(data, 'cards'));
    const nvm = await openFileNvm(join(data, 'cards', 'alice.card'), { create: cardMemorySize() });
    await createCard({ nvm, crypto: nodeCrypto() });
    await nvm.close();
  });
  afterAll(async () => {
    await house.close();
    await rm(data, { recursive: true, force: true });
  });

  /** Inside, because the virtual reader listens on 127.0.0.1 there. */
  function start(...words: string[]): { child: ChildProcess; text(): string; ended: Promise<number | null> } {
    const [program = '', ...before] = house.inside;
    const env = { ...house.env, SOKKIN_DATA: data, NO_COLOR: '1' };
    const child = spawn(program, [...before, process.execPath, SOKKIN, ...words], { env, timeout: ENDS_MS });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        text += String(chunk);
      });
    }
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    return { child, text: () => text, ended };
  }
  async function run(...words: string[]): Promise<{ code: number | null; text: string }> {
    const { ended, text } = start(...words);
    return { code: await ended, text: text() };
  }

  it('puts a card into a reader until Ctrl-C; others find and read it there', async () => {
    const attach = start('card', 'attach', 'alice');
    await expect.poll(attach.text, { timeout: 30_000 }).toContain('Ctrl-C');
    expect(attach.text()).toContain('It is shown as "Virtual PCD 00 00".');

    const list = await run('readers');
    expect(list.text.split('\n').slice(0, 2)).toEqual([
      `Virtual PCD 00 00  a card, ATR ${hex(CARD_ATR)}`,
      'Virtual PCD 00 01  no card',
    ]);
    expect(JSON.parse((await run('readers', '--json')).text)).toMatchObject({
      readers: [{ state: 'card' }, { state: 'empty' }],
    });

    const shown = await run('card', 'show', 'reader:');
    expect(shown).toEqual({ code: 0, text: 'The card reader: is blank.\n' });
    const busy = await run('card', 'show', 'alice');
    expect([busy.code, busy.text]).toEqual([1, expect.stringContaining('is in use by process')]);
    const occupied = await run('card', 'show', 'reader:nonesuch');
    expect([occupied.code, occupied.text]).toEqual([
      1,
      expect.stringContaining('There is no reader called "nonesuch"'),
    ]);

    attach.child.kill('SIGINT');
    expect(await attach.ended).toBe(0);
    expect(attach.text()).toContain('It is out again.');
    expect((await run('card', 'show', 'alice')).code).toBe(0);
  });

  it('--contactless shows the ATR that a contactless reader makes', async () => {
    const attach = start('card', 'attach', 'alice', '--contactless', '--port', '35964');
    await expect.poll(attach.text, { timeout: 30_000 }).toContain('Ctrl-C');
    expect((await run('readers')).text).toContain(`Virtual PCD 00 01  a card, ATR ${hex(CONTACTLESS_ATR)}`);
    expect((await run('card', 'show', 'reader:00 01')).text).toBe('The card reader:00 01 is blank.\n');
    attach.child.kill('SIGINT');
    expect(await attach.ended).toBe(0);
  });

  it('says what is wrong when there is no virtual reader, or no such port', async () => {
    const nobody = await run('card', 'attach', 'alice', '--port', '9');
    expect([nobody.code, nobody.text]).toEqual([
      1,
      expect.stringContaining('No virtual reader listens at 127.0.0.1:9'),
    ]);
    expect((await run('card', 'attach', 'alice', '--port', 'x')).code).toBe(2);
  });
});
