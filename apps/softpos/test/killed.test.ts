/**
 * The browser is killed, or the page loaded anew, at each step of a sale: afterwards the payer was debited once, the screen says what is, and the day agrees
 * with the acquirer's. Moments come from a seed, which is printed: `SOKKIN_SEED` has them again.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Counter, charge, type Lasting, openLasting, openShop, paid, sells, signIn } from './lasting.ts';
import type { TestCard } from './stage.ts';

const PRICE = 100;
const HELD = 20_000n;
const SEED = Number(process.env.SOKKIN_SEED ?? Date.now() % 100_000);
let state = SEED;
/** 0 to most - 1. */
function chance(most: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return Math.floor((state / 0x8000_0000) * most);
}

let stage: Lasting;
let counter: Counter;
let sold = 0;
let soldByPurse = 0;
const payers = new Map<string, TestCard>();
beforeAll(async () => {
  console.log(`seed ${SEED}`);
  stage = await openLasting([1]);
  const [started, purse, killed, loaded, online] = await Promise.all([
    stage.start(),
    stage.card({ purse: HELD }),
    stage.card({ purse: HELD, emvOnly: true }),
    stage.card({ purse: HELD, emvOnly: true }),
    // It has nothing itself: for everything its issuer is asked.
    stage.card({ account: HELD, emvOnly: true }),
  ]);
  counter = started;
  for (const [name, card] of [
    ['purse killed', purse],
    ['purse loaded', purse],
    ['card killed', killed],
    ['card loaded', loaded],
    ['online killed', online],
    ['online loaded', online],
  ] as const)
    payers.set(name, card);
  await openShop(counter.page);
});
afterAll(() => stage?.close());

type Cut = 'killed' | 'loaded';

async function cut(how: Cut): Promise<void> {
  stage.around(undefined);
  if (how === 'killed') {
    await counter.kill();
    counter = await stage.start();
    await signIn(counter.page);
    return;
  }
  await Promise.all([counter.page.reload(), counter.takeAway()]);
}

/** Cuts at that command of the tap, before or after the card has worked it off; its answer reaches nobody. */
async function cutAtCommand(card: TestCard, how: Cut, at: number, when: 'before' | 'after'): Promise<void> {
  let count = 0;
  const reached = new Promise<void>((resolve) => {
    stage.around(async (send) => {
      count += 1;
      if (count < at) return send();
      if (count === at && when === 'after') await send();
      resolve();
      return new Promise<never>(() => undefined);
    });
  });
  counter.hold(card).catch(() => undefined);
  await reached;
  await cut(how);
}

/** Whatever the screen asks for is done: the same card again, or nothing. */
async function bringToItsEnd(card: TestCard): Promise<void> {
  const { page } = counter;
  const again = page.getByText(/^Hold the (card or phone|same card) here/);
  await again.or(paid(page)).first().waitFor();
  if (!(await paid(page).isVisible())) await counter.hold(card);
  await paid(page).waitFor();
  await page.getByRole('button', { name: 'Next sale' }).click();
  await sells(page);
  // Nothing is rung up any more: nobody is charged for it a second time.
  await page.getByRole('button', { name: 'Charge 0 yen' }).locator('visible=true').waitFor();
}

const MOMENTS: Readonly<Record<string, (card: TestCard, how: Cut, commands: number) => Promise<void>>> = {
  'before the tap': async (_card, how) => cut(how),
  'after the second exchange': async (card, how) => cutAtCommand(card, how, 2, 'after'),
  'at some exchange': async (card, how, commands) =>
    cutAtCommand(card, how, 1 + chance(commands), chance(2) === 0 ? 'before' : 'after'),
  'after the last exchange': async (card, how, commands) => cutAtCommand(card, how, commands, 'after'),
  'after the approval, before the receipt': async (card, how) => {
    await counter.hold(card);
    await paid(counter.page).waitFor();
    await cut(how);
  },
};

/** Up to the question to its issuer, a card goes one way. */
const momentsOf = (kind: string) => Object.values(MOMENTS).slice(kind === 'online' ? -3 : 0);

/** All that a payer has. */
const wealth = async (card: TestCard): Promise<bigint> => (await card.purse()) + (await card.balance());

