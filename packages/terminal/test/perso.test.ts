/**
 * The host's side of a security domain: what comes of it is returned by name, whatever the card answers; and the keys of
 * one card say nothing of another's.
 */
import { cardMemorySize, createCard, type FactoryKeys, inMemoryNvm } from '@sokkin/card';
import { concat, DGI, decodeCommand, fromHex, hex } from '@sokkin/codec';
import {
  aesCmac,
  diversifyKeys,
  LEVELS,
  mostPlainData,
  type Scp03Keys,
  type Scp03Level,
} from '@sokkin/crypto';
import { nodeCrypto, nodeRsa, nodeSymmetric } from '@sokkin/node';
import { PURSE_AID } from '@sokkin/purse';
import { inProcess, makeWorld, ZERO_NONCE } from '@sokkin/testkit';
import { describe, expect, it } from 'vitest';
import {
  type ApduTransport,
  enrolPurse,
  identifyPurse,
  openDomain,
  overheard,
  type PersonaliseProgress,
  tellDomain,
} from '../src/index.ts';
import { blocksOf } from '../src/perso/blocks.ts';

const symmetric = nodeSymmetric();
const crypto = nodeCrypto();
const MASTER = fromHex('404142434445464748494a4b4c4d4e4f');
const SERIAL = fromHex('00010203040506070809');
const KEYS = diversifyKeys(symmetric, MASTER, { diversification: SERIAL, keyVersion: 1 });
const SMALL = { cells: 16, tickets: 2, outgoing: 2, pinTries: 3, history: 1 };

async function cardOf(factory?: FactoryKeys, extended = false): Promise<ApduTransport> {
  const nvm = inMemoryNvm(cardMemorySize(SMALL));
  const emv = { symmetric, rsa: nodeRsa() };
  return inProcess(await createCard({ nvm, crypto, emv }, SMALL, factory), { extended });
}
const withDomain = (extended = false) => cardOf({ diversification: SERIAL, keys: KEYS }, extended);

/** Whatever the card answers to its n-th command is changed on the way. */
function changing(
  inner: ApduTransport,
  n: number,
  change: (response: Uint8Array) => Uint8Array,
): ApduTransport {
  let count = 0;
  return {
    extended: inner.extended,
    async transmit(command) {
      const response = await inner.transmit(command);
      return count++ === n ? change(response.slice()) : response;
    },
  };
}
const turned = (response: Uint8Array): Uint8Array => response.map((b, i) => (i === 0 ? b ^ 1 : b));

