/** The torn log of the product's terminal: what is remembered, how long, and what happens when it cannot be written. */
import { hex } from '@sokkin/codec';
import {
  type ApduTransport,
  cardLost,
  contactlessTerminal,
  memoryTornLog,
  type TornLog,
} from '@sokkin/terminal';
import { describe, expect, test } from 'vitest';
import { paperScene } from './kernel-paper.ts';
import { type Changed, configWith, expectOutcome, ports } from './kernel-scene.ts';

const GENERATE_AC = 0xae;
const RECOVER_AC = 0xd0;

/** The card that leaves over its cryptogram; `heard`: the instructions that it was sent. */
function leaving({ transmit }: ApduTransport, heard: number[] = []): ApduTransport {
  return {
    extended: true,
    async transmit(command) {
      heard.push(command[1] ?? 0);
      const answer = await transmit(command);
      if (command[1] === GENERATE_AC) throw cardLost();
      return answer;
    },
  };
}

const listening = ({ transmit }: ApduTransport, heard: number[]): ApduTransport => ({
  extended: true,
  transmit(command) {
    heard.push(command[1] ?? 0);
    return transmit(command);
  },
});

const LISTS = {
  pdol: '9F6604 9F0206 5F2A02 9F1A02',
  cdol1: '9F0206 9F0306 9F1A02 9505 5F2A02 9A03 9C01 9F3704 9F3501 9F3403',
  cdol2: '9108 8A02 9F0206 9F0306 9F1A02 9505 5F2A02 9A03 9C01 9F3704',
  ddol: '9F3704',
};

describe('what is remembered (card-application.md, 11.5)', () => {
  test('what RECOVER AC needs, from before the command leaves', async () => {
    const { transport, terminal } = await paperScene();
    let atGenerate: TornLog = [];
    const watching: ApduTransport = {
      extended: true,
      async transmit(command) {
        if (command[1] === GENERATE_AC) atGenerate = await terminal.log.load();
        return transport.transmit(command);
      },
    };
    expectOutcome(await terminal.pay(watching, { id: 'watched', amount: 1200n }), 'approved');
    const [torn] = atGenerate;
    expect(torn).toMatchObject({
      id: 'watched',
      amount: 1200n,
      cvm: 'noCvm',
      asked: { type: 'tc', isSigned: true },
    });
    // DRDOL of the profile: 9F37 04, 9F02 06, 9A 03
    const number = hex(torn?.asked.unpredictableNumber ?? new Uint8Array(0));
    expect(hex(torn?.drdolData ?? new Uint8Array(0))).toBe(`${number}000000001200261122`);
    expect(await terminal.log.load()).toEqual([]);
  });

  test.each([
    ['a card without a DRDOL', { members: { lists: { ...LISTS, drdol: '' } } }, {}],
    ['a request for an ARQC: nobody would wait for its answer', {}, { forceOnline: true }],
    ['a log of depth 0', { change: ((f) => (f.torn.depth = 0)) as Changed }, {}],
  ])('not %s', async (_, options, request) => {
    const { transport, terminal } = await paperScene({ script: { gives: ['arqc'] }, ...options });
    expectOutcome(await terminal.pay(leaving(transport), { id: 'x', ...request }), 'tryAgain');
    expect(await terminal.log.load()).toEqual([]);
    const heard: number[] = [];
    await terminal.pay(listening(transport, heard), { id: 'x', ...request });
    expect(heard).not.toContain(RECOVER_AC);
  });

  test('as many as its depth, the youngest; each card by PAN and sequence', async () => {
    const change: Changed = (f) => (f.torn.depth = 2);
    const { terminal, ...first } = await paperScene({ change });
    const others = [await paperScene({ sequence: '02' }), await paperScene({ sequence: '03' })];
    for (const [i, { transport }] of [first, ...others].entries())
      expectOutcome(await terminal.pay(leaving(transport), { id: `card ${i + 1}` }), 'tryAgain');
    expect((await terminal.log.load()).map((t) => t.id)).toEqual(['card 2', 'card 3']);
    const third = others[1];
    if (third === undefined) throw new Error('There are three cards');
    const end = expectOutcome(await terminal.pay(third.transport, { id: 'card 3' }), 'approved');
    expect(end.discretionary.recovered).toBe(true);
    expect((await terminal.log.load()).map((t) => t.id)).toEqual(['card 2']);
  });

  test('for its lifetime, to the second', async () => {
    for (const [seconds, recovered] of [
      [3600, true],
      [3601, false],
    ] as const) {
      const { transport, terminal } = await paperScene();
      expectOutcome(await terminal.pay(leaving(transport), { id: 'x' }), 'tryAgain');
      terminal.later(seconds);
      const end = expectOutcome(await terminal.pay(transport, { id: 'x' }), 'approved');
      expect(end.discretionary.recovered).toBe(recovered);
    }
  });

  test('a log that cannot be saved: GENERATE AC is not sent', async () => {
    const { transport, issuer } = await paperScene();
    const heard: number[] = [];
    const terminal = contactlessTerminal(configWith([issuer.ca]), {
      rsa: ports.rsa,
      randomBytes: ports.symmetric.randomBytes,
      clock: () => ({ date: '261122', time: '093000', today: 20_779, seconds: 0 }),
      torn: { ...memoryTornLog(), save: () => Promise.reject(new Error('disk full')) },
    });
    const begun = terminal.begin({ id: '1', amount: 1200n });
    if (begun.status !== 'ready') throw new Error('It needs a card');
    await expect(begun.payment.tap(listening(transport, heard))).rejects.toThrow('disk full');
    expect(heard).not.toContain(GENERATE_AC);
  });
});

