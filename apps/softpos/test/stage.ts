/**
 * A real server, a real browser with the shop's engine in it, and cards that the back-end has made: what is played is the hand that holds them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { equal, fromHex, hex } from '@sokkin/codec';
import { PURSE_AID } from '@sokkin/purse';
import type { ApduTransport } from '@sokkin/terminal';
import { inProcess } from '@sokkin/testkit';
import type { BrowserContext, Page } from 'playwright-core';
import { openBrowser } from '../../../tests/browser.ts';
import { builtPage } from '../../../tests/built-pages.ts';
import { newBlank, personalise, purseOn } from '../../server/test/factory.ts';
import { fundFrom, issueTo, type Rig, rig, sync } from '../../server/test/kit.ts';
import type { Done, EntryDetail, Shop, View } from '../src/shop/view.ts';

/** Manager of every shop here. */
export const MANAGER = { name: 'Hana', pin: '2580' };

export interface TestCard {
  readonly name: string;
  readonly account: string;
  /** Under power, as a reader has it. */
  tap(): Promise<ApduTransport>;
  /** Of its purse, as the card says. */
  purse(): Promise<bigint>;
  /** It meets its issuer. */
  sync(): Promise<void>;
  /** Of its account, as the ledger says. */
  balance(): Promise<bigint>;
}

export interface CardWish {
  /** Minor units in its purse, and beside it in its account. */
  readonly purse?: bigint;
  readonly account?: bigint;
  /** It does not know that it is a purse. */
  readonly emvOnly?: boolean;
}

