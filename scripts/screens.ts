/**
 * Takes the pictures of every screen: `npm run screens` writes docs/screens/.
 *
 * What must hold: the pictures are of the apps as they are built, over a real server; only the Japanese font is brought along, because a
 * browser without a desktop has none.
 */
import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { LOOKS, lookName, walkThrough } from '../apps/wallet/test/screens.ts';
import { openStage } from '../apps/wallet/test/stage.ts';

const FONT = dirname(createRequire(import.meta.url).resolve('@fontsource-variable/noto-sans-jp/index.css'));
const folder = join(import.meta.dirname, '..', 'docs', 'screens', 'wallet');

async function withFont(page: Page): Promise<void> {
  await page.context().route('**/files/*.woff2', (route) =>
    route.fulfill({
      path: join(FONT, 'files', new URL(route.request().url()).pathname.split('/').at(-1) ?? ''),
    }),
  );
  await page.addStyleTag({ path: join(FONT, 'index.css') });
  // What a text needs is asked for when it is laid out.
  for (let round = 0; round < 3; round++) {
    await page.waitForTimeout(200);
    await page.evaluate('document.fonts.ready.then(() => undefined)');
  }
}

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const stage = await openStage();
let count = 0;
for (const look of LOOKS)
  await walkThrough(stage, { ...look, withoutPolicy: true }, async (name, page) => {
    await withFont(page);
    await page.screenshot({ path: join(folder, `${name}-${lookName(look)}.png`) });
    count += 1;
  });
await stage.close();
console.log(`${count} pictures in ${folder}`);
process.exit(0);
