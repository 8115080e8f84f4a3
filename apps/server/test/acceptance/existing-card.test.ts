/**
 * A payment card that its holder has already: another bank made it, it is no purse and knows nothing of one. Linked to an account, it
 * pays at an ordinary terminal, and nobody issued it again.
 */
import { readFileSync } from 'node:fs';
import { epochOfIso, fromHex } from '@sokkin/codec';
import { caKeyChecksum } from '@sokkin/crypto';
import { type EmvIssuer, makeEmvIssuer, prepareCard, readProfile } from '@sokkin/issuer';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';
import {
  type ApduTransport,
  contactlessTerminal,
  memoryTornLog,
  parseTerminalConfig,
  readAnswer,
  saleRequest,
} from '@sokkin/terminal';
import { payWithEmv } from '@sokkin/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { paperCard } from '../../../../packages/testkit/test/emv-paper-card.ts';
import { bringRange, newMasterKey } from '../../../cli/src/pos/load/range.ts';
import { issueTo } from '../kit.ts';
import { askOver, type OpenShop, openShop, openTerminal, SHOP, stampNow } from './shop.ts';

const ports = { rsa: nodeRsa(), symmetric: nodeSymmetric() };
const file = (path: string): string =>
  readFileSync(new URL(`../../../../packages/${path}`, import.meta.url), 'utf8');
const PAN = '4761739001010119';
const TODAY = new Date().toISOString().slice(0, 10);
const profile = readProfile(file('issuer/profiles/white-label.json'));

let shop: OpenShop;
let account: string;
let bank: EmvIssuer;
let card: ReturnType<typeof paperCard>;
let transport: ApduTransport;

beforeAll(async () => {
  // The other bank: its keys, and a card of its own making
  const masterKey = newMasterKey(ports.symmetric);
  const made = await makeEmvIssuer(ports, {
    ...{ rid: profile.control.aid.slice(0, 5), caIndex: 1, identifier: '476173', expiry: '1240' },
    ...{ cipher: 'tdes', keyIndex: 1, sizes: profile.rsa },
  });
  bank = { ...made, masterKeys: { cryptogram: masterKey, scriptMac: masterKey, scriptEncipher: masterKey } };
  const key = await ports.rsa.generateRsaKey(profile.rsa.icc, profile.rsa.exponent);
  const { groupings } = await prepareCard(ports, bank, profile, {
    ...{ pan: PAN, sequence: '01', expiry: '3112', effective: epochOfIso('2026-01-01') },
    ...{ serial: fromHex('000001'), key, pin: '123456' },
  });
  card = paperCard(ports, groupings, key, { gives: ['arqc', 'tc'] });
  transport = { extended: true, transmit: (command) => card.transmit(command) };
  // Ours: the range with the keys that the bank brought, and the link
  shop = await openShop({ cards: 0 });
  const { api, second } = shop.rig;
  const range = { prefix: '476173', digits: 16, version: 'ccd-tdes', keyIndex: 1, masterKey };
  await bringRange(ports.symmetric, api.make, second.make, range);
  account = (await api.make('/v1/accounts', { name: 'Holder' })).id;
  await issueTo(api, account, 10_000n);
}, 120_000);
afterAll(() => shop.close());

function terminal() {
  const config = JSON.parse(file('terminal/config/example.json'));
  const { rid, index, modulus, exponent } = bank.ca;
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  config.caKeys = [
    {
      ...{ rid: text(rid), index: '01', modulus: text(modulus), exponent: text(exponent) },
      checksum: text(caKeyChecksum({ rid, index, modulus, exponent })),
    },
  ];
  return contactlessTerminal(parseTerminalConfig(config), {
    rsa: ports.rsa,
    randomBytes: ports.symmetric.randomBytes,
    clock: () => ({
      date: TODAY.slice(2).replaceAll('-', ''),
      time: '093000',
      today: epochOfIso(TODAY),
      seconds: Date.now() / 1000,
    }),
    torn: memoryTornLog(),
  });
}

async function tap(amount: bigint) {
  const begun = terminal().begin({ id: `sale-${amount}`, amount, forceOnline: true });
  if (begun.status === 'ended') throw new Error('not allowed');
  const outcome = await begun.payment.tap(transport);
  expect(outcome.outcome, outcome.discretionary.because).toBe('onlineRequest');
  if (outcome.dataRecord === undefined) throw new Error('a record');
  return {
    card: { entry: 'contactlessChip', data: outcome.dataRecord } as const,
    amount,
    holder: 'none' as const,
  };
}

test('before it is linked it is no card here', async () => {
  const { till } = openTerminal(shop.profile, askOver(shop.link()));
  expect(await till.sell('pay', await tap(700n))).toMatchObject({ standing: 'declined', code: '14' });
});

test('linked, it pays without contacts: its own cryptogram is checked, and the ledger has the payment', async () => {
  await shop.rig.api.make('/v1/links', { account, card: { pan: PAN, expiry: '3112' } });
  const { till } = openTerminal(shop.profile, askOver(shop.link()));
  expect(await till.sell('pay', await tap(700n))).toMatchObject({ standing: 'approved', stands: 700n });
  expect((await shop.balance(account)).balance).toBe(9300n);
  expect((await shop.balance(shop.merchantAccount)).balance).toBe(700n);
});

test('a cryptogram that another card made is refused', async () => {
  const { till } = openTerminal(shop.profile, askOver(shop.link()));
  const sale = await tap(600n);
  const data = new Map(sale.card.data).set(0x9f26, new Uint8Array(8).fill(7));
  const forged = { ...sale, card: { ...sale.card, data } };
  expect(await till.sell('pay', forged)).toMatchObject({ standing: 'declined', code: '63' });
  expect((await shop.balance(account)).balance).toBe(9300n);
});

test('with contacts, the answer of our issuer is one that the card believes', async () => {
  const link = shop.link();
  let stan = 500_000;
  const online = async (message: ReadonlyMap<number, Uint8Array>) => {
    stan += 1;
    const stamp = { ...stampNow(), stan: `${stan}`, reference: `000000${stan}` };
    const asked = saleRequest(
      { profile: shop.profile, shop: { ...SHOP, terminal: 'CONTACT1' } },
      { kind: 'pay', stamp, amount: 500n, card: { entry: 'contactChip', data: message } },
    );
    const found = readAnswer(shop.profile, asked, await link.request(asked));
    expect(found.verdict).toBe('approved');
    const authentication = found.chip.get(0x91);
    return { responseCode: fromHex('3030'), ...(authentication && { authentication }) };
  };
  const setup = {
    ...{
      rsa: ports.rsa,
      randomBytes: ports.symmetric.randomBytes,
      caKeys: [bank.ca],
      today: epochOfIso(TODAY),
    },
    ...{ interface: 'contact' as const, applications: [{ aid: profile.control.aid }] },
  };
  const outcome = await payWithEmv(transport, setup, {
    amount: 500n,
    request: 'arqc',
    online,
    pin: '123456',
  });
  expect(
    outcome.ended,
    JSON.stringify(outcome, (_, v) => (v instanceof Set ? [...v] : v)).slice(0, 600),
  ).toBe('approved');
  expect(card.heard).toContain('issuer');
  expect(card.heard).not.toContain('impostor');
  expect((await shop.balance(account)).balance).toBe(8800n);
});
