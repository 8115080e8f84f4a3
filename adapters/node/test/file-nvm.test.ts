/** A card in a file: conformance, kill -9 in the middle of commits and of creation, locks, wrong files. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { u32 } from '@sokkin/codec';
import { memoryConformance, nvmConformance } from '@sokkin/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nvmSize } from '../../../packages/card/src/memory/layout.ts';
import { formatMemory, openMemory } from '../../../packages/card/src/memory/memory.ts';
import { program } from '../../../tests/programs.ts';
import { openFileNvm } from '../src/file-nvm.ts';

const make = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sokkin-nvm-'));
  const path = join(folder, 'card');
  let nvm = await openFileNvm(path, { create: 4096 });
  return {
    nvm,
    async reopen() {
      await nvm.close();
      nvm = await openFileNvm(path);
      return nvm;
    },
    async dispose() {
      await nvm.close();
      await rm(folder, { recursive: true });
    },
  };
};
nvmConformance('a file', make);
memoryConformance('over a file', { format: formatMemory, open: openMemory }, make);

const geometry = { headSize: 1200, cellSize: 16, cellCount: 8 };
const code = (code: string, message = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

let folder: string;
let path: string;
const children: ChildProcessWithoutNullStreams[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sokkin-nvm-'));
  path = join(folder, 'card');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

/** Another process; `lines` grows as it prints. */
function start(...args: string[]) {
  return startWith('', ...args);
}

