/**
 * Cards that are broken, blocked or hostile at the product's terminal: each ends in a defined outcome, and none of them is
 * approved for what it did not sign.
 */
import { concat, encodeResponse, fromHex, hex, SokkinError, tlv } from '@sokkin/codec';
import { verifyCryptogram } from '@sokkin/issuer';
import type { ApduTransport, ContactlessOutcome } from '@sokkin/terminal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bending, has, PAN, paperScene, rewritten } from './kernel-paper.ts';
import { expectOutcome, PROFILES, ports } from './kernel-scene.ts';

const NONE = new Uint8Array(0);
type Command = 'SELECT' | 'GPO' | 'READ RECORD' | 'GENERATE AC';

async function bent(command: Command, change: (data: Uint8Array) => Uint8Array): Promise<ContactlessOutcome> {
  const { pay } = await paperScene({ script: { gives: ['tc'], bend: bending(command, change) } });
  return pay();
}

/** As `bent`, for the answer that has this tag only: there is a SELECT of the directory and one of the application. */
const bentWhere = (command: Command, tag: number, change: (data: Uint8Array) => Uint8Array) =>
  bent(command, (d) => (has(d, tag) ? change(d) : d));

/** With the name that people give it. */
const named = (tags: readonly number[]) => tags.map((tag) => [tag.toString(16).toUpperCase(), tag] as const);
const CDA_PARTS = [0x8f, 0x90, 0x9f32, 0x9f46, 0x9f47];
const RECORD_TAGS = [
  0x57, 0x5a, 0x5f24, 0x5f25, 0x5f28, 0x5f30, 0x5f34, 0x9f08, 0x9f42, 0x9f44, 0x8e, 0x9f07, 0x9f0d, 0x9f0e,
  0x9f0f, 0x8c, 0x8d, 0x9f49, 0x9f51, 0x8f, 0x9f4a, 0x90, 0x9f32, 0x9f46, 0x9f47,
];

describe('an element that is missing', () => {
  test.each(named([0x5a, 0x5f24, 0x8c]))('%s: the application ends (Book 3, 7.2)', async (_, tag) => {
    const end = await bentWhere('READ RECORD', tag, (d) => rewritten(d, tag, () => []));
    expectOutcome(end, 'endApplication');
    expect(end.discretionary).toMatchObject({ reason: 'card_error' });
    expect(end.discretionary.because).toContain('is missing (Book 3, 7.2)');
  });

  test.each(named(CDA_PARTS))(
    '%s: authentication has failed for want of it (Book 3, 10.3)',
    async (_, tag) => {
      const { pay } = await paperScene({
        script: { gives: ['aac'], bend: bending('READ RECORD', (d) => rewritten(d, tag, () => [])) },
      });
      // This issuer wants a card declined whose data is missing (its denial code)
      const end = expectOutcome(await pay(), 'declined');
      expect(end.discretionary.tvr).toEqual(expect.arrayContaining(['iccDataMissing', 'cdaFailed']));
    },
  );

  test.each(named([0x82, 0x94]))('%s of the processing options (Book 3, 6.5.8.4)', async (_, tag) => {
    expectOutcome(await bent('GPO', (d) => rewritten(d, tag, () => [])), 'endApplication');
  });

  test.each(named([0x9f27, 0x9f36]))('%s of the cryptogram (Book 3, 6.5.5.4)', async (_, tag) => {
    expectOutcome(await bent('GENERATE AC', (d) => rewritten(d, tag, () => [])), 'endApplication');
  });

  test('the signature of the cryptogram: asked for, so it counts for nothing (Book 2, 6.6)', async () => {
    const end = await bent('GENERATE AC', (d) =>
      rewritten(d, 0x9f4b, () => [tlv(0x9f26, new Uint8Array(8).fill(7))]),
    );
    expectOutcome(end, 'declined');
    expect(end.discretionary).toMatchObject({ reason: 'cda_failed' });
    expect(end.dataRecord?.has(0x9f26)).toBe(false);
  });

  test.each([0x84, 0xa5])(
    '%i of the answer to SELECT: no candidate is left (Book 1, 11.3.4)',
    async (tag) => {
      const end = await bentWhere('SELECT', 0x9f38, (d) => rewritten(d, tag, () => []));
      expectOutcome(end, 'endApplication');
      expect(end.discretionary.reason).toBe('no_application');
    },
  );

  test.each([0x84, 0xa5, 0xbf0c, 0x61, 0x4f])(
    '%i of the directory: no candidate (Book B, 3.3.2)',
    async (tag) => {
      const end = await bentWhere('SELECT', 0xbf0c, (d) =>
        has(d, 0x9f38) ? d : rewritten(d, tag, () => []),
      );
      expectOutcome(end, 'endApplication');
      expect(end.discretionary.reason).toBe('no_application');
    },
  );
});

