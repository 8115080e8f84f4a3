/** The parts that need no reader: ATRs, what readers say of themselves, the vpcd stream, a card in a false reader. */
import { createServer, type Server, type Socket } from 'node:net';
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Bytes, concat, fromHex, hex, SokkinError } from '@sokkin/codec';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type AttachedCard,
  attachVirtualCard,
  CARD_ATR,
  type CardEvent,
  CONTACTLESS_ATR,
  contactlessAtr,
  parseAtr,
  takesExtendedLength,
} from '../src/index.ts';
import { featureCode, maxApduData } from '../src/reader-properties.ts';
import { asTpdu, tapOn } from '../src/tap.ts';
import { frame, unframer } from '../src/vpcd.ts';

describe('ATR', () => {
  it('ours is EMV’s basic ATR for T=1 (Book 1, 8.3), and says extended length', () => {
    const atr = parseAtr(CARD_ATR);
    expect(atr).toEqual({ protocols: [1], historical: fromHex('8073c001c0') });
    expect(takesExtendedLength(atr)).toBe(true);
    const [ts, t0, tb1, tc1, td1, td2, ta3, tb3] = CARD_ATR;
    expect([ts, (t0 ?? 0) >> 4, tb1, tc1, td1, td2]).toEqual([0x3b, 0xe, 0, 0, 0x81, 0x31]);
    expect(ta3).toBeGreaterThanOrEqual(0x10);
    expect(ta3).toBeLessThanOrEqual(0xfe);
    expect([(tb3 ?? 0) >> 4, (tb3 ?? 0) & 15]).toEqual([4, 5]);
  });

  it.each([
    ['3be000008131204535', [1], '', false],
    ['3b600000', [0], '', false],
    ['3b858001807384214012', [0, 1], '8073842140', true], // a passport
    ['3b8580018073c821100e', [0, 1], '8073c82110', false], // an NXP JCOP 4
    ['3b8780018031c073d631c023', [0, 1], '8031c073d631c0', true], // a girocard
  ] as const)('%s', (digits, protocols, historical, extended) => {
    const atr = parseAtr(fromHex(digits));
    expect([atr.protocols, hex(atr.historical), takesExtendedLength(atr)]).toEqual([
      protocols,
      historical,
      extended,
    ]);
  });

  it('of a contactless card is made by the reader (PC/SC part 3, 3.1.3.2.3.1)', () => {
    expect(hex(CONTACTLESS_ATR)).toBe('3b8580018073c001c077');
    const atr = parseAtr(CONTACTLESS_ATR);
    expect(atr).toEqual({ protocols: [0, 1], historical: parseAtr(CARD_ATR).historical });
    expect(takesExtendedLength(atr)).toBe(true);
    // Of an NXP JCOP 4, and one without historical bytes.
    expect(hex(contactlessAtr(fromHex('8073c82110')))).toBe('3b8580018073c821100e');
    expect(hex(contactlessAtr(new Uint8Array(0)))).toBe('3b80800101');
    expect(() => contactlessAtr(new Uint8Array(16))).toThrow(SokkinError);
  });

  it('refuses what is none, whatever the bytes', () => {
    for (const bad of ['', '3b', '00', '3be000008131204534', '3b60000000', '3b0180ff'])
      expect(() => parseAtr(fromHex(bad)), bad).toThrow(SokkinError);
    void fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          takesExtendedLength(parseAtr(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(SokkinError);
        }
      }),
    );
  });
});

it('a reader’s longest APDU (PC/SC part 10)', () => {
  expect(featureCode(fromHex('0604423300061204423300120a0442330001'))).toBe(0x42330012);
  expect(featureCode(fromHex('06044233'))).toBeUndefined();
  expect(maxApduData(fromHex('010200000a0400000100'))).toBe(0x10000);
  expect(maxApduData(fromHex('0a0400000000'))).toBe(0);
  expect(maxApduData(fromHex('0102'))).toBeUndefined();
});

it('over T=0 a command with data goes without Le', () => {
  const same = (c: string) => expect(hex(asTpdu(fromHex(c)))).toBe(c);
  for (const c of ['80100000', '8010000000', '8010000002aabb']) same(c);
  expect(hex(asTpdu(fromHex('8010000002aabb00')))).toBe('8010000002aabb');
});

it('a command is there until its answer is, whatever the garbage collector does: the addon keeps its address only', async () => {
  v8.setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let given: WeakRef<Bytes> | undefined;
  let answer: (bytes: Uint8Array<ArrayBuffer>) => void = () => undefined;
  const transmit = (command: Bytes) => {
    given = new WeakRef(command);
    return new Promise<Uint8Array<ArrayBuffer>>((resolve) => {
      answer = resolve;
    });
  };
  const nothing = async () => undefined;
  const tap = tapOn({
    reader: '',
    card: { transmit, disconnect: nothing },
    transaction: { end: nothing },
    atr: CARD_ATR,
    isT0: false,
    extended: true,
  });
  const answered = tap.transmit(fromHex('00a4040000'));
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  expect(hex(given?.deref() ?? new Uint8Array(0))).toBe('00a4040000');
  answer(Uint8Array.of(0x90, 0));
  expect(hex(await answered)).toBe('9000');
});