describe('opening a domain', () => {
  it.each(LEVELS as readonly Scp03Level[])(
    'works at level %i, over short and extended readers',
    async (level) => {
      for (const extended of [false, true]) {
        const opened = await openDomain(await withDomain(extended), { keys: KEYS, symmetric, level });
        if (opened.status !== 'ok') throw new Error(opened.status);
        expect(hex(opened.value.info.diversification)).toBe(hex(SERIAL));
        expect(opened.value.info).toMatchObject({ keyVersion: 1, isLocked: false });
        expect(await opened.value.setStatus('secured')).toEqual({ status: 'ok', value: undefined });
        expect(await opened.value.setStatus('initialized')).toEqual({ status: 'refused', sw: 0x6985 });
      }
    },
  );

  it('finds the keys of whichever card is there', async () => {
    const keyOf = (diversification: Uint8Array, keyVersion: number) =>
      diversifyKeys(symmetric, MASTER, { diversification, keyVersion });
    expect((await openDomain(await withDomain(), { keyOf, symmetric })).status).toBe('ok');
    const none = await openDomain(await withDomain(), { keyOf: async () => undefined, symmetric });
    expect(none).toEqual({ status: 'unknown_card' });
  });

  it('says which way it failed', async () => {
    const wrong = { ...KEYS, enc: MASTER, mac: MASTER };
    expect(await openDomain(await cardOf(), { keys: KEYS, symmetric })).toEqual({ status: 'no_domain' });
    expect(await openDomain(await withDomain(), { keys: wrong, symmetric })).toEqual({
      status: 'wrong_keys',
    });
    const unknown = await openDomain(await withDomain(), { keys: { ...KEYS, version: 2 }, symmetric });
    expect(unknown).toEqual({ status: 'refused', sw: 0x6a88 });
  });

  it('sends no proof of its own to a card that did not give the right one', async () => {
    for (let bit = 0; bit < 32 * 8; bit++) {
      let sent = 0;
      const inner = await withDomain();
      const card = changing(inner, 1, (r) => r.map((b, i) => (i === bit >> 3 ? b ^ (1 << (bit & 7)) : b)));
      const counting = overheard(card, { sent: () => sent++ });
      const opened = await openDomain(counting, { keys: KEYS, symmetric });
      // What only tells which card it is, the proof does not cover: the keys that fit prove it.
      const covered = bit >> 3 >= 11 && bit >> 3 < 29;
      if (covered) expect([opened.status === 'ok', sent]).toEqual([false, 2]);
    }
  });

  it('over a reader that answers nonsense ends by name', async () => {
    for (const n of [0, 1, 2]) {
      const card = changing(await withDomain(), n, () => fromHex('00'));
      expect((await openDomain(card, { keys: KEYS, symmetric })).status).toBe('untrusted_answer');
    }
    const short = changing(await withDomain(), 1, () => fromHex('aabb9000'));
    expect((await openDomain(short, { keys: KEYS, symmetric })).status).toBe('untrusted_answer');
  });
});

describe('a session', () => {
  it('believes no answer that was changed, and goes on with none after it', async () => {
    const card = changing(await withDomain(), 3, turned);
    const opened = await openDomain(card, { keys: KEYS, symmetric });
    if (opened.status !== 'ok') throw new Error(opened.status);
    expect((await opened.value.setStatus('secured')).status).toBe('untrusted_answer');
    expect(await opened.value.setStatus('secured')).toEqual({ status: 'channel_closed' });
    const groupings = [{ dgi: 1, value: SERIAL }];
    expect(await opened.value.personalise(PURSE_AID, groupings)).toEqual({ status: 'channel_closed' });
  });

  it('tells how far it is, and what was answered to each grouping', async () => {
    const world = await makeWorld(crypto);
    const opened = await openDomain(await withDomain(), { keys: KEYS, symmetric });
    if (opened.status !== 'ok') throw new Error(opened.status);
    const value = concat(fromHex('cc10'), ZERO_NONCE);
    const progress: PersonaliseProgress[] = [];
    const answers = await opened.value.personalise(
      PURSE_AID,
      [
        { dgi: DGI.purseKey, value },
        { dgi: DGI.purseKey, value },
      ],
      (p) => progress.push(p),
    );
    if (answers.status !== 'ok') throw new Error(answers.status);
    expect(answers.value.map((a) => a[0])).toEqual([0xc7, 0xc7]);
    expect(progress).toEqual([
      { blocksSent: 1, blocks: 2, dgi: DGI.purseKey },
      { blocksSent: 2, blocks: 2, dgi: DGI.purseKey },
    ]);
    expect((await enrolPurse(opened.value, crypto, ZERO_NONCE)).status).toBe('ok');
    const { certificate } = world.root;
    const personality = { root: certificate, issuer: certificate, purse: certificate, pin: '12' };
    expect(await identifyPurse(opened.value, personality)).toEqual({ status: 'malformed' });
  });

  it('sends nothing of what is more than can be counted', async () => {
    const inner = await withDomain();
    let sent = 0;
    const card = overheard(inner, { sent: () => sent++ });
    const opened = await openDomain(card, { keys: KEYS, symmetric });
    if (opened.status !== 'ok') throw new Error(opened.status);
    const long = { dgi: 1, value: new Uint8Array(40_000) };
    expect(await opened.value.personalise(PURSE_AID, [long, long])).toEqual({ status: 'too_long' });
    expect(sent).toBe(3);
  });

  it('sends a secret neither in the clear nor under the channel alone', async () => {
    const inner = await withDomain();
    const sent: Uint8Array[] = [];
    const card = overheard(inner, { sent: (c) => sent.push(c) });
    const opened = await openDomain(card, { keys: KEYS, symmetric, level: 0x01 });
    if (opened.status !== 'ok') throw new Error(opened.status);
    const secret = new Uint8Array(16).fill(0x5a);
    const [block] = blocksOf(symmetric, KEYS, [{ dgi: DGI.pin, value: secret }], 200) ?? [];
    if (block === undefined) throw new Error('no block');
    expect(hex(block.data)).not.toContain(hex(secret));
    expect(hex(block.data).slice(0, 6)).toBe('801020');
    expect((await opened.value.personalise(PURSE_AID, [{ dgi: DGI.pin, value: secret }])).status).toBe(
      'refused',
    );
    for (const c of sent) expect(hex(decodeCommand(c).data)).not.toContain(hex(secret));
  });
});

