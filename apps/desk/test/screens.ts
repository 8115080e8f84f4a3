/** The desk with two phones that have paid each other. */
import type { Page } from 'playwright-core';
import { begin, buttonsOf, type Profile, press, type Stage, type } from '../../wallet/test/stage.ts';

const PEOPLE = { ja: ['はなのスマホ', 'たろうのスマホ'], en: ['Phone of Hanako', 'Phone of Taro'] } as const;

export async function withPhones(
  stage: Stage,
  profile: Profile & { readonly language: 'ja' | 'en' },
  look: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await stage.profile({ ...profile, width: 1440, height: 1080 });
  const page = await context.newPage();
  await page.goto(`${stage.url}/desk/`);
  const [one, two] = PEOPLE[profile.language].map((title) => page.frameLocator(`iframe[title="${title}"]`));
  if (one === undefined || two === undefined) throw new Error('Bug: there are two phones');
  const w = buttonsOf(profile.language);
  await begin(one, 'Hanako', { language: profile.language });
  await begin(two, 'Taro', { language: profile.language });
  await press(two, w.receive);
  await type(two, '1200');
  await press(two, w.receive);
  await press(one, w.pay);
  await type(one, '1200');
  await press(one, w.pay);
  for (const [phone, says] of [
    [one, w.paid],
    [two, w.got],
  ] as const)
    await phone.getByRole('heading', { name: says, exact: true }).waitFor();
  await page.locator('.d-trace summary', { hasText: 'PAY' }).first().click();
  await look(page);
  await context.close();
}
