/** The desk in a real browser, with its phones and cards ready. */
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { type Profile, press, type Stage } from '../../wallet/test/stage.ts';

/** What the desk shows, and the desk. */
export const APPS = ['wallet', 'softpos', 'desk'] as const;

const STEP_MS = 120_000;

export interface OpenDesk {
  readonly page: Page;
  readonly softpos: FrameLocator;
  readonly hanako: FrameLocator;
  readonly taro: FrameLocator;
}

const NAMES = {
  en: {
    phone: (name: string) => `Phone of ${name}`,
    people: ['Hanako', 'Taro'],
    softpos: 'SoftPOS of the bakery',
  },
  ja: { phone: (name: string) => `${name}のスマホ`, people: ['はな', 'たろう'], softpos: 'パン屋のSoftPOS' },
} as const;

export async function openDesk(stage: Stage, profile: Profile = {}): Promise<OpenDesk> {
  const context = await stage.profile({ width: 1280, height: 800, ...profile });
  const page = await context.newPage();
  // As long as it takes: the machine may be busy.
  page.setDefaultTimeout(STEP_MS);
  await page.goto(stage.url);
  return whenReady(page, profile.language ?? 'en');
}

/** Every phone has money, the shops sell, every card can be taken up. */
export async function whenReady(page: Page, language: 'ja' | 'en' = 'en'): Promise<OpenDesk> {
  const names = NAMES[language];
  const [hanako, taro] = names.people.map((name) =>
    page.frameLocator(`iframe[title="${names.phone(name)}"]`),
  );
  if (hanako === undefined || taro === undefined) throw new Error('Bug: there are two phones');
  const softpos = page.frameLocator(`iframe[title="${names.softpos}"]`);
  for (const phone of [hanako, taro]) await phone.locator('.w-hero').waitFor({ state: 'attached' });
  await softpos.locator('.sk-keypad').waitFor({ state: 'attached' });
  await page.locator('.d-tray:not(:has(:disabled))').waitFor({ state: 'attached' });
  await page.locator('.d-pos-keys:not(:disabled)').waitFor({ state: 'attached' });
  return { page, hanako, taro, softpos };
}

/** By the name of who holds it, or `Bank`. */
export const cardOf = (page: Page, name: string): Locator =>
  page.locator('.d-card-button', { hasText: name });

/** From the card's middle to the device's. */
export async function drag(page: Page, card: Locator, device: string): Promise<void> {
  const [from, to] = [await middleOf(card), await middleOf(page.locator(`[data-device="${device}"]`))];
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2);
  await page.mouse.move(to.x, to.y);
  await page.mouse.up();
}

async function middleOf(what: Locator): Promise<{ readonly x: number; readonly y: number }> {
  const box = await what.boundingBox();
  if (box === null) throw new Error('Bug: it is in view');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Asks for an amount on a phone, or pays up to one. */
export async function wish(phone: FrameLocator, what: 'Pay' | 'Receive', amount: string): Promise<void> {
  await press(phone, what);
  for (const digit of amount) await press(phone, digit);
  await press(phone, what);
}

export async function finish(phone: FrameLocator, said: 'Paid' | 'Received'): Promise<void> {
  await phone.getByRole('heading', { name: said, exact: true }).waitFor();
  await press(phone, 'Done');
}
