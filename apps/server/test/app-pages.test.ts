/** Built apps, as files: what was there at the start, and nothing else. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Rig, rig } from './kit.ts';

let r: Rig;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sokkin-pages-'));
  await mkdir(join(folder, 'wallet', 'assets'), { recursive: true });
  await writeFile(join(folder, 'wallet', 'index.html'), '<!doctype html>');
  await writeFile(join(folder, 'wallet', 'assets', 'main-1a2b.js'), 'let x;');
  await writeFile(join(folder, 'wallet', 'secret.key'), 'no type, not served');
  await writeFile(join(folder, 'beside.html'), 'of no app');
  r = await rig({ pages: folder });
});
afterAll(async () => {
  await r?.close();
  await rm(folder, { recursive: true, force: true });
});
const get = (url: string) => r.server.app.inject({ method: 'GET', url });

test('a page is asked for anew, what has a hash in its name is kept', async () => {
  const page = await get('/wallet/');
  expect(page.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
  });
  expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  const script = await get('/wallet/assets/main-1a2b.js');
  expect(script.body).toBe('let x;');
  expect(script.headers['cache-control']).toContain('immutable');
});

test('what can be packed is packed for who takes it', async () => {
  const url = '/wallet/assets/main-1a2b.js';
  const packed = await r.server.app.inject({ url, headers: { 'accept-encoding': 'br, gzip' } });
  expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
  expect(gunzipSync(packed.rawPayload).toString()).toBe('let x;');
  expect((await get(url)).headers['content-encoding']).toBeUndefined();
});

test.each([
  '/wallet/secret.key',
  '/beside.html',
  '/wallet/../beside.html',
  '/wallet/%2e%2e/beside.html',
  '/wallet/assets/',
  '/wallet/none.js',
])('%s is not there', async (url) => {
  expect((await get(url)).statusCode).toBe(404);
});

test('a file that came later is not served', async () => {
  await writeFile(join(folder, 'wallet', 'late.html'), 'late');
  expect((await get('/wallet/late.html')).statusCode).toBe(404);
});

test('a folder that is not there stops the start, and is named', async () => {
  const missing = join(folder, 'missing');
  await expect(rig({ pages: missing })).rejects.toThrow(missing);
});
