/** Cards made by the back-end over SCP03, through a carrier that sees nothing: one, many, torn, hostile. */
import { type Card, cardMemorySize, createCard, inMemoryNvm, type MemoryNvm, openCard } from '@sokkin/card';
import { command, fromHex, hex } from '@sokkin/codec';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';
import { openDomain } from '@sokkin/terminal';
import { inProcess } from '@sokkin/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, crypto, type Rig, rig } from './kit.ts';

const emv = { symmetric: nodeSymmetric(), rsa: nodeRsa() };
let r: Rig;
let account: string;
beforeAll(async () => {
  r = await rig();
  account = (await r.api.make('/v1/accounts', { name: 'Pilot' })).id;
});
afterAll(() => r.close());

interface Chip {
  readonly serial: string;
  readonly keys: {
    readonly version: number;
    readonly enc: string;
    readonly mac: string;
    readonly dek: string;
  };
}

const chips = async (count: number): Promise<Chip[]> => (await r.api.make('/v1/chips', { count })).chips;

async function blank(chip: Chip): Promise<{ nvm: MemoryNvm; card: Card }> {
  const nvm = inMemoryNvm(cardMemorySize());
  const card = await createCard({ nvm, crypto, emv }, undefined, {
    diversification: fromHex(chip.serial),
    keys: keysOf(chip),
  });
  return { nvm, card };
}

const wish = (serial: string, more: object = {}) => ({
  serial,
  account,
  assurance: 'secure_element',
  profile: 'white-label',
  pin: '1234',
  ...more,
});

/** Carries APDUs until it is over; `stop` ends before that exchange. */
async function carry(card: Pick<Card, 'transmit'>, begun: Answer, stop = Number.POSITIVE_INFINITY) {
  expect(begun.status, JSON.stringify(begun.body)).toBe(201);
  let { number, command } = begun.body as { number: number; command: string };
  const { id } = begun.body as { id: string };
  const seen: string[] = [];
  while (number < stop) {
    const response = hex(await card.transmit(fromHex(command)));
    seen.push(command, response);
    const answer = await r.api.post(`/v1/personalisations/${id}/exchange`, { number, response });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    if (answer.body.status !== 'command') return { end: answer.body, id, seen, number, response };
    ({ number, command } = answer.body);
  }
  return { end: undefined, id, seen, number, response: '' };
}

const make = async (card: Card, serial: string, more?: object) =>
  carry(card, await r.api.post('/v1/personalisations', wish(serial, more)));

async function pays(card: Card): Promise<string> {
  const answer = await card.transmit(fromHex('00a404000e325041592e5359532e444446303100'));
  return hex(answer.subarray(-2));
}

const keysOf = ({ keys: { version, enc, mac, dek } }: Chip) => ({
  version,
  enc: fromHex(enc),
  mac: fromHex(mac),
  dek: fromHex(dek),
});

/** GET STATUS of the domain: 07 initialised, 0F secured. */
async function lifecycleOf(card: Card, chip: Chip): Promise<string | undefined> {
  const opened = await openDomain(inProcess(card), { keys: keysOf(chip), symmetric: emv.symmetric });
  if (opened.status !== 'ok') throw new Error(opened.status);
  const answer = await opened.value.transmit(command(0x80, 0xf2, 0x80, 0x02, fromHex('4f00'), 256));
  return answer.status === 'ok' ? /9f7001(..)/.exec(hex(answer.value))?.[1] : answer.status;
}

