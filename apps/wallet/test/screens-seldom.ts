/** What a wallet says when something is out of the ordinary: cut off, no room, a new version, a terminal that has the last word. */
import type { BrowserContext, Page } from 'playwright-core';
import { meetingPlace, tapAt } from './card-terminal.ts';
import type { See } from './screens.ts';
import { buttonsOf, openWallet, press, type Stage, type } from './stage.ts';

const WORDS = {
  en: {
    ...{ code: 'Show a code instead', left: 'Not finished', leave: 'Leave it', home: 'Home' },
    ...{
      full: 'No room left on this device',
      fresh: 'A new version is ready',
      decides: 'The terminal decides',
    },
  },
  ja: {
    ...{ code: '代わりにコードを見せる', left: '途中の取引', leave: '取り下げる', home: 'ホーム' },
    ...{ full: '端末の空き容量がありません', fresh: '新しいバージョンがあります' },
    decides: '端末の表示を確認してください',
  },
} as const;

export interface Parts {
  readonly context: BrowserContext;
  readonly stage: Stage;
  /** Of the wallet \`one\`, which is a card for shops, too. */
  readonly phone: Page;
  readonly language: 'ja' | 'en';
}

/** Leaves the wallet in another page. */
export async function walkThroughSeldom(parts: Parts, look: See): Promise<void> {
  await cutOff(parts, look);
  await withoutRoom(parts, look);
  await atTerminal(parts, look);
}

async function cutOff({ phone, language }: Parts, look: See): Promise<void> {
  const [w, b] = [WORDS[language], buttonsOf(language)];
  await press(phone, w.home);
  await press(phone, b.receive);
  await type(phone, '700');
  await press(phone, b.receive);
  await press(phone, w.code);
  await phone.locator('.sk-qr').waitFor();
  await phone.reload();
  await phone.getByRole('heading', { name: w.left }).waitFor();
  await look('not-finished', phone);
  await press(phone, w.leave);
  await phone.getByRole('heading', { name: w.left }).waitFor({ state: 'detached' });
}

async function withoutRoom({ context, stage, phone, language }: Parts, look: See): Promise<void> {
  const [w, b] = [WORDS[language], buttonsOf(language)];
  const session = await context.newCDPSession(phone);
  await session.send('Storage.overrideQuotaForOrigin', { origin: stage.url, quotaSize: 1 });
  await press(phone, b.pay);
  await phone.getByRole('heading', { name: w.full }).waitFor();
  await look('no-room', phone);
  await press(phone, b.done);
  await session.send('Storage.overrideQuotaForOrigin', { origin: stage.url });
}

const PLACE = 'walk01';
/** A service worker of a new version waits; what it does then is update.test's. */
const NEW_VERSION = `Object.defineProperty(Navigator.prototype, 'serviceWorker', {
  get: () => ({
    controller: {},
    addEventListener() {},
    register: async () => ({ waiting: { state: 'installed' }, installing: null, addEventListener() {} }),
  }),
})`;

async function atTerminal({ context, stage, phone, language }: Parts, look: See): Promise<void> {
  const [w, b] = [WORDS[language], buttonsOf(language)];
  await phone.close();
  const { air, leave } = meetingPlace(stage.url, PLACE);
  try {
    const page = await context.newPage();
    await page.addInitScript(NEW_VERSION);
    await page.goto(`${stage.url}/wallet/?wallet=one&field=${PLACE}`);
    await page.getByText(w.fresh).waitFor();
    await look('new-version', page);
    const tapped = tapAt(air, 700n);
    await press(page, b.pay);
    await type(page, '1000');
    await press(page, b.pay);
    await page.getByRole('heading', { name: w.decides }).waitFor();
    await tapped;
    await look('terminal-decides', page);
    await press(page, b.done);
    await page.close();
  } finally {
    leave();
  }
  // Back in this browser.
  const again = await openWallet(context, stage.url, 'one&field=');
  await again.getByRole('heading', { name: b.balance }).waitFor();
}
