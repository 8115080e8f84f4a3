/** Entry Point before a kernel runs: Book B, 3.1 (pre-processing), 3.3 (combination selection), 3.5 (outcomes). */
import { hex } from '@sokkin/codec';
import { describe, expect, test } from 'vitest';
import { preProcess, type Transaction } from '../src/emv/entry-point/preprocess.ts';
import { cardLost, contactlessTerminal, MESSAGE, memoryTornLog, type TerminalConfig } from '../src/index.ts';
import { combination, configOf, directory, type Entry, pay, selectable } from './emv-scene.ts';

const SOKKIN = 'f0534f4b4b494e02';
const JCB = 'a0000000651010';

const sale = (amount: bigint): Transaction => ({
  id: 'sale',
  amount,
  other: 0n,
  type: 'purchase',
  forceOnline: false,
  hasNetwork: true,
});

describe('pre-processing (Book B, 3.1.1)', () => {
  const limited = (to: object = {}): TerminalConfig =>
    configOf((f) => {
      f.combinations = [
        combination({ limits: { transaction: '500', floor: '100', cvmRequired: '50' }, ...to }),
      ];
    });
  const prepared = (config: TerminalConfig, amount: bigint) => {
    const found = preProcess(config, sale(amount));
    return 'combinations' in found ? found.combinations[0] : found.outcome;
  };

  test.each([
    ['3.1.1.2: bits 8 and 7 of byte 2 begin as zero', 49n, '26004000', []],
    ['3.1.1.8 and 3.1.1.12: the CVM required limit is reached', 50n, '26404000', ['cvmRequired']],
    ['3.1.1.6: the floor limit itself is not above it', 100n, '26404000', ['cvmRequired']],
    ['3.1.1.6 and 3.1.1.9: above the floor limit', 101n, '26c04000', ['cvmRequired', 'overFloorLimit']],
    ['3.1.1.5: one below the contactless limit', 499n, '26c04000', ['cvmRequired', 'overFloorLimit']],
  ] as const)('%s', (_, amount, qualifiers, indicators) => {
    const found = prepared(limited(), amount);
    if (found === undefined || !('qualifiers' in found)) throw new Error('not allowed');
    expect(hex(found.qualifiers)).toBe(qualifiers);
    const set = Object.entries(found.indicators).flatMap(([name, is]) => (is ? [name] : []));
    expect(set.sort()).toEqual([...indicators].sort());
  });

  test('3.1.1.5 and 3.1.1.13: at the contactless limit no combination is left', () => {
    expect(prepared(limited(), 500n)).toMatchObject({
      outcome: 'tryAnotherInterface',
      start: 'none',
      alternateInterface: 'none',
      uiRequestOnOutcome: { messageId: MESSAGE.tryAnotherCard, status: 'processingError' },
    });
    const withContacts = configOf((f) => {
      f.terminal.contacts = true;
      f.combinations = [combination({ qualifiers: '36004000', limits: { transaction: '1' } })];
    });
    expect(prepared(withContacts, 1n)).toMatchObject({
      alternateInterface: 'contact',
      uiRequestOnOutcome: { messageId: MESSAGE.insertOrSwipe },
    });
  });

  test('3.1.1.4 and 3.1.1.11: an amount of zero', () => {
    expect(prepared(limited(), 0n)).toHaveProperty('outcome', 'tryAnotherInterface');
    const found = prepared(limited({ zeroAmount: 'allowed' }), 0n);
    expect(found).toMatchObject({ indicators: { zeroAmount: true } });
    expect(found && 'qualifiers' in found && hex(found.qualifiers)).toBe('26804000');
    const offline = configOf((f) => {
      f.terminal.type = '23';
      delete f.terminal.typeWithoutNetwork;
      const methods = { below: ['noCvm'], above: ['signature'] };
      f.combinations = [combination({ qualifiers: '2A000000', zeroAmount: 'allowed', methods })];
    });
    expect(prepared(offline, 0n)).toHaveProperty('outcome', 'tryAnotherInterface');
  });

  test('3.1.1.3 and 3.1.1.10: status check for a single unit of currency', () => {
    const found = prepared(limited({ statusCheck: true }), 1n);
    expect(found).toMatchObject({ indicators: { statusCheckRequested: true } });
    expect(found && 'qualifiers' in found && hex(found.qualifiers)).toBe('26804000');
    expect(prepared(limited(), 1n)).toMatchObject({ indicators: { statusCheckRequested: false } });
    const cents = configOf((f) => {
      f.terminal.exponent = 2;
      f.combinations = [combination({ statusCheck: true })];
    });
    expect(prepared(cents, 1n)).toMatchObject({ indicators: { statusCheckRequested: false } });
    expect(prepared(cents, 100n)).toMatchObject({ indicators: { statusCheckRequested: true } });
  });

  test('each combination has its own limits; one that is allowed is enough', () => {
    const config = configOf((f) => {
      f.combinations = [
        combination({ limits: { transaction: '100' } }),
        combination({ aid: JCB, kernel: '05' }),
      ];
    });
    const found = preProcess(config, sale(100n));
    expect('combinations' in found && found.combinations.map((c) => hex(c.combination.aid))).toEqual([JCB]);
  });
});

