/** A real browser for tests: Chromium as npm brings it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium as driver, type Page } from 'playwright-core';

/** Without those that a function service needs: with all in one process, one page that closes ends them all. */
const ARGUMENTS = ['--no-sandbox', '--headless=shell', '--disable-gpu', '--font-render-hinting=none'];

/** `more`: further switches of Chromium. */
export async function openBrowser(more: readonly string[] = []): Promise<Browser> {
  // Read when the module starts: it unpacks the libraries that it brings, wherever it runs.
  process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs20.x';
  const { default: chromium } = await import('@sparticuz/chromium');
  return driver.launch({
    executablePath: await chromium.executablePath(),
    args: [...ARGUMENTS, ...more],
    headless: true,
  });
}

/**
 * One with a memory in this folder, as a device has it: what is there outlives the browser. `kill` ends all of its processes at once, as a flat battery does.
 */
export async function openLastingBrowser(
  folder: string,
): Promise<{ readonly context: BrowserContext; kill(): Promise<void> }> {
  process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs20.x';
  const { default: chromium } = await import('@sparticuz/chromium');
  const context = await driver.launchPersistentContext(folder, {
    executablePath: await chromium.executablePath(),
    args: [...ARGUMENTS],
    headless: true,
    locale: 'en-GB',
    reducedMotion: 'reduce',
    viewport: { width: 360, height: 740 },
  });
  const session = await context.browser()?.newBrowserCDPSession();
  const { processInfo } = (await session?.send('SystemInfo.getProcessInfo')) ?? { processInfo: [] };
  const pid = processInfo.find(({ type }) => type === 'browser')?.id;
  if (pid === undefined) throw new Error('The browser does not say which process it is');
  return {
    context,
    async kill() {
      const closed = new Promise((resolve) => context.once('close', resolve));
      // Its own group: the driver starts it so.
      process.kill(-pid, 'SIGKILL');
      await closed;
    },
  };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What keeps somebody from using the page, each with the elements that do; by axe. */
export async function violations(page: Page): Promise<string[]> {
  // Evaluated by the driver, not loaded by the page: no script of the page's policy.
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(AXE);
  const found: unknown = await page.evaluate('axe.run()');
  const list: unknown[] = Object(found).violations;
  return list.map(
    (v) => `${Object(v).id}: ${JSON.stringify(Object(v).nodes.map((n: object) => Object(n).html))}`,
  );
}
