/** Data preparation: every profile prepares and validates; whatever is damaged afterwards is found. */
import { createCipheriv } from 'node:crypto';
import {
  type Bytes,
  type DataGrouping,
  DGI,
  decodeTlv,
  decodeTlvs,
  hex,
  parseAfl,
  parseLimitedUseKey,
  parseTemplate,
} from '@sokkin/codec';
import { cryptogramSessionKey, keyCheckValue, lastDayOf, unpredictableSessionKey } from '@sokkin/crypto';
import {
  type CardOrder,
  cardMasterKeys,
  limitedUseKey,
  type PreparationPorts,
  type PreparedCard,
  parseProfile,
  prepareBatch,
  prepareCard,
  replenish,
  restoreEmvIssuer,
  storeEmvIssuer,
  validatePrepared,
} from '@sokkin/issuer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  issuerFor,
  orderFor,
  PROFILE_NAMES,
  type ProfileName,
  ports,
  profileNamed,
  profileText,
  today,
} from './cards.ts';

const prepared = new Map<ProfileName, Promise<PreparedCard>>();

async function card(name: ProfileName) {
  const profile = profileNamed(name);
  const issuer = await issuerFor(profile);
  const making = prepared.get(name) ?? prepareCard(ports, issuer, profile, orderFor(profile));
  prepared.set(name, making);
  return { profile, issuer, card: await making };
}

const find = (groupings: readonly DataGrouping[], dgi: number): Bytes =>
  groupings.find((g) => g.dgi === dgi)?.value ?? new Uint8Array(0);
const isRecord = ({ dgi }: DataGrouping): boolean => dgi >> 8 <= 30;

/** The groupings with one bit of one of them turned. */
const turned = (groupings: readonly DataGrouping[], dgi: number, bit: number): DataGrouping[] =>
  groupings.map((g) =>
    g.dgi === dgi
      ? { dgi, value: g.value.map((byte, i) => (i === bit >> 3 ? byte ^ (0x80 >> (bit & 7)) : byte)) }
      : g,
  );

