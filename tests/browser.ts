/** A real browser for tests: Chromium as npm brings it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium as driver, type Page } from 'playwright-core';

/** Without those that a function service needs: with all in one process, one page that closes ends them all. */
const ARGUMENTS = ['--no-sandbox', '--headless=shell', '--disable-gpu', '--font-render-hinting=none'];

async function programPath(): Promise<string> {
  // Read when the module starts: it unpacks the libraries that it brings, wherever it runs.
  process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs20.x';
  const { default: chromium } = await import('@sparticuz/chromium');
  return chromium.executablePath();
}

/** `more`: further switches of Chromium. */
export async function openBrowser(more: readonly string[] = []): Promise<Browser> {
  return driver.launch({
    executablePath: await programPath(),
    args: [...ARGUMENTS, ...more],
    headless: true,
  });
}

/** A browser that can be killed. */
export interface MortalBrowser {
  readonly context: BrowserContext;
  /** SIGKILL to all its processes at once: nothing is closed, nothing is written any more. */
  kill(): Promise<void>;
}

/** With what it kept in this folder before. It has a group of processes of its own. */
export async function openMortalBrowser(folder: string): Promise<MortalBrowser> {
  const own = [`--user-data-dir=${folder}`, '--remote-debugging-port=0', '--lang=en-GB', 'about:blank'];
  const child = spawn(await programPath(), [...ARGUMENTS, ...own], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const browser = await driver.connectOverCDP(await addressOf(child));
  const [context] = browser.contexts();
  if (context === undefined) throw new Error('Chromium has no profile');
  return {
    context,
    async kill() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
      await ended;
      await browser.close();
    },
  };
}

/** It says on which port it listens. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.once('exit', () => reject(new Error(`Chromium ended: ${said}`)));
    child.stderr?.on('data', (piece) => {
      said = `${said}${piece}`.slice(-4_000);
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
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
