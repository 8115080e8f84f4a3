/** Every screen of the wallet, as a course through it; what to do with each is the caller's. */
import type { BrowserContext, Page } from 'playwright-core';
import { walkThroughCards } from './screens-cards.ts';
import { buttonsOf, openWallet, type Profile, type Stage } from './stage.ts';

type Look = Required<Pick<Profile, 'language' | 'dark' | 'width'>>;
export const LOOKS: readonly Look[] = [
  { language: 'ja', dark: false, width: 360 },
  { language: 'ja', dark: true, width: 1280 },
  { language: 'en', dark: true, width: 360 },
  { language: 'en', dark: false, width: 1280 },
];
export const lookName = ({ language, dark }: Look): string => `${language}-${dark ? 'dark' : 'light'}`;

export type See = (name: string, page: Page) => Promise<void>;

/** Two wallets of one browser; `look` is called on each screen. */
export async function walkThrough(stage: Stage, profile: Look & Profile, look: See): Promise<void> {
  const w = buttonsOf(profile.language);
  const context: BrowserContext = await stage.profile(profile);
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first();
  const type = async (page: Page, digits: string) => {
    for (const digit of digits) await button(page, digit).click();
  };
  const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
  const begin = async (page: Page, shown: boolean) => {
    const seen = shown ? look : async () => undefined;
    await button(page, w.begin).waitFor();
    await seen('welcome', page);
    await button(page, w.begin).click();
    await page.getByLabel(w.name).fill(profile.language === 'ja' ? 'はな' : 'Hanako');
    await button(page, w.next).and(page.locator(':enabled')).waitFor();
    await seen('name', page);
    await button(page, w.next).click();
    await heading(page, w.pin);
    await type(page, '25');
    await seen('pin', page);
    await type(page, '80');
    await heading(page, w.pinAgain);
    await type(page, '2580');
    await button(page, w.first).waitFor();
    await seen('first', page);
    await button(page, w.first).click();
    await heading(page, w.balance);
  };
  const one = await openWallet(context, stage.url, 'one');
  await begin(one, true);
  const two = await openWallet(context, stage.url, 'two');
  await begin(two, false);
  await button(one, w.topUp).click();
  await type(one, '3000');
  await look('top-up', one);
  await button(one, w.back).click();
  await button(two, w.receive).click();
  await type(two, '1200');
  await look('receive', two);
  await button(two, w.receive).click();
  await look('receive-tap', two);
  await button(one, w.pay).click();
  await type(one, '1200');
  await look('pay', one);
  await button(one, w.pay).click();
  await Promise.all([heading(one, w.paid), heading(two, w.got)]);
  await look('paid', one);
  await look('received', two);
  await Promise.all([button(one, w.done).click(), button(two, w.done).click()]);
  await button(one, w.pay).click();
  await type(one, '500');
  await button(one, w.pay).click();
  await look('pay-tap', one);
  await button(one, w.cancel).click();
  await look('home', one);
  await button(one, w.activity).click();
  await look('activity', one);
  await one.getByRole('list', { name: w.activity }).getByRole('button').first().click();
  await look('payment', one);
  await button(one, w.close).click();
  await button(one, w.settings).click();
  await look('settings', one);
  await walkThroughCards(context, { phone: two, url: stage.url, language: profile.language }, look);
  const again = await openWallet(context, stage.url, 'one');
  await again.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' });
  await look('elsewhere', again);
  await context.close();
}
