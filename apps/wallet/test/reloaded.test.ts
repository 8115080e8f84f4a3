/** The page is loaded anew in the middle of everything a wallet does: it says what is open, and that is finished, once. */
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CardWindow, openCard, practiceCard } from './cards-stage.ts';
import { balanceOf, begin, openStage, openWallet, press, type Stage, type, waitingOf } from './stage.ts';

let stage: Stage;
let context: BrowserContext;
let payer: Page;
let payee: Page;
let card: CardWindow;
beforeAll(async () => {
  stage = await openStage();
  context = await stage.profile();
  payer = await openWallet(context, stage.url, 'payer');
  payee = await openWallet(context, stage.url, 'payee');
  await begin(payer, 'Payer', { first: '20000 yen' });
  await begin(payee, 'Payee', { first: 'Later' });
});
afterAll(() => stage?.close());

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
async function reload(page: Page): Promise<void> {
  await page.reload();
  await heading(page, 'Balance');
}

interface Case {
  readonly flow: string;
  /** Up to the middle. */
  begin(): Promise<void>;
  readonly page: () => Page;
  /** What the reloaded page says is open; undefined: nothing was begun. */
  readonly says?: string;
  /** From home. */
  finish(): Promise<void>;
  /** Of payer and payee. */
  readonly moves: readonly [bigint, bigint];
}

async function amount(page: Page, act: string, text: string): Promise<void> {
  await press(page, act);
  await type(page, text);
  await press(page, act);
}
async function bothDone(): Promise<void> {
  await heading(payer, 'Paid');
  await heading(payee, 'Received');
  await Promise.all([press(payer, 'Done'), press(payee, 'Done')]);
}
/** The back-end does what it is asked for at this address, and nobody hears of it. */
const lostMove = async (act: string, text: string, path: string): Promise<void> => {
  let hear: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    hear = resolve;
  });
  await context.route(`**${path}`, async (route) => {
    await route.fetch();
    hear();
  });
  await amount(payer, act, text);
  await told;
  await context.unroute(`**${path}`);
};
const goOn = async (said: string): Promise<void> => {
  await press(payer, 'Go on');
  await heading(payer, said);
  await press(payer, 'Done');
};

const CASES: readonly Case[] = [
  {
    flow: 'paying, before the touch',
    page: () => payer,
    begin: () => amount(payer, 'Pay', '100'),
    async finish() {
      await amount(payee, 'Receive', '100');
      await amount(payer, 'Pay', '100');
      await bothDone();
    },
    moves: [-100n, 100n],
  },
  {
    flow: 'receiving, before the touch',
    page: () => payee,
    begin: () => amount(payee, 'Receive', '150'),
    async finish() {
      await amount(payee, 'Receive', '150');
      await amount(payer, 'Pay', '150');
      await bothDone();
    },
    moves: [-150n, 150n],
  },
  {
    flow: 'receiving by a code',
    page: () => payee,
    async begin() {
      await amount(payee, 'Receive', '160');
      await press(payee, 'Show a code instead');
      await payee.getByRole('img', { name: 'Your request, as codes' }).waitFor();
    },
    says: 'Receive ¥160',
    async finish() {
      await press(payee, 'Go on');
      await amount(payer, 'Pay', '160');
      await bothDone();
    },
    moves: [-160n, 160n],
  },
  {
    flow: 'receiving by a code, left alone then',
    page: () => payee,
    async begin() {
      await amount(payee, 'Receive', '170');
      await press(payee, 'Show a code instead');
      await payee.getByRole('img', { name: 'Your request, as codes' }).waitFor();
    },
    says: 'Receive ¥170',
    finish: () => press(payee, 'Leave it'),
    moves: [0n, 0n],
  },
  {
    flow: 'topping up, when the bank has paid and its answer is lost',
    page: () => payer,
    begin: () => lostMove('Top up', '500', '/v1/fundings'),
    says: 'Top up ¥500',
    finish: () => goOn('Topped up'),
    moves: [500n, 0n],
  },
  {
    flow: 'cashing out, before the money leaves',
    page: () => payer,
    begin: () => lostMove('Cash out', '600', '/v1/redemptions'),
    says: 'Cash out ¥600',
    finish: () => goOn('Moved to your account'),
    moves: [-600n, 0n],
  },
  {
    flow: 'cashing out, when the money has arrived and its answer is lost',
    page: () => payer,
    begin: () => lostMove('Cash out', '700', '/v1/redemptions/*/payment'),
    says: 'Cash out ¥700',
    finish: () => goOn('Moved to your account'),
    moves: [-700n, 0n],
  },
  {
    flow: 'scanning a code',
    page: () => payer,
    begin: () => press(payer, 'Scan a code'),
    finish: async () => undefined,
    moves: [0n, 0n],
  },
  {
    flow: 'adding a card, before it has a name',
    page: () => payer,
    async begin() {
      await press(payer, 'Cards');
      await press(payer, 'Add a card');
      await press(payer, 'Make a practice card');
      await payer.getByLabel('What do you call it?').waitFor();
    },
    async finish() {
      card = await practiceCard(context, payer, stage.url, 'Blue');
      await press(payer, 'Home');
    },
    moves: [0n, 0n],
  },
  {
    flow: 'reading a card, before the touch',
    page: () => payer,
    async begin() {
      await press(payer, 'Cards');
      await openCard(payer, 'Blue');
      await press(payer, 'Read the card');
      await heading(payer, 'Hold Blue here');
    },
    async finish() {
      await press(payer, 'Cards');
      await openCard(payer, 'Blue');
      await press(payer, 'Read the card');
      await card.touch();
      await heading(payer, 'Read');
      await press(payer, 'Done');
      await reload(payer);
    },
    moves: [0n, 0n],
  },
];

test.each(CASES)(
  'I1, I2, I4: loaded anew while $flow',
  async ({ page, begin: toTheMiddle, says, finish, moves }) => {
    const before = [await balanceOf(payer), await balanceOf(payee)];
    await toTheMiddle();
    await reload(page());
    if (says === undefined) expect(await page().getByText('Not finished').count()).toBe(0);
    else await page().getByText(says, { exact: true }).waitFor();
    await finish();
    const after = before.map((balance, at) => balance + (moves[at] ?? 0n));
    await expect.poll(async () => [await balanceOf(payer), await balanceOf(payee)]).toEqual(after);
    await expect.poll(() => page().getByText('Not finished').count()).toBe(0);
    expect(await waitingOf(payer)).toBe(0n);
  },
);

test('online, the books agree', async () => {
  for (const page of [payer, payee]) {
    await press(page, 'Settings');
    await press(page, 'Compare with the bank');
    await page.getByText('Everything is right').waitFor();
  }
  expect((await stage.server.api.get('/v1/audit')).body).toMatchObject({ holds: true });
  expect((await stage.server.api.get('/v1/alerts')).body.data).toEqual([]);
});