describe.each(PROFILE_NAMES)('%s', (name) => {
  test('prepares, and validates', async () => {
    const { card: made, issuer } = await card(name);
    const found = await validatePrepared(ports, issuer.ca, made.groupings, today);
    expect(found).toEqual({ verdict: 'sound', iccPublicKey: made.iccPublicKey });
  });

  test('every record fits a short answer, and all but certificates are signed', async () => {
    const { groupings } = (await card(name)).card;
    for (const g of groupings.filter(isRecord)) expect(g.value.length).toBeLessThanOrEqual(254);
    const { locator } = parseTemplate(find(groupings, DGI.processingOptions), '', {
      aip: 0x82,
      locator: 0x94,
    });
    const unsigned = parseAfl(locator).flatMap(({ sfi, first, last, authenticated }) =>
      Array.from(
        { length: last - first + 1 - authenticated },
        (_, i) => (sfi << 8) | (first + authenticated + i),
      ),
    );
    const tags = unsigned.flatMap((dgi) =>
      decodeTlvs(decodeTlv(find(groupings, dgi)).value).map((t) => t.tag),
    );
    expect(tags.map((t) => t.toString(16)).sort()).toEqual(['90', '9f32', '9f46', '9f47']);
  });

  test('any bit turned in a record, in the processing options, in the check values is found', async () => {
    const { card: made, issuer } = await card(name);
    const dgis = [
      ...made.groupings.filter(isRecord).map((g) => g.dgi),
      DGI.processingOptions,
      DGI.masterKeyChecks,
    ];
    for (const dgi of dgis) {
      for (let byte = 0; byte < find(made.groupings, dgi).length; byte++) {
        const damaged = turned(made.groupings, dgi, byte * 8 + (byte % 8));
        const found = await validatePrepared(ports, issuer.ca, damaged, today);
        expect(found.verdict, `grouping ${dgi.toString(16)}, byte ${byte}`).toBe('unsound');
      }
    }
  });

  test('a part of the key that is another, and a grouping that is missing or there twice, is found', async () => {
    const { card: made, issuer } = await card(name);
    const parts = [DGI.rsaCoefficient, DGI.rsaExponentQ, DGI.rsaExponentP, DGI.rsaPrimeQ, DGI.rsaPrimeP];
    for (const dgi of parts) {
      const found = await validatePrepared(ports, issuer.ca, turned(made.groupings, dgi, 77), today);
      expect(found, dgi.toString(16)).toMatchObject({ verdict: 'unsound', where: '8205' });
    }
    for (const g of made.groupings.filter(({ dgi }) => dgi !== DGI.pin)) {
      const without = made.groupings.filter(({ dgi }) => dgi !== g.dgi);
      for (const groupings of [without, [...made.groupings, g]]) {
        const found = await validatePrepared(ports, issuer.ca, groupings, today);
        expect(found.verdict, g.dgi.toString(16)).toBe('unsound');
      }
    }
  });

  test('whatever bytes take the place of a grouping: an answer', async () => {
    const { card: made, issuer } = await card(name);
    const dgis = fc.constantFrom(...made.groupings.map((g) => g.dgi));
    await fc.assert(
      fc.asyncProperty(dgis, fc.uint8Array({ maxLength: 300 }), async (dgi, value) => {
        const groupings = made.groupings.map((g) => (g.dgi === dgi ? { dgi, value } : g));
        expect(await validatePrepared(ports, issuer.ca, groupings, today)).toHaveProperty('verdict');
      }),
    );
  });

  test('neither another authority nor a later day finds it sound', async () => {
    const { card: made, issuer } = await card(name);
    const other = { ...issuer.ca, index: 1 };
    expect(await validatePrepared(ports, other, made.groupings, today)).toMatchObject({ where: '8F' });
    const late = (lastDayOf('1231') ?? 0) + 1;
    expect(await validatePrepared(ports, issuer.ca, made.groupings, late)).toMatchObject({
      where: '9F46',
      problem: 'expired',
    });
  });
});

describe('orders', () => {
  test.each([
    ['a PAN without its check digit', { pan: '9999120000000001' }, 'check digit'],
    ['a short PAN', { pan: '99991200000' }, '12 to 19 digits'],
    ["another issuer's PAN", { pan: '4111111111111111' }, "issuer's identifier"],
    ['sequence', { sequence: '1' }, 'two digits'],
    ['expiry', { expiry: '3113' }, 'month'],
    ['effective', { effective: 30_000 }, 'after expiry'],
    ['holder', { holderName: '即' }, 'holderName'],
    ['serial', { serial: new Uint8Array(2) }, '3 bytes'],
    ['PAR', { par: 'short' }, '29 capital'],
    ['PIN', { pin: '123' }, '4 to 12'],
    ['no PIN', { pin: undefined }, 'pin is missing'],
    ['limited use', { limitedUse: { number: 1, uses: 1 } }, 'limitedUseOnly'],
  ])('%s is refused, and no number of it is shown', async (_, change, says) => {
    const profile = profileNamed('white-label');
    const order = { ...orderFor(profile), ...change } as CardOrder;
    const making = prepareCard(ports, await issuerFor(profile), profile, order);
    await expect(making).rejects.toMatchObject({ code: 'bad_order', message: expect.stringContaining(says) });
    await expect(making).rejects.not.toThrow(/\d{7}/);
  });

  test('a phone needs its first key, with a number and uses that fit', async () => {
    const profile = profileNamed('phone');
    const issuer = await issuerFor(profile);
    const { limitedUse: _, ...without } = orderFor(profile);
    for (const order of [
      without,
      { ...without, limitedUse: { number: 0, uses: 1 } },
      { ...without, limitedUse: { number: 1, uses: 256 } },
    ])
      await expect(prepareCard(ports, issuer, profile, order)).rejects.toMatchObject({ code: 'bad_order' });
  });

  test('an issuer with keys of another cipher is refused', async () => {
    const issuer = await issuerFor(profileNamed('white-label'));
    const aes = profileNamed('white-label-aes');
    await expect(prepareCard(ports, issuer, aes, orderFor(aes))).rejects.toThrow('master keys are for tdes');
  });

  test('the longest names, the longest PAN, SDA beside: still sound', async () => {
    const json = JSON.parse(profileText('white-label'));
    json.interchange.push('sda');
    const profile = parseProfile(json);
    const issuer = await issuerFor(profile);
    const order = { ...orderFor(profile), pan: '9999120000000000005', holderName: 'X'.repeat(26) };
    const checked = { ...order, pan: withCheckDigit(order.pan.slice(0, 18)) };
    const made = await prepareCard(ports, issuer, profile, checked);
    expect(await validatePrepared(ports, issuer.ca, made.groupings, today)).toHaveProperty(
      'verdict',
      'sound',
    );
  });

  test('a card that signs nothing has neither key nor certificates', async () => {
    const json = JSON.parse(profileText('white-label'));
    json.interchange = ['cardholderVerification'];
    json.cvm.rules = [{ method: 'offlinePinPlain', when: 'always', else: 'fail' }];
    const profile = parseProfile(json);
    const issuer = await issuerFor(profile);
    const made = await prepareCard(ports, issuer, profile, orderFor(profile));
    expect(made.iccPublicKey).toBeUndefined();
    expect(made.groupings.map((g) => g.dgi.toString(16))).toEqual([
      '101',
      '201',
      '9102',
      '9104',
      '3001',
      '3002',
      '8000',
      '9000',
      '8010',
    ]);
    expect(await validatePrepared(ports, issuer.ca, made.groupings, today)).toEqual({
      verdict: 'sound',
      iccPublicKey: undefined,
    });
  });
});

