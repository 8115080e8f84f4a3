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
import { withPhones } from '../apps/desk/test/screens.ts';
import { LOOKS, lookName, walkThrough } from '../apps/wallet/test/screens.ts';
import { openStage } from '../apps/wallet/test/stage.ts';

const FONT = dirname(createRequire(import.meta.url).resolve('@fontsource-variable/noto-sans-jp/index.css'));
const SCREENS = join(import.meta.dirname, '..', 'docs', 'screens');

/**
 * In Japanese the font that was brought along is put first: text that was once drawn without it is not drawn anew when it comes further down the list.
 */
const DRAWN_WITH_FONT = `(async () => {
  const root = document.documentElement;
  const font = '"Noto Sans JP Variable"';
  if (root.lang === 'ja') root.style.setProperty('--font', font + ', sans-serif');
  for (const weight of [400, 600, 700]) await document.fonts.load(weight + ' 1rem ' + font, document.body.innerText);
  await document.fonts.ready;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
})()`;

async function withFont(page: Page): Promise<void> {
  await page.context().route('**/files/*.woff2', (route) =>
    route.fulfill({
      path: join(FONT, 'files', new URL(route.request().url()).pathname.split('/').at(-1) ?? ''),
    }),
  );
  await page.addStyleTag({ path: join(FONT, 'index.css') });
  // Which files a text needs depends on its characters; and they are drawn in the frame after they came.
  await page.evaluate(DRAWN_WITH_FONT);
}

async function take(page: Page, app: string, name: string): Promise<void> {
  await withFont(page);
  await mkdir(join(SCREENS, app), { recursive: true });
  await page.screenshot({ path: join(SCREENS, app, `${name}.png`) });
  console.log(`${app}/${name}.png`);
}

await rm(SCREENS, { recursive: true, force: true });
const stage = await openStage(['wallet', 'desk']);
for (const look of LOOKS)
  await walkThrough(stage, { ...look, withoutPolicy: true }, (name, page) =>
    take(page, 'wallet', `${name}-${lookName(look)}`),
  );
for (const look of LOOKS.filter(({ width }) => width > 1000))
  await withPhones(stage, { ...look, withoutPolicy: true }, (page) => take(page, 'desk', lookName(look)));
await stage.close();
process.exit(0);