describe('combination selection (Book B, 3.3.2 and 3.3.3)', () => {
  const chosen = async (config: TerminalConfig, ...entries: readonly Entry[]): Promise<string[]> => {
    const { transport, selected } = selectable(directory(...entries));
    const end = await pay(config, transport);
    expect(end).toMatchObject({ outcome: 'endApplication', discretionary: { reason: 'no_application' } });
    return selected;
  };
  const both = configOf();

  test('3.3.3.2: by priority; none counts least; equals as the directory has them', async () => {
    const sokkin = { aid: SOKKIN, kernel: 'c10392' };
    const jcb = { aid: JCB, kernel: '05' };
    expect(await chosen(both, { ...sokkin, priority: 2 }, { ...jcb, priority: 1 })).toEqual([JCB, SOKKIN]);
    expect(await chosen(both, { ...sokkin, priority: 0 }, { ...jcb, priority: 15 })).toEqual([JCB, SOKKIN]);
    expect(await chosen(both, sokkin, { ...jcb, priority: 14 })).toEqual([JCB, SOKKIN]);
    expect(await chosen(both, { ...sokkin, priority: 1 }, { ...jcb, priority: 1 })).toEqual([SOKKIN, JCB]);
    // The cardholder's confirmation bit is no part of the number
    expect(await chosen(both, { ...sokkin, priority: 0x82 }, { ...jcb, priority: 3 })).toEqual([SOKKIN, JCB]);
  });

  test('3.3.2.5 B: the terminal knows an AID by its beginning', async () => {
    const config = configOf((f) => {
      f.combinations = [combination({ aid: 'A000000065', kernel: '05' })];
    });
    expect(await chosen(config, { aid: `${JCB}99`, kernel: '05' })).toEqual([`${JCB}99`]);
    expect(await chosen(config, { aid: 'a000000066', kernel: '05' })).toEqual([]);
    expect(await chosen(configOf(), { aid: 'f0534f4b4b', kernel: 'c10392' })).toEqual([]);
  });

  test.each([
    ['by the RID where the entry names none', JCB, undefined, true],
    ['an international kernel by its first byte', JCB, '05aabbcc', true],
    ['another international kernel', JCB, '02', false],
    ['00: any of the terminal', JCB, '00', true],
    ['01xxxxxx: a number that this terminal has no kernel for', JCB, '45', false],
    ['an empty identifier is none', JCB, '', true],
    ['a domestic kernel with its country', SOKKIN, 'c10392', true],
    ['and what follows it', SOKKIN, 'c10392ffff', true],
    ['in another country', SOKKIN, 'c10840', false],
    ['in EMVCo format, which is another', SOKKIN, '810392', false],
    ['without its country', SOKKIN, 'c1', false],
    ['domestic number 0', SOKKIN, 'c00392', false],
    ['an unknown RID without a kernel: any', SOKKIN, undefined, true],
    ['over 8 bytes', SOKKIN, 'c10392000000000000', false],
  ] as const)('kernel identifiers (3.3.2.5 C and D): %s', async (_, aid, kernel, isChosen) => {
    const entry = kernel === undefined ? { aid } : { aid, kernel };
    expect(await chosen(both, entry)).toEqual(isChosen ? [aid] : []);
  });

  test('3.3.2.5 A: entries without a proper ADF name are passed over', async () => {
    expect(
      await chosen(both, { aid: 'f0534f4b' }, { aid: JCB }, { aid: `${SOKKIN}${'00'.repeat(9)}` }),
    ).toEqual([JCB]);
  });

  test('3.3.3.3: extended selection, where both know it', async () => {
    const entry = { aid: SOKKIN, kernel: 'c10392', extended: 'aa55' };
    expect(await chosen(both, entry)).toEqual([SOKKIN]);
    const config = configOf((f) => {
      f.combinations = [combination({ extendedSelection: true })];
    });
    expect(await chosen(config, entry)).toEqual([`${SOKKIN}aa55`]);
    expect(await chosen(config, { ...entry, aid: `${SOKKIN}${'00'.repeat(8)}` })).toEqual([
      `${SOKKIN}${'00'.repeat(8)}`,
    ]);
  });

  test('3.3.2.5 E: one entry, several kernels of the terminal for it', async () => {
    const config = configOf((f) => {
      f.combinations = [combination({ aid: JCB, kernel: '05' }), combination({ aid: JCB, kernel: '02' })];
    });
    expect(await chosen(config, { aid: JCB, kernel: '00' })).toEqual([JCB, JCB]);
  });
});