export interface Stage {
  readonly server: Rig;
  readonly url: string;
  readonly context: BrowserContext;
  card(wish: CardWish): Promise<TestCard>;
  /** A page with the engine of this shop; one that is new is opened, or is the terminal that the code is for. */
  till(name: string, code?: string): Promise<Till>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'sokkin-softpos-'));
  await builtPage('till', join(folder, 'till'), {
    ...{ configFile: false, root: join(import.meta.dirname, 'page'), base: '/till/' },
    worker: { format: 'es' },
    build: { target: 'es2022' },
  });
  const [server, browser] = await Promise.all([rig({ pages: folder }), openBrowser()]);
  const url = await server.server.app.listen({ port: 0, host: '127.0.0.1' });
  const context = await browser.newContext({ permissions: [] });
  const hand = await handOf(context);
  return {
    ...{ server, url, context },
    card: (wish) => makeCard(server, hand, wish),
    till: (name, code) => openTill(context, url, name, code),
    async close() {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Power = () => Promise<ApduTransport>;
/** `send` brings the command to the card; what comes back of this goes to the reader. */
export type Around = (send: () => Promise<Uint8Array>) => Promise<Uint8Array>;
export interface Hand {
  readonly cards: Map<string, Power>;
  around?: Around | undefined;
}

/** What pages of this context reach of the cards of the test; with those of an earlier context. */
export async function handOf(context: BrowserContext, hand: Hand = { cards: new Map() }): Promise<Hand> {
  const { cards } = hand;
  const inField = new Map<string, ApduTransport>();
  await context.exposeFunction('cardPower', async (name: string) => {
    const power = cards.get(name);
    if (power === undefined) throw new Error(`no card ${name}`);
    inField.set(name, await power());
  });
  await context.exposeFunction('cardTransmit', async (name: string, apdu: string) => {
    const card = inField.get(name);
    if (card === undefined) throw new Error(`no card ${name} in the field`);
    const send = () => card.transmit(fromHex(apdu));
    return hex(await (hand.around?.(send) ?? send()));
  });
  return hand;
}

let made = 0;
export async function makeCard(r: Rig, { cards }: Hand, wish: CardWish): Promise<TestCard> {
  const { api } = r;
  const { purse = 0n, account: beside = 0n, emvOnly = false } = wish;
  const account: string = (await api.make('/v1/accounts', { name: 'Cardholder' })).id;
  if (purse + beside > 0n) await issueTo(api, account, purse + beside);
  const blank = await newBlank(api);
  const done = await personalise(api, blank, account, { profile: 'white-label' });
  if (done.body.status !== 'done') throw new Error(JSON.stringify(done.body));
  const awake = () => purseOn(blank, account, done);
  await sync(api, await awake());
  if (purse > 0n) await fundFrom(api, await awake(), purse);
  const name = `card-${++made}`;
  const tap: Power = async () => {
    const transport = inProcess(await blank.tap());
    return emvOnly ? withoutPurse(transport) : transport;
  };
  cards.set(name, tap);
  return {
    ...{ name, account, tap },
    purse: async () => (await (await awake()).summary()).balance,
    async sync() {
      await sync(api, await awake());
    },
    balance: async () => BigInt((await api.get(`/v1/accounts/${account}`)).body.balance as string),
  };
}

const NOT_FOUND = fromHex('6a82');
const withoutPurse = (card: ApduTransport): ApduTransport => ({
  extended: card.extended,
  transmit: async (apdu) => {
    const isSelect = apdu[1] === 0xa4 && equal(apdu.slice(5, 5 + PURSE_AID.length), PURSE_AID);
    return isSelect ? NOT_FOUND : card.transmit(apdu);
  },
});

/** A page with the engine in it. */
export interface Till {
  readonly page: Page;
  view(): Promise<View>;
  /** Runs in the page: `till` is the shop. */
  run<T>(code: string): Promise<T>;
  /** Rings up an amount, and arms the reader. */
  charge(amount: bigint): Promise<void>;
  /** Holds a card; resolves when the tap is over, with its commands counted. */
  hold(card: TestCard, how?: { tear: number; when: 'before' | 'after' }): Promise<number>;
  /** Waits until the sale on the sheet is so. */
  until(what: 'waiting' | 'over'): Promise<NonNullable<View['sale']>>;
  /** What the shop does after a tap: it is over, or waits for the card again; `none`: nothing is on the sheet. */
  settled(): Promise<'waiting' | 'over' | 'none'>;
  /** Takes the result away; what it was. */
  result(): Promise<NonNullable<NonNullable<View['sale']>['result']>>;
  /** A whole sale with one tap. */
  sell(amount: bigint, card: TestCard): ReturnType<Till['result']>;
  /** Money back; what the shop says to it. */
  refund(sale: string, amount?: bigint): Promise<Done>;
  /** Until nothing waits to be sent. */
  flushed(): Promise<void>;
  /** Of the last sale. */
  detail(): Promise<EntryDetail | undefined>;
  reload(): Promise<void>;
}

/** In the page: values that JSON has no word for, as evaluate gives them. */
declare const till: Shop;
declare const hold: (card: string, how?: object) => Promise<number>;

async function openTill(
  context: BrowserContext,
  url: string,
  name: string,
  code: string | undefined,
): Promise<Till> {
  const page = await context.newPage();
  const failed: string[] = [];
  page.on('pageerror', (error) => failed.push(String(error)));
  await page.goto(`${url}/till/?shop=${name}`);
  const settled = async () => {
    await page.waitForFunction(() => till.now().stage !== 'opening');
    if (failed.length > 0) throw new Error(failed.join('; '));
  };
  await settled();
  const view = () => page.evaluate(() => till.now());
  if ((await view()).stage === 'new') {
    const done = await page.evaluate(
      ({ shop, with: given, manager }) =>
        given === undefined
          ? till.open({ name: shop, category: '5812', manager })
          : till.enrol({ code: given, manager }),
      { shop: `Shop ${name}`, with: code, manager: MANAGER },
    );
    if (done.status !== 'ok') throw new Error(`${done.code}: ${done.message}`);
  }
  const self: Till = {
    ...{ page, view },
    run: (code) => page.evaluate(code),
    async charge(amount) {
      const done = await page.evaluate((price) => {
        const line = { product: undefined, name: '', price, quantity: 1 };
        till.setBasket({ lines: [line], discount: undefined, tip: undefined });
        return till.charge();
      }, amount);
      if (done.status !== 'ok') throw new Error(`${done.code}: ${done.message}`);
    },
    hold: (card, how) => page.evaluate(({ id, opts }) => hold(id, opts), { id: card.name, opts: how }),
    async until(what) {
      await page.waitForFunction((phase) => till.now().sale?.phase === phase, what, { polling: 20 });
      const { sale } = await view();
      if (sale === undefined) throw new Error('there is no sale');
      return sale;
    },
    async settled() {
      const phase = await page.waitForFunction(
        () => {
          const now = till.now().sale?.phase ?? 'none';
          return now === 'waiting' || now === 'over' || now === 'none' ? now : undefined;
        },
        undefined,
        { polling: 20 },
      );
      return (await phase.jsonValue()) ?? 'none';
    },
    async result() {
      const { result } = await self.until('over');
      if (result === undefined) throw new Error('it is over without a result');
      await page.evaluate(() => till.dismiss());
      await page.waitForFunction(() => till.now().sale === undefined, undefined, { polling: 20 });
      return result;
    },
    async sell(amount, card) {
      await self.charge(amount);
      await self.hold(card);
      return self.result();
    },
    refund: (sale, amount) =>
      page.evaluate(({ of, back }) => till.refund(of, back), { of: sale, back: amount }),
    async flushed() {
      await page.evaluate(async () => {
        while (till.now().queue.isSending) await new Promise((resolve) => setTimeout(resolve, 20));
        const done = await till.flush();
        if (done.status !== 'ok') throw new Error(done.message);
      });
      const { queue } = await view();
      if (queue.count > 0) throw new Error(`${queue.count} items wait`);
    },
    detail: () =>
      page.evaluate(async () => {
        const { entries } = await till.history({});
        return entries[0] && till.detail(entries[0].id);
      }),
    async reload() {
      await page.reload();
      await settled();
    },
  };
  return self;
}
