/**
 * Personalisation through the security domain: groupings arrive whole, once and in order, secrets deciphered; what is
 * refused begins anew; a purse is born once (docs/spec/card-application.md, section 10.5).
 */
import { type Bytes, command, concat, type DataGrouping, DGI, fromHex, hex, SW } from '@sokkin/codec';
import { issueCertificate, ROLE, type Scp03Level, scp03EncryptSecret } from '@sokkin/crypto';
import { PURSE_AID, parseEnrolment, type Status, statusOfSw } from '@sokkin/purse';
import { type DomainSession, enrolPurse, identifyPurse, openDomain, select } from '@sokkin/terminal';
import {
  fieldsOf,
  fund,
  inProcess,
  makeWorld,
  name8,
  PIN,
  readSummary,
  selectPurse,
  sync,
  type World,
  ZERO_NONCE,
} from '@sokkin/testkit';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { MOST_PENDING } from '../src/domain/personaliser.ts';
import type { Card } from '../src/index.ts';
import {
  BUILD,
  block,
  getDataOf,
  install,
  KEYS,
  keysOf,
  openRaw,
  purseCard,
  type RawHost,
  REFUSED_DGI,
  REMEMBERER_AID,
  rememberer,
  SERIAL,
  setStatusTo,
  storeBlocks,
  symmetric,
  travelling,
} from './domain-scene.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld(BUILD.crypto);
});

const must = <T>(outcome: { readonly status: 'ok'; readonly value: T } | { readonly status: string }): T => {
  if (!('value' in outcome)) throw new Error(outcome.status);
  return outcome.value;
};

const session = async (card: Card, level: Scp03Level = 0x33, keys = KEYS): Promise<DomainSession> =>
  must(await openDomain(inProcess(card, { extended: false }), { keys, symmetric, level }));

/** The purse's certificate for the key that it shows. */
async function certified(enrolment: Bytes) {
  const { publicKey } = parseEnrolment(enrolment).fields;
  const fields = fieldsOf(ROLE.purse, world.issuer.certificate.subjectRef, name8(77), publicKey);
  return issueCertificate(world.crypto, world.issuer.key.handle, fields);
}

const personality = async (enrolment: Bytes) => ({
  root: world.root.certificate,
  issuer: world.issuer.certificate,
  purse: await certified(enrolment),
  pin: PIN,
});

