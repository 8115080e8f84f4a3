/** The desk in a real browser, with its phones and cards ready. */
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { type Profile, press, type Stage } from '../../wallet/test/stage.ts';

export interface OpenDesk {
  readonly page: Page;
  readonly hanako: FrameLocator;
  readonly taro: FrameLocator;
}

const NAMES = {
  en: { phone: (name: string) => `Phone of ${name}`, people: ['Hanako', 'Taro'], balance: 'Balance' },
  ja: { phone: (name: string) => `${name}のスマホ`, people: ['はな', 'たろう'], balance: '残高' },
} as const;

export async function openDesk(stage: Stage, profile: Profile = {}): Promise<OpenDesk> {
  const context = await stage.profile({ width: 1280, height: 800, ...profile });
  const page = await context.newPage();
  await page.goto(stage.url);
  return whenReady(page, profile.language ?? 'en');
}

/** Every phone has a balance, every card can be taken up. */
export async function whenReady(page: Page, language: 'ja' | 'en' = 'en'): Promise<OpenDesk> {
  const names = NAMES[language];
  const [hanako, taro] = names.people.map((name) =>
    page.frameLocator(`iframe[title="${names.phone(name)}"]`),
  );
  if (hanako === undefined || taro === undefined) throw new Error('Bug: there are two phones');
  for (const phone of [hanako, taro])
    await phone.getByRole('heading', { name: names.balance }).waitFor({ state: 'attached' });
  await page.locator('.d-tray:not(:has(:disabled))').waitFor({ state: 'attached' });
  return { page, hanako, taro };
}

export const cardOf = (page: Page, name: string): Locator =>
  page.getByRole('button', { name: new RegExp(`^Card of ${name}`) });

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
