/**
 * From card to card over a phone whose owner has neither. I1, nothing comes of nothing; I2, nothing is lost silently; I4, what is repeated is paid
 * once: torn at every exchange of each of the three touches, and given back when the payee's card does not want it.
 */
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CardWindow, openCard, openScissors, practiceCard, type Scissors } from './cards-stage.ts';
import { begin, openStage, openWallet, press, type Stage, type } from './stage.ts';

let stage: Stage;
let context: BrowserContext;
/** Carries. */
let phone: Page;
/** Has made both cards, and knows them. */
let owner: Page;
let red: CardWindow;
let blue: CardWindow;
let scissors: Scissors;
beforeAll(async () => {
  stage = await openStage();
  context = await stage.profile();
  phone = await openWallet(context, stage.url, 'phone');
  owner = await openWallet(context, stage.url, 'owner');
  await begin(phone, 'Phone', { first: 'Later' });
  await begin(owner, 'Owner', { first: 'Later' });
  scissors = await openScissors(context, stage.url);
  blue = await practiceCard(context, owner, stage.url, 'Blue');
  await press(owner, 'All cards');
  red = await practiceCard(context, owner, stage.url, 'Red');
  await press(owner, 'Top up');
  await type(owner, '29000');
  await press(owner, 'Top up');
  await red.touch();
  await press(owner, 'Done');
  await press(phone, 'Cards');
});
afterAll(() => stage?.close());

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();

/** What both cards hold, read by their owner's phone. */
async function balances(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [name, card] of [['Red', red] as const, ['Blue', blue] as const]) {
    await press(owner, 'All cards');
    await openCard(owner, name);
    await press(owner, 'Read the card');
    await card.touch();
    await heading(owner, 'Read');
    await press(owner, 'Done');
    found.push((await owner.locator('.w-face-money .sk-unseen').first().textContent()) ?? '');
  }
  return found;
}

async function start(amount: string): Promise<void> {
  await press(phone, 'From card to card');
  await type(phone, amount);
  await press(phone, 'Begin');
  await heading(phone, 'Hold the card here that gets the money');
}
const TOUCHES = [
  { says: 'Hold the card here that gets the money', card: () => blue },
  { says: 'Now the card that pays', card: () => red },
  { says: 'Now the first card once more', card: () => blue },
] as const;

test('three touches: the second card has the money, and the phone has none of it', async () => {
  await context.setOffline(true);
  await start('1000');
  for (const { says, card } of TOUCHES) {
    await heading(phone, says);
    await card().touch();
  }
  await heading(phone, 'Paid from card to card');
  await press(phone, 'Done');
  expect(await balances()).toEqual(['28000 yen', '1000 yen']);
  await press(phone, 'Home');
  expect(await phone.locator('.w-balance .sk-unseen').first().textContent()).toBe('0 yen');
  await press(phone, 'Cards');
});

/** SELECT, and what the touch is for; the third is a chore that may be left for later. */
const CUTS = TOUCHES.flatMap((_, touch) =>
  [1, 2].flatMap((n) => [
    { touch, n, when: 'command' as const },
    { touch, n, when: 'response' as const },
  ]),
);

describe('I1, I2, I4: torn anywhere, the same card once more goes on', () => {
  test('every exchange of every touch', async () => {
    let left = 28_000;
    for (const { touch, n, when } of CUTS) {
      await start('100');
      for (const [i, { says, card }] of TOUCHES.entries()) {
        await heading(phone, says);
        if (i === touch) await scissors.cut(n, when);
        await card().touch();
        const next = TOUCHES[i + 1]?.says ?? 'Paid from card to card';
        const torn = phone.getByRole('heading', { name: 'Hold the same card here again' });
        await torn
          .or(phone.getByRole('heading', { name: next, exact: true }))
          .first()
          .waitFor();
        if (await torn.isVisible()) await card().touch();
      }
      await heading(phone, 'Paid from card to card');
      await press(phone, 'Done');
      left -= 100;
    }
    expect(await balances()).toEqual([`${left} yen`, `${29_000 - left} yen`]);
  });
});

test('what the card did not take yet is carried, through a reload, with its age; and goes back when its card says so', async () => {
  await start('500');
  await blue.touch();
  await heading(phone, 'Now the card that pays');
  await phone.reload();
  await press(phone, 'Cards');
  await press(phone, 'Go on with what was begun');
  await heading(phone, 'Now the card that pays');
  await red.touch();
  await heading(phone, 'Now the first card once more');
  await phone.reload();
  await press(phone, 'Cards');
  const row = phone.getByRole('list', { name: 'On this phone for others' }).getByRole('button').first();
  expect(await row.textContent()).toMatch(/To card .*(just now|minute).*Waits for the card.*500/);
  await row.click();
  await press(phone, 'Send it back');
  await blue.touch();
  await heading(phone, 'Given back');
  await press(phone, 'Give it back');
  await red.touch();
  await heading(phone, 'The money is back');
  await press(phone, 'Done');
  expect(await row.textContent()).toMatch(/Back on its card/);
  expect(await balances()).toEqual(['26800 yen', '2200 yen']);
});

test('a card that cannot pay says so, and nothing is left behind', async () => {
  await start('90000');
  await blue.touch();
  await heading(phone, 'Now the card that pays');
  await red.touch();
  await phone.getByText('That is more than the card pays at once.').waitFor();
  await press(phone, 'Try again');
  await press(phone, 'Start over');
  await type(phone, '100');
  await press(phone, 'Begin');
  // One card for both is told apart, too.
  await blue.touch();
  await heading(phone, 'Now the card that pays');
  await blue.touch();
  await phone.getByText('These are one and the same card.').waitFor();
  await press(phone, 'Done');
});

test('with the PIN, where the card wants it', async () => {
  await press(phone, 'Go on with what was begun');
  await press(phone, 'Start over');
  await type(phone, '12000');
  await press(phone, 'Begin');
  await blue.touch();
  await heading(phone, 'Now the card that pays');
  await red.touch();
  await type(phone, '9999');
  await red.touch();
  await phone.getByText('Wrong PIN: 2 tries left.').waitFor();
  await type(phone, '1234');
  // SELECT, VERIFY, PAY: paid, and the answer never comes. The same card once more does not pay again.
  await scissors.cut(3, 'command');
  await red.touch();
  await heading(phone, 'Hold the same card here again');
  await red.touch();
  await heading(phone, 'Now the first card once more');
  await blue.touch();
  await heading(phone, 'Paid from card to card');
  await press(phone, 'Done');
  expect(await balances()).toEqual(['14800 yen', '14200 yen']);
});

test('online, the books agree', async () => {
  await context.setOffline(false);
  await press(phone, 'Settings');
  await press(phone, 'Compare with the bank');
  await phone.getByText('Everything is right').waitFor();
  for (const [name, card] of [['Red', red] as const, ['Blue', blue] as const]) {
    await press(owner, 'All cards');
    await openCard(owner, name);
    await press(owner, 'Compare');
    await card.touch();
    await heading(owner, 'Everything is right');
    await press(owner, 'Done');
  }
  expect((await stage.server.api.get('/v1/audit')).body).toMatchObject({ holds: true, issued: '100000' });
  expect((await stage.server.api.get('/v1/alerts')).body.data).toEqual([]);
});
