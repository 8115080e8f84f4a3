/**
 * Chromium is killed (SIGKILL to all its processes) in the middle of what a wallet does, and opened again with the same profile.
 *
 * I1, nothing comes of nothing; I2, nothing is lost silently; I4, what is repeated is done once: what was begun never happened, or is done, or is said to be
 * open and can be finished; purses and accounts together hold what they held before.
 *
 * The seed is printed. `SOKKIN_SEED=N` draws the same moments again, `SOKKIN_KILLS=N` more of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLastingBrowser } from '../../../tests/browser.ts';
import { practiceCard } from './cards-stage.ts';
import { drawing, inWords, type Moment, momentIn } from './moments.ts';
import { balanceOf, begin, type House, openHouse, openWallet, press, type, waitingOf } from './stage.ts';

const SEED = Number(process.env.SOKKIN_SEED ?? Date.now() % 1_000_000);
const draw = drawing(SEED);

const FLOWS = [
  'pay',
  'top up',
  'pay offline',
  'cash out',
  'pay',
  'begin',
  'pay offline',
  'change PIN',
] as const;
type Flow = (typeof FLOWS)[number];
const KILLS = Number(process.env.SOKKIN_KILLS ?? FLOWS.length);

let house: House;
let folder: string;
let browser: Awaited<ReturnType<typeof openLastingBrowser>>;
let payer: Page;
let payee: Page;
/** At the bank, of every wallet that was opened. */
const accounts: string[] = [];
/** In purses of wallets that rounds began, beside the two. */
let elsewhere = 0n;
let card: { readonly href: string; pin: string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sokkin-mortal-'));
  [house, browser] = await Promise.all([openHouse(), openMine()]);
  payer = await openWallet(browser.context, house.url, 'payer');
  payee = await openWallet(browser.context, house.url, 'payee');
  await begin(payer, 'Payer', { first: '20000 yen' });
  await begin(payee, 'Payee', { first: 'Later' });
  for (const page of [payer, payee]) await noteAccount(page);
  const made = await practiceCard(browser.context, payer, house.url, 'Blue');
  card = { href: made.page.url(), pin: '1234' };
  // From now on the pages are there without a network, too.
  await payer.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
  await reopen();
});
afterAll(async () => {
  await browser?.kill();
  await house?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function openMine() {
  const opened = await openLastingBrowser(folder);
  // How long something takes on a machine that is busy says nothing.
  opened.context.setDefaultTimeout(120_000);
  return opened;
}

async function noteAccount(page: Page): Promise<void> {
  await press(page, 'Settings');
  accounts.push((await page.getByText(/^acc_/).textContent()) ?? '');
  await press(page, 'Home');
}

/** All processes at once, then the same profile again. */
async function reopen(isOffline = false): Promise<void> {
  await browser.kill();
  browser = await openMine();
  await browser.context.setOffline(isOffline);
  payer = await openWallet(browser.context, house.url, 'payer');
  payee = await openWallet(browser.context, house.url, 'payee');
  for (const page of [payer, payee]) await atHome(page);
}
const atHome = (page: Page) => page.getByRole('heading', { name: 'Balance' }).waitFor();

/** What is begun is not waited for: it will not end. */
const flows: Readonly<Record<Flow, (amount: string) => Promise<void>>> = {
  pay: tap,
  'pay offline': tap,
  'top up': (amount) => move('Top up', amount),
  'cash out': (amount) => move('Cash out', amount),
  async begin() {
    const third = await openWallet(browser.context, house.url, `third${accounts.length}`);
    await begin(third, 'Third');
  },
  async 'change PIN'() {
    await changePin('1234', '2468');
  },
};

async function tap(amount: string): Promise<void> {
  await press(payee, 'Receive');
  await type(payee, amount);
  await press(payee, 'Receive');
  await press(payer, 'Pay');
  await type(payer, amount);
  await press(payer, 'Pay');
  await payer.getByRole('heading', { name: 'Paid', exact: true }).waitFor();
  await payee.getByRole('heading', { name: 'Received', exact: true }).waitFor();
  await Promise.all([press(payer, 'Done'), press(payee, 'Done')]);
}

async function move(way: 'Top up' | 'Cash out', amount: string): Promise<void> {
  await press(payer, way);
  await type(payer, amount);
  await press(payer, way);
  await payer.getByRole('heading', { name: /^(Topped up|Moved to your account)$/ }).waitFor();
  await press(payer, 'Done');
}

/** Answers what the screen says at the end. */
async function changePin(before: string, after: string): Promise<string> {
  const window = await browser.context.newPage();
  await window.goto(card.href);
  await press(payer, 'Cards');
  await payer.getByRole('list', { name: 'Cards' }).getByRole('button', { name: /Blue/ }).click();
  await press(payer, 'Change PIN');
  for (const pin of [before, after, after]) await type(payer, pin);
  await press(window, 'Hold it to a phone');
  const said = payer.getByText(/The card has a new PIN|Wrong PIN/);
  const text = (await said.textContent()) ?? '';
  await window.close();
  return text;
}

/** Where the moment is: a page, or the purse's worker of it. */
function placeOf(flow: Flow, name: string) {
  const page = name.startsWith('payee') && flow.startsWith('pay') ? payee : payer;
  const worker = page.workers()[0];
  return { page, place: name.endsWith('purse') && worker !== undefined ? worker : page };
}

function drawMoment(flow: Flow): Moment {
  if (flow === 'begin' || flow === 'change PIN' || draw(4) === 0) return { after: 'time', ms: draw(1_500) };
  const place = ['payer purse', 'payee purse', 'payee page', 'payer page'][
    draw(flow.startsWith('pay') ? 3 : 1)
  ];
  return {
    after: 'write',
    place: place ?? 'payer purse',
    no: 1 + draw(12),
    when: draw(2) === 0 ? 'before' : 'done',
  };
}

/** Runs it until the moment, and kills. Answers whether it came to its end before. */
async function killIn(flow: Flow, amount: string, moment: Moment): Promise<void> {
  const { page, place } = placeOf(flow, moment.after === 'write' ? moment.place : 'payer page');
  const { came } = await momentIn(page, place, moment);
  // What it says when its pages are gone is of no interest.
  const ended = flows[flow](amount).catch(() => undefined);
  await Promise.race([came, ended]);
}

/** Everything that is open comes to its end, and is compared with the bank. */
async function compare(): Promise<void> {
  await browser.context.setOffline(false);
  for (const page of [payer, payee, payer]) {
    await press(page, 'Settings');
    await press(page, 'Compare with the bank');
    await page.getByText('Everything is right').waitFor();
    await press(page, 'Home');
    await atHome(page);
  }
}

async function total(): Promise<bigint> {
  let sum = elsewhere;
  for (const page of [payer, payee]) sum += (await balanceOf(page)) + (await waitingOf(page));
  for (const id of accounts) sum += BigInt((await house.server.api.get(`/v1/accounts/${id}`)).body.balance);
  return sum;
}

const isOpen = async (page: Page, what: string): Promise<boolean> =>
  (await page.getByText(what, { exact: true }).count()) > 0;

test(`I1, I2, I4: ${KILLS} kills, seed ${SEED}`, async () => {
  console.info(`SOKKIN_SEED=${SEED} SOKKIN_KILLS=${KILLS}`);
  for (let round = 0; round < KILLS; round++) {
    const flow = FLOWS[round % FLOWS.length] ?? 'pay';
    const moment = drawMoment(flow);
    const amount = 100n + BigInt(round);
    const says = `round ${round}: ${flow} ${amount}, killed ${inWords(moment)}`;
    console.info(says);
    await browser.context.setOffline(flow === 'pay offline');
    const before = { payer: await balanceOf(payer), payee: await balanceOf(payee), total: await total() };
    await killIn(flow, amount.toString(), moment);
    await reopen(flow === 'pay offline');
    await finishes[flow](amount, before, says);
    await compare();
    expect(await waitingOf(payer), says).toBe(0n);
    expect(await total(), says).toBe(before.total);
    expect((await house.server.api.get('/v1/audit')).body, says).toMatchObject({ holds: true });
    expect((await house.server.api.get('/v1/alerts')).body.data, says).toEqual([]);
  }
});

type Before = { readonly payer: bigint; readonly payee: bigint; total: bigint };
type Finish = (amount: bigint, before: Before, says: string) => Promise<void>;

/** What the screens say after the kill is true, and leads to the end. */
const finishes: Readonly<Record<Flow, Finish>> = {
  pay: finishPayment,
  'pay offline': finishPayment,
  'top up': finishMove,
  'cash out': finishMove,
  async begin(_amount, before) {
    const third = await openWallet(browser.context, house.url, `third${accounts.length}`);
    const where = third.getByRole('heading', { name: /^(Balance|A purse is made anew|Digital cash)/ });
    await where
      .or(third.getByRole('button', { name: 'Get started' }))
      .first()
      .waitFor();
    if (await isOpen(third, 'Get started')) await begin(third, 'Third');
    else if (!(await isOpen(third, 'Balance'))) {
      for (const _ of 'ab') await type(third, '2580');
      await press(third, '10000 yen');
    }
    await atHome(third);
    await noteAccount(third);
    elsewhere += await balanceOf(third);
    before.total += 50_000n;
  },
  async 'change PIN'() {
    // Old or new: one of them is right, and neither costs the card.
    const said = await changePin('2468', '1234');
    if (said.startsWith('Wrong PIN')) {
      await payer.reload();
      await atHome(payer);
      expect(await changePin('1234', '1234')).toBe('The card has a new PIN');
    }
    await payer.reload();
    await atHome(payer);
  },
};

async function finishPayment(amount: bigint, before: Before, says: string): Promise<void> {
  const left = async () => [await balanceOf(payer), await balanceOf(payee)];
  const paid = [before.payer - amount, before.payee + amount];
  const [isSent, isAsked] = [(await waitingOf(payer)) > 0n, await isOpen(payee, `Receive ¥${amount}`)];
  if (isSent) expect(isAsked, `${says}: the payee's screen says that it is open`).toBe(true);
  if (!isAsked) {
    // It never came to anything, or all of it is done.
    expect([[before.payer, before.payee], paid], says).toContainEqual(await left());
    return;
  }
  await press(payee, 'Go on');
  await press(payer, 'Pay');
  await type(payer, amount.toString());
  await press(payer, 'Pay');
  // Online, the sync at the start may have been faster: then it is said to be finished, and nothing is paid in its place.
  const isOver = payee.getByRole('heading', { name: /^(Received|Not received)$/ });
  await isOver.waitFor();
  const isPaid = (await isOver.textContent()) === 'Received';
  if (isPaid) await payer.getByRole('heading', { name: 'Paid', exact: true }).waitFor();
  await Promise.all([press(payer, isPaid ? 'Done' : 'Cancel'), press(payee, 'Done')]);
  if (!isPaid) await compare();
  expect(isPaid ? [paid] : [paid, [before.payer, before.payee]], says).toContainEqual(await left());
}

async function finishMove(amount: bigint, before: Before, says: string): Promise<void> {
  const isLeft = await isOpen(payer, 'Not finished');
  if (isLeft) {
    await press(payer, 'Go on');
    await payer.getByRole('heading', { name: /^(Topped up|Moved to your account)$/ }).waitFor();
    await press(payer, 'Done');
  }
  const moved = (await balanceOf(payer)) - before.payer;
  const whole = says.includes('top up') ? amount : -amount;
  expect(isLeft ? [whole] : [0n, whole], says).toContain(moved);
}
