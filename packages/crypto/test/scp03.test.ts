/** SCP03: published derivations and sessions, host and card against each other, and tampering of every kind. */
import { command, concat, decodeCommand, encodeCommand, fromHex, hex, SokkinError, u16 } from '@sokkin/codec';
import {
  answerExternalAuthenticate,
  answerInitializeUpdate,
  type CardScp03,
  commandMac,
  initializeUpdate,
  mostPlainData,
  openHost,
  readInitializeUpdate,
  type Scp03Channel,
  type Scp03Keys,
  type Scp03Level,
  type Scp03Mode,
  scp03CardChallenge,
  scp03Cryptogram,
  scp03DecryptSecret,
  scp03EncryptSecret,
  scp03Kdf,
  scp03SessionKeys,
  unwrapCommand,
  unwrapResponse,
  wrapCommand,
  wrapResponse,
} from '@sokkin/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitTurned, exactly, node, PORTS, vectors } from './emv/support.ts';

interface Session {
  name: string;
  version: number;
  keys: { enc: string; mac: string; dek: string };
  initializeUpdate: string;
  answer: string;
  externalAuthenticate: string;
  level: Scp03Level;
  exchanges: { plain: string; secured: string; response?: string; plainResponse?: string }[];
}
interface Scp03Vectors {
  kdf: { source: string; cases: { key: string; constant: number; context: string; derived: string }[] };
  sessions: { source: string; cases: Session[] };
}
const published = vectors<Scp03Vectors>('scp03');

const keysOf = (v: Session): Scp03Keys => ({
  version: v.version,
  enc: fromHex(v.keys.enc),
  mac: fromHex(v.keys.mac),
  dek: fromHex(v.keys.dek),
});

describe.each(PORTS)('published vectors on %s', (_, port) => {
  it.each(published.kdf.cases)(`derivation $constant: ${published.kdf.source}`, (v) => {
    const found = scp03Kdf(port, fromHex(v.key), v.constant, v.derived.length / 2, fromHex(v.context));
    expect(hex(found)).toBe(v.derived);
  });

  it.each(published.sessions.cases)(`$name as host: ${published.sessions.source}`, (v) => {
    const { data: hostChallenge } = decodeCommand(fromHex(v.initializeUpdate));
    expect(hex(encodeCommand(initializeUpdate(v.version, hostChallenge)))).toBe(v.initializeUpdate);
    const opening = openHost(
      port,
      keysOf(v),
      hostChallenge,
      readInitializeUpdate(fromHex(v.answer)),
      v.level,
    );
    if (opening.verdict !== 'ok') throw new Error(opening.verdict);
    expect(hex(encodeCommand(opening.command))).toBe(v.externalAuthenticate);
    let { channel } = opening;
    for (const { plain, secured, response, plainResponse } of v.exchanges) {
      const wrapped = wrapCommand(port, channel, decodeCommand(fromHex(plain)));
      expect(hex(encodeCommand(wrapped.command))).toBe(secured);
      channel = wrapped.channel;
      if (response === undefined) continue;
      const answer = unwrapResponse(port, channel, { data: fromHex(response), sw: 0x9000 });
      if (answer.verdict !== 'ok') throw new Error(answer.verdict);
      expect(hex(answer.response.data)).toBe(plainResponse);
      expect(answer.proven).toBe(v.level >= 0x10);
    }
  });

  it.each(published.sessions.cases)(`$name as card: ${published.sessions.source}`, (v) => {
    const keys = keysOf(v);
    const { data: hostChallenge } = decodeCommand(fromHex(v.initializeUpdate));
    const { cardChallenge, cardCryptogram } = readInitializeUpdate(fromHex(v.answer));
    const context = concat(hostChallenge, cardChallenge);
    const session = scp03SessionKeys(port, keys, context);
    expect(hex(scp03Cryptogram(port, session, 'card', context, 8))).toBe(hex(cardCryptogram));
    const authenticate = decodeCommand(fromHex(v.externalAuthenticate));
    const opened = answerExternalAuthenticate(
      port,
      { session, mode: 8, context, logicalChannel: 0 },
      authenticate,
    );
    if (opened.verdict !== 'ok') throw new Error(opened.verdict);
    expect(opened.channel.level).toBe(v.level);
    let { channel } = opened;
    for (const { plain, secured, response, plainResponse } of v.exchanges) {
      const command = unwrapCommand(port, channel, decodeCommand(fromHex(secured)));
      if (command.verdict !== 'ok') throw new Error(command.verdict);
      expect(hex(encodeCommand(command.command))).toBe(plain);
      channel = command.channel;
      if (response === undefined || plainResponse === undefined) continue;
      expect(hex(wrapResponse(port, channel, { data: fromHex(plainResponse), sw: 0x9000 }).data)).toBe(
        response,
      );
    }
  });
});