describe('a card', () => {
  test.each([
    ['white-label', {}],
    ['white-label-aes', {}],
    ['jcb-shaped', {}],
    ['phone', { assurance: 'software', pin: '4321' }],
  ])('is made by the profile %s, and is a purse and a payment card', async (profile, more) => {
    const [chip] = await chips(1);
    if (chip === undefined) throw new Error('no chip');
    const { card, nvm } = await blank(chip);
    expect(await pays(card)).toBe('6a82');
    const { end } = await make(card, chip.serial, { profile, ...more });
    expect(end.status, JSON.stringify(end)).toBe('done');
    expect(end.result.pan_last4).toMatch(/^\d{4}$/);
    expect(await pays(await openCard({ nvm, crypto, emv }))).toBe('9000');
    const row = (await r.api.get(`/v1/cards/${chip.serial}`)).body;
    expect(row).toMatchObject({ state: 'personalised', profile, purse: end.result.purse });
    expect((await r.api.get(`/v1/purses/${end.result.purse}`)).body.assurance).toBe(
      profile === 'phone' ? 'software' : 'secure_element',
    );
    const again = await r.api.post('/v1/personalisations', wish(chip.serial));
    expect([again.status, again.body.code]).toEqual([409, 'card_personalised']);
  });

  test('is made through a carrier that learns no key: nothing of them is in what it carries', async () => {
    const [chip] = await chips(1);
    if (chip === undefined) throw new Error('no chip');
    const { card } = await blank(chip);
    const { seen } = await make(card, chip.serial);
    const all = seen.join('');
    for (const secret of [chip.keys.enc, chip.keys.mac, chip.keys.dek, '241234ffffffffff']) {
      expect(all).not.toContain(secret);
    }
  });

  test('torn after every exchange begins anew, and ends the same: one purse, one certificate', async () => {
    const [chip] = await chips(1);
    if (chip === undefined) throw new Error('no chip');
    const { nvm } = await blank(chip);
    const purses = new Set<string>();
    for (let stop = 1; stop < 40; stop += 2) {
      const torn = await openCard({ nvm, crypto, emv });
      const begun = await r.api.post('/v1/personalisations', wish(chip.serial));
      if (begun.status === 409) break;
      const { end } = await carry(torn, begun, stop);
      if (end !== undefined) purses.add(end.result.purse);
    }
    const { body } = await r.api.get(`/v1/cards/${chip.serial}`);
    if (body.state !== 'personalised') {
      const { end } = await make(await openCard({ nvm, crypto, emv }), chip.serial);
      purses.add(end.result.purse);
    }
    expect(purses.size).toBe(1);
    const whole = await openCard({ nvm, crypto, emv });
    expect(await pays(whole)).toBe('9000');
    expect(await lifecycleOf(whole, chip)).toBe('0f');
  });
});

describe('the exchange', () => {
  test('answers the same answer the same way again, and refuses any other', async () => {
    const [chip] = await chips(1);
    if (chip === undefined) throw new Error('no chip');
    const { card } = await blank(chip);
    const begun = await r.api.post('/v1/personalisations', wish(chip.serial));
    const { id, command } = begun.body;
    const response = hex(await card.transmit(fromHex(command)));
    const path = `/v1/personalisations/${id}/exchange`;
    const first = await r.api.post(path, { number: 1, response });
    const again = await r.api.post(path, { number: 1, response });
    expect(again.body).toEqual(first.body);
    for (const body of [
      { number: 1, response: '9000' },
      { number: 3, response },
    ]) {
      const refused = await r.api.post(path, body);
      expect([refused.status, refused.body.code]).toEqual([409, 'exchange_out_of_turn']);
    }
    expect((await r.api.post(path, { number: 2, response: 'zz' })).status).toBe(400);
  });

  test('a newer session for the card ends the one before', async () => {
    const [chip] = await chips(1);
    if (chip === undefined) throw new Error('no chip');
    const { card } = await blank(chip);
    const old = await r.api.post('/v1/personalisations', wish(chip.serial));
    const { end } = await make(card, chip.serial);
    expect(end.status).toBe('done');
    const late = await r.api.post(`/v1/personalisations/${old.body.id}/exchange`, {
      number: 1,
      response: '9000',
    });
    expect(late.body).toMatchObject({ status: 'failed', problem: { code: 'superseded' } });
  });

  test.each([
    ['garbage', () => '6f00'],
    ['silence', () => '9000'],
    ['no response APDU', () => '00'],
  ])('a card that answers with %s is not made, and the reason is told', async (_, answer) => {
    const [chip] = await chips(1);
    if (chip === undefined) throw new Error('no chip');
    const hostile = { transmit: async () => fromHex(answer()) };
    const { end } = await carry(hostile, await r.api.post('/v1/personalisations', wish(chip.serial)));
    expect(end.status).toBe('failed');
    expect(end.problem.detail.length).toBeGreaterThan(10);
    expect((await r.api.get(`/v1/cards/${chip.serial}`)).body.state).toBe('manufactured');
  });

  test('a card with other keys, or of another serial number, is not made', async () => {
    const [one, two] = await chips(2);
    if (one === undefined || two === undefined) throw new Error('no chips');
    const swapped = await make((await blank(two)).card, one.serial);
    expect(swapped.end).toMatchObject({ status: 'failed', problem: { code: 'wrong_card' } });
    const forged = await blank({ serial: one.serial, keys: two.keys });
    expect((await make(forged.card, one.serial)).end).toMatchObject({
      status: 'failed',
      problem: { code: 'wrong_keys' },
    });
  });

  test('unknown cards, accounts, profiles and PINs are refused by name', async () => {
    const [chip] = await chips(1);
    if (chip === undefined) throw new Error('no chip');
    const refused = async (more: object, serial = chip.serial) => {
      const { status, body } = await r.api.post('/v1/personalisations', wish(serial, more));
      return [status, body.code, body.param ?? ''];
    };
    expect(await refused({}, '00'.repeat(10))).toEqual([404, 'not_found', 'serial']);
    expect(await refused({ profile: 'gold' })).toEqual([422, 'profile_unknown', 'profile']);
    expect((await refused({ pin: '12' }))[0]).toBe(400);
    const nobody = 'acc_000000000000000000000000';
    expect(await refused({ account: nobody })).toEqual([422, 'account_unknown', 'account']);
    expect((await r.api.post(`/v1/cards/${chip.serial}/keys`, {})).body.code).toBe('card_not_personalised');
  });
});