describe('a purse', () => {
  it.each([
    [0x03, 16],
    [0x13, 24],
    [0x33, 32],
    [0x33, 16],
  ] as const)(
    'is born at level %i under keys of %i bytes, and holds money like any other',
    async (level, length) => {
      const keys = keysOf(length);
      const { card } = await purseCard({ diversification: SERIAL, keys });
      const domain = await session(card, level, keys);
      const enrolment = must(await enrolPurse(domain, world.crypto, ZERO_NONCE));
      must(await identifyPurse(domain, await personality(enrolment)));
      await selectPurse(card);
      expect(await readSummary(card)).toMatchObject({ lifecycle: 'personalised', balance: 0n, seq: 1 });
      await sync(world, card, { order: 'activate' });
      await fund(world, card, 500n);
      expect(await readSummary(card)).toMatchObject({ lifecycle: 'active', balance: 500n });
    },
  );

  it('asked again for its key shows the same one, and signs the new nonce', async () => {
    const { card } = await purseCard();
    const first = must(await enrolPurse(await session(card), world.crypto, ZERO_NONCE));
    const nonce = new Uint8Array(16).fill(9);
    const second = must(await enrolPurse(await session(card), world.crypto, nonce));
    expect(hex(parseEnrolment(second).fields.publicKey)).toBe(hex(parseEnrolment(first).fields.publicKey));
  });

  it('is personalised once: neither key nor identity a second time, and nothing changes', async () => {
    const { card, nvm } = await purseCard();
    const domain = await session(card);
    const given = await personality(must(await enrolPurse(domain, world.crypto, ZERO_NONCE)));
    must(await identifyPurse(domain, given));
    const before = hex(nvm.snapshot());
    for (const again of [
      await enrolPurse(domain, world.crypto, ZERO_NONCE),
      await identifyPurse(domain, given),
    ])
      expect(again).toEqual({ status: 'refused', sw: SW.conditionsNotSatisfied });
    expect(hex(nvm.snapshot())).toBe(before);
  });

  it('refuses as its commands do, and stays blank', async () => {
    const { card } = await purseCard();
    const given = await personality(must(await enrolPurse(await session(card), world.crypto, ZERO_NONCE)));
    const other = await certified(
      must(await enrolPurse(await session((await purseCard()).card), world.crypto, ZERO_NONCE)),
    );
    const cases: readonly (readonly [typeof given, Status])[] = [
      [{ ...given, purse: other }, 'certificate_other_key'],
      [{ ...given, issuer: world.root.certificate }, 'certificate_wrong_role'],
      [{ ...given, root: world.issuer.certificate }, 'certificate_bad_signature'],
    ];
    for (const [wrong, status] of cases) {
      const answer = await identifyPurse(await session(card), wrong);
      if (answer.status !== 'refused') throw new Error(answer.status);
      expect(statusOfSw(answer.sw)).toBe(status);
      expect(must(await select(inProcess(card))).lifecycle).toBe('blank');
    }
  });

  it('takes no grouping but its two, and no identity together with anything behind it', async () => {
    const { card } = await purseCard();
    const host = await openRaw(card);
    const store = async (...groupings: DataGrouping[]): Promise<number> => {
      await host.send(install(PURSE_AID));
      return (await host.send(block(0, travelling(groupings), true))).sw;
    };
    expect(await store({ dgi: 0x0101, value: SERIAL })).toBe(SW.referencedDataNotFound);
    expect(await store({ dgi: DGI.purseKey, value: SERIAL })).toBe(SW.wrongData);
    expect(await store({ dgi: DGI.purseIdentity, value: SERIAL })).toBe(SW.wrongData);
    expect(await store()).toBe(SW.conditionsNotSatisfied);
  });
});

describe('below encryption', () => {
  it.each([0x01, 0x11] as const)('nothing is personalised: level %i', async (level) => {
    const scene = await rememberer();
    const host = await openRaw(scene.card, level);
    const before = hex(scene.nvm.snapshot());
    expect((await host.send(install(REMEMBERER_AID))).sw).toBe(SW.securityStatusNotSatisfied);
    expect((await host.send(block(0, SERIAL, true))).sw).toBe(SW.conditionsNotSatisfied);
    expect(hex(scene.nvm.snapshot())).toBe(before);
  });
});

const GROUPINGS: readonly DataGrouping[] = [
  { dgi: 0x0101, value: fromHex('7003570101') },
  { dgi: DGI.masterKeys, value: new Uint8Array(48).fill(0x5a) },
  { dgi: 0x0102, value: new Uint8Array(300).fill(0x70) },
  { dgi: 0x7777, value: fromHex('01020304050607') },
  { dgi: 0x0103, value: new Uint8Array(0) },
];
const PLAIN = hex(concat(...GROUPINGS.map(({ dgi, value }) => concat(Uint8Array.of(dgi >> 8, dgi), value))));
const seenAs = (seen: readonly DataGrouping[]): string =>
  hex(concat(...seen.map(({ dgi, value }) => concat(Uint8Array.of(dgi >> 8, dgi), value))));

/** The bytes cut at these places, and again wherever a block would be too long. */
const cutAt = (bytes: Bytes, places: readonly number[]): Bytes[] => {
  const edges = [...new Set([0, ...places, bytes.length])]
    .filter((p) => p <= bytes.length)
    .sort((a, b) => a - b);
  return edges.slice(1).flatMap((end, i) => {
    const part = bytes.subarray(edges[i], end);
    return Array.from({ length: Math.ceil(part.length / 200) }, (_, k) =>
      part.subarray(k * 200, (k + 1) * 200),
    );
  });
};