describe('an element that comes twice, or in a wrong length', () => {
  test.each(named(RECORD_TAGS))('%s twice in one record (Book 3, 10.2)', async (_, tag) => {
    const end = await bentWhere('READ RECORD', tag, (d) =>
      rewritten(d, tag, (v) => [tlv(tag, v), tlv(tag, v)]),
    );
    expectOutcome(end, 'endApplication');
    expect(end.discretionary.because).toMatch(/occurs twice|A record has|at most 256 bytes/);
  });

  test('one in two records, and one of the answer to SELECT again in a record', async () => {
    for (const tag of [0x5a, 0x82, 0x50]) {
      const end = await bentWhere('READ RECORD', 0x57, (d) =>
        rewritten(d, 0x57, (v) => [tlv(0x57, v), tlv(tag, fromHex(tag === 0x82 ? '3900' : '99991200'))]),
      );
      expectOutcome(end, 'endApplication');
      expect(end.discretionary.because).toContain('twice');
    }
  });

  test.each(named([0x9f02, 0x95, 0x9f37, 0x9f66, 0x8a]))(
    '%s, which is not the card’s to give',
    async (_, tag) => {
      const end = await bentWhere('READ RECORD', 0x57, (d) =>
        rewritten(d, 0x57, (v) => [tlv(0x57, v), tlv(tag, new Uint8Array(4))]),
      );
      expectOutcome(end, 'endApplication');
      expect(end.discretionary.because).toContain("not the card's to give");
    },
  );

  test.each([
    ['READ RECORD', 0x5f24, '3112'],
    ['READ RECORD', 0x5f24, '3a1231'],
    ['READ RECORD', 0x5a, '99991200000000000000ff'],
    ['READ RECORD', 0x5a, 'ffffffffffffffff'],
    ['READ RECORD', 0x5a, '9999a20000000000'],
    ['READ RECORD', 0x9f07, 'ff'],
    ['READ RECORD', 0x9f0d, '00000000'],
    ['READ RECORD', 0x8c, '9f02'],
    ['READ RECORD', 0x8c, '9f02ff9f03ff'],
    ['READ RECORD', 0x8e, '0000000000000000021f'.slice(0, 18)],
    ['GPO', 0x82, '39'],
    ['GPO', 0x82, '390000'],
    ['GPO', 0x94, ''],
    ['GPO', 0x94, '100102'],
    ['GPO', 0x94, '10020100'],
    ['GPO', 0x94, '10000100'],
    ['GPO', 0x94, '00010100'],
    ['GPO', 0x94, 'f8010100'],
    ['GPO', 0x94, '11010100'],
    ['GPO', 0x94, '10010102'],
    ['GPO', 0x94, '1001ff00'],
    ['GENERATE AC', 0x9f36, '01'],
    ['GENERATE AC', 0x9f27, '4000'],
    ['GENERATE AC', 0x9f27, 'c0'],
    ['GENERATE AC', 0x9f10, '00'.repeat(33)],
  ] as const)('%s: %i with %s ends the application', async (command, tag, value) => {
    const end = await bentWhere(command, tag, (d) => rewritten(d, tag, () => [tlv(tag, fromHex(value))]));
    expectOutcome(end, 'endApplication');
    expect(end.discretionary.reason).toBe('card_error');
    expect(end.discretionary.because).not.toContain('was asked for');
  });

  test('a record that the locator names and that is not there', async () => {
    const end = await bent('GPO', (d) =>
      rewritten(d, 0x94, () => [tlv(0x94, fromHex('08010100 f0010100'.replace(' ', '')))]),
    );
    expectOutcome(end, 'endApplication');
    expect(end.discretionary).toMatchObject({ reason: 'card_refuses', sw: 0x6a83 });
  });

  test('more than was asked for (Book 3, 9.3)', async () => {
    const { pay } = await paperScene({ script: { gives: ['tc'] } });
    const end = expectOutcome(await pay({ forceOnline: true }), 'endApplication');
    expect(end.discretionary.because).toContain('gave tc where arqc was asked for');
  });

  test('records over 254 bytes, answers over 256, a list that no command could answer', async () => {
    const filled = (d: Uint8Array, size: number) =>
      rewritten(d, 0x57, (v) => [tlv(0x57, v), tlv(0xdf20, new Uint8Array(size))]);
    const long = await bentWhere('READ RECORD', 0x57, (d) => filled(d, 255 - filled(d, 128).length + 128));
    expectOutcome(long, 'endApplication');
    expect(long.discretionary.because).toContain('A record has 255 bytes');
    const longer = await bentWhere('READ RECORD', 0x57, () => tlv(0x70, tlv(0xdf20, new Uint8Array(300))));
    expectOutcome(longer, 'endApplication');
    const list = await bentWhere('SELECT', 0x9f38, (d) =>
      rewritten(d, 0x9f38, () => [tlv(0x9f38, fromHex('9f02ff'))]),
    );
    expect(list.discretionary.reason).toBe('no_application');
  });

  test('a directory without end, and one of nothing but entries that lead nowhere', async () => {
    const many = await bentWhere('SELECT', 0xbf0c, (d) =>
      has(d, 0x9f38) ? d : rewritten(d, 0x61, (v) => Array.from({ length: 20 }, () => tlv(0x61, v))),
    );
    expect(many.discretionary.reason).toBe('no_application');
    const aid = (n: number) =>
      tlv(0x61, tlv(0x4f, fromHex(`f0534f4b4b494e02${n.toString(16).padStart(2, '0')}`)));
    const nowhere = await bentWhere('SELECT', 0xbf0c, (d) =>
      has(d, 0x9f38) ? d : rewritten(d, 0x61, () => Array.from({ length: 12 }, (_, i) => aid(i))),
    );
    expectOutcome(nowhere, 'endApplication');
  });
});

