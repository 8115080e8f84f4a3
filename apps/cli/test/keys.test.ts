/** `sokkin key ...` against a real back-end, by the real binary. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Home, makeHome, type Serving, serve } from './run.ts';

let home: Home;
let serving: Serving;
beforeAll(async () => {
  home = await makeHome();
  serving = await serve(home, '--no-story');
});
afterAll(async () => {
  await serving.stop();
  await home.dispose();
});

const FIRST = 'ins_first_issuer';
const run = (line: string) => home.run(...line.split(' '));

test('keys are listed, rotated and renewed; every act is in the log', async () => {
  const ids = async () => {
    const { json } = await run('key list');
    return (json.data as { id: string; in_use: boolean }[]).filter((k) => k.in_use).map((k) => k.id);
  };
  expect(await ids()).toEqual([
    'root.1',
    `issuer/${FIRST}.1`,
    `authority/${FIRST}.1`,
    `issuer_purse/${FIRST}.1`,
    'vault.1',
    'identity.1',
    'identity_index.1',
    'pan.1',
    'pan_index.1',
  ]);
  expect(await run(`key rotate authority/${FIRST}`)).toMatchObject({
    code: 0,
    json: { keys: [`authority/${FIRST}.2`] },
  });
  expect(await run(`key renew ${FIRST} issuer_purse`)).toMatchObject({ code: 0 });
  expect(await ids()).toContain(`authority/${FIRST}.2`);
  expect(await run(`key ceremony ${FIRST}`)).toMatchObject({ code: 1 });
  expect(await run('key destroy vault.1')).toMatchObject({ code: 2 });
  expect(await run('key destroy vault.1 --for-good')).toMatchObject({ code: 1 });
  const { json } = await run('log show --all');
  const actions = (json.entries as { action: string }[]).map((e) => e.action);
  expect(actions).toEqual(expect.arrayContaining(['key.rotated', 'certificate.renewed']));
});

test('another passphrase: the next start takes it, and nothing else', async () => {
  const file = join(home.data, 'new-passphrase');
  await writeFile(file, 'a passphrase of our own\n', { mode: 0o600 });
  await serving.stop();
  expect(await run(`key passphrase ${file}`)).toMatchObject({ code: 0, json: { changed: true } });
  const refused = await home.run('start', '--no-story', '--exit');
  expect(refused).toMatchObject({ code: 1 });
  expect(JSON.stringify(refused.json)).toContain('SOKKIN_KEY_PASSPHRASE_FILE');
  process.env.SOKKIN_KEY_PASSPHRASE_FILE = file;
  serving = await serve(home, '--no-story');
  expect((await run('key list')).code).toBe(0);
  delete process.env.SOKKIN_KEY_PASSPHRASE_FILE;
});
