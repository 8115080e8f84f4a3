/** `sokkin backup`, `restore` and `config`, as an operator types them, with the embedded database. */
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { quickFolder } from '../../../tests/quick-folder.ts';
import { type Home, makeHome, serve } from './run.ts';

async function home(): Promise<Home> {
  const made = await makeHome();
  onTestFinished(() => made.dispose());
  return made;
}

it('backs up a running back-end and a stopped one, and a new folder goes on from there', async () => {
  const old = await home();
  const target = await mkdtemp(join(quickFolder(), 'sokkin-backups-'));
  onTestFinished(() => rm(target, { recursive: true, force: true }));
  expect((await old.run('backup', join(target, 'none'))).json).toMatchObject({
    error: { code: 'backup_nothing' },
  });
  const first = await serve(old, '--no-story');
  const account = await old.run('account', 'create', 'Kept');
  expect((await old.run('issue', '1234', '--account', 'Kept')).code).toBe(0);
  const running = await old.run('backup', join(target, 'running'));
  expect(running.json).toMatchObject({
    ...{ file: join(target, 'running'), totals: { issued: '1234' } },
    identities: { file: join(target, 'running.identity') },
  });
  await first.stop();
  const said = await old.say('backup', join(target, 'stopped'));
  expect(said.code, said.err).toBe(0);
  expect(said.out).toContain('Private keys are in neither');
  expect((await old.run('restore', join(target, 'stopped'), '--check')).json).toMatchObject({
    totals: { issued: '1234' },
    identities: { file: join(target, 'stopped.identity') },
  });

  const next = await home();
  const damaged = readFileSync(join(target, 'running'));
  damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] ?? 0) ^ 1;
  await writeFile(join(target, 'damaged'), damaged);
  expect((await next.run('restore', join(target, 'damaged'))).json).toMatchObject({
    error: { code: 'backup_damaged' },
  });
  expect((await next.run('restore', join(target, 'running'))).json).toMatchObject({
    totals: { issued: '1234' },
    identities: { tables: [{ table: 'people' }] },
  });
  expect((await next.run('restore', join(target, 'running'))).json).toMatchObject({
    error: { code: 'restore_not_empty' },
  });
  const keep = (name: string) => !/^(postgres|cards|phones|trust)/.test(name);
  await cp(old.data, next.data, {
    recursive: true,
    filter: (source) => source === old.data || keep(source.slice(old.data.length + 1)),
  });
  const second = await serve(next, '--no-story');
  const audit = await next.run('audit');
  expect(audit.json).toMatchObject({ holds: true, issued: '1234' });
  const accounts = await next.run('account', 'list');
  expect(JSON.stringify(accounts.json)).toContain(String(account.json.id));
  expect((await next.run('issue', '6', '--account', 'Kept')).code).toBe(0);
  await second.stop();
});

it('shows the configuration, and says what is wrong with it before anything starts', async () => {
  const at = await home();
  expect((await at.run('config')).json).toMatchObject({
    settings: expect.arrayContaining([{ name: 'SOKKIN_MODE', value: 'sandbox', from: 'default' }]),
  });
  expect((await at.run('start', '--check')).json).toMatchObject({ ok: true, mode: 'sandbox' });
  const port = await at.run('start', '--check', '--port', 'many');
  expect([port.code, port.json]).toMatchObject([2, { error: { code: 'usage' } }]);
});
