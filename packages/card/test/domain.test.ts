/**
 * The security domain: what a GlobalPlatform tool sees, who gets in, and that one wrong message ends a channel
 * (docs/spec/card-application.md, section 10).
 */
import {
  type CommandApdu,
  command,
  concat,
  DOMAIN_INS,
  encodeCommand,
  fromHex,
  hex,
  SW,
} from '@sokkin/codec';
import {
  answerInitializeUpdate,
  commandMac,
  initializeUpdate,
  openHost,
  type Scp03Level,
  scp03CardChallenge,
  scp03SessionKeys,
} from '@sokkin/crypto';
import { INS, object, PURSE_AID } from '@sokkin/purse';
import { say, selectPurse, ZERO_NONCE } from '@sokkin/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDomain, encodeDomain, factorySection } from '../src/domain/state.ts';
import { cardMemorySize, createCard, inMemoryNvm, openCard, openStore } from '../src/index.ts';
import {
  BUILD,
  block,
  challenged,
  FACTORY,
  getDataOf,
  getStatusOf,
  install,
  KEYS,
  keysOf,
  openRaw,
  purseCard,
  REMEMBERER_AID,
  rememberer,
  SERIAL,
  selectDomain,
  send,
  sequenceOf,
  setStatusTo,
  symmetric,
  travelling,
} from './domain-scene.ts';
import { SMALL, shows } from './people.ts';

const LEVELS: readonly Scp03Level[] = [0x01, 0x03, 0x11, 0x13, 0x33];

describe('anybody', () => {
  it('finds the domain by its AID, by the beginning of it, and by no AID at all', async () => {
    const { card } = await purseCard();
    const fci =
      '6f408408a000000151000000a534732e06072a864886fc6b01600b06092a864886fc6b020203630906072a864886fc6b03640b06092a864886fc6b0403709f6501ff';
    for (const aid of ['a000000151000000', 'a000000151', '']) {
      const answer = await send(card, command(0x00, 0xa4, 0x04, 0x00, fromHex(aid), 256));
      expect([hex(answer.data), answer.sw]).toEqual([fci, SW.ok]);
    }
  });

  it.each([
    [
      '0066',
      '6630732e06072a864886fc6b01600b06092a864886fc6b020203630906072a864886fc6b03640b06092a864886fc6b040370',
    ],
    ['00e0', 'e012c00401308810c00402308810c00403308810'],
    ['0045', '450a00010203040506070809'],
    ['00cf', 'cf0a00010203040506070809'],
  ])('reads %s in the clear, in either class, and in a channel', async (tag, expected) => {
    const { card } = await purseCard();
    await selectDomain(card);
    const read = getDataOf(Number.parseInt(tag, 16));
    for (const cla of [0x00, 0x80]) {
      const answer = await send(card, { ...read, cla });
      expect([hex(answer.data), answer.sw]).toEqual([expected, SW.ok]);
    }
    const host = await openRaw(card);
    expect(hex((await host.send(read)).data)).toBe(expected);
  });

  it.each([
    ['unknown data', command(0x80, 0xca, 0x00, 0x42, undefined, 256), SW.referencedDataNotFound],
    ['GET DATA with data', command(0x80, 0xca, 0x00, 0x66, SERIAL), SW.wrongData],
    ['INSTALL', install(PURSE_AID), SW.securityStatusNotSatisfied],
    ['STORE DATA', block(0, SERIAL), SW.securityStatusNotSatisfied],
    ['SET STATUS', setStatusTo(0x0f), SW.securityStatusNotSatisfied],
    ['GET STATUS', getStatusOf(0x80), SW.securityStatusNotSatisfied],
    ['STORE DATA in another class', command(0x00, 0xe2, 0x80, 0x00, SERIAL), SW.claNotSupported],
    ['another instruction', command(0x80, 0xd8, 0x00, 0x00, SERIAL), SW.insNotSupported],
    [
      'EXTERNAL AUTHENTICATE unasked',
      command(0x84, 0x82, 0x33, 0, new Uint8Array(16)),
      SW.conditionsNotSatisfied,
    ],
    [
      'a secured command without a channel',
      command(0x84, 0xe2, 0x80, 0, SERIAL),
      SW.securityStatusNotSatisfied,
    ],
    [
      'INITIALIZE UPDATE in another class',
      { ...initializeUpdate(0, new Uint8Array(8)), cla: 0x00 },
      SW.claNotSupported,
    ],
    ['INITIALIZE UPDATE of another length', initializeUpdate(0, new Uint8Array(16)), SW.wrongLength],
    [
      'INITIALIZE UPDATE for another key version',
      initializeUpdate(0x31, new Uint8Array(8)),
      SW.referencedDataNotFound,
    ],
  ])('gets nothing else without a channel: %s', async (_, sent, sw) => {
    const { card, nvm } = await purseCard();
    await selectDomain(card);
    const before = hex(nvm.snapshot());
    expect((await send(card, sent)).sw).toBe(sw);
    expect(hex(nvm.snapshot())).toBe(before);
  });
});