describe('groupings', () => {
  it('cut at any place between two blocks arrive whole, once, in order, deciphered', async () => {
    const bytes = travelling(GROUPINGS);
    for (let place = 1; place < bytes.length; place++) {
      const scene = await rememberer();
      const host = await openRaw(scene.card);
      await host.send(install(REMEMBERER_AID));
      const answer = await storeBlocks(host, cutAt(bytes, [place]));
      expect([answer.sw, hex(answer.data)]).toEqual([SW.ok, '01020304']);
      expect(seenAs(scene.seen)).toBe(PLAIN);
      expect(scene.remembered()).toBeDefined();
    }
  });

  it('cut at any places at all arrive the same (property)', async () => {
    const bytes = travelling(GROUPINGS);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 60 }), async (places) => {
        const scene = await rememberer();
        const host = await openRaw(scene.card, 0x03);
        await host.send(install(REMEMBERER_AID));
        expect((await storeBlocks(host, cutAt(bytes, places))).sw).toBe(SW.ok);
        expect(seenAs(scene.seen)).toBe(PLAIN);
      }),
      { numRuns: 60 },
    );
  });

  it('that are not whole after the last block are refused, and nothing took effect', async () => {
    const bytes = travelling(GROUPINGS.slice(0, 2));
    for (let length = 1; length < bytes.length; length++) {
      const scene = await rememberer();
      const host = await openRaw(scene.card);
      await host.send(install(REMEMBERER_AID));
      const { sw } = await host.send(block(0, bytes.subarray(0, length), true));
      const isWhole = length === travelling(GROUPINGS.slice(0, 1)).length;
      expect(sw).toBe(isWhole ? SW.ok : SW.wrongData);
      expect(scene.remembered() === undefined).toBe(!isWhole);
    }
  });

  it('that never end are not collected beyond the bound', async () => {
    const scene = await rememberer();
    const host = await openRaw(scene.card);
    const endless = concat(fromHex('0101ffffff'), new Uint8Array(MOST_PENDING));
    await host.send(install(REMEMBERER_AID));
    const answer = await storeBlocks(host, cutAt(endless, []));
    expect(answer.sw).toBe(SW.notEnoughMemory);
    expect((await host.send(block(21, SERIAL))).sw).toBe(SW.conditionsNotSatisfied);
    // The longest that fits: identifier, length in its long form, value.
    const most = concat(fromHex('0101ff0ffb'), new Uint8Array(MOST_PENDING - 5));
    await host.send(install(REMEMBERER_AID));
    expect(scene.seen).toEqual([]);
    await storeBlocks(host, cutAt(most, []));
    expect(scene.seen).toHaveLength(1);
  });

  it('secrets with another length or padding than theirs are refused, and never reach the application', async () => {
    const enciphered = (plain: string): Bytes => scp03EncryptSecret(symmetric, KEYS, fromHex(plain));
    const values = [
      new Uint8Array(0),
      new Uint8Array(15),
      new Uint8Array(17),
      enciphered('00000000000000000000000000000000'),
      enciphered('5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a'),
      enciphered('5a5a5a5a5a5a5a5a5a5a5a5a5a800001'),
      scp03EncryptSecret(symmetric, { ...KEYS, dek: KEYS.enc }, fromHex('5a800000000000000000000000000000')),
    ];
    for (const value of values) {
      const scene = await rememberer();
      const host = await openRaw(scene.card);
      await host.send(install(REMEMBERER_AID));
      const bytes = concat(fromHex('8010'), Uint8Array.of(value.length), value);
      expect((await host.send(block(0, bytes, true))).sw).toBe(SW.wrongData);
      expect(scene.seen).toEqual([]);
      expect(scene.remembered()).toBeUndefined();
    }
  });
});

