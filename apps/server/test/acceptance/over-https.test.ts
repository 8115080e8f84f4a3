/**
 * Terminals over HTTPS: the very till of other terminals, with another line. What they get is what the ledger has; what is another's is not
 * theirs to say; whatever is no message changes nothing.
 */
import { randomBytes } from 'node:crypto';
import { encodeIso, type IsoMessage, isoMessage, parseIsoProfile, textOf } from '@sokkin/codec';
import { nodeRsa } from '@sokkin/node';
import { createClient, deviceAuthorize, newDeviceKey } from '@sokkin/sdk';
import { httpsLine } from '@sokkin/sdk/acceptance';
import {
  contactlessTerminal,
  EMPTY_TILL,
  netOf,
  parseTerminalConfig,
  refundRequest,
  repeatOf,
  saleRequest,
  Till,
  totalsOf,
} from '@sokkin/terminal';
import { inProcess } from '@sokkin/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { terminalTime } from '../../../cli/src/pos/read-card.ts';
import { shopCard } from '../clearing-kit.ts';
import { type OpenShop, openShop, type ShopCard, stampNow, tapOf } from './shop.ts';

const PATH = '/v1/terminals/messages';
const TYPE = 'application/octet-stream';
let shop: OpenShop;
let url: string;
let card: ShopCard;
let bakery: Terminal;
beforeAll(async () => {
  shop = await openShop({ balance: 5_000n });
  const [first] = shop.cards;
  if (first === undefined) throw new Error('a card');
  card = first;
  url = await shop.rig.server.app.listen({ port: 0, host: '127.0.0.1' });
  bakery = await openTerminal('Bakery');
});
afterAll(() => shop?.close());

async function openTerminal(name: string) {
  const { key, jwk } = await newDeviceKey();
  const body = { name, category: '5462', jwk };
  const made = await createClient({ url }).post('/v1/sandbox/shops', { body });
  const authorize = deviceAuthorize({ device: made.device, key, jwk }, { url });
  const client = createClient({ url, credentials: authorize });
  const configuration = await client.get('/v1/terminals/configuration');
  const profile = parseIsoProfile(configuration.profile);
  const writing = {
    profile,
    shop: {
      ...{ terminal: made.terminal.terminal, merchant: made.merchant.acceptor, acquirer: undefined },
      ...{ category: made.merchant.category, currency: configuration.emv.terminal.currency },
    },
  };
  const ask = httpsLine({ url, authorize, profile });
  return { ...made, authorize, client, configuration, writing, ask };
}
type Terminal = Awaited<ReturnType<typeof openTerminal>>;

let stan = 500_000;
/** Trace numbers go on from till to till: within one second, the same number is the same message. */
function tillOf({ writing }: Terminal, ask: (message: IsoMessage) => Promise<IsoMessage | undefined>): Till {
  const from = { ...EMPTY_TILL, stan };
  stan += 100;
  return new Till(writing, { ask, save: async () => undefined, now: stampNow }, from);
}

