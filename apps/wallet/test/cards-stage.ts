/** Cards beside wallets: practice cards in windows of their own, and scissors between them and the phones. */
import type { BrowserContext, Page } from 'playwright-core';
import { press } from './stage.ts';

/** A window that is a card. */
export interface CardWindow {
  readonly page: Page;
  /** Holds it to whoever waits for one, until the touch is over. */
  touch(): Promise<void>;
  /** The same without waiting. */
  hold(): Promise<void>;
}

/** In the room of cards: a practice card is made, named, and opened in a window. The room shows it afterwards. */
export async function practiceCard(
  context: BrowserContext,
  phone: Page,
  url: string,
  name: string,
): Promise<CardWindow> {
  await press(phone, 'Cards');
  await press(phone, 'Add a card');
  await press(phone, 'Make a practice card');
  const field = phone.getByLabel('What do you call it?');
  await field.fill(name);
  await press(phone, 'Keep the name');
  const link = await phone.getByRole('link', { name: 'Open the practice card' }).getAttribute('href');
  const page = await context.newPage();
  await page.goto(`${url}${link ?? ''}`);
  const hold = () => press(page, 'Hold it to a phone');
  return {
    page,
    hold,
    async touch() {
      await hold();
      await page.getByText('The touch is over').waitFor();
    },
  };
}

/** From the list of cards. */
export const openCard = (phone: Page, name: string): Promise<void> =>
  phone
    .getByRole('list', { name: 'Cards' })
    .getByRole('button', { name: new RegExp(`\\b${name}\\b`) })
    .click();

export interface Scissors {
  /** The next touch ends at the n-th command: before the card hears it, or after it answered. */
  cut(n: number, when: 'command' | 'response'): Promise<void>;
}

/** A window of the same origin, in whose reach the field is. */
export async function openScissors(context: BrowserContext, url: string): Promise<Scissors> {
  const page = await context.newPage();
  await page.goto(`${url}/docs`);
  return {
    cut: (n, when) =>
      page.evaluate(`(() => {
        const field = new BroadcastChannel('sokkin-field');
        let count = 0;
        field.onmessage = ({ data }) => {
          if (data.sokkin !== '${when}' || ++count !== ${n}) return;
          field.postMessage({ sokkin: 'gone', card: data.card });
          field.close();
        };
      })()`),
  };
}
