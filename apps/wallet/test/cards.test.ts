/** My cards: paired, read, topped up, received for while they are elsewhere, given another PIN, lost; with the network and without. */
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CardWindow, openCard, openScissors, practiceCard, type Scissors } from './cards-stage.ts';
import { balanceOf, begin, complaintsOf, openStage, openWallet, press, type Stage, type } from './stage.ts';

let stage: Stage;
let context: BrowserContext;
let hanako: Page;
let taro: Page;
let card: CardWindow;
let scissors: Scissors;
let complaints: readonly string[][];
beforeAll(async () => {
  stage = await openStage();
  context = await stage.profile();
  hanako = await openWallet(context, stage.url, 'hanako');
  taro = await openWallet(context, stage.url, 'taro');
  complaints = [hanako, taro].map((page) => complaintsOf(page, stage.url));
  await begin(hanako, 'Hanako', { first: 'Later' });
  await begin(taro, 'Taro');
  scissors = await openScissors(context, stage.url);
});
afterAll(() => stage?.close());

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
/** What the card is said to have held when it was here last. */
const heldOn = async (page: Page): Promise<string> =>
  (await page.locator('.w-face-money .sk-unseen').first().textContent()) ?? '';

test('a practice card is made, named, and shown with what it holds', async () => {
  card = await practiceCard(context, hanako, stage.url, 'Blue');
  await heading(hanako, 'Blue');
  expect(await heldOn(hanako)).toBe('0 yen');
});

test('it is topped up from the account; torn in the middle, it is charged once', async () => {
  await press(hanako, 'Top up');
  await type(hanako, '5000');
  await press(hanako, 'Top up');
  await heading(hanako, 'Hold Blue here');
  // The fourth command is CREDIT: the bank has paid by then.
  await scissors.cut(4, 'response');
  await card.touch();
  await heading(hanako, 'Hold the same card here again');
  await card.touch();
  await heading(hanako, 'On the card');
  await press(hanako, 'Done');
  expect(await heldOn(hanako)).toBe('5000 yen');
  expect((await stage.server.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

test('another card is told apart, and nothing is done with it', async () => {
  const other = await practiceCard(context, taro, stage.url, 'Red');
  await press(hanako, 'Read the card');
  await heading(hanako, 'Hold Blue here');
  await other.touch();
  await heading(hanako, 'That is another card');
  await card.touch();
  await heading(hanako, 'Read');
  await press(hanako, 'Done');
  await other.page.close();
});

test('it gives tickets, and is paid while it is elsewhere and nothing is online', async () => {
  // The page is kept for starts without a network.
  await hanako.evaluate('navigator.serviceWorker.ready.then(() => true)');
  await context.setOffline(true);
  await press(hanako, 'Receive for it');
  await press(hanako, 'Hold the card here');
  await heading(hanako, 'Hold Blue here');
  await scissors.cut(4, 'response');
  await card.touch();
  await heading(hanako, 'Hold the same card here again');
  await card.touch();
  await hanako.getByText('3 tickets are left').waitFor();
  await type(hanako, '800');
  await press(hanako, 'Receive');
  await heading(hanako, "Hold the payer's phone or card here");
  await press(taro, 'Home');
  await press(taro, 'Pay');
  await type(taro, '800');
  await press(taro, 'Pay');
  await heading(hanako, 'Taken for the card');
  await heading(taro, 'Handed over');
  await press(taro, 'Done');
  await press(hanako, 'Done');
  await hanako.getByText('This phone can take 2 payments of up to ¥3,000 for it').waitFor();
  expect(await balanceOf(taro)).toBe(9_200n);
});

test('the phone carries it, through a reload, until the card is touched; and the card has it once', async () => {
  await hanako.reload();
  await press(hanako, 'Cards');
  const row = hanako.getByRole('list', { name: 'On this phone for others' }).getByRole('button');
  expect(await row.textContent()).toMatch(/To Blue.*Waits for the card.*800/);
  await openCard(hanako, 'Blue');
  await press(hanako, 'Read the card');
  await card.touch();
  await hanako.getByText('¥800 that this phone carried is on the card now.').waitFor();
  await press(hanako, 'Done');
  expect(await heldOn(hanako)).toBe('5800 yen');
  const history = hanako.getByRole('list', { name: 'Last on the card' }).getByRole('listitem');
  expect(await history.first().textContent()).toMatch(/Received.*800/);
  await press(hanako, 'All cards');
  expect(await row.textContent()).toMatch(/Arrived/);
});

test('its PIN is changed: a wrong one is said to be wrong, a torn change is finished', async () => {
  await openCard(hanako, 'Blue');
  await press(hanako, 'Change PIN');
  for (const pin of ['9999', '2468', '2468']) await type(hanako, pin);
  await card.touch();
  await hanako.getByText('Wrong PIN: 2 tries left.').waitFor();
  for (const pin of ['1234', '2468', '2468']) await type(hanako, pin);
  // SELECT, STATEMENT, CHANGE REFERENCE DATA: done, and its answer never comes.
  await scissors.cut(3, 'command');
  await card.touch();
  await heading(hanako, 'Hold the same card here again');
  await card.touch();
  await heading(hanako, 'The card has a new PIN');
  await press(hanako, 'Done');
});

test('online, it is compared with the bank', async () => {
  await context.setOffline(false);
  await press(hanako, 'Compare');
  await card.touch();
  await heading(hanako, 'Everything is right');
  await press(hanako, 'Done');
  expect((await stage.server.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

test('lost: it says what the report does, then what becomes of the money by which date; found, it is taken back', async () => {
  await press(hanako, 'It is gone');
  await hanako.getByText('The card is blocked at once').waitFor();
  await press(hanako, 'Report it to the bank');
  await heading(hanako, 'How the report stands');
  const story = hanako.getByRole('list', { name: 'What becomes of it' }).getByRole('listitem');
  expect(await story.allTextContents()).toEqual([
    expect.stringMatching(/Reported, the card is blocked/),
    expect.stringMatching(/Its money on your account.*by \d+ \w+ \d{4}/),
    expect.stringMatching(/Closed/),
  ]);
  await hanako.getByText(/¥5,800 will be refunded by/).waitFor();
  const claims = (await stage.server.api.get('/v1/claims')).body.data;
  expect(claims).toMatchObject([{ kind: 'lost', status: 'waiting', reported_by: 'customer' }]);
  await press(hanako, 'I have found it');
  await hanako.getByText('Taken back: the card works again').waitFor();
  await press(hanako, 'Back');
});

test('it is removed from the phone, and stays what it is', async () => {
  await press(hanako, 'Remove from this phone');
  await press(hanako, 'Remove it');
  await hanako.getByText('No card yet').waitFor();
  await press(hanako, 'Add a card');
  await press(hanako, 'Hold a card here');
  await card.touch();
  await heading(hanako, 'What do you call it?');
  expect(await heldOn(hanako)).toBe('5800 yen');
});

test('no page complained, nor asked anybody else for anything', () => {
  expect(complaints).toEqual([[], []]);
});