function withCheckDigit(digits: string): string {
  const sum = [...digits].reverse().reduce((total, d, i) => {
    const n = Number(d) * (i % 2 === 0 ? 2 : 1);
    return total + Math.floor(n / 10) + (n % 10);
  }, 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

describe('limited-use keys', () => {
  const master = Uint8Array.from({ length: 16 }, (_, i) => 16 * i + 1);
  const port = ports.symmetric;

  test('AES: the block of number and FF, enciphered', () => {
    const cipher = createCipheriv('aes-128-ecb', master, null).setAutoPadding(false);
    const block = Uint8Array.from([0x12, 0x34, ...new Array(14).fill(0xff)]);
    expect(hex(limitedUseKey(port, 'aes', master, 0x1234))).toBe(hex(cipher.update(block)));
  });

  test('triple DES: two blocks, F0 and 0F in their third byte, FF after it', () => {
    const halves = [0xf0, 0x0f].map((third) =>
      port.desCbcEncrypt(
        master,
        new Uint8Array(8),
        Uint8Array.of(0x12, 0x34, third, 255, 255, 255, 255, 255),
      ),
    );
    const withoutParity = (key: Bytes): string => hex(key.map((b) => b & 0xfe));
    expect(withoutParity(limitedUseKey(port, 'tdes', master, 0x1234))).toBe(
      halves.map((half) => withoutParity(half)).join(''),
    );
  });

  test('never the session key of a counter, nor that of another number', () => {
    const u16s = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(
        fc.constantFrom('tdes', 'aes'),
        u16s,
        u16s,
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        (cipher, a, b, un) => {
          const key = hex(limitedUseKey(port, cipher, master, a));
          const atc = Uint8Array.of(b >> 8, b & 0xff);
          expect(hex(cryptogramSessionKey(port, cipher, master, atc))).not.toBe(key);
          expect(hex(unpredictableSessionKey(port, master, atc, un))).not.toBe(key);
          if (a !== b) expect(hex(limitedUseKey(port, cipher, master, b))).not.toBe(key);
        },
      ),
    );
  });

  test('a phone has no master key for cryptograms, and is replenished by one grouping', async () => {
    const { profile, issuer, card: made } = await card('phone');
    const order = orderFor(profile);
    const keys = cardMasterKeys(port, issuer, profile, order);
    const everything = made.groupings.map((g) => hex(g.value)).join(' ');
    expect(everything).not.toContain(hex(keys.cryptogram));
    expect(hex(find(made.groupings, DGI.masterKeys))).toBe(hex(keys.scriptMac) + hex(keys.scriptEncipher));
    const [more, ...none] = replenish(port, issuer, profile, order, { number: 2, uses: 9 });
    expect([more?.dgi, none.length]).toEqual([DGI.limitedUseKey, 0]);
    expect(parseLimitedUseKey(more?.value ?? master)).toEqual({
      number: 2,
      uses: 9,
      key: limitedUseKey(port, 'aes', keys.cryptogram, 2),
    });
  });
});

test('check values: published ones', () => {
  const key = Uint8Array.from([
    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10,
  ]);
  expect(hex(keyCheckValue(ports.symmetric, 'tdes', key))).toBe('08d7b4');
  // GlobalPlatform's well-known test key 40 to 4F under AES.
  const gp = Uint8Array.from({ length: 16 }, (_, i) => 0x40 + i);
  expect(hex(keyCheckValue(ports.symmetric, 'aes', gp))).toBe('504a77');
});

test('an issuer reads back from JSON, and certifies as before', async () => {
  const profile = profileNamed('jcb-shaped');
  const issuer = await issuerFor(profile);
  const again = restoreEmvIssuer(JSON.parse(JSON.stringify(storeEmvIssuer(issuer))));
  expect(again).toEqual(issuer);
  const made = await prepareCard(ports, again, profile, orderFor(profile));
  expect(await validatePrepared(ports, issuer.ca, made.groupings, today)).toHaveProperty('verdict', 'sound');
  const other = { ...storeEmvIssuer(issuer), format: 'other' as never };
  expect(() => restoreEmvIssuer(other)).toThrow('format');
});

describe('batches', () => {
  /** Ports whose key generation waits for no one, and counts. */
  function counting() {
    const seen = { now: 0, most: 0, all: 0 };
    const key = ports.rsa.generateRsaKey(1024, 3);
    const counted: PreparationPorts = {
      symmetric: ports.symmetric,
      rsa: {
        ...ports.rsa,
        async generateRsaKey() {
          seen.now += 1;
          seen.all += 1;
          seen.most = Math.max(seen.most, seen.now);
          await new Promise((done) => setTimeout(done, (seen.all * 7) % 5));
          seen.now -= 1;
          return key;
        },
      },
    };
    return { seen, counted };
  }

  const serial = (i: number): Bytes => Uint8Array.of(1, i >> 8, i & 0xff);

  test('come in the order of the orders, a few at once', async () => {
    const profile = profileNamed('white-label');
    const issuer = await issuerFor(profile);
    const { seen, counted } = counting();
    const orders = Array.from({ length: 20 }, (_, i) => ({ ...orderFor(profile), serial: serial(i) }));
    const serials: string[] = [];
    for await (const made of prepareBatch(counted, issuer, profile, orders, 3))
      serials.push(hex(made.order.serial));
    expect(serials).toEqual(orders.map((o) => hex(o.serial)));
    expect([seen.most, seen.all]).toEqual([3, 20]);
  });

  test('a wrong order fails in its turn; what was before it came out', async () => {
    const profile = profileNamed('white-label');
    const issuer = await issuerFor(profile);
    const { seen, counted } = counting();
    const orders = Array.from({ length: 20 }, (_, i) => ({
      ...orderFor(profile),
      serial: serial(i),
      ...(i === 5 ? { pan: '1' } : {}),
    }));
    const serials: string[] = [];
    const run = async () => {
      for await (const made of prepareBatch(counted, issuer, profile, orders, 3))
        serials.push(hex(made.order.serial));
    };
    await expect(run()).rejects.toMatchObject({ code: 'bad_order' });
    expect(serials).toHaveLength(5);
    expect(seen.all).toBeLessThan(9);
  });
});
