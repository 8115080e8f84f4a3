/**
 * A token in a phone, at a terminal that knows nothing of purses, up to the ledger: what the phone is given, what it makes of it, and when that ends.
 */
import { readFileSync } from 'node:fs';
import { cardMemorySize, inMemoryNvm, openPhoneCard, type PhoneCard } from '@sokkin/card';
import { type DataGrouping, epochOfIso, fromHex } from '@sokkin/codec';
import { portableSymmetric } from '@sokkin/crypto';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';
import { createClient, deviceAuthorize, newDeviceKey, SokkinApiError } from '@sokkin/sdk';
import { contactlessTerminal, memoryTornLog, parseTerminalConfig } from '@sokkin/terminal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askOver, type OpenShop, openShop, openTerminal } from './acceptance/shop.ts';
import { crypto, freshKey } from './kit.ts';

const ports = { rsa: nodeRsa(), symmetric: nodeSymmetric() };
const NOW = new Date();
const TODAY = NOW.toISOString().slice(0, 10);
const config = JSON.parse(
  readFileSync(new URL(import.meta.resolve('@sokkin/terminal/config/example.json')), 'utf8'),
);

let shop: OpenShop;
let holder: Wallet;
let token: string;
let card: PhoneCard;
beforeAll(async () => {
  shop = await openShop({ cards: 0 });
  const url = await shop.rig.server.app.listen({ port: 0, host: '127.0.0.1' });
  holder = await wallet(url, 'Hanako');
  token = (await holder.post('/v1/sandbox/phone-cards', { account: holder.account })).token;
  // As a page has it: no platform cryptography but randomness.
  const symmetric = portableSymmetric(crypto.randomBytes);
  card = await openPhoneCard(inMemoryNvm(cardMemorySize()), { symmetric, rsa: ports.rsa }, 'new');
});
afterAll(() => shop?.close());

interface Wallet {
  readonly account: string;
  // biome-ignore lint/suspicious/noExplicitAny: as the API answers
  post(path: string, body?: object): Promise<any>;
}
async function wallet(url: string, name: string): Promise<Wallet> {
  const { key, jwk } = await newDeviceKey();
  const { device, account } = await createClient({ url }).post('/v1/sandbox/wallets', {
    body: { name, jwk },
  });
  const client = createClient({ url, credentials: deviceAuthorize({ device, key, jwk }, { url }) });
  const post = client.post as (path: string, init: object) => Promise<unknown>;
  return {
    account,
    post: (path, body = {}) => post(path, { body, headers: { 'idempotency-key': freshKey() } }),
  };
}
const codeOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => 'nothing was refused',
    (error) => (error instanceof SokkinApiError ? error.code : error),
  );
const groupingsOf = ({ groupings }: { groupings: { dgi: string; value: string }[] }): DataGrouping[] =>
  groupings.map(({ dgi, value }) => ({ dgi: Number.parseInt(dgi, 16), value: fromHex(value) }));

/** A tap at an ordinary terminal; what came of it at the desk. */
async function pay(amount: bigint) {
  card.reset();
  const terminal = contactlessTerminal(parseTerminalConfig({ ...config, caKeys: [] }), {
    rsa: ports.rsa,
    randomBytes: ports.symmetric.randomBytes,
    clock: () => ({
      date: TODAY.slice(2).replaceAll('-', ''),
      time: '093000',
      today: epochOfIso(TODAY),
      seconds: NOW.getTime() / 1000,
    }),
    torn: memoryTornLog(),
  });
  const begun = terminal.begin({ id: `sale-${amount}`, amount });
  if (begun.status === 'ended') throw new Error('not allowed');
  const outcome = await begun.payment.tap({ extended: true, transmit: card.transmit });
  if (outcome.outcome !== 'onlineRequest' || outcome.dataRecord === undefined) return outcome.outcome;
  const { till } = openTerminal(shop.profile, askOver(shop.link()));
  const read = { entry: 'contactlessChip', data: outcome.dataRecord } as const;
  const sold = await till.sell('pay', { card: read, amount, holder: 'none' });
  return sold.standing === 'approved' ? 'approved' : `declined ${Object(sold).code}`;
}

