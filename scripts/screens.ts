/**
 * Takes the pictures of every screen: `npm run screens` writes docs/screens/; `npm run screens -- softpos` those of one app.
 *
 * What must hold: the pictures are of the apps as they are built, over a real server; only the Japanese font is brought along, because a
 * browser without a desktop has none.
 */
import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { walkDesk } from '../apps/desk/test/screens.ts';
import * as till from '../apps/softpos/test/screens.ts';
import { LOOKS, lookName, walkThrough } from '../apps/wallet/test/screens.ts';
import { openStage } from '../apps/wallet/test/stage.ts';
import { openBrowser } from '../tests/browser.ts';

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
  // Such as the name of the language on its button.
  for (const one of document.body.querySelectorAll('*'))
    if (root.lang !== 'ja' && [...one.childNodes].some((node) => node.nodeType === 3 && /[\\u3040-\\u9fff]/.test(node.data)))
      one.style.fontFamily = font + ', sans-serif';
  await document.fonts.ready;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
})()`;

async function withFont(page: Page): Promise<void> {
  await page.context().route('**/files/*.woff2', (route) =>
    route.fulfill({
      path: join(FONT, 'files', new URL(route.request().url()).pathname.split('/').at(-1) ?? ''),
    }),
  );
  for (const frame of page.frames()) {
    await frame.addStyleTag({ path: join(FONT, 'index.css') });
    // Which files a text needs depends on its characters; and they are drawn in the frame after they came.
    await frame.evaluate(DRAWN_WITH_FONT);
  }
}

async function take(page: Page, app: string, name: string): Promise<void> {
  await withFont(page);
  await mkdir(join(SCREENS, app), { recursive: true });
  await page.screenshot({ path: join(SCREENS, app, `${name}.png`) });
  console.log(`${app}/${name}.png`);
}

async function wallet(): Promise<void> {
  const stage = await openStage(['wallet']);
  for (const look of LOOKS)
    await walkThrough(stage, { ...look, withoutPolicy: true }, (name, page) =>
      take(page, 'wallet', `${name}-${lookName(look)}`),
    );
  await stage.close();
}

async function desk(): Promise<void> {
  const stage = await openStage(['wallet', 'softpos', 'desk']);
  for (const look of LOOKS)
    await walkDesk(stage, { ...look, withoutPolicy: true }, (name, page) =>
      take(page, 'desk', `${name}-${lookName(look)}`),
    );
  await stage.close();
}

/** Over a shop that is played: what a till shows after a torn tap, or at the end of a day, cannot be waited for. Every look is held against axe, four have pictures. */
async function softpos(): Promise<void> {
  const [browser, played] = await Promise.all([openBrowser(), till.servePlayed()]);
  const pictured = new Set(LOOKS.map((look) => `${lookName(look)}-${look.width}`));
  for (const look of till.LOOKS)
    await till.walkThrough(browser, played.url, look, async (name, page) => {
      for (const fault of await till.faultsOf(page, look)) {
        console.error(`${name}, ${till.lookName(look)}: ${fault}`);
        process.exitCode = 1;
      }
      if (pictured.has(till.lookName(look))) await take(page, 'softpos', `${name}-${lookName(look)}`);
    });
  await browser.close();
  await played.close();
}

const APPS = { wallet, desk, softpos } as const;
const wanted = process.argv.slice(2);
for (const [app, takeAll] of Object.entries(APPS)) {
  if (wanted.length > 0 && !wanted.includes(app)) continue;
  await rm(join(SCREENS, app), { recursive: true, force: true });
  await takeAll();
}
process.exit();
