/** A real browser for tests: Chromium as npm brings it. */
import { type Browser, chromium as driver } from 'playwright-core';

/** Without those that a function service needs: with all in one process, one page that closes ends them all. */
const ARGUMENTS = ['--no-sandbox', '--headless=shell', '--disable-gpu', '--font-render-hinting=none'];

export async function openBrowser(): Promise<Browser> {
  // Read when the module starts: it unpacks the libraries that it brings, wherever it runs.
  process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs20.x';
  const { default: chromium } = await import('@sparticuz/chromium');
  return driver.launch({ executablePath: await chromium.executablePath(), args: ARGUMENTS, headless: true });
}
