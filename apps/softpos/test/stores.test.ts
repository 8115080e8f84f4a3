/** What the shop keeps in a browser, in a browser: the suite of every AcceptanceStore. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openBrowser } from '../../../tests/browser.ts';
import { servePage } from '../../../tests/served-page.ts';

interface Outcome {
  readonly name: string;
  readonly failed: string | undefined;
}

test('the suite of every store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sokkin-stores-'));
  const root = join(import.meta.dirname, 'page');
  const [browser, served] = await Promise.all([
    openBrowser(),
    servePage({
      root,
      resolve: { alias: { vitest: join(root, '../../../../adapters/web/test/in-browser.ts') } },
      build: { outDir: folder, target: 'esnext', rolldownOptions: { input: join(root, 'stores.html') } },
    }),
  ]);
  try {
    const page = await browser.newPage();
    await page.goto(`${served.url}stores.html`);
    await page.waitForFunction('globalThis.outcomes');
    const outcomes = await page.evaluate<Outcome[]>('outcomes');
    expect(outcomes.filter(({ failed }) => failed !== undefined)).toEqual([]);
    expect(outcomes).toHaveLength(8);
  } finally {
    await browser.close();
    await served.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