async function sellWith(card: TestCard, moment: () => Promise<void>): Promise<void> {
  const before = await wealth(card);
  await charge(counter.page, PRICE);
  await moment();
  await bringToItsEnd(card);
  hasSold(card);
  expect(await wealth(card)).toBe(before - BigInt(PRICE));
}

function hasSold(card: TestCard): void {
  sold += 1;
  if (card === payer('purse', 'killed')) soldByPurse += 1;
}

function payer(kind: string, how: Cut): TestCard {
  const card = payers.get(`${kind} ${how}`);
  if (card === undefined) throw new Error('Bug: no such payer');
  return card;
}

const CUTS = ['killed', 'loaded'] as const;
test.each(['purse', 'card', 'online'].flatMap((kind) => CUTS.map((how) => [kind, how] as const)))(
  '%s, the page is %s',
  async (kind, how) => {
    const card = payer(kind, how);
    let commands = 0;
    await sellWith(card, async () => {
      commands = await counter.hold(card);
    });
    for (const moment of momentsOf(kind)) await sellWith(card, () => moment(card, how, commands));
  },
);

test.each(CUTS)('the issuer has said yes, and its answer is lost: %s meanwhile', async (how) => {
  const card = payer('online', how);
  const before = await wealth(card);
  await charge(counter.page, PRICE);
  const answered = stage.loseAnswer('/v1/terminals/messages');
  await counter.hold(card);
  await answered;
  expect(await wealth(card)).toBe(before - BigInt(PRICE));
  await cut(how);
  // Nobody here knows what it said: it is not paid, and what it took goes back.
  const { page } = counter;
  await page.getByRole('alert').filter({ hasText: 'Not paid' }).waitFor();
  await page.getByRole('button', { name: 'Next sale' }).click();
  await expect.poll(() => wealth(card), { timeout: 60_000 }).toBe(before);
  // What was rung up still is.
  await page
    .getByRole('button', { name: `Charge ${PRICE} yen` })
    .locator('visible=true')
    .click();
  await page.getByText('Hold the card or phone here').waitFor();
  await counter.hold(card);
  await bringToItsEnd(card);
  hasSold(card);
  expect(await wealth(card)).toBe(before - BigInt(PRICE));
});

test.each(CUTS)('%s while the queue is sent', async (how) => {
  for (const kind of ['purse', 'card']) {
    const card = payer(kind, how);
    await card.sync();
    const before = await card.purse();
    await charge(counter.page, PRICE);
    await counter.hold(card);
    await paid(counter.page).waitFor();
    const leaves = counter.page.waitForRequest(
      (request) => request.method() === 'POST' && /\/v1\//.test(request.url()),
    );
    await counter.page.getByRole('button', { name: 'Next sale' }).click();
    await counter.page.getByRole('button', { name: '1 not sent yet' }).click();
    await counter.page.getByRole('button', { name: 'Send now' }).click();
    await leaves;
    await new Promise((resolve) => setTimeout(resolve, chance(20)));
    await cut(how);
    await sells(counter.page);
    hasSold(card);
    expect(await card.purse()).toBe(before - BigInt(PRICE));
  }
});

test('the day has every sale once, and the acquirer the same totals', async () => {
  const { page } = counter;
  await page.getByRole('button', { name: 'Day', exact: true }).click();
  await page
    .getByRole('row', { name: /Net/ })
    .getByText(`${sold * PRICE} yen`)
    .waitFor();
  await page.getByRole('button', { name: 'Close the day' }).click();
  const sheet = page.getByRole('dialog', { name: 'Close the day' });
  await sheet.getByRole('button', { name: 'Close the day' }).click();
  await sheet.getByText('The acquirer has the same totals').waitFor();
});

test('the shop moves what its purse has to its account; the ledger has in purses what the cards say that they have', async () => {
  const { api } = stage.server;
  const { page } = counter;
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('button', { name: /^Purse/ }).click();
  await page.getByRole('button', { name: 'Move all to the account' }).click();
  const moved = (soldByPurse * PRICE).toLocaleString('en');
  await page.getByText(`${moved} moved to the account`).waitFor();
  const cards = [...new Set(payers.values())];
  for (const card of cards) await card.sync();
  const held = await Promise.all(cards.map((card) => card.purse()));
  const float = await api.get('/v1/accounts/acc_offline_float');
  expect(BigInt(float.body.balance as string)).toBe(held.reduce((sum, one) => sum + one, 0n));
});