it('the vpcd stream comes out the same, however it was cut', () => {
  void fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 })),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
      (messages, cuts) => {
        const stream = concat(...messages.map(frame));
        const take = unframer();
        const out: Bytes[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = cuts[i % cuts.length] ?? 1;
          out.push(...take(stream.subarray(at, at + size)));
          at += size;
        }
        expect(out.map(hex)).toEqual(messages.map(hex));
      },
    ),
  );
});

describe('a card in a reader', () => {
  let server: Server | undefined;
  let attached: AttachedCard | undefined;
  afterEach(async () => {
    await attached?.detach();
    server?.close();
  });

  /** A reader that says what it is told to. */
  async function falseReader(): Promise<{ port: number; next(): Promise<Socket> }> {
    const waiting: ((s: Socket) => void)[] = [];
    const came: Socket[] = [];
    server = createServer((s) => {
      s.on('error', () => undefined);
      const taker = waiting.shift();
      if (taker === undefined) came.push(s);
      else taker(s);
    });
    await new Promise<void>((resolve) => {
      server?.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const next = () => {
      const s = came.shift();
      return s === undefined ? new Promise<Socket>((resolve) => waiting.push(resolve)) : Promise.resolve(s);
    };
    return { port, next };
  }
  const ask = (s: Socket, message: string): Promise<string> =>
    new Promise((resolve) => {
      s.once('data', (d) => resolve(hex(Uint8Array.from(d))));
      s.once('close', () => resolve('closed'));
      s.write(frame(fromHex(message)));
    });

  const echo = () => {
    const log: string[] = [];
    const card = {
      reset: () => {
        log.push('reset');
      },
      transmit: async (c: Bytes) => {
        log.push(hex(c));
        if (c[0] === 0xee) throw new Error('memory failed');
        return fromHex('9000');
      },
    };
    return { card, log };
  };

  it('answers under power only; is reset by power; waits for its reader; leaves when it fails', async () => {
    const { port, next } = await falseReader();
    const { card, log } = echo();
    const events: CardEvent[] = [];
    const attaching = attachVirtualCard({ card, port, onEvent: (e) => events.push(e) });
    const first = await next();
    expect(await ask(first, '04')).toBe(`000e${hex(CARD_ATR)}`);
    // Not under power: it goes, and comes back.
    expect(await ask(first, '00a40400')).toBe('closed');
    const second = await next();
    second.write(frame(fromHex('01')));
    attached = await attaching;
    expect(await ask(second, '00a40400')).toBe('00029000');
    second.write(frame(fromHex('02')));
    expect(await ask(second, '80500000')).toBe('00029000');
    expect(log).toEqual(['reset', 'reset', '00a40400', 'reset', '80500000']);
    expect(await ask(second, 'ee000000')).toBe('closed');
    expect(await attached.out).toMatchObject({ message: 'memory failed' });
    expect(events).toContain('failed');
  });

  it('leaves a reader that does not notice it, and comes again', async () => {
    const { port, next } = await falseReader();
    const events: CardEvent[] = [];
    const attaching = attachVirtualCard({ card: echo().card, port, onEvent: (e) => events.push(e) });
    const first = await next();
    for (let look = 1; look <= 2; look++) expect(await ask(first, '04')).toMatch(/^000e/);
    // What the card before it was owed.
    first.write(frame(fromHex('00')));
    for (let look = 1; look <= 2; look++) expect(await ask(first, '04')).toMatch(/^000e/);
    expect(await ask(first, '04')).toBe('closed');
    const second = await next();
    for (let look = 1; look <= 2; look++) expect(await ask(second, '04')).toMatch(/^000e/);
    second.write(frame(fromHex('01')));
    attached = await attaching;
    for (let look = 1; look <= 9; look++) expect(await ask(second, '04')).toMatch(/^000e/);
    expect(events).toEqual(['power_off', 'inserted', 'power_on']);
  });

  it('detaches after the answer, for good', async () => {
    const { port, next } = await falseReader();
    const attaching = attachVirtualCard({ card: echo().card, port });
    const socket = await next();
    socket.write(frame(fromHex('01')));
    attached = await attaching;
    expect(await ask(socket, '00a40400')).toBe('00029000');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await attached.detach();
    await closed;
    expect(await attached.out).toBeUndefined();
  });

  it('says so when nobody listens', async () => {
    const { port } = await falseReader();
    server?.close();
    await expect(attachVirtualCard({ card: echo().card, port })).rejects.toMatchObject({
      code: 'reader_unreachable',
    });
  });

  it('says so when the slot is taken', async () => {
    const { port } = await falseReader();
    await expect(attachVirtualCard({ card: echo().card, port })).rejects.toMatchObject({
      code: 'reader_occupied',
    });
  });
});