const WORDS = [
  0x6110, 0x6200, 0x6283, 0x6300, 0x63c1, 0x6400, 0x6581, 0x6700, 0x6881, 0x6900, 0x6982, 0x6983, 0x6984,
  0x6985, 0x6986, 0x6a80, 0x6a81, 0x6a82, 0x6a83, 0x6a86, 0x6a88, 0x6b00, 0x6c10, 0x6d00, 0x6e00, 0x6f00,
  0x9001, 0x9100,
];

describe('status words', () => {
  const ofAnswer = (command: Command, sw: number): [ContactlessOutcome['outcome'], string] => {
    if (command === 'SELECT') return ['endApplication', 'no_application'];
    if (command === 'GPO' && sw === 0x6985) return ['endApplication', 'no_application'];
    if (command === 'GPO' && sw === 0x6986) return ['tryAgain', 'see_phone'];
    if (command === 'GPO' && sw === 0x6984) return ['tryAnotherInterface', 'card_refuses'];
    return ['endApplication', 'card_refuses'];
  };
  test.each(['SELECT', 'GPO', 'READ RECORD', 'GENERATE AC'] as const)('%s', async (command) => {
    for (const sw of WORDS) {
      const { pay } = await paperScene({ script: { gives: ['tc'], refuses: { [command]: sw } } });
      const end = await pay();
      expect([sw, end.outcome, end.discretionary.reason]).toEqual([sw, ...ofAnswer(command, sw)]);
    }
  });

  test.each([
    ['blocked by its issuer (6283)', 0x6283],
    ['blocked for good (6A81)', 0x6a81],
  ])('an application that is %s', async (_, sw) => {
    const { transport, terminal } = await paperScene();
    let selects = 0;
    const blocked: ApduTransport = {
      extended: true,
      async transmit(command) {
        const answer = await transport.transmit(command);
        if (command[1] !== 0xa4) return answer;
        selects += 1;
        return selects === 1 ? answer : encodeResponse({ sw, data: answer.subarray(0, -2) });
      },
    };
    const end = expectOutcome(await terminal.pay(blocked), 'endApplication');
    expect(end.discretionary.reason).toBe('no_application');
    expect(end.uiRequestOnOutcome).toMatchObject({ messageId: 0x1c, status: 'readyToRead' });
  });
});