/** Octets as they are, with the key of that terminal. */
async function post({ authorize }: Terminal, octets: Uint8Array, type = TYPE) {
  const headers = await authorize({ method: 'POST', url: `${url}${PATH}` }, false);
  const answer = await fetch(`${url}${PATH}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': type },
    body: new Uint8Array(octets),
  });
  const shown = answer.headers.get('content-type');
  const problem =
    shown?.includes('json') === true ? z.object({ code: z.string() }).parse(await answer.json()) : undefined;
  return { status: answer.status, type: shown, code: problem?.code };
}

const codeOf = (message: IsoMessage | undefined): string | undefined => message && textOf(message, 39);
const sale = (of: Terminal, amount: bigint, paying = card): IsoMessage =>
  saleRequest(of.writing, {
    ...{ kind: 'pay', amount, card: tapOf(paying, amount).card },
    stamp: { ...stampNow(), stan: `${++stan}`, reference: `${stan}`.padStart(12, '0') },
  });

test('sale, decline, hold and capture, refund, cancel in part; the day is in balance', async () => {
  const before = await shop.balance(card.account);
  const till = tillOf(bakery, bakery.ask);
  const paid = await till.sell('pay', tapOf(card, 1_200n));
  expect(paid).toMatchObject({ standing: 'approved', stands: 1_200n });
  expect(await till.sell('pay', tapOf(card, 6_000n))).toMatchObject({ standing: 'declined', code: '51' });
  const held = await till.sell('hold', tapOf(card, 500n));
  expect(await shop.balance(card.account)).toMatchObject({ held: 500n });
  expect(await till.capture(held.reference, 300n)).toMatchObject({ standing: 'sent' });
  expect(await till.refund(paid.reference, 100n)).toMatchObject({ standing: 'approved', stands: 100n });
  expect(await till.cancel(paid.reference, 1_000n)).toMatchObject({ standing: 'approved', stands: 1_000n });
  const net = netOf(totalsOf(till.state));
  expect(net).toBe(1_200n);
  expect(await shop.balance(bakery.account)).toEqual({ balance: net, held: 0n });
  expect(await shop.balance(card.account)).toEqual({ balance: before.balance - net, held: 0n });
  expect(await till.close()).toMatchObject({ isBalanced: true });
});

test('an answer is lost: the terminal takes the payment back, and it is back', async () => {
  const before = await shop.balance(card.account);
  let isCut = true;
  const till = tillOf(bakery, async (message) => {
    const answer = await bakery.ask(message);
    return isCut && message.mti.class === 'financial' ? undefined : answer;
  });
  const lost = await till.sell('pay', tapOf(card, 700n));
  expect(lost).toMatchObject({ standing: 'reversed', stands: 0n });
  expect(await shop.balance(card.account)).toEqual(before);
  isCut = false;
  expect(await till.sell('pay', tapOf(card, 700n))).toMatchObject({ standing: 'approved' });
  expect(await shop.balance(card.account)).toEqual({ balance: before.balance - 700n, held: 0n });
});

test('the same message twice, also at once, is one payment', async () => {
  const before = await shop.balance(card.account);
  const message = sale(bakery, 50n);
  const answers = await Promise.all([bakery.ask(message), bakery.ask(message)]);
  answers.push(await bakery.ask(repeatOf(message)));
  expect(answers.map(codeOf)).toEqual(['00', '00', '00']);
  expect(new Set(answers.map((answer) => answer && textOf(answer, 38))).size).toBe(1);
  expect(await shop.balance(card.account)).toEqual({ balance: before.balance - 50n, held: 0n });
});

test('a card approves offline on the kernel with this very configuration, and the shop is paid for it', async () => {
  const { rig } = shop;
  const holder = await shopCard(rig, {
    ...{ acquirer: bakery.merchant.institution, acceptor: bakery.merchant.acceptor },
    ...{ merchant: bakery.merchant.id, account: bakery.account },
  });
  const before = await shop.balance(bakery.account);
  const terminal = contactlessTerminal(parseTerminalConfig(bakery.configuration.emv), {
    rsa: nodeRsa(),
    randomBytes: (n) => new Uint8Array(randomBytes(n)),
    clock: terminalTime,
    torn: { load: () => [], save: () => undefined },
  });
  const begun = terminal.begin({ id: 'sale-1', amount: 2_000n, hasNetwork: false });
  if (begun.status === 'ended') throw new Error(begun.outcome.outcome);
  const outcome = await begun.payment.tap(inProcess(await holder.blank.tap()));
  expect(outcome.outcome).toBe('approved');
  const till = tillOf(bakery, bakery.ask);
  const data = outcome.dataRecord ?? new Map();
  await till.offline({ card: { entry: 'contactlessChip', data }, amount: 2_000n, holder: 'none' });
  expect(await till.upload()).toBe(0);
  expect(till.state.entries).toMatchObject([{ kind: 'offline', standing: 'sent' }]);
  expect(await shop.balance(bakery.account)).toEqual({ balance: before.balance + 2_000n, held: 0n });
});

test('under another name, or for another merchant, a terminal is told no, and nothing moves', async () => {
  const other = await openTerminal('Butcher');
  const before = await shop.balance(card.account);
  const { profile } = bakery.writing;
  const asked = (from: Partial<Terminal['writing']['shop']>): Promise<IsoMessage | undefined> =>
    bakery.ask(sale({ ...bakery, writing: { profile, shop: { ...bakery.writing.shop, ...from } } }, 10n));
  expect(codeOf(await asked({ terminal: other.terminal.terminal }))).toBe('57');
  expect(codeOf(await asked({ merchant: other.merchant.acceptor }))).toBe('57');
  expect(codeOf(await asked({ terminal: 'T0000001', merchant: 'SHOP1' }))).toBe('57');
  // What another has sold is neither taken back nor given back.
  const sold = sale(other, 30n);
  expect(codeOf(await other.ask(sold))).toBe('00');
  const stamp = { ...stampNow(), stan: '900001', reference: textOf(sold, 37) ?? '' };
  expect(codeOf(await bakery.ask(refundRequest(other.writing, sold, { stamp, amount: 30n })))).toBe('57');
  expect(codeOf(await bakery.ask(refundRequest(bakery.writing, sold, { stamp, amount: 30n })))).not.toBe(
    '00',
  );
  expect(await shop.balance(card.account)).toEqual({ balance: before.balance - 30n, held: 0n });
});

test('a terminal ends no day of its acquirer, and changes no key', async () => {
  const network = (code: string): Promise<IsoMessage | undefined> =>
    bakery.ask(isoMessage('0800', { 7: stampNow().transmitted, 11: `${++stan}`, 70: code }));
  expect(codeOf(await network('301'))).toBe('00');
  expect(codeOf(await network('201'))).toBe('12');
  expect(codeOf(await network('161'))).toBe('12');
});

test('what is no message is a problem; what can be answered is answered; neither moves anything', async () => {
  const before = await shop.balance(card.account);
  const whole = encodeIso(bakery.writing.profile, sale(bakery, 10n));
  for (const octets of [new Uint8Array(0), Uint8Array.of(0x30), randomBytes(300), whole.subarray(0, 20)]) {
    const { status, code } = await post(bakery, octets);
    expect([status, code]).toEqual([422, 'message_unreadable']);
  }
  const spoilt = whole.slice();
  spoilt[spoilt.length - 1] = 0xff;
  const broken = await post(bakery, spoilt);
  expect([broken.status, broken.type]).toEqual([200, TYPE]);
  const large = await post(bakery, new Uint8Array(20_000));
  expect([large.status, large.code]).toEqual([413, 'payload_too_large']);
  const json = await post(bakery, new TextEncoder().encode('{}'), 'application/json');
  expect([json.status, json.code]).toEqual([415, 'unsupported_media_type']);
  expect(await shop.balance(card.account)).toEqual(before);
});

test('nobody else speaks here: clients, wallets, terminals that were replaced', async () => {
  const { rig } = shop;
  const asClient = await rig.api.get('/v1/terminals/configuration');
  expect(asClient).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  const gone = await openTerminal('Florist');
  await rig.api.make(`/v1/terminals/${gone.terminal.id}/replace`, {});
  const refused = await post(gone, new Uint8Array(0));
  expect([401, 403]).toContain(refused.status);
});