const level = fc.constantFrom<Scp03Level[]>(0x01, 0x03, 0x11, 0x13, 0x33);
const mode = fc.constantFrom<Scp03Mode[]>(8, 16);
const keys = fc
  .constantFrom(16, 24, 32)
  .chain((n) => fc.record({ version: fc.constant(0x30), enc: exactly(n), mac: exactly(n), dek: exactly(n) }));
const sequence = fc.option(fc.integer({ min: 1, max: 0xff_ffff }), { nil: undefined });
const AID = fromHex('a000000151000000');

function cardOf(cardKeys: Scp03Keys, m: Scp03Mode, counter: number | undefined): CardScp03 {
  return {
    keys: cardKeys,
    diversification: new Uint8Array(10).fill(7),
    aid: AID,
    mode: m,
    sequence: counter,
  };
}

/** Host and card with an open channel each. */
function opened(card: CardScp03, l: Scp03Level, logical = 0): { host: Scp03Channel; card: Scp03Channel } {
  const challenge = node.randomBytes(card.mode);
  const answer = answerInitializeUpdate(node, card, initializeUpdate(0x30, challenge, logical));
  if (answer.verdict !== 'ok') throw new Error(answer.verdict);
  const host = openHost(node, card.keys, challenge, readInitializeUpdate(answer.data), l, logical);
  if (host.verdict !== 'ok') throw new Error(host.verdict);
  const authenticated = answerExternalAuthenticate(node, answer.opening, host.command);
  if (authenticated.verdict !== 'ok') throw new Error(authenticated.verdict);
  return { host: host.channel, card: authenticated.channel };
}