describe('a phone that wants its holder first', () => {
  test('see phone, then the second tap of the same sale', async () => {
    const { transport, terminal } = await paperScene({ profile: 'phone' });
    let isUnlocked = false;
    const phone: ApduTransport = {
      extended: true,
      transmit: async (command) =>
        command[1] === 0xa8 && !isUnlocked ? fromHex('6986') : transport.transmit(command),
    };
    const first = expectOutcome(await terminal.pay(phone, { id: 'phone' }), 'tryAgain');
    expect(first).toMatchObject({
      start: 'B',
      uiRequestOnOutcome: { messageId: 0x20, status: 'processingError', holdTime: 13 },
      uiRequestOnRestart: { messageId: 0x20, status: 'readyToRead' },
    });
    isUnlocked = true;
    expectOutcome(await terminal.pay(phone, { id: 'phone' }), 'approved');
  });

  test('the same over GENERATE AC, from a phone only', async () => {
    for (const [profile, outcome] of [
      ['phone', 'tryAgain'],
      ['white-label', 'endApplication'],
    ] as const) {
      const { pay } = await paperScene({ profile, script: { refuses: { 'GENERATE AC': 0x6986 } } });
      expectOutcome(await pay(), outcome);
    }
  });
});

describe('any bytes at all', () => {
  type Noise = {
    at: number;
    how: 'random' | 'flip' | 'cut' | 'grow' | 'repeat';
    bytes: Uint8Array;
    where: number;
  };
  const noise: fc.Arbitrary<Noise> = fc.record({
    at: fc.nat(9),
    how: fc.constantFrom('random', 'flip', 'flip', 'flip', 'cut', 'grow', 'repeat'),
    bytes: fc.uint8Array({ maxLength: 300 }),
    where: fc.nat(2400),
  });

  function disturbed(answer: Uint8Array, { how, bytes, where }: Noise): Uint8Array {
    switch (how) {
      case 'random':
        return bytes;
      case 'flip':
        return answer.map((b, i) => (i === (where >> 3) % answer.length ? b ^ (1 << (where & 7)) : b));
      case 'cut':
        return answer.subarray(0, where % (answer.length + 1));
      case 'grow':
        return concat(answer.subarray(0, -2), bytes, answer.subarray(-2));
      case 'repeat':
        return concat(answer.subarray(0, -2), answer);
    }
  }

  /** It was made for terminals in order: what it cannot read it answers with 6F00. */
  async function cardOnPaper(transport: ApduTransport, command: Uint8Array): Promise<Uint8Array> {
    try {
      return await transport.transmit(command);
    } catch (error) {
      if (error instanceof SokkinError) return fromHex('6f00');
      throw error;
    }
  }

  test.each(PROFILES)('%s: ends in an outcome, and approves only what is genuine', async (name) => {
    const { transport, terminal, issuer, profile } = await paperScene({
      profile: name,
      script: { gives: Array<'tc'>(3).fill('tc') },
    });
    const judge = ({ dataRecord: data }: ContactlessOutcome) =>
      verifyCryptogram(ports.symmetric, issuer, profile, {
        pan: PAN,
        sequence: '01',
        data: data ?? new Map(),
      });
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(noise, async (plan) => {
        let exchange = -1;
        const noisy: ApduTransport = {
          extended: true,
          async transmit(command) {
            exchange += 1;
            const answer = await cardOnPaper(transport, command);
            return exchange === plan.at ? disturbed(answer, plan) : answer;
          },
        };
        const end = await terminal.pay(noisy);
        seen.set(end.outcome, (seen.get(end.outcome) ?? 0) + 1);
        if (end.outcome === 'approved') expect(judge(end).verdict).toBe('genuine');
        expect(end.outcome).not.toBe('selectNext');
        expect(end.discretionary.because).not.toBe('');
      }),
      { numRuns: 400 },
    );
    expect(seen.get('endApplication') ?? 0).toBeGreaterThan(50);
  });

  test('nothing but noise', async () => {
    const { terminal } = await paperScene();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 260 }), { minLength: 1, maxLength: 6 }),
        async (tape) => {
          let at = 0;
          const end = await terminal.pay({
            extended: true,
            transmit: async () => concat(tape[at++ % tape.length] ?? NONE, fromHex('9000')),
          });
          expect(end.outcome, hex(concat(...tape))).toBe('endApplication');
        },
      ),
      { numRuns: 300 },
    );
  });
});