describe('blocks', () => {
  it('fit the channel, count from 0, begin with a grouping each, and give the groupings back', () => {
    const groupings = [
      { dgi: 0x0101, value: new Uint8Array(600).fill(1) },
      { dgi: 0x0102, value: new Uint8Array(0) },
      { dgi: 0x0103, value: new Uint8Array(236).fill(3) },
    ];
    for (const level of LEVELS as readonly Scp03Level[]) {
      const room = mostPlainData(level, 8);
      const blocks = blocksOf(symmetric, KEYS, groupings, room) ?? [];
      expect(blocks.map((b) => b.p2)).toEqual(blocks.map((_, i) => i));
      expect(blocks.every((b) => b.data.length >= 1 && b.data.length <= room)).toBe(true);
      expect(blocks.map((b) => b.p1 >> 7)).toEqual(blocks.map((_, i) => (i === blocks.length - 1 ? 1 : 0)));
      expect(hex(concat(...blocks.map((b) => b.data)))).toBe(
        `0101ff0258${'01'.repeat(600)}010200${'0103ec'}${'03'.repeat(236)}`,
      );
    }
  });
});

describe('diversified keys', () => {
  it('are the derivation that the specification writes down', () => {
    for (const [constant, key] of [
      ['81', KEYS.enc],
      ['82', KEYS.mac],
      ['83', KEYS.dek],
    ] as const) {
      const input = fromHex(`0000000000000000000000${constant}00008001` + `01${hex(SERIAL)}`);
      expect(hex(key)).toBe(hex(aesCmac(symmetric, MASTER, input)));
    }
  });

  it('are as long as their master key, and all different: by purpose, version and card', () => {
    const all = new Set<string>();
    const add = ({ enc, mac, dek }: Scp03Keys, length: number): void => {
      for (const key of [enc, mac, dek]) {
        expect(key.length).toBe(length);
        all.add(hex(key));
      }
    };
    for (const length of [16, 24, 32])
      for (const keyVersion of [1, 2])
        for (const last of [0, 1]) {
          const diversification = concat(new Uint8Array(9), Uint8Array.of(last));
          add(diversifyKeys(symmetric, new Uint8Array(length), { diversification, keyVersion }), length);
        }
    expect(all.size).toBe(3 * 2 * 2 * 3);
  });
});

it('every failure has a sentence for people', () => {
  const failures = [
    { status: 'no_domain' },
    { status: 'unknown_card' },
    { status: 'wrong_keys' },
    { status: 'level_not_supported' },
    { status: 'refused', sw: 0x6985 },
    { status: 'too_long' },
    { status: 'untrusted_answer', because: 'Its protection is wrong.' },
    { status: 'channel_closed' },
  ] as const;
  for (const failure of failures) expect(tellDomain(failure)).toMatch(/^[A-Z].*\.$/);
});