test('blank, it is no card; loaded, it is one, and without its holder agreeing it pays nothing', async () => {
  expect(card.standing()).toBeUndefined();
  expect(await pay(100n)).not.toBe('approved');
  expect(await card.load(groupingsOf(await holder.post(`/v1/tokens/${token}/phone-card`)))).toBe(true);
  expect(card.standing()).toEqual({ keyNumber: 1, usesLeft: 20, atc: 0 });
  expect(await pay(100n)).not.toBe('approved');
  expect(card.standing()?.usesLeft).toBe(20);
});

test('agreed to, it pays once, from the account, and the phone knows how much', async () => {
  card.agree({ most: 1_000n, isVerified: false });
  expect(await pay(700n)).toBe('approved');
  expect(card.asked()).toEqual({ status: 'given', amount: 700n });
  expect((await shop.balance(holder.account)).balance).toBe(49_300n);
  expect((await shop.balance(shop.merchantAccount)).balance).toBe(700n);
  expect(card.standing()).toMatchObject({ usesLeft: 19 });
  expect(await pay(200n)).not.toBe('approved');
});

test('more than was agreed to is not paid; above the limit without a PIN the phone must have verified its holder', async () => {
  card.agree({ most: 500n, isVerified: true });
  expect(await pay(600n)).not.toBe('approved');
  expect(card.asked()).toEqual({ status: 'too_much', amount: 600n });
  card.agree({ most: 5_000n, isVerified: true });
  expect(await pay(4_000n)).toBe('approved');
  expect((await shop.balance(holder.account)).balance).toBe(45_300n);
});

test('the next key has the next number, and pays; an old one is not taken again', async () => {
  const next = groupingsOf(await holder.post(`/v1/tokens/${token}/phone-card/keys`));
  expect(await card.load(next)).toBe(true);
  expect(card.standing()).toMatchObject({ keyNumber: 2, usesLeft: 20 });
  expect(await card.load(next)).toBe(false);
  card.agree({ most: 300n, isVerified: false });
  expect(await pay(300n)).toBe('approved');
});

test('it is in one phone, and in none of somebody else', async () => {
  const url = `http://127.0.0.1:${Object(shop.rig.server.app.server.address()).port}`;
  const other = await wallet(url, 'Taro');
  expect(await codeOf(other.post(`/v1/tokens/${token}/phone-card`))).toBe('not_found');
  expect(await codeOf(other.post('/v1/sandbox/phone-cards', { account: holder.account }))).toBe(
    'account_unknown',
  );
  const institution = await shop.rig.api.post(`/v1/tokens/${token}/phone-card`, {});
  expect(institution).toMatchObject({ status: 403, body: { code: 'forbidden' } });
});

test('no key is in the log, nor anywhere in the database', async () => {
  const given = await holder.post(`/v1/tokens/${token}/phone-card/keys`);
  const key = String(given.groupings[0].value).slice(6);
  const { rows: tables } = await shop.pool.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
  );
  for (const { name } of tables) {
    const { rows } = await shop.pool.query(
      `SELECT 1 FROM "${name}" t WHERE to_jsonb(t)::text LIKE $1 LIMIT 1`,
      [`%${key}%`],
    );
    expect([name, rows.length]).toEqual([name, 0]);
  }
  const { rows } = await shop.pool.query('SELECT last_key FROM phone_cards');
  expect(rows).toEqual([{ last_key: 3 }]);
});

test('suspended by its holder it pays nothing and gets no keys; it ends with its token', async () => {
  await holder.post(`/v1/tokens/${token}/suspend`);
  card.agree({ most: 300n, isVerified: false });
  expect(await pay(200n)).toMatch(/^declined/);
  expect(await codeOf(holder.post(`/v1/tokens/${token}/phone-card/keys`))).toBe('phone_card_refused');
  await holder.post(`/v1/tokens/${token}/resume`);
  card.agree({ most: 300n, isVerified: false });
  expect(await pay(200n)).toBe('approved');
  await holder.post(`/v1/tokens/${token}/deactivate`);
  card.agree({ most: 300n, isVerified: false });
  expect(await pay(100n)).toMatch(/^declined/);
  expect(await codeOf(holder.post(`/v1/tokens/${token}/phone-card`))).toBe('phone_card_refused');
});