describe('a card without keys', () => {
  it('has no domain, and is personalised in the open as ever', async () => {
    const nvm = inMemoryNvm(cardMemorySize(SMALL));
    const card = await createCard({ ...BUILD, nvm }, SMALL);
    expect((await selectDomain(card)).sw).toBe(SW.fileNotFound);
    expect((await send(card, command(0x00, 0xa4, 0x04, 0x00, undefined, 256))).sw).toBe(SW.fileNotFound);
    await selectPurse(card);
    expect((await say(card, INS.generateKey, object('nonce', ZERO_NONCE))).sw).toBe(SW.ok);
  });
});

describe('a card with keys', () => {
  it('makes no key and takes no identity in the open, whatever is built around its memory', async () => {
    const { card, nvm } = await purseCard();
    const bare = await openCard({ nvm, crypto: BUILD.crypto });
    const before = hex(nvm.snapshot());
    for (const it of [card, bare]) {
      await selectPurse(it);
      for (const ins of [INS.generateKey, INS.storeData])
        expect((await say(it, ins, object('nonce', ZERO_NONCE))).sw).toBe(SW.securityStatusNotSatisfied);
    }
    expect(hex(nvm.snapshot())).toBe(before);
  });

  it('has a section with one encoding: any other byte is damage, and never another key', () => {
    const section = factorySection(FACTORY);
    expect(hex(encodeDomain(decodeDomain(section)))).toBe(hex(section));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(60), fc.nat(255), (noise, at, byte) => {
        for (const bytes of [noise, section.map((b, i) => (i === at ? byte : b))]) {
          try {
            expect(hex(encodeDomain(decodeDomain(bytes)))).toBe(hex(bytes));
          } catch (error) {
            expect(String((error as { code?: string }).code)).toMatch(
              /memory_damaged|truncated|trailing_bytes/,
            );
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('takes keys of one length and a serial number of 10 bytes only', () => {
    for (const wrong of [
      { ...FACTORY, diversification: SERIAL.slice(1) },
      { ...FACTORY, keys: { ...KEYS, mac: new Uint8Array(24) } },
      {
        ...FACTORY,
        keys: { ...KEYS, enc: new Uint8Array(8), mac: new Uint8Array(8), dek: new Uint8Array(8) },
      },
      { ...FACTORY, keys: { ...KEYS, version: 0 } },
    ])
      expect(() => factorySection(wrong)).toThrow('Bug:');
  });
});

describe('the sequence counter', () => {
  it('goes into the challenge, and grows with every challenge, over power cycles', async () => {
    const { card, nvm } = await purseCard();
    const seen: number[] = [];
    const power = () => openCard({ ...BUILD, nvm });
    for (const on of [() => card, () => card, power, power]) {
      const it = await on();
      await selectDomain(it);
      const answer = await challenged(it);
      seen.push(sequenceOf(answer));
      const derived = scp03CardChallenge(
        symmetric,
        KEYS,
        answer.sequence ?? SERIAL,
        fromHex('a000000151000000'),
        8,
      );
      expect(hex(answer.cardChallenge)).toBe(hex(derived));
    }
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('at its end the card gives no challenge any more', async () => {
    const { nvm } = await purseCard();
    const last = encodeDomain({ ...FACTORY, sequence: 0xff_fffe, lifecycle: 'initialized' });
    const store = await openStore(nvm);
    await store?.commitAll({ sections: { domain: last } });
    const reopened = await openCard({ ...BUILD, nvm });
    await selectDomain(reopened);
    expect(sequenceOf(await challenged(reopened))).toBe(0xff_ffff);
    const answer = await send(reopened, initializeUpdate(0, new Uint8Array(8)));
    expect(answer.sw).toBe(SW.conditionsNotSatisfied);
  });
});

describe('a channel', () => {
  it.each([16, 24, 32] as const)('opens at every level under keys of %i bytes', async (length) => {
    const keys = keysOf(length);
    const { card } = await purseCard({ diversification: SERIAL, keys });
    for (const level of LEVELS) {
      const host = await openRaw(card, level, keys);
      const answer = await host.send(getDataOf(0x45));
      expect(hex(answer.data)).toBe(`450a${hex(SERIAL)}`);
    }
  });

  it('does not open with wrong keys, neither by a wrong cryptogram nor by a wrong MAC', async () => {
    const { card } = await purseCard();
    await selectDomain(card);
    const challenge = symmetric.randomBytes(8);
    // What a host computes that believes itself to speak with a card of other keys.
    const answerOfOther = async (keys: typeof KEYS): Promise<CommandApdu> => {
      const shown = await challenged(card, challenge);
      const other = {
        ...FACTORY,
        keys,
        aid: fromHex('a000000151000000'),
        mode: 8,
        sequence: sequenceOf(shown),
      } as const;
      const answer = answerInitializeUpdate(symmetric, other, initializeUpdate(0, challenge));
      if (answer.verdict !== 'ok') throw new Error(answer.verdict);
      const forged = {
        ...shown,
        cardChallenge: answer.data.slice(13, 21),
        cardCryptogram: answer.data.slice(21, 29),
      };
      const host = openHost(symmetric, keys, challenge, forged, 0x33);
      if (host.verdict !== 'ok') throw new Error(host.verdict);
      return host.command;
    };
    const wrong = { ...KEYS, mac: new Uint8Array(16) };
    expect((await send(card, await answerOfOther(wrong))).sw).toBe(SW.incorrectSecureMessaging);
    expect((await send(card, getStatusOf(0x80))).sw).toBe(SW.securityStatusNotSatisfied);
  });

  it('does not open for a wrong proof under a right MAC', async () => {
    const { card } = await purseCard();
    await selectDomain(card);
    const shown = await challenged(card);
    const session = scp03SessionKeys(symmetric, KEYS, concat(new Uint8Array(8), shown.cardChallenge));
    const header = { cla: 0x84, ins: 0x82, p1: 0x33, p2: 0x00 };
    const proof = new Uint8Array(8);
    const mac = commandMac(symmetric, session, 8, new Uint8Array(16), header, proof).subarray(0, 8);
    const authenticate = command(0x84, 0x82, 0x33, 0x00, concat(proof, mac));
    expect((await send(card, authenticate)).sw).toBe(SW.verificationFailed);
    expect((await send(card, authenticate)).sw).toBe(SW.conditionsNotSatisfied);
  });

  it('opens for each right answer once: the same EXTERNAL AUTHENTICATE again is refused, and closes it', async () => {
    const { card } = await purseCard();
    const host = await openRaw(card);
    const [authenticate] = host.sent;
    if (authenticate === undefined) throw new Error('nothing was sent');
    expect((await send(card, authenticate)).sw).toBe(SW.incorrectSecureMessaging);
    card.reset();
    await selectDomain(card);
    await challenged(card);
    expect((await send(card, authenticate)).sw).toBe(SW.incorrectSecureMessaging);
  });

  const COMMANDS: readonly (readonly [string, CommandApdu])[] = [
    ['GET DATA', getDataOf(0x66)],
    ['INSTALL', install(REMEMBERER_AID)],
    ['STORE DATA', block(0, travelling([{ dgi: 0x0101, value: SERIAL }]), true)],
    ['SET STATUS', setStatusTo(0x0f)],
    ['GET STATUS', getStatusOf(0x40)],
  ];

  it.each(COMMANDS)(
    '%s with any bit changed is refused, changes nothing, and closes it',
    async (name, plain) => {
      const scene = await rememberer();
      const length = encodeCommand((await openRaw(scene.card)).wrap(plain)).length;
      // Not the length field: with another one it is no APDU at all. Not Le either, which no MAC covers.
      const bits = [...Array((length - 1) * 8).keys()].filter((bit) => bit >> 3 !== 4);
      for (const bit of bits) {
        const host = await openRaw(scene.card);
        if (name === 'STORE DATA') await host.send(install(REMEMBERER_AID));
        const before = hex(scene.nvm.snapshot());
        const bytes = encodeCommand(host.wrap(plain));
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const sw = hex((await scene.card.transmit(bytes)).subarray(-2));
        // What is no secured command of this channel by its class byte, the card refuses before the domain sees it.
        expect(bit < 8 ? ['6988', '6982', '6881', '6884'] : ['6988']).toContain(sw);
        expect(hex(scene.nvm.snapshot())).toBe(before);
        if (sw === '6988' || sw === '6982')
          expect((await send(scene.card, host.wrap(getDataOf(0x66)))).sw).toBe(SW.securityStatusNotSatisfied);
      }
      expect(scene.remembered()).toBeUndefined();
    },
  );

  it.each(COMMANDS)('%s in the clear is refused while it is open, and closes it', async (_, plain) => {
    const { card } = await purseCard();
    const host = await openRaw(card);
    expect((await send(card, plain)).sw).toBe(SW.securityStatusNotSatisfied);
    expect((await send(card, host.wrap(getDataOf(0x66)))).sw).toBe(SW.securityStatusNotSatisfied);
  });

  it('no command of it can be sent a second time, later, or in another channel', async () => {
    const scene = await rememberer();
    const host = await openRaw(scene.card);
    await host.send(install(REMEMBERER_AID));
    await host.send(block(0, travelling([{ dgi: 0x0101, value: SERIAL }])));
    await host.send(setStatusTo(0x0f));
    const recorded = [...host.sent];
    for (const sent of recorded) {
      await openRaw(scene.card);
      const before = hex(scene.nvm.snapshot());
      expect((await send(scene.card, sent)).sw).toBe(SW.incorrectSecureMessaging);
      expect(hex(scene.nvm.snapshot())).toBe(before);
    }
    for (const sent of recorded.slice(1)) {
      const again = await openRaw(scene.card);
      const once = again.wrap(getDataOf(0x66));
      expect((await send(scene.card, once)).sw).toBe(SW.ok);
      expect((await send(scene.card, sent)).sw).toBe(SW.incorrectSecureMessaging);
      expect((await send(scene.card, once)).sw).toBe(SW.securityStatusNotSatisfied);
    }
  });

  it('ends with power, with another SELECT, and with INITIALIZE UPDATE', async () => {
    const { card } = await purseCard();
    const endings: readonly (() => unknown)[] = [
      () => card.reset(),
      () => selectDomain(card),
      () => selectPurse(card),
      () => challenged(card),
    ];
    for (const end of endings) {
      const host = await openRaw(card);
      await end();
      await selectDomain(card);
      expect((await send(card, host.wrap(getDataOf(0x66)))).sw).toBe(SW.securityStatusNotSatisfied);
    }
  });

  it('goes on after a command that was refused for what it says', async () => {
    const { card } = await purseCard();
    const host = await openRaw(card);
    expect((await host.send(install(REMEMBERER_AID))).sw).toBe(SW.referencedDataNotFound);
    expect((await host.send(command(0x80, 0xd8, 0, 0, SERIAL))).sw).toBe(SW.insNotSupported);
    expect((await host.send(command(0x00, 0xe2, 0, 0, SERIAL))).sw).toBe(SW.claNotSupported);
    expect((await host.send(initializeUpdate(0, new Uint8Array(8)))).sw).toBe(SW.conditionsNotSatisfied);
    expect((await host.send(getDataOf(0x66))).sw).toBe(SW.ok);
  });
});

describe('GET STATUS', () => {
  it('shows the domain and the applications, each with its lifecycle', async () => {
    const { card } = await purseCard();
    const host = await openRaw(card);
    const read = async (p1: number, data?: string): Promise<string> => {
      const { data: answer, sw } = await host.send(getStatusOf(p1, data));
      return sw === SW.ok ? hex(answer) : sw.toString(16);
    };
    expect(await read(0x80)).toBe('e3134f08a0000001510000009f700107c503940000');
    const [purse, payment] = ['4f08f0534f4b4b494e019f700107', '4f08f0534f4b4b494e029f700103'];
    const entry = (objects: string): string => `e313${objects}c503000000`;
    // The payment application with the two directories that lead to it once it is personalised, and the purse.
    const directories = [
      '4f0e325041592e5359532e44444630319f700103',
      '4f0e315041592e5359532e44444630319f700103',
    ];
    const shown = directories.map((d) => `e319${d}c503000000`).join('');
    expect(await read(0x40)).toBe(`${entry(payment)}${shown}${entry(purse)}`);
    expect(await read(0x40, '4f05f0534f4b4b')).toBe(`${entry(payment)}${entry(purse)}`);
    expect(await read(0x40, '4f08f0534f4b4b494e01')).toBe(entry(purse));
    expect(await read(0x80, '4f005c034f9f70')).toBe('e30e4f08a0000001510000009f700107');
    expect(await read(0x40, '4f05f0534f4b4c')).toBe('6a88');
    expect([await read(0x20), await read(0x10)]).toEqual(['6a88', '6a88']);
    expect([await read(0x81), await read(0x80, '5000')]).toEqual(['6a86', '6a80']);
    const old = command(0x80, DOMAIN_INS.getStatus, 0x80, 0x00, fromHex('4f00'), 256);
    expect((await host.send(old)).sw).toBe(SW.incorrectP1P2);
  });
});

describe('the lifecycle of the card', () => {
  const STEPS = [
    ['initialized', 0x07, 0x0f, SW.ok],
    ['initialized', 0x07, 0x7f, SW.conditionsNotSatisfied],
    ['initialized', 0x07, 0x07, SW.ok],
    ['secured', 0x0f, 0x07, SW.conditionsNotSatisfied],
    ['secured', 0x0f, 0x7f, SW.ok],
    ['secured', 0x0f, 0x0f, SW.ok],
    ['locked', 0x7f, 0x07, SW.conditionsNotSatisfied],
    ['locked', 0x7f, 0x0f, SW.ok],
    ['locked', 0x7f, 0x7f, SW.ok],
  ] as const;

  it.each(STEPS)('from %s (%i) to %i: %i', async (lifecycle, from, to, sw) => {
    const { nvm } = await purseCard();
    const store = await openStore(nvm);
    await store?.commitAll({ sections: { domain: encodeDomain({ ...FACTORY, sequence: 0, lifecycle }) } });
    const card = await openCard({ ...BUILD, nvm });
    const host = await openRaw(card);
    expect((await host.send(setStatusTo(to))).sw).toBe(sw);
    const { data } = await host.send(getStatusOf(0x80));
    const now = sw === SW.ok ? to : from;
    expect(hex(data)).toContain(`9f7001${now.toString(16).padStart(2, '0')}`);
  });

  it('knows no other state, and takes no other name than the domain’s', async () => {
    const { card } = await purseCard();
    const host = await openRaw(card);
    for (const state of [0x00, 0x01, 0x03, 0x83, 0xff])
      expect((await host.send(setStatusTo(state))).sw).toBe(SW.incorrectP1P2);
    const named = (p1: number, aid: Uint8Array) => command(0x80, 0xf0, p1, 0x0f, aid, 256);
    expect((await host.send(named(0x40, PURSE_AID))).sw).toBe(SW.incorrectP1P2);
    expect((await host.send(named(0x80, PURSE_AID))).sw).toBe(SW.wrongData);
    expect((await host.send(named(0x80, fromHex('a000000151000000')))).sw).toBe(SW.ok);
  });

  it('locked: nothing but the domain is selectable, in any build, and unlocked all is as it was', async () => {
    const { card, nvm } = await purseCard();
    await selectPurse(card);
    const before = await shows(card);
    const host = await openRaw(card, 0x01);
    await host.send(setStatusTo(0x0f));
    await host.send(setStatusTo(0x7f));
    const reopened = [card, await openCard({ ...BUILD, nvm }), await openCard({ nvm, crypto: BUILD.crypto })];
    for (const it of reopened) expect((await selectPurse(it)).sw).toBe(SW.fileNotFound);
    expect((await selectDomain(card)).sw).toBe(SW.fileDeactivated);
    const locked = await openRaw(card, 0x33);
    expect((await locked.send(install(PURSE_AID))).sw).toBe(SW.conditionsNotSatisfied);
    expect((await locked.send(setStatusTo(0x0f))).sw).toBe(SW.ok);
    expect((await selectDomain(card)).sw).toBe(SW.ok);
    await selectPurse(card);
    expect(await shows(card)).toBe(before);
  });
});

it('bytes of all kinds never crash the card, and change nothing but the sequence counter (fuzz)', async () => {
  const scene = await rememberer();
  const { card, nvm } = await purseCard();
  await selectPurse(card);
  const before = await shows(card);
  const anyData = fc.uint8Array({ maxLength: 255 });
  const headers = fc.tuple(
    fc.constantFrom(0x00, 0x04, 0x80, 0x84, 0x90, 0x94, 0xc4),
    fc.constantFrom(...Object.values(DOMAIN_INS), 0x00, 0xd8),
    fc.constantFrom(0x00, 0x08, 0x20, 0x29, 0x33, 0x80, 0xa9),
    fc.nat(255),
  );
  const commands = fc.oneof(
    anyData,
    fc.tuple(headers, anyData).map(([[a, b, c, d], data]) => encodeCommand(command(a, b, c, d, data, 256))),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(commands, { maxLength: 20 }), async (script) => {
      for (const it of [card, scene.card]) {
        await selectDomain(it);
        for (const bytes of script) {
          const answer = await it.transmit(bytes);
          expect(hex(answer.subarray(-2))).toMatch(/^(9000|6[1-9a-f]..)$/);
        }
      }
    }),
    { numRuns: 300 },
  );
  expect(scene.remembered()).toBeUndefined();
  const reopened = await openCard({ ...BUILD, nvm });
  await selectPurse(reopened);
  expect(await shows(reopened)).toBe(before);
});

it('a host with the keys that sends anything at all never crashes the card, and moves no value (fuzz)', async () => {
  const { card, nvm } = await purseCard();
  await selectPurse(card);
  const before = await shows(card);
  const host = await openRaw(card);
  const plain = fc
    .tuple(
      fc.constantFrom(0x00, 0x80),
      fc.oneof(fc.constantFrom(...Object.values(DOMAIN_INS)), fc.nat(255)),
      fc.constantFrom(0x00, 0x08, 0x20, 0x29, 0x40, 0x80, 0xa9),
      fc.oneof(fc.constantFrom(0, 1, 2), fc.nat(255)),
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.constant(install(PURSE_AID).data),
        fc.uint8Array({ maxLength: 40 }).map((v) => travelling([{ dgi: 0x7001, value: v }])),
        fc.uint8Array({ maxLength: 40 }).map((v) => travelling([{ dgi: 0x8010, value: v }])),
      ),
    )
    // Not the lock: it is a command like any other, and would make the rest of the script short.
    .filter(([, ins]) => ins !== DOMAIN_INS.setStatus)
    .map(([cla, ins, p1, p2, data]) => command(cla, ins, p1, p2, data, 256));
  await fc.assert(
    fc.asyncProperty(plain, async (sent) => {
      const { sw } = await host.send(sent);
      expect([0x61, 0x69, 0x6a, 0x67, 0x6d, 0x6e, 0x90, 0x94]).toContain(sw >> 8);
    }),
    { numRuns: 2000 },
  );
  const reopened = await openCard({ ...BUILD, nvm });
  await selectPurse(reopened);
  expect(await shows(reopened)).toBe(before);
});