describe('many', () => {
  test('a batch of 24, four at a time: each its own purse, PAN and keys', async () => {
    const batch = await chips(24);
    const purses = new Set<string>();
    const work = [...batch];
    const worker = async () => {
      for (let chip = work.pop(); chip !== undefined; chip = work.pop()) {
        const { end } = await make((await blank(chip)).card, chip.serial);
        expect(end.status, JSON.stringify(end)).toBe('done');
        purses.add(end.result.purse);
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    expect(purses.size).toBe(24);
    const listed = (await r.api.get('/v1/cards?limit=100')).body.data;
    expect(listed.filter((c: { state: string }) => c.state === 'personalised').length).toBeGreaterThanOrEqual(
      24,
    );
  });
});

describe('a phone', () => {
  test('gets the next limited-use key, with a number that never came before', async () => {
    const [chip] = await chips(1);
    if (chip === undefined) throw new Error('no chip');
    const { card } = await blank(chip);
    await make(card, chip.serial, { profile: 'phone', assurance: 'software' });
    const numbers: number[] = [];
    for (let i = 0; i < 2; i++) {
      card.reset();
      const { end } = await carry(card, await r.api.post(`/v1/cards/${chip.serial}/keys`, {}));
      expect(end.status, JSON.stringify(end)).toBe('done');
      numbers.push(end.result.key_number);
    }
    expect(numbers).toEqual([2, 3]);
  });
});

test('the authorities that terminals need are those of the cards that were made', async () => {
  const { data } = (await r.api.get('/v1/emv/ca-keys')).body;
  expect(data.map((k: { rid: string }) => k.rid)).toContain('f0534f4b4b');
  expect(data[0].modulus.length).toBe(496);
});

test('keys outlive a restart, and cards begun before it are finished after it', async () => {
  const [chip] = await chips(1);
  if (chip === undefined) throw new Error('no chip');
  const { card, nvm } = await blank(chip);
  await carry(card, await r.api.post('/v1/personalisations', wish(chip.serial)), 6);
  r = await r.restart();
  const { end } = await make(await openCard({ nvm, crypto, emv }), chip.serial);
  expect(end.status).toBe('done');
  expect(await lifecycleOf(card, chip)).toBe('07');
});