describe('a personalisation', () => {
  const whole = travelling([{ dgi: 0x0101, value: SERIAL }]);

  async function begun(): Promise<{ host: RawHost; scene: Awaited<ReturnType<typeof rememberer>> }> {
    const scene = await rememberer();
    const host = await openRaw(scene.card);
    expect(hex((await host.send(install(REMEMBERER_AID))).data)).toBe('00');
    return { host, scene };
  }

  const ENDINGS: readonly (readonly [string, (host: RawHost) => Promise<{ sw: number }>, number])[] = [
    ['a block left out', (h) => h.send(block(2, whole)), SW.incorrectP1P2],
    ['a block sent twice', (h) => h.send(block(0, whole)), SW.incorrectP1P2],
    ['another format', (h) => h.send(command(0x80, 0xe2, 0x10, 1, whole)), SW.incorrectP1P2],
    ['all encrypted, by P1', (h) => h.send(command(0x80, 0xe2, 0x68, 1, whole)), SW.incorrectP1P2],
    [
      'a grouping that is refused',
      (h) => h.send(block(1, travelling([{ dgi: REFUSED_DGI, value: SERIAL }]))),
      SW.wrongData,
    ],
    ['a command in between', (h) => h.send(getDataOf(0x66)), SW.ok],
    ['SET STATUS in between', (h) => h.send(setStatusTo(0x0f)), SW.ok],
    ['INSTALL of nothing', (h) => h.send(install(PURSE_AID)), SW.referencedDataNotFound],
    ['INSTALL that does not parse', (h) => h.send({ ...install(PURSE_AID), data: SERIAL }), SW.wrongData],
    ['INSTALL for something else', (h) => h.send({ ...install(REMEMBERER_AID), p1: 0x0c }), SW.incorrectP1P2],
  ];

  it.each(ENDINGS)('ends by %s; nothing took effect, and it can begin anew', async (_, ending, sw) => {
    const { host, scene } = await begun();
    expect((await host.send(block(0, whole))).sw).toBe(SW.ok);
    expect((await ending(host)).sw).toBe(sw);
    expect((await host.send(block(1, whole, true))).sw).toBe(SW.conditionsNotSatisfied);
    expect(scene.remembered()).toBeUndefined();
    await host.send(install(REMEMBERER_AID));
    expect((await host.send(block(0, whole, true))).sw).toBe(SW.ok);
    expect(hex(scene.remembered() ?? SERIAL)).toBe(hex(whole));
  });

  it('begins with block 0, after INSTALL, and not without', async () => {
    const scene = await rememberer();
    const host = await openRaw(scene.card);
    expect((await host.send(block(0, whole, true))).sw).toBe(SW.conditionsNotSatisfied);
    await host.send(install(REMEMBERER_AID));
    expect((await host.send(block(1, whole, true))).sw).toBe(SW.incorrectP1P2);
    expect(scene.seen).toEqual([]);
  });

  it('is over after its last block: one more is refused, and so is the application’s second', async () => {
    const { host, scene } = await begun();
    expect((await host.send(block(0, whole, true))).sw).toBe(SW.ok);
    expect((await host.send(block(1, whole, true))).sw).toBe(SW.conditionsNotSatisfied);
    expect((await host.send(install(REMEMBERER_AID))).sw).toBe(SW.conditionsNotSatisfied);
    expect(hex(scene.remembered() ?? SERIAL)).toBe(hex(whole));
  });

  it('of a secured card reaches the application, which decides itself', async () => {
    const { host, scene } = await begun();
    await host.send(setStatusTo(0x0f));
    expect((await host.send(install(REMEMBERER_AID))).sw).toBe(SW.ok);
    expect((await host.send(block(0, whole, true))).sw).toBe(SW.ok);
    expect(scene.remembered()).toBeDefined();
  });

  it('does not survive its channel', async () => {
    const { host, scene } = await begun();
    expect((await host.send(block(0, whole))).sw).toBe(SW.ok);
    const next = await openRaw(scene.card);
    expect((await next.send(block(1, whole, true))).sw).toBe(SW.conditionsNotSatisfied);
    expect(scene.remembered()).toBeUndefined();
  });

  it('has 256 blocks at most', async () => {
    const { host } = await begun();
    for (let i = 0; i <= 0xff; i++) expect((await host.send(block(i, whole))).sw).toBe(SW.ok);
    expect((await host.send(block(0, whole))).sw).toBe(SW.incorrectP1P2);
  });
});
