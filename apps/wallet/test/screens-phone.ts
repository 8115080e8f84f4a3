/** The screens of codes, of the card for shops and of passkeys, as a course through them. */
import type { BrowserContext, Page } from 'playwright-core';
import { playAuthenticator } from './authenticator.ts';
import type { See } from './screens.ts';
import { buttonsOf, type Stage } from './stage.ts';

const WORDS = {
  en: {
    ...{
      show: 'Show a code instead',
      scan: 'Scan a code',
      agree: 'Do you pay this?',
      other: 'Use the other camera',
    },
    ...{ refused: 'The camera is not allowed', again: 'Try again', payeeLooks: 'Now show this to the payee' },
    ...{ setUp: 'Set up', card: /Use this phone as a card/, protect: /^PIN and passkey/ },
    ...{ on: 'A passkey stands in for your PIN', locks: /Ask when the wallet is opened/ },
    ...{ make: 'Set up a passkey', offer: 'Fingerprint or face?', opens: 'Your PIN opens the wallet' },
    ...{ unused: 'The passkey was not used. Type the PIN.', cannot: /an address of numbers/ },
    ...{ home: 'Home' },
  },
  ja: {
    ...{
      show: '代わりにコードを見せる',
      scan: 'コードを読み取る',
      agree: '支払いますか',
      other: 'もう一方のカメラを使う',
    },
    ...{ refused: 'カメラが許可されていません', again: 'もう一度', payeeLooks: '受け取る人に見せてください' },
    ...{ setUp: '設定する', card: /このスマホをカードとして使う/, protect: /^暗証番号とパスキー/ },
    ...{ on: 'パスキーを暗証番号の代わりに使えます', locks: /ウォレットを開くときに確認する/ },
    ...{ make: 'パスキーを設定する', offer: '指紋や顔で支払いますか', opens: '暗証番号でウォレットを開く' },
    ...{ unused: 'パスキーは使われませんでした。暗証番号を入力してください。', cannot: /数字のアドレス/ },
    ...{ home: 'ホーム' },
  },
} as const;
type Language = keyof typeof WORDS;

const named = (page: Page, name: string | RegExp) =>
  page.getByRole('button', typeof name === 'string' ? { name, exact: true } : { name }).first();
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
const digits = async (page: Page, text: string): Promise<void> => {
  for (const digit of text) await named(page, digit).click();
};

export interface Two {
  readonly payer: Page;
  readonly payee: Page;
  readonly language: Language;
}

/** Both see each other's screen. */
export async function walkThroughCodes({ payer, payee, language }: Two, look: See): Promise<void> {
  const [w, b] = [WORDS[language], buttonsOf(language)];
  await payer.evaluate("cameras.refuses = 'NotAllowedError'");
  await named(payer, w.home).click();
  await named(payer, w.scan).click();
  await payer.getByText(w.refused).waitFor();
  await look('codes-no-camera', payer);
  await payer.evaluate('cameras.refuses = undefined');
  await named(payer, w.again).click();
  await named(payer, w.other).waitFor();
  await look('codes-scan', payer);
  await named(payee, b.receive).click();
  await digits(payee, '300');
  await named(payee, b.receive).click();
  await payee.evaluate("cameras.refuses = 'NotReadableError'");
  await named(payee, w.show).click();
  await payee.locator('.sk-qr').waitFor();
  await payee.evaluate('cameras.refuses = undefined');
  await heading(payer, w.agree);
  await look('codes-agree', payer);
  await named(payer, b.pay).click();
  await heading(payer, w.payeeLooks);
  await look('codes-payment', payer);
  await named(payee, w.again).click();
  await Promise.all([heading(payer, b.paid), heading(payee, b.got)]);
  await look('codes-received', payee);
  await Promise.all([named(payer, b.done).click(), named(payee, b.done).click()]);
  await named(payee, b.receive).click();
  await digits(payee, '300');
  await named(payee, b.receive).click();
  await named(payee, w.show).click();
  await payee.locator('.sk-qr').waitFor();
  await look('codes-request', payee);
  await named(payee, b.cancel).click();
}

export interface Protected {
  readonly context: BrowserContext;
  readonly stage: Stage;
  /** In its settings, where it is left. */
  readonly phone: Page;
  readonly language: Language;
}

export async function walkThroughPasskey(parts: Protected, look: See): Promise<void> {
  const { context, stage, phone, language } = parts;
  const [w, b] = [WORDS[language], buttonsOf(language)];
  await named(phone, w.setUp).click();
  await phone.getByRole('switch', { name: w.card }).scrollIntoViewIfNeeded();
  await look('shop-card', phone);
  await named(phone, w.protect).click();
  await phone.getByText(w.cannot).waitFor();
  await look('passkey-not-here', phone);
  await named(phone, b.back).click();
  const other = await context.newPage();
  const [device, authenticatorId] = await playAuthenticator(context, other, { hasPrf: true });
  // Passkeys belong to names.
  await other.goto(`${stage.url.replace('127.0.0.1', 'localhost')}/wallet/?wallet=three`);
  await named(other, b.begin).click();
  await other.getByLabel(b.name).fill(language === 'ja' ? 'はな' : 'Hanako');
  await named(other, b.next).click();
  await heading(other, b.pin);
  await digits(other, '2580');
  await heading(other, b.pinAgain);
  await digits(other, '2580');
  await heading(other, w.offer);
  await look('passkey-offer', other);
  await named(other, w.make).click();
  await named(other, b.first).click();
  await heading(other, b.balance);
  await named(other, b.settings).click();
  await named(other, w.protect).click();
  await other.getByText(w.on).waitFor();
  await other.getByRole('switch', { name: w.locks }).click();
  await other.getByRole('switch', { name: w.locks, checked: true }).waitFor();
  await look('passkey', other);
  await device.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await other.reload();
  await heading(other, w.opens);
  await other.getByText(w.unused).waitFor();
  await look('locked', other);
  await other.close();
  await named(phone, b.settings).waitFor();
}