test('a payment takes one tap at a time, again after Try Again or a failure, and none after its outcome', async () => {
  const { transport, issuer } = await paperScene({ script: { gives: ['tc', 'tc'] } });
  const shown: string[] = [];
  const terminal = contactlessTerminal(configWith([issuer.ca]), {
    rsa: ports.rsa,
    randomBytes: ports.symmetric.randomBytes,
    clock: () => ({ date: '261122', time: '093000', today: 20_779, seconds: 0 }),
    torn: memoryTornLog(),
    onUi: ({ message, status }) => shown.push(`${message} ${status}`),
  });
  const begun = terminal.begin({ id: '1', amount: 1200n });
  if (begun.status !== 'ready') throw new Error('It needs a card');
  const { payment } = begun;
  const refused = expect.objectContaining({ code: 'payment_over' });
  const broken: ApduTransport = { extended: true, transmit: () => Promise.reject(new Error('no power')) };
  await expect(payment.tap(broken)).rejects.toThrow('no power');
  expectOutcome(await payment.tap(leaving(transport)), 'tryAgain');
  expect(shown.slice(-2)).toEqual(['presentAgain processingError', 'presentAgain readyToRead']);
  const first = payment.tap(transport);
  await expect(payment.tap(transport)).rejects.toEqual(refused);
  expectOutcome(await first, 'approved');
  await expect(payment.tap(transport)).rejects.toEqual(refused);
});

describe('what RECOVER AC is answered with', () => {
  test('6985: never approved, so forgotten, and a new cryptogram is asked for', async () => {
    const { transport, terminal } = await paperScene();
    const unheard: ApduTransport = {
      extended: true,
      async transmit(command) {
        if (command[1] === GENERATE_AC) throw cardLost();
        return transport.transmit(command);
      },
    };
    expectOutcome(await terminal.pay(unheard, { id: 'x' }), 'tryAgain');
    const heard: number[] = [];
    const end = expectOutcome(await terminal.pay(listening(transport, heard), { id: 'x' }), 'approved');
    expect(end.discretionary.recovered).toBe(false);
    expect(heard.slice(-2)).toEqual([RECOVER_AC, GENERATE_AC]);
  });

  test('anything else settles nothing: the tap ends, the log keeps it, no cryptogram is asked for', async () => {
    const { transport, terminal } = await paperScene();
    expectOutcome(await terminal.pay(leaving(transport), { id: 'x' }), 'tryAgain');
    for (const sw of ['6d00', '6f00', '6700']) {
      const heard: number[] = [];
      const broken = listening(
        {
          extended: true,
          transmit: async (c) => (c[1] === RECOVER_AC ? Buffer.from(sw, 'hex') : transport.transmit(c)),
        },
        heard,
      );
      const end = expectOutcome(await terminal.pay(broken, { id: 'x' }), 'endApplication');
      expect(end.discretionary.reason).toBe('recovery_refused');
      expect(heard).not.toContain(GENERATE_AC);
      expect(await terminal.log.load()).toHaveLength(1);
    }
  });

  test('one bit of the answer changed: no approval, neither for this sale nor as another', async () => {
    for (const id of ['x', 'another']) {
      const { transport, terminal } = await paperScene({ script: { gives: ['tc'] } });
      expectOutcome(await terminal.pay(leaving(transport), { id: 'x' }), 'tryAgain');
      const changed: ApduTransport = {
        extended: true,
        async transmit(command) {
          const answer = await transport.transmit(command);
          if (command[1] !== RECOVER_AC) return answer;
          // In the signature, behind 77 81 xx 9F27 01 xx 9F36 02 xxxx 9F4B 81 xx
          return answer.map((b, i) => (i === 40 ? b ^ 1 : b));
        },
      };
      const end = await terminal.pay(changed, { id });
      if (id === 'x') expect(expectOutcome(end, 'declined').discretionary.reason).toBe('cda_failed');
      else expect(end.discretionary.recoveredOther).toMatchObject({ id: 'x', approved: false });
    }
  });

  test('the same name for another amount is another sale', async () => {
    const { transport, terminal } = await paperScene();
    expectOutcome(await terminal.pay(leaving(transport), { id: 'x', amount: 500n }), 'tryAgain');
    const end = expectOutcome(await terminal.pay(transport, { id: 'x', amount: 600n }), 'approved');
    expect(end.discretionary).toMatchObject({
      recovered: false,
      recoveredOther: { id: 'x', approved: true },
    });
    expect(hex(end.dataRecord?.get(0x9f02) ?? new Uint8Array(0))).toBe('000000000600');
  });
});
