/** The guided tour in each language, from its first step to its last, without a pointer; left, and taken up again. */
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { violations } from '../../../tests/browser.ts';
import { buttonsOf, openStage, type Stage } from '../../wallet/test/stage.ts';
import { STEPS } from '../src/tour/steps.ts';
import { APPS, cardOf, type OpenDesk, openDesk } from './world.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(APPS);
});
afterAll(() => stage?.close());

/** What the things on the desk are called, as a screen reader says it. */
const WORDS = {
  en: {
    ...{
      start: 'Start the tour',
      next: 'Next',
      leave: 'Leave',
      finish: 'Finish',
      done: 'Done: ',
      goOn: 'Go on: ',
    },
    ...{
      reset: /^Reset/,
      network: /Network/,
      scissors: 'Where the next tap is cut',
      armed: 'The next tap will be cut',
    },
    ...{
      key: 'POS key 8',
      charge: 'Charge',
      softCharge: /^Charge/,
      sold: 'Paid',
      offline: 'Approved offline',
    },
    ...{
      home: 'Home',
      cards: 'Cards',
      between: 'From card to card',
      begin: 'Begin',
      carried: 'Paid from card to card',
    },
    get: 'Hold the card here that gets the money',
    ...{ pay: 'Now the card that pays', take: 'Now the first card once more', yen: (n: string) => `¥${n}` },
    ...{
      bank: 'Bank',
      aoi: 'Aoi',
      kenji: 'Kenji',
      inHand: 'Card of Kenji: In your hand',
      how: 'Drag a card',
    },
    ...{ lies: 'Adds up to the last yen', closer: 'Look closer: Phone of Taro' },
  },
  ja: {
    ...{
      start: 'ツアーを始める',
      next: '次へ',
      leave: 'やめる',
      finish: '終わる',
      done: 'できました：',
      goOn: '続きから：',
    },
    ...{
      reset: /^リセット/,
      network: /ネットワーク/,
      scissors: '次のタッチを切る場所',
      armed: '次のタッチが切れます',
    },
    ...{
      key: 'POSの8',
      charge: '会計',
      softCharge: /^会計する/,
      sold: '支払い完了',
      offline: 'オフライン承認',
    },
    ...{
      home: 'ホーム',
      cards: 'カード',
      between: 'カードからカードへ',
      begin: 'はじめる',
      carried: 'カードからカードへ支払いました',
    },
    get: '受け取るカードをかざしてください',
    ...{ pay: '次に、支払うカード', take: '最初のカードをもう一度', yen: (n: string) => `${n}円` },
    ...{
      bank: '銀行',
      aoi: 'あおい',
      kenji: 'けんじ',
      inHand: 'けんじのカード: 手に持っています',
      how: 'カードを端末まで',
    },
    ...{ lies: '1円まで一致', closer: '大きく見る：たろうのスマホ' },
  },
} as const;

const titleOf = (id: string, language: 'en' | 'ja'): string => {
  const found = STEPS.find((step) => step.id === id);
  if (found === undefined) throw new Error(`Bug: there is no step ${id}`);
  return found.says[language].title;
};

test('each step says what and why in one or two sentences', () => {
  const long = STEPS.flatMap(({ id, says }) =>
    Object.entries(says)
      .filter(([, { why }]) => (why.match(/[.。](?=\s|$|[^\s」])/g) ?? []).length > 2)
      .map(([language]) => `${id} ${language}`),
  );
  expect(long).toEqual([]);
});

