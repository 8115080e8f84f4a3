/** A sandbox gives whoever asks a wallet of their own; the wallet then needs nobody's secret, and gets nowhere else. */
import { cardMemorySize, createCard, inMemoryNvm } from '@sokkin/card';
import { fromHex, hex } from '@sokkin/codec';
import { createClient, deviceAuthorize, newDeviceKey, SokkinApiError } from '@sokkin/sdk';
import { makeSandboxCard, openSandboxCustomer } from '@sokkin/sdk/wallet';
import { purseName, select, summary } from '@sokkin/terminal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blankCard } from './factory.ts';
import { crypto, type Rig, rig } from './kit.ts';

let r: Rig;
let url: string;
beforeAll(async () => {
  r = await rig();
  url = await r.server.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => r?.close());

async function wallet(name: string) {
  const { key, jwk } = await newDeviceKey();
  const made = await createClient({ url }).post('/v1/sandbox/wallets', { body: { name, jwk } });
  const credentials = deviceAuthorize({ device: made.device, key, jwk }, { url });
  return { ...made, jwk, client: createClient({ url, credentials }) };
}

const codeOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => 'nothing was refused',
    (error) => (error instanceof SokkinApiError ? error.code : error),
  );

test('it has an account with money, which the ledger knows of', async () => {
  const { client, account } = await wallet('Hanako');
  const found = await client.get('/v1/accounts/{id}', { params: { path: { id: account } } });
  expect(found).toMatchObject({ id: account, balance: '50000', institution: 'ins_first_issuer' });
  expect((await r.api.get('/v1/audit')).body).toMatchObject({ holds: true });
});

test('wallets see their own customer alone, and pay each other', async () => {
  const [hanako, taro] = [await wallet('Hanako'), await wallet('Taro')];
  const path = { id: taro.account };
  expect(await codeOf(hanako.client.get('/v1/accounts/{id}', { params: { path } }))).toBe('not_found');
  const body = { from: hanako.account, to: taro.account, amount: '1200' };
  await hanako.client.post('/v1/transfers', { body });
  expect(await taro.client.get('/v1/accounts/{id}', { params: { path } })).toMatchObject({
    balance: '51200',
  });
});

test('one key is one wallet', async () => {
  const { jwk } = await wallet('Jiro');
  expect(
    await codeOf(createClient({ url }).post('/v1/sandbox/wallets', { body: { name: 'Jiro', jwk } })),
  ).toBe('device_key_taken');
});

test('what it did is in the log', async () => {
  const { device, account } = await wallet('Saburo');
  const { data } = (await r.api.get('/v1/log?limit=100')).body;
  expect(data.filter((entry: { subject: string }) => entry.subject === device)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ action: 'device.registered', actor: 'sandbox' }),
      expect.objectContaining({
        action: 'sandbox.wallet_opened',
        details: expect.stringContaining(account),
      }),
    ]),
  );
});

test('a wallet brings a blank card, which becomes one of its customer, as a secure element', async () => {
  const stranger = await wallet('Taro');
  const customer = await openSandboxCustomer(url, 'Hanako');
  const card = await createCard({ nvm: inMemoryNvm(cardMemorySize()), crypto });
  const transport = { extended: true, transmit: card.transmit };
  const wish = { url, customer, pin: '2580', first: 1_200n };
  expect(await makeSandboxCard(transport, crypto, wish)).toMatchObject({ status: 'ok' });
  const selected = await select(transport);
  const certificate = selected.status === 'ok' ? selected.value.certificate : undefined;
  const id = purseName(certificate?.subjectRef ?? new Uint8Array(8));
  expect(await summary(transport)).toMatchObject({ value: { lifecycle: 'active', balance: 1_200n } });
  const credentials = deviceAuthorize(customer.identity, { url });
  const owner = { client: createClient({ url, credentials }), device: customer.identity.device };
  const path = { id };
  expect(await owner.client.get('/v1/purses/{id}', { params: { path } })).toMatchObject({
    ...{ account: customer.account, assurance: 'secure_element', device: null },
  });
  expect(await codeOf(stranger.client.get('/v1/purses/{id}', { params: { path } }))).toBe('not_found');
  const { data } = (await r.api.get('/v1/log?limit=100')).body;
  expect(data).toContainEqual(
    expect.objectContaining({ action: 'sandbox.card_opened', subject: id, actor: owner.device }),
  );
});

test('nobody has a card made for an account of somebody else', async () => {
  const [owner, thief] = [await wallet('Hanako'), await wallet('Nezumi')];
  const body = { account: owner.account, enrolment: '00'.repeat(148) };
  expect(await codeOf(thief.client.post('/v1/sandbox/cards', { body }))).toBe('account_unknown');
});

test('a wallet carries the session that makes an ordinary payment card of a chip; nobody else can', async () => {
  const [stranger, customer] = [await wallet('Nezumi'), await openSandboxCustomer(url, 'Hanako')];
  const { account } = customer;
  const body = { account };
  expect(await codeOf(stranger.client.post('/v1/sandbox/payment-cards', { body }))).toBe('account_unknown');
  const credentials = deviceAuthorize(customer.identity, { url });
  const owner = createClient({ url, credentials });
  const { serial, keys, session } = await owner.post('/v1/sandbox/payment-cards', { body });
  const chip = {
    version: keys.version,
    enc: fromHex(keys.enc),
    mac: fromHex(keys.mac),
    dek: fromHex(keys.dek),
  };
  const card = await (await blankCard(serial, chip)).tap();
  const transport = { extended: true, transmit: card.transmit };
  const params = { path: { id: session.id } };
  const carry = async (by: typeof owner, number: number, command: string) => {
    const response = hex(await card.transmit(fromHex(command)));
    return by.post('/v1/personalisations/{id}/exchange', { params, body: { number, response } });
  };
  expect(await codeOf(carry(stranger.client, session.number, session.command))).toBe('not_found');
  let step = await carry(owner, session.number, session.command);
  while (step.status === 'command') step = await carry(owner, step.number ?? 0, step.command ?? '');
  expect(step).toMatchObject({ status: 'done', result: { serial } });
  const wish = { url, customer, pin: '1234', first: 0n };
  expect(await makeSandboxCard(transport, crypto, wish)).toMatchObject({ status: 'ok' });
  const { device } = customer.identity;
  const { data } = (await r.api.get('/v1/log?limit=100')).body;
  expect(data).toContainEqual(
    expect.objectContaining({ action: 'sandbox.payment_card_opened', subject: serial, actor: device }),
  );
});

test('nonsense is named', async () => {
  const { jwk } = await newDeviceKey();
  const body = { name: 'x', jwk: { ...jwk, x: 'no' } };
  const answer = await r.as(undefined).post('/v1/sandbox/wallets', body);
  expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed', param: 'jwk.x' } });
});