/** `limit`: a shell command before it, for example a limit of its resources. */
function startWith(limit: string, ...args: string[]) {
  const script = fileURLToPath(new URL('./file-nvm.child.ts', import.meta.url));
  const command = [process.execPath, ...program(script), ...args];
  const child = spawn('sh', ['-c', `${limit} exec "$@"`, 'sh', ...command]);
  children.push(child);
  const lines: string[] = [];
  const closed = once(child, 'close');
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  child.stderr.on('data', (text) => lines.push(`stderr: ${text}`));
  const until = async (count: number) => {
    while (lines.length < count && child.exitCode === null) await sleep(2);
  };
  return {
    lines,
    closed,
    until,
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

describe('kill -9', () => {
  it('in the middle of commits loses nothing that was acknowledged, 15 times', async () => {
    const fresh = await openFileNvm(path, { create: nvmSize(geometry) });
    await formatMemory(fresh, geometry);
    await fresh.close();
    let last = 0;
    for (let round = 0; round < 15; round++) {
      const child = start('commit', path);
      await child.until(2);
      await sleep(Math.random() * 60);
      await child.kill();
      expect(child.lines[0]).toBe('open');
      last = Math.max(last, Number(child.lines.at(-1)));

      const nvm = await openFileNvm(path); // takes over the lock of the dead
      const memory = await openMemory(nvm);
      const head = memory.head ?? new Uint8Array(4);
      const n = new DataView(head.buffer, head.byteOffset).getUint32(0);
      expect([last, last + 1]).toContain(n);
      expect(head.subarray(4)).toEqual(new Uint8Array(300 + (n % 700)).fill(n & 0xff));
      expect(memory.cell(n % 8)).toEqual(u32(n));
      await nvm.close();
    }
    expect(last).toBeGreaterThan(15);
  });

  it('during creation leaves no half card', async () => {
    const size = 64 << 20;
    for (const delay of [0, 15, 40]) {
      const child = start('create', path, String(size));
      for (let i = 0; i < 500 && (await readdir(folder)).length === 0; i++) await sleep(2);
      await sleep(delay);
      await child.kill();
      if ((await readdir(folder)).includes('card')) expect((await stat(path)).size).toBe(size);
      await rm(path, { force: true });
    }
    const nvm = await openFileNvm(path, { create: 4096 });
    expect(await nvm.read(0, 4096)).toEqual(new Uint8Array(4096));
    await nvm.close();
    expect(await readdir(folder)).toEqual(['card']);
  });
});

describe('one opener at a time', () => {
  it('refuses a second open in the same process, also by another name', async () => {
    const nvm = await openFileNvm(path, { create: 100 });
    const alias = join(folder, 'alias');
    await symlink(path, alias);
    for (const name of [path, alias]) {
      await expect(openFileNvm(name)).rejects.toEqual(
        code('card_in_use', /this process.*delete .*card\.lock\./),
      );
    }
    await nvm.close();
    await (await openFileNvm(alias)).close();
    expect((await readdir(folder)).sort()).toEqual(['alias', 'card']);
  });

  it('refuses another process until that one is gone, even killed', async () => {
    await (await openFileNvm(path, { create: 100 })).close();
    const child = start('hold', path);
    await child.until(1);
    expect(child.lines).toEqual(['open']);
    await expect(openFileNvm(path)).rejects.toEqual(code('card_in_use', /in use by process \d+ on /));
    await child.kill();
    const nvm = await openFileNvm(path);
    expect((await readdir(folder)).length).toBe(2);
    await nvm.close();
  });

  it('knows a process number that was given out again, and an older boot; never judges another host', async () => {
    const nvm = await openFileNvm(path, { create: 100 });
    const [own = ''] = (await readdir(folder)).filter((name) => name.includes('.lock.'));
    await nvm.close();
    const claim = (change: (fields: string[]) => void) => {
      const fields = own.split('.');
      change(fields);
      return writeFile(join(folder, fields.join('.')), '');
    };
    await claim((fields) => fields.splice(3, 1, '1'));
    await claim((fields) => fields.splice(4, 1, '00000000'));
    await (await openFileNvm(path)).close();
    expect(await readdir(folder)).toEqual(['card']);
    await claim((fields) => fields.push('example'));
    await expect(openFileNvm(path)).rejects.toEqual(code('card_in_use', /example/));
  });

  it('lets no two in while processes come, go and die at once', async () => {
    await (await openFileNvm(path, { create: 100 })).close();
    const contenders = [1, 2, 3].map(() => start('contend', path, '40'));
    const holder = start('hold', path);
    await holder.until(1);
    await holder.kill();
    for (const contender of contenders) {
      await contender.closed;
      expect(contender.lines).toEqual(['done']);
    }
    expect(await readdir(folder)).toEqual(['card']);
  });
});

describe('files', () => {
  it('are of the given size, private, and not created unless asked', async () => {
    await expect(openFileNvm(path)).rejects.toEqual(code('card_file_missing'));
    await expect(openFileNvm(join(folder, 'no', 'card'), { create: 10 })).rejects.toEqual(
      code('card_file_missing'),
    );
    const nvm = await openFileNvm(path, { create: 3_000_000 });
    const { size, mode, blocks } = await stat(path);
    expect([size, mode & 0o777]).toEqual([3_000_000, 0o600]);
    expect(blocks * 512).toBeGreaterThanOrEqual(size);
    await nvm.close();
  });

  it('that are no card files are refused in a sentence, and left alone', async () => {
    await writeFile(path, '');
    await expect(openFileNvm(path)).rejects.toEqual(code('not_a_card_file', /empty/));
    await writeFile(path, 'hello');
    await expect(openFileNvm(path, { create: 100 })).rejects.toEqual(code('not_a_card_file', /5 bytes.*100/));
    await expect(openFileNvm(folder)).rejects.toEqual(code('not_a_card_file', /regular/));
    const nvm = await openFileNvm(path);
    await expect(openMemory(nvm)).rejects.toEqual(code('memory_damaged'));
    await nvm.close();
    expect(await readdir(folder)).toEqual(['card']);
  });

  it('that were cut off are damaged', async () => {
    const nvm = await openFileNvm(path, { create: nvmSize(geometry) });
    await formatMemory(nvm, geometry);
    await truncate(path, 1000);
    await expect(nvm.read(990, 20)).rejects.toEqual(code('card_file_failed', /shorter/));
    await nvm.close();
    const again = await openFileNvm(path);
    await expect(openMemory(again)).rejects.toEqual(code('memory_damaged', /the end is missing/));
    await again.close();
  });

  it('that find no room are not created, and leave nothing behind', async () => {
    // A limit of 1 MB for any file stands in for a full disk.
    const child = startWith('ulimit -f 2048;', 'create', path, '5000000');
    await child.closed;
    expect(child.lines).toEqual([expect.stringMatching(/^disk_full: There is no room on the disk/)]);
    expect(await readdir(folder)).toEqual([]);
  });

  it.skipIf(process.getuid?.() === 0)('that may not be written say so', async () => {
    await (await openFileNvm(path, { create: 100 })).close();
    await chmod(path, 0o400);
    await expect(openFileNvm(path)).rejects.toEqual(code('card_file_failed', /EACCES/));
  });
});