describe('host and card', () => {
  it('understand each other at every level, in every mode, with every key length (property)', () => {
    const exchange = fc.record({
      cla: fc.constantFrom(0x80, 0x00),
      data: fc.uint8Array({ maxLength: 223 }),
      answer: fc.uint8Array({ maxLength: 223 }),
      sw: fc.constantFrom(0x9000, 0x6310, 0x6283),
    });
    fc.assert(
      fc.property(
        keys,
        mode,
        sequence,
        level,
        fc.nat(3),
        fc.array(exchange, { maxLength: 4 }),
        (k, m, counter, l, logical, script) => {
          let { host, card } = opened(cardOf(k, m, counter), l, logical);
          for (const { cla, data, answer, sw } of script) {
            const sent = command(cla | logical, 0xe2, 0x91, 0x00, data, 256);
            const wrapped = wrapCommand(node, host, sent);
            const received = unwrapCommand(node, card, decodeCommand(encodeCommand(wrapped.command)));
            if (received.verdict !== 'ok') throw new Error(received.verdict);
            expect(hex(encodeCommand(received.command))).toBe(hex(encodeCommand(sent)));
            [host, card] = [wrapped.channel, received.channel];
            const secured = wrapResponse(node, card, { data: answer, sw });
            const got = unwrapResponse(node, host, secured);
            if (got.verdict !== 'ok') throw new Error(got.verdict);
            expect([hex(got.response.data), got.response.sw, got.proven]).toEqual([
              hex(answer),
              sw,
              l >= 0x10,
            ]);
          }
          expect(hex(host.chaining)).toBe(hex(card.chaining));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('any bit of a secured command changed is refused, and gives no channel (fuzz)', () => {
    fc.assert(
      fc.property(keys, mode, level, fc.uint8Array({ maxLength: 100 }), fc.nat(), (k, m, l, data, at) => {
        const { host, card } = opened(cardOf(k, m, 1), l);
        const { command: secured } = wrapCommand(node, host, command(0x80, 0xe2, 0, 0, data));
        const bytes = concat(Uint8Array.of(secured.cla, secured.ins, secured.p1, secured.p2), secured.data);
        const turned = bitTurned(bytes, at);
        const [cla = 0, ins = 0, p1 = 0, p2 = 0] = turned;
        const answer = unwrapCommand(node, card, command(cla, ins, p1, p2, turned.subarray(4)));
        expect(['bad-mac', 'not-secured']).toContain(answer.verdict);
        expect('channel' in answer).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('any bit of a secured response changed is refused (fuzz)', () => {
    const withMac = fc.constantFrom<Scp03Level[]>(0x11, 0x13, 0x33);
    const success = fc.constantFrom(0x9000, 0x6310, 0x6283);
    fc.assert(
      fc.property(
        keys,
        mode,
        withMac,
        fc.uint8Array({ maxLength: 100 }),
        success,
        fc.nat(),
        (k, m, l, data, sw, at) => {
          const { host, card } = opened(cardOf(k, m, undefined), l);
          const sent = wrapCommand(node, host, command(0x80, 0xca, 0, 0x66, undefined, 256));
          const received = unwrapCommand(node, card, sent.command);
          if (received.verdict !== 'ok') throw new Error(received.verdict);
          const secured = wrapResponse(node, received.channel, { data, sw });
          const turned = bitTurned(concat(secured.data, u16(sw)), at);
          const changed = {
            data: turned.subarray(0, -2),
            sw: ((turned.at(-2) ?? 0) << 8) | (turned.at(-1) ?? 0),
          };
          expect(unwrapResponse(node, sent.channel, changed).verdict).toMatch(/^(bad-mac|not-secured)$/);
          expect(unwrapResponse(node, sent.channel, secured).verdict).toBe('ok');
        },
      ),
      { numRuns: 300 },
    );
  });

  it('a command dropped, repeated or moved is refused', () => {
    const { host, card } = opened(cardOf({ version: 0x30, enc: AID16, mac: AID16, dek: AID16 }, 8, 1), 0x33);
    const first = wrapCommand(node, host, command(0x80, 0xe2, 0, 0, AID));
    const second = wrapCommand(node, first.channel, command(0x80, 0xe2, 0, 1, AID));
    expect(unwrapCommand(node, card, second.command).verdict).toBe('bad-mac');
    const received = unwrapCommand(node, card, first.command);
    if (received.verdict !== 'ok') throw new Error(received.verdict);
    expect(unwrapCommand(node, received.channel, first.command).verdict).toBe('bad-mac');
    expect(unwrapCommand(node, received.channel, second.command).verdict).toBe('ok');
  });

  it('equal data is never encrypted to equal bytes', () => {
    const { host } = opened(cardOf({ version: 0x30, enc: AID16, mac: AID16, dek: AID16 }, 8, 1), 0x33);
    const first = wrapCommand(node, host, command(0x80, 0xe2, 0, 0, AID));
    const second = wrapCommand(node, first.channel, command(0x80, 0xe2, 0, 0, AID));
    expect(hex(first.command.data.subarray(0, 16))).not.toBe(hex(second.command.data.subarray(0, 16)));
  });

  it('an error status is a status alone, and proves nothing', () => {
    const { host, card } = opened(cardOf({ version: 0x30, enc: AID16, mac: AID16, dek: AID16 }, 8, 1), 0x33);
    const secured = wrapResponse(node, card, { data: AID, sw: 0x6982 });
    expect(secured.data).toHaveLength(0);
    expect(unwrapResponse(node, host, secured)).toMatchObject({ verdict: 'ok', proven: false });
    expect(unwrapResponse(node, host, { data: AID, sw: 0x6982 }).verdict).toBe('not-secured');
  });

  it('padding under a right MAC is still checked', () => {
    const { host, card } = opened(cardOf({ version: 0x30, enc: AID16, mac: AID16, dek: AID16 }, 8, 1), 0x03);
    // The same session without encryption puts a right MAC on data that was never padded.
    const plain = { ...host, level: 0x01 as const };
    for (const length of [16, 15, 32]) {
      const { command: sent } = wrapCommand(node, plain, command(0x80, 0xe2, 0, 0, new Uint8Array(length)));
      expect(unwrapCommand(node, card, sent).verdict).toBe('bad-padding');
    }
  });

  it('an empty text is never encrypted: one that was is refused', () => {
    const { host, card } = opened(cardOf({ version: 0x30, enc: AID16, mac: AID16, dek: AID16 }, 8, 1), 0x03);
    const first = node.aesEncryptBlock(host.keys.enc, fromHex('00000000000000000000000000000001'));
    const encrypted = (text: string): Uint8Array => node.aesCbcEncrypt(host.keys.enc, first, fromHex(text));
    const plain = { ...host, level: 0x01 as const };
    for (const [text, verdict] of [
      ['01800000000000000000000000000000', 'ok'],
      ['80000000000000000000000000000000', 'bad-padding'],
    ] as const) {
      const { command: sent } = wrapCommand(node, plain, command(0x80, 0xe2, 0, 0, encrypted(text)));
      expect(unwrapCommand(node, card, sent).verdict).toBe(verdict);
    }
  });

  it('a secured command has room for so much data and no more (property)', () => {
    fc.assert(
      fc.property(level, mode, (l, m) => {
        const { host } = opened(cardOf({ version: 0x30, enc: AID16, mac: AID16, dek: AID16 }, m, 1), l);
        const most = mostPlainData(l, m);
        const full = wrapCommand(node, host, command(0x80, 0xe2, 0, 0, new Uint8Array(most)));
        expect(full.command.data.length).toBeLessThanOrEqual(255);
        expect(() => wrapCommand(node, host, command(0x80, 0xe2, 0, 0, new Uint8Array(most + 1)))).toThrow(
          'Bug:',
        );
      }),
      { numRuns: 20 },
    );
  });
});

const AID16 = concat(AID, AID);

describe('opening', () => {
  const card = (m: Scp03Mode = 8): CardScp03 =>
    cardOf({ version: 0x30, enc: AID16, mac: AID16, dek: AID16 }, m, 5);

  it('any bit of the card’s answer changed is refused, but for what it does not vouch for (fuzz)', () => {
    const challenge = node.randomBytes(8);
    const answer = answerInitializeUpdate(node, card(), initializeUpdate(0, challenge));
    if (answer.verdict !== 'ok') throw new Error(answer.verdict);
    for (let bit = 0; bit < answer.data.length * 8; bit++) {
      const byte = bit >>> 3;
      const turned = bitTurned(answer.data, bit);
      const open = (): string =>
        openHost(node, card().keys, challenge, readInitializeUpdate(turned), 0x33).verdict;
      // Diversification data, key version and sequence counter tell which keys; the cryptogram proves them.
      if (byte < 11 || byte >= 29) expect(open()).toBe('ok');
      else if (byte === 11) expect(open).toThrow(SokkinError);
      else if (byte > 12) expect(open()).toBe('bad-cryptogram');
      else expect(['level-not-supported', 'refused']).toContain(verdictOrRefused(open));
    }
  });

  it('any bit of EXTERNAL AUTHENTICATE changed is refused (fuzz)', () => {
    const challenge = node.randomBytes(16);
    const answer = answerInitializeUpdate(node, card(16), initializeUpdate(0x30, challenge));
    if (answer.verdict !== 'ok') throw new Error(answer.verdict);
    const host = openHost(node, card(16).keys, challenge, readInitializeUpdate(answer.data), 0x13);
    if (host.verdict !== 'ok') throw new Error(host.verdict);
    const { cla, ins, p1, p2, data } = host.command;
    const bytes = concat(Uint8Array.of(cla, ins, p1, p2), data);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const [c = 0, i = 0, a = 0, b = 0, ...rest] = bitTurned(bytes, bit);
      const verdict = answerExternalAuthenticate(
        node,
        answer.opening,
        command(c, i, a, b, Uint8Array.from(rest)),
      ).verdict;
      expect(verdict).toMatch(/^(bad-mac|wrong-command|level-not-supported)$/);
    }
  });

  it('another key is bad-cryptogram to the host, and bad-mac to the card', () => {
    const challenge = node.randomBytes(8);
    const answer = answerInitializeUpdate(node, card(), initializeUpdate(0x30, challenge));
    if (answer.verdict !== 'ok') throw new Error(answer.verdict);
    const other = { ...card().keys, mac: new Uint8Array(16) };
    const read = readInitializeUpdate(answer.data);
    expect(openHost(node, other, challenge, read, 0x01).verdict).toBe('bad-cryptogram');
    const session = scp03SessionKeys(node, other, concat(challenge, read.cardChallenge));
    const host = openHost(node, card().keys, challenge, read, 0x01);
    if (host.verdict !== 'ok') throw new Error(host.verdict);
    const opening = { ...answer.opening, session };
    expect(answerExternalAuthenticate(node, opening, host.command).verdict).toBe('bad-mac');
  });

  it('a right MAC does not help a level that is none, or a wrong cryptogram', () => {
    const challenge = node.randomBytes(8);
    const answer = answerInitializeUpdate(node, card(), initializeUpdate(0x30, challenge));
    if (answer.verdict !== 'ok') throw new Error(answer.verdict);
    const { opening } = answer;
    const authenticate = (p1: number, cryptogram: Uint8Array): string => {
      const header = { cla: 0x84, ins: 0x82, p1, p2: 0 };
      const mac = commandMac(node, opening.session, 8, new Uint8Array(16), header, cryptogram).subarray(0, 8);
      const sent = command(0x84, 0x82, p1, 0, concat(cryptogram, mac));
      return answerExternalAuthenticate(node, opening, sent).verdict;
    };
    const right = scp03Cryptogram(node, opening.session, 'host', opening.context, 8);
    expect(authenticate(0x33, right)).toBe('ok');
    for (const p1 of [0x00, 0x02, 0x10, 0x23, 0x31, 0x43, 0xff])
      expect(authenticate(p1, right)).toBe('level-not-supported');
    expect(authenticate(0x33, bitTurned(right, 3))).toBe('bad-cryptogram');
  });

  it('the card’s challenge comes from its counter, or from nowhere', () => {
    const a = answerInitializeUpdate(node, card(), initializeUpdate(0, new Uint8Array(8)));
    const b = answerInitializeUpdate(node, card(), initializeUpdate(0, new Uint8Array(8)));
    if (a.verdict !== 'ok' || b.verdict !== 'ok') throw new Error('no answer');
    expect(hex(a.data)).toBe(hex(b.data));
    const { cardChallenge, sequence: shown } = readInitializeUpdate(a.data);
    expect(hex(shown ?? AID)).toBe('000005');
    expect(hex(cardChallenge)).toBe(hex(scp03CardChallenge(node, card().keys, fromHex('000005'), AID, 8)));
    const random = { ...card(), sequence: undefined };
    const [c, d] = [1, 2].map(() =>
      answerInitializeUpdate(node, random, initializeUpdate(0, new Uint8Array(8))),
    );
    if (c?.verdict !== 'ok' || d?.verdict !== 'ok') throw new Error('no answer');
    expect(hex(c.data)).not.toBe(hex(d.data));
    expect(readInitializeUpdate(c.data).sequence).toBeUndefined();
  });

  it.each([
    ['wrong-command', command(0x84, 0x50, 0, 0, new Uint8Array(8))],
    ['wrong-command', command(0x00, 0x50, 0, 0, new Uint8Array(8))],
    ['wrong-command', command(0x80, 0x51, 0, 0, new Uint8Array(8))],
    ['wrong-length', command(0x80, 0x50, 0, 0, new Uint8Array(16))],
    ['wrong-length', command(0x80, 0x50, 0, 0)],
    ['no-such-key', command(0x80, 0x50, 0x31, 0, new Uint8Array(8))],
    ['no-such-key', command(0x80, 0x50, 0x30, 1, new Uint8Array(8))],
  ] as const)('INITIALIZE UPDATE: %s', (verdict, sent) => {
    expect(answerInitializeUpdate(node, card(), sent)).toEqual({ verdict });
  });

  it('a host that asks for more than the card can do stays out', () => {
    const challenge = node.randomBytes(8);
    const answer = answerInitializeUpdate(node, card(), initializeUpdate(0, challenge));
    if (answer.verdict !== 'ok') throw new Error(answer.verdict);
    const read = readInitializeUpdate(answer.data);
    expect(openHost(node, card().keys, challenge, { ...read, options: 0x10 }, 0x11).verdict).toBe(
      'level-not-supported',
    );
    expect(openHost(node, card().keys, challenge, { ...read, options: 0x30 }, 0x33).verdict).toBe(
      'level-not-supported',
    );
    expect(openHost(node, card().keys, node.randomBytes(16), read, 0x01).verdict).toBe('wrong-mode');
  });

  it('an answer of any bytes is refused by name, or reads (fuzz)', () => {
    const head = fromHex('00000000000000000000300370');
    fc.assert(
      fc.property(fc.boolean(), fc.uint8Array({ maxLength: 40 }), (withHead, rest) => {
        expect(
          verdictOrRefused(() => readInitializeUpdate(withHead ? concat(head, rest) : rest)),
        ).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('secrets under the data key come back', () => {
    const secret = node.randomBytes(32);
    const encrypted = scp03EncryptSecret(node, card().keys, secret);
    expect(hex(scp03DecryptSecret(node, card().keys, encrypted) ?? AID)).toBe(hex(secret));
    expect(scp03DecryptSecret(node, card().keys, encrypted.subarray(1))).toBeUndefined();
  });
});

/** What the call gives, or 'refused' for a SokkinError; any other exception fails the test. */
function verdictOrRefused<T>(call: () => T): T | 'refused' {
  try {
    return call();
  } catch (error) {
    if (error instanceof SokkinError) return 'refused';
    throw error;
  }
}