describe.each(['en', 'ja'] as const)('%s', (language) => {
  const w = WORDS[language];
  const wallet = buttonsOf(language);
  let desk: OpenDesk;
  let page: Page;
  beforeAll(async () => {
    desk = await openDesk(stage, { language });
    page = desk.page;
  });
  afterAll(() => page?.context().close());

  /** As somebody who has come there with the Tab key. */
  async function enter(what: Locator, key = 'Enter'): Promise<void> {
    await what.focus();
    await page.keyboard.press(key);
  }
  const button = (on: Page | FrameLocator, name: string) => on.getByRole('button', { name, exact: true });
  const step = (id: string) =>
    page
      .locator('.d-tour')
      .getByRole('heading', { name: titleOf(id, language), exact: true })
      .waitFor();

  /** Up, and down on the device that the tour points at: the focus goes there by itself. */
  async function hold(card: string, device: string): Promise<void> {
    await enter(cardOf(page, card));
    await expect
      .poll(() => page.evaluate('document.activeElement?.closest("[data-device]")?.dataset.device'))
      .toBe(device);
    await page.keyboard.press('Enter');
  }
  async function wish(phone: FrameLocator, what: 'pay' | 'receive', amount: string): Promise<void> {
    await enter(button(phone, wallet[what]));
    await phone.locator('.sk-keypad').waitFor();
    await page.keyboard.type(amount);
    await enter(button(phone, wallet[what]));
  }
  async function charge(amount: string): Promise<void> {
    await button(page, w.key).focus();
    await page.keyboard.type(amount);
    await enter(button(page, w.charge));
  }
  const result = (phone: FrameLocator, what: 'paid' | 'got') =>
    phone.getByRole('heading', { name: wallet[what], exact: true }).waitFor();

  test('a card is reached, taken up, put down and put back with the Tab and Enter keys alone', async () => {
    await page.getByRole('button', { name: w.reset }).focus();
    await enter(cardOf(page, w.kenji));
    const says = page.locator('.d-tray-says [role=status]');
    expect(await says.textContent()).toContain(w.inHand);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement?.className')).toBe('d-drop');
    await page.keyboard.press('Escape');
    expect(await says.textContent()).toContain(w.how);
    expect(await page.locator('.d-drop').count()).toBe(0);
  });

  test('a device is looked at more closely, and all of them stay in view', async () => {
    const closer = button(page, w.closer);
    const widthOf = async (device: string) =>
      (await page.locator(`[data-device="${device}"] .d-screen`).boundingBox())?.width ?? 0;
    const before = await widthOf('taro');
    await enter(closer);
    await expect.poll(() => closer.getAttribute('aria-pressed')).toBe('true');
    await expect.poll(() => widthOf('taro')).toBeGreaterThan(before * 1.2);
    const beyond =
      'Math.max(...[...document.querySelectorAll(".d-case")].map((one) => one.getBoundingClientRect().right))';
    const room = await page.locator('.d-devices').boundingBox();
    expect(Number(await page.evaluate(beyond))).toBeLessThanOrEqual((room?.x ?? 0) + (room?.width ?? 0));
    await enter(closer);
    await expect.poll(() => widthOf('taro')).toBe(before);
  });

  test('phase 1: at the shop', async () => {
    await enter(button(page, w.start));
    await step('begin');
    await enter(button(page, w.next));
    await step('charge');
    expect(await page.locator('[data-marked]').count()).toBeGreaterThan(0);
    await charge('800');
    await step('tap');
    await hold(w.bank, 'pos');
    await step('ledger');
    await page.getByText(`${w.done}${titleOf('tap', language)}`).waitFor();
    await enter(page.locator('.d-trace summary').first());
    await page.getByRole('rowheader', { name: 'DE 55' }).first().waitFor();
    await enter(button(page, w.next));
  });

  test('left and taken up, also after the page was closed', async () => {
    await step('off');
    await enter(button(page, w.leave));
    await page.reload();
    await enter(button(page, `${w.goOn}${titleOf('off', language)}`));
    await step('off');
    expect(await violations(page)).toEqual([]);
  });

  test('phase 2: from hand to hand, with no network', async () => {
    const { hanako, taro } = desk;
    for (const phone of [hanako, taro]) await phone.locator('.w-hero').waitFor();
    await page.locator('.d-tray:not(:has(:disabled))').waitFor();
    await enter(page.getByRole('switch', { name: w.network }), 'Space');
    await step('ask');
    await wish(hanako, 'receive', '500');
    await step('card-to-phone');
    await hold(w.aoi, 'hanako');
    await step('card-to-card');
    for (const name of [wallet.done, w.cards, w.between]) await enter(button(hanako, name));
    await hanako.locator('.sk-keypad').waitFor();
    await page.keyboard.type('400');
    await enter(button(hanako, w.begin));
    for (const [says, card] of [
      [w.get, w.kenji],
      [w.pay, w.aoi],
      [w.take, w.kenji],
    ] as const) {
      await hanako.getByText(says).waitFor();
      await hold(card, 'hanako');
    }
    await hanako.getByRole('heading', { name: w.carried }).waitFor();
    await cardOf(page, w.kenji).getByText(w.yen('5,400')).waitFor();
    await step('phone-to-phone');
    for (const name of [wallet.done, w.home]) await enter(button(hanako, name));
    await wish(taro, 'receive', '300');
    await wish(hanako, 'pay', '300');
    await step('softpos');
  });

  test('phase 2: at shops, with no network', async () => {
    const { softpos } = desk;
    await softpos.getByRole('button', { name: '1', exact: true }).focus();
    await page.keyboard.type('300');
    await enter(softpos.getByRole('button', { name: w.softCharge }));
    await hold(w.kenji, 'softpos');
    await softpos.getByRole('heading', { name: w.sold, exact: true }).waitFor();
    await step('pos-offline');
    await charge('600');
    await hold(w.aoi, 'pos');
    await page.locator('.d-pos-says').getByText(w.offline, { exact: true }).waitFor();
    // 5,000 less 500, 400 and 600.
    await cardOf(page, w.aoi).getByText(w.yen('3,500')).waitFor();
  });

  test('a payment is torn, and mended', async () => {
    const { hanako, taro } = desk;
    await step('cut');
    await page.getByLabel(w.scissors).focus();
    for (let n = 0; n < 4; n++) await page.keyboard.press('ArrowDown');
    await page.getByText(w.armed).waitFor();
    for (const phone of [hanako, taro]) await enter(button(phone, wallet.done));
    await wish(taro, 'receive', '200');
    await wish(hanako, 'pay', '200');
    await step('on');
    await page.getByText(`${w.done}${titleOf('mend', language)}`).waitFor();
    await result(hanako, 'paid');
    await result(taro, 'got');
    for (const phone of [hanako, taro]) await enter(button(phone, wallet.done));
    // Paid once: 10,000 and 500 less 300 and 200; 10,000 and 300 and 200.
    await hanako.locator('.w-hero').getByText(w.yen('10,000')).first().waitFor();
    await taro.locator('.w-hero').getByText(w.yen('10,500')).first().waitFor();
  });

  test('the end: everything adds up, and the tour can begin anew', async () => {
    await enter(page.getByRole('switch', { name: w.network }), 'Space');
    await step('end');
    await page.getByText(w.lies).waitFor();
    await enter(button(page, w.finish));
    await button(page, w.start).waitFor();
  });
});
