/** Every screen of the wallet, as a course through it; what to do with each is the caller's. */
import type { BrowserContext, Page } from 'playwright-core';
import { letThemSee } from './light.ts';
import { walkThroughCards } from './screens-cards.ts';
import { walkThroughCodes, walkThroughPasskey } from './screens-phone.ts';
import { walkThroughSeldom } from './screens-seldom.ts';
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
  await letThemSee(context, { lost: 0 });
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
  await one.getByRole('button', { name: w.receipt, exact: true }).waitFor();
  await look('payment', one);
  await button(one, w.close).click();
  await walkThroughCodes({ payer: one, payee: two, language: profile.language }, look);
  await button(one, w.settings).click();
  await look('settings', one);
  await walkThroughPasskey({ context, stage, phone: one, language: profile.language }, look);
  await walkThroughCards(context, { phone: two, url: stage.url, language: profile.language }, look);
  await people(one, two, profile.language, look);
  await losing(one, profile.language, look);
  const parts = { context, stage, phone: one, language: profile.language };
  await walkThroughSeldom(parts, look);
  const again = await openWallet(context, stage.url, 'one');
  await again.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' });
  await look('elsewhere', again);
  await context.close();
}

/** What is on the buttons of the rooms that are not needed every day. */
const SELDOM = {
  en: {
    people: 'People',
    ask: 'Ask for money',
    next: 'Next',
    note: 'What is it for?',
    lunch: 'Lunch on Friday',
    make: 'Make the request',
    done: 'Done',
    open: 'Open link',
    link: 'The link',
    openIt: 'Open',
    close: 'Close',
    news: /^Notifications/,
    losing: 'Lost or new phone',
    phones: 'Your phones',
    code: /^Recovery code/,
    makeCode: 'Make a code',
    noted: 'I have written it down',
    move: /^Move to a new phone/,
    showLink: 'Show the link',
    back: 'Back',
    renew: /^Renew this wallet/,
    settings: 'Settings',
  },
  ja: {
    people: '相手',
    ask: '請求する',
    next: '次へ',
    note: '何のお金ですか',
    lunch: '金曜日のお昼',
    make: '請求を作る',
    done: '閉じる',
    open: 'リンクを開く',
    link: 'リンク',
    openIt: '開く',
    close: '閉じる',
    news: /^お知らせ/,
    losing: '紛失・機種変更',
    phones: 'あなたのスマホ',
    code: /^復旧コード/,
    makeCode: 'コードを作る',
    noted: '書き留めました',
    move: /^新しいスマホに移る/,
    showLink: 'リンクを表示',
    back: '戻る',
    renew: /^このウォレットを更新する/,
    settings: '設定',
  },
} as const;

type Language = keyof typeof SELDOM;
const named = (page: Page, name: string | RegExp) =>
  page.getByRole('button', typeof name === 'string' ? { name, exact: true } : { name }).first();

/** One asks, the other is asked. */
async function people(one: Page, two: Page, language: Language, look: See): Promise<void> {
  const w = SELDOM[language];
  await named(two, w.people).click();
  await named(two, w.ask).click();
  for (const digit of '1500') await named(two, digit).click();
  await named(two, w.next).click();
  await two.getByLabel(w.note).fill(w.lunch);
  await look('ask', two);
  await named(two, w.make).click();
  await two.locator('.w-link').waitFor();
  await look('request-made', two);
  const link = (await two.locator('.w-link').textContent()) ?? '';
  await named(two, w.done).click();
  await named(one, w.people).click();
  await named(one, w.open).click();
  await one.getByRole('textbox', { name: w.link }).fill(link);
  await named(one, w.openIt).click();
  await one.getByText(w.lunch).first().waitFor();
  await look('request', one);
  await named(one, w.close).click();
  await look('people', one);
  await named(one, w.news).click();
  await look('notifications', one);
  await named(one, w.close).click();
}

async function losing(page: Page, language: Language, look: See): Promise<void> {
  const w = SELDOM[language];
  await named(page, w.settings).click();
  await named(page, w.losing).click();
  await page.getByRole('heading', { name: w.phones }).waitFor();
  await look('losing', page);
  await named(page, w.code).click();
  await named(page, w.makeCode).click();
  await page.locator('.w-code').waitFor();
  await look('recovery-code', page);
  await named(page, w.noted).click();
  await named(page, w.move).click();
  await named(page, w.showLink).click();
  await page.locator('.w-code').waitFor();
  await look('new-phone', page);
  await named(page, w.back).click();
  await named(page, w.renew).click();
  await look('renew', page);
  await named(page, w.back).click();
  await page.getByRole('heading', { name: w.phones }).waitFor();
  await named(page, w.back).click();
}
