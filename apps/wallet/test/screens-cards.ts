/** The screens of cards, and of a purse on a reader, as a course through them. */
import type { BrowserContext, Page } from 'playwright-core';

const WORDS = {
  en: {
    ...{ cards: 'Cards', add: 'Add a card', practice: 'Make a practice card', name: 'What do you call it?' },
    ...{ keep: 'Keep the name', take: 'Receive for it', lost: 'It is gone', back: 'Back', all: 'All cards' },
    ...{ give: 'Hold the card here', cancel: 'Cancel', between: 'From card to card', begin: 'Begin' },
    ...{ hold: 'Hold it to a phone', over: 'The touch is over', payer: 'Now the card that pays' },
    ...{ first: 'Now the first card once more', report: 'Report it to the bank', topUp: 'Top up' },
    ...{ onCard: 'On the card', done: 'Done', place: 'Use a card on a reader', code: 'Code of the bridge' },
    ...{ close: 'Close', settings: 'Settings', called: 'My blue card', standing: 'How the report stands' },
    window: 'Open the practice card',
  },
  ja: {
    ...{ cards: 'カード', add: 'カードを追加', practice: '練習用カードを作る', name: 'カードの名前' },
    ...{
      keep: 'この名前にする',
      take: '代わりに受け取る',
      lost: 'カードをなくした',
      back: '戻る',
      all: 'カード一覧',
    },
    ...{ give: 'カードをかざす', cancel: 'やめる', between: 'カードからカードへ', begin: 'はじめる' },
    ...{ hold: 'スマホにかざす', over: 'タッチが終わりました', payer: '次に、支払うカード' },
    ...{ first: '最初のカードをもう一度', report: '銀行に届け出る', topUp: 'チャージ' },
    ...{
      onCard: 'カードに入りました',
      done: '閉じる',
      place: 'リーダーのカードを使う',
      code: 'ブリッジのコード',
    },
    ...{ close: '閉じる', settings: '設定', called: 'あおいカード', standing: '届け出の状況' },
    window: '練習用カードを開く',
  },
} as const;

/** `phone` is at home, and its account has money. */
export async function walkThroughCards(
  context: BrowserContext,
  { phone, url, language }: { readonly phone: Page; readonly url: string; readonly language: 'ja' | 'en' },
  look: (name: string, page: Page) => Promise<void>,
): Promise<void> {
  const w = WORDS[language];
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first();
  const press = (name: string) => button(phone, name).click();
  const heading = (name: string) => phone.getByRole('heading', { name, exact: true }).waitFor();
  const type = async (digits: string) => {
    for (const digit of digits) await press(digit);
  };
  const card = async (): Promise<Page> => {
    await press(w.add);
    await press(w.practice);
    await phone.getByLabel(w.name).fill(w.called);
    await press(w.keep);
    const link = await phone.getByRole('link', { name: w.window }).getAttribute('href');
    const page = await context.newPage();
    await page.goto(`${url}${link ?? ''}`);
    await button(page, w.hold).and(page.locator(':enabled')).waitFor();
    return page;
  };
  const touch = async (page: Page) => {
    await button(page, w.hold).click();
    await page.getByText(w.over).waitFor();
  };
  await press(w.cards);
  await button(phone, w.add).waitFor();
  await look('cards-none', phone);
  await press(w.add);
  await look('card-add', phone);
  await press(w.back);
  const red = await card();
  await look('card-window', red);
  await press(w.topUp);
  await type('5000');
  await press(w.topUp);
  await look('card-touch', phone);
  await touch(red);
  await heading(w.onCard);
  await press(w.done);
  await look('card', phone);
  await press(w.take);
  await look('card-take', phone);
  await press(w.back);
  await press(w.all);
  const blue = await card();
  await press(w.all);
  await press(w.between);
  await type('800');
  await press(w.begin);
  await look('between', phone);
  await touch(blue);
  await heading(w.payer);
  await touch(red);
  await heading(w.first);
  await press(w.cancel);
  await look('cards', phone);
  await phone.getByRole('list').last().getByRole('button').first().click();
  await look('carried', phone);
  await press(w.back);
  await phone.getByRole('list', { name: w.cards }).getByRole('button').first().click();
  await press(w.lost);
  await look('card-lost', phone);
  await press(w.report);
  await heading(w.standing);
  await look('card-reported', phone);
  await press(w.back);
  await press(w.settings);
  await press(w.place);
  await phone.getByLabel(w.code).waitFor();
  await look('purse-place', phone);
  await press(w.close);
  await Promise.all([red.close(), blue.close()]);
}