describe('outcomes (Book B, 3.5)', () => {
  test('Select Next goes on at C; End Application does not', async () => {
    const entries = directory(
      { aid: SOKKIN, kernel: 'c10392', priority: 1 },
      { aid: JCB, kernel: '05', priority: 2 },
    );
    const next = selectable(entries, (aid) => (aid === SOKKIN ? '6985' : '6a81'));
    const end = await pay(configOf(), next.transport);
    expect(next.selected).toEqual([SOKKIN, JCB]);
    expect(end).toMatchObject({
      outcome: 'endApplication',
      discretionary: { reason: 'card_refuses', sw: 0x6a81 },
    });
    const stop = selectable(entries, () => '6a81');
    await pay(configOf(), stop.transport);
    expect(stop.selected).toEqual([SOKKIN]);
  });

  test('Try Again starts at B with the field off in between; a lost card at every SELECT', async () => {
    for (const at of [0, 1, 2]) {
      const { transport } = selectable(directory({ aid: JCB, kernel: '05' }));
      let exchange = 0;
      const end = await pay(configOf(), {
        extended: true,
        transmit: async (c) => {
          if (exchange++ === at) throw cardLost();
          return transport.transmit(c);
        },
      });
      expect(end).toMatchObject({
        outcome: 'tryAgain',
        start: 'B',
        fieldOffRequest: 13,
        uiRequestOnOutcome: { messageId: MESSAGE.presentAgain, status: 'processingError' },
        uiRequestOnRestart: { messageId: MESSAGE.presentAgain, status: 'readyToRead' },
      });
    }
  });

  test('a reader that is out of order is no outcome: its error comes through', async () => {
    const broken = { extended: true, transmit: () => Promise.reject(new Error('no power')) };
    await expect(pay(configOf(), broken)).rejects.toThrow('no power');
  });

  test('what is shown before a card is there', () => {
    const terminal = contactlessTerminal(configOf(), {
      rsa: { publicOperation: () => undefined },
      randomBytes: (n) => new Uint8Array(n),
      clock: () => ({ date: '261122', time: '120000', today: 20_779, seconds: 0 }),
      torn: memoryTornLog(),
    });
    expect(terminal.begin({ id: '1', amount: 500n })).toMatchObject({
      status: 'ready',
      payment: {
        uiRequest: {
          messageId: MESSAGE.presentCard,
          status: 'readyToRead',
          value: { qualifier: 'amount', amount: 500n, currency: '392' },
        },
      },
    });
    expect(() => terminal.begin({ id: '', amount: 1n })).toThrow('name of its own');
    expect(() => terminal.begin({ id: '1', amount: -1n })).toThrow('minor units');
    expect(() => terminal.begin({ id: '1', amount: 10n ** 12n })).toThrow('minor units');
    expect(() => terminal.begin({ id: '1', amount: 1n, other: 2n })).toThrow('cash part');
    expect(() => terminal.begin({ id: '1', amount: 2n, other: 1n })).toThrow('cashback');
    expect(() => terminal.begin({ id: '1', amount: 2n, type: 'cashback' })).toThrow('cashback');
  });
});
