/** What a service worker keeps is a version of its own as soon as any byte of it is another, whatever the files are called. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, expect, test } from 'vitest';
import { offline } from '../scripts/offline-plugin.ts';

const root = mkdtempSync(join(tmpdir(), 'sokkin-offline-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SAME = { page: 'Shop', icon: '<svg/>', code: '1' };
async function workerOf({ page, icon, code }: typeof SAME): Promise<string> {
  mkdirSync(join(root, 'public'), { recursive: true });
  writeFileSync(
    join(root, 'index.html'),
    `<title>${page}</title><script type="module" src="./a.js"></script>`,
  );
  writeFileSync(join(root, 'public', 'icon.svg'), icon);
  writeFileSync(join(root, 'a.js'), `globalThis.a = ${code};`);
  await build({ configFile: false, root, logLevel: 'error', plugins: [offline()] });
  return readFileSync(join(root, 'dist', 'offline.js'), 'utf8');
}

test.each([
  ['the page itself', { page: 'Till' }],
  ['a file that is copied', { icon: '<svg id="b"/>' }],
  ['the program', { code: '2' }],
])('%s', async (_, change) => {
  const before = await workerOf(SAME);
  expect(before).toContain('./icon.svg');
  expect(await workerOf(SAME)).toBe(before);
  expect(await workerOf({ ...SAME, ...change })).not.toBe(before);
});
