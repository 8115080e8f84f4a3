/** The desk as it stands, at the shop, and offline; on a wide screen and on a phone. What to do with each is the caller's. */
import type { Page } from 'playwright-core';
import { buttonsOf, type Profile, press, type Stage } from '../../wallet/test/stage.ts';
import { cardOf, drag, openDesk } from './world.ts';

export type Look = Profile & { readonly language: 'ja' | 'en'; readonly width: number };
export type See = (name: string, page: Page) => Promise<void>;

const WORDS = {
  en: { start: 'Start the tour', next: 'Next', charge: 'Charge', key: (k: string) => `POS key ${k}` },
  ja: { start: 'ツアーを始める', next: '次へ', charge: '会計', key: (k: string) => `POSの${k}` },
} as const;
const CARDS = { en: { bank: 'Bank', aoi: 'Aoi' }, ja: { bank: '銀行', aoi: 'あおい' } } as const;
/** The switch of the network is the only one on the desk itself. */
const networkOf = (page: Page) => page.getByRole('switch');

export async function walkDesk(stage: Stage, look: Look, see: See): Promise<void> {
  const isNarrow = look.width < 1000;
  const desk = await openDesk(stage, { ...look, height: look.height ?? (isNarrow ? 740 : 800) });
  const { page, hanako } = desk;
  const [w, wallet, cards] = [WORDS[look.language], buttonsOf(look.language), CARDS[look.language]];
  const show = async (part: number) => {
    if (isNarrow) await page.locator('.d-tabs button').nth(part).click();
  };
  await see('desk', page);
  await press(page, w.start);
  await press(page, w.next);
  await show(POS);
  for (const key of ['8', '00']) await press(page, w.key(key));
  await press(page, w.charge);
  await drag(page, cardOf(page, cards.bank), 'pos');
  await page.locator('.d-slip').waitFor();
  if (!isNarrow) await page.locator('.d-trace summary').first().click();
  await see('shop', page);
  await show(GUIDE);
  await press(page, w.next);
  await networkOf(page).click();
  await show(HANAKO);
  await press(hanako, wallet.receive);
  for (const digit of '500') await press(hanako, digit);
  await press(hanako, wallet.receive);
  await cardOf(page, cards.aoi).click();
  await see('hold', page);
  await page.locator('[data-device="hanako"] .d-drop').click();
  await hanako.getByRole('heading', { name: wallet.got, exact: true }).waitFor();
  await page.locator('.d-trace li[data-kind="apdu"]').first().waitFor({ state: 'attached' });
  await see('offline', page);
  if (isNarrow) {
    await show(TRACE);
    await page.locator('.d-trace summary').first().click();
    await see('trace', page);
  }
  await page.context().close();
}

/** Tabs of the narrow screen. */
const [GUIDE, HANAKO, POS, TRACE] = [0, 1, 4, 5] as const;
