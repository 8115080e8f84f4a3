/** Every bit of the terminal verification results that the product's kernel can set, by its name, and what follows. */
import { epochOfIso, fromHex, hex, TVR_FLAGS, type TvrFlag, tlv } from '@sokkin/codec';
import { caKeyChecksum } from '@sokkin/crypto';
import { describe, expect, test } from 'vitest';
import { bending, PAN, type PaperOptions, paperScene, rewritten } from './kernel-paper.ts';
import { type Changed, expectOutcome } from './kernel-scene.ts';

const everyCombination =
  (to: object): Changed =>
  (file) => {
    for (const c of file.combinations) Object.assign(c, to);
  };
const rules = (method: string, when = 'always') => ({
  cvm: { x: 0, y: 0, rules: [{ method, when, else: 'fail' }] },
});
const RANDOM = { threshold: '1000', target: 10, maximum: 50 };

interface Case extends PaperOptions {
  readonly amount?: bigint;
  readonly forceOnline?: boolean;
  /** Bits that come with it. */
  readonly besides?: readonly TvrFlag[];
  readonly outcome: 'onlineRequest' | 'declined' | 'approved';
}

const asked = { gives: ['arqc'] } as const;

/** Book 3, Annex C5: bit by bit. */
const CASES: Partial<Record<TvrFlag, Case>> = {
  odaNotPerformed: {
    members: { interchange: [], ...rules('noCvm') },
    script: asked,
    outcome: 'onlineRequest',
  },
  iccDataMissing: {
    script: {
      gives: ['aac'],
      bend: bending('READ RECORD', (d) => fromHex(hex(d).replace('9f4681b0', 'df4681b0'))),
    },
    besides: ['cdaFailed'],
    outcome: 'declined',
  },
  onExceptionFile: {
    change: (f) => f.exceptions.push({ pan: PAN, sequence: '01' }),
    script: { gives: ['aac'] },
    outcome: 'declined',
  },
  ddaFailed: {
    members: { interchange: ['dda'], ...rules('noCvm') },
    script: { gives: ['arqc'], refuses: { 'INTERNAL AUTHENTICATE': 0x6985 } },
    outcome: 'onlineRequest',
  },
  cdaFailed: { isStranger: true, script: asked, outcome: 'onlineRequest' },
  versionsDiffer: { change: everyCombination({ version: '0009' }), outcome: 'approved' },
  expired: {
    today: epochOfIso('2032-01-01'),
    besides: ['cdaFailed'],
    script: asked,
    outcome: 'onlineRequest',
  },
  notYetEffective: { today: epochOfIso('2026-11-21'), script: asked, outcome: 'onlineRequest' },
  serviceNotAllowed: {
    members: { usage: ['domesticCash', 'atOtherTerminals'] },
    script: asked,
    outcome: 'onlineRequest',
  },
  cvmFailed: { members: rules('fail'), script: asked, outcome: 'onlineRequest' },
  cvmUnknown: {
    script: {
      gives: ['arqc'],
      bend: bending('READ RECORD', (d) =>
        rewritten(d, 0x8e, () => [tlv(0x8e, fromHex('00000000000000000700'))]),
      ),
    },
    besides: ['cdaFailed', 'cvmFailed'],
    outcome: 'onlineRequest',
  },
  pinPadMissing: {
    members: rules('offlinePinEnciphered'),
    script: asked,
    besides: ['cvmFailed'],
    outcome: 'onlineRequest',
  },
  onlinePinEntered: { members: rules('onlinePin'), script: asked, outcome: 'onlineRequest' },
  overFloorLimit: { members: rules('signature'), amount: 30_001n, script: asked, outcome: 'onlineRequest' },
  randomlyOnline: {
    change: everyCombination({ randomSelection: RANDOM }),
    amount: 999n,
    lot: 10,
    script: asked,
    outcome: 'onlineRequest',
  },
  merchantForcedOnline: { forceOnline: true, script: asked, outcome: 'onlineRequest' },
  defaultTdolUsed: {
    members: {
      lists: {
        pdol: '9F6604 9F0206 5F2A02 9F1A02',
        cdol1: '9F0206 9F0306 9F1A02 9505 5F2A02 9A03 9C01 9F3704 9F3501 9F3403 9814',
        cdol2: '9108 8A02 9F0206 9F0306 9F1A02 9505 5F2A02 9A03 9C01 9F3704',
        ddol: '9F3704',
        drdol: '9F3704 9F0206 9A03',
      },
    },
    change: everyCombination({ defaultTdol: '9F0206 9F3704' }),
    outcome: 'approved',
  },
};

/** What belongs to contacts: SDA, PINs in the chip, velocity checking, the issuer's answer. docs/spec/terminal-kernel.md, 5. */
const NEVER: readonly TvrFlag[] = [
  'sdaFailed',
  'sdaSelected',
  'newCard',
  'pinTryLimitExceeded',
  'pinNotEntered',
  'overLowerOfflineLimit',
  'overUpperOfflineLimit',
  'issuerAuthenticationFailed',
  'scriptFailedBeforeFinal',
  'scriptFailedAfterFinal',
];

describe('terminal verification results, bit by bit', () => {
  test('every bit of the book is either here or one that needs contacts', () => {
    expect([...Object.keys(CASES), ...NEVER].sort()).toEqual(Object.keys(TVR_FLAGS.bits).sort());
  });

  test.each(Object.entries(CASES) as [TvrFlag, Case][])('%s', async (bit, c) => {
    const { amount = 1200n, forceOnline = false, besides = [], outcome, ...options } = c;
    const { pay } = await paperScene(options);
    const end = expectOutcome(await pay({ amount, forceOnline }), outcome);
    expect([...end.discretionary.tvr].sort()).toEqual([bit, ...besides].sort());
    const results = end.dataRecord?.get(0x95) ?? new Uint8Array(5);
    const [byte, mask] = TVR_FLAGS.bits[bit];
    expect((results[byte] ?? 0) & mask, hex(results)).not.toBe(0);
  });

  test('none of them for a card in order', async () => {
    const { pay } = await paperScene();
    const end = expectOutcome(await pay(), 'approved');
    expect(hex(end.dataRecord?.get(0x95) ?? new Uint8Array(0))).toBe('0000000000');
    expect(end.discretionary.tsi).toEqual([
      'odaPerformed',
      'cardholderVerificationPerformed',
      'terminalRiskManagementPerformed',
      'cardRiskManagementPerformed',
    ]);
  });
});

describe('the last day counts', () => {
  test.each([
    ['of the card and its certificate', { today: epochOfIso('2031-12-31') }],
    ['of the CA key', { change: ((f) => (f.caKeys[0].expires = '2026-11-22')) as Changed }],
    ['before the card is in force, and that day', { today: epochOfIso('2026-11-22') }],
  ])('%s', async (_, options) => {
    const { pay } = await paperScene(options);
    expect(expectOutcome(await pay(), 'approved').discretionary.tvr).toEqual([]);
  });

  test('years from 50 on are of the last century (Book 4, 6.7.3)', async () => {
    const bend = bending('READ RECORD', (d) => rewritten(d, 0x5f24, () => [tlv(0x5f24, fromHex('991231'))]));
    const { pay } = await paperScene({ script: { gives: ['arqc'], bend } });
    expect((await pay()).discretionary.tvr).toEqual(['cdaFailed', 'expired']);
  });
});

describe('offline data authentication (Book 2, 5 and 6)', () => {
  test('DDA, in both formats of answers, and SDA alone, which counts as none', async () => {
    for (const format of [1, 2] as const) {
      const members = { interchange: ['dda'], ...rules('noCvm') };
      const { pay } = await paperScene({ members, script: { format } });
      const end = expectOutcome(await pay(), 'approved');
      expect(end.discretionary.authentication).toBe('dda: authentic');
    }
    const members = { interchange: ['sda'], ...rules('noCvm') };
    const { pay } = await paperScene({ members, script: asked });
    const end = expectOutcome(await pay(), 'onlineRequest');
    expect(end.discretionary).toMatchObject({
      authentication: 'none: not-performed',
      tvr: ['odaNotPerformed'],
    });
  });

  test.each([
    ['cda: no-ca-key', { isStranger: true }],
    ['cda: no-ca-key', { change: (f) => (f.caKeys[0].expires = '2026-11-21') }],
    [
      'cda: issuer certificate: revoked',
      { change: (f) => f.revoked.push({ ...ridOf(f), serial: '000001' }) },
    ],
    ['cda: issuer certificate: expired', { today: epochOfIso('2041-01-01') }],
    ['cda: card certificate: expired', { today: epochOfIso('2032-01-01') }],
    ['cda: card certificate: bad-hash', { bend: ['5f340101', '5f340102'] }],
    ['cda: missing-data', { bend: ['8f0101', 'df0101'] }],
    ['cda: no-ca-key', { bend: ['8f0101', '8f0102'] }],
  ] as [string, PaperOptions & { bend?: readonly [string, string] }][])(
    '%s',
    async (verdict, { bend, ...options }) => {
      const change = bend && bending('READ RECORD', (d) => fromHex(hex(d).replace(bend[0], bend[1])));
      const script = { gives: ['arqc'] as const, ...(change && { bend: change }) };
      const { pay } = await paperScene({ ...options, script });
      const end = await pay();
      expect(end.discretionary.authentication).toBe(verdict);
      expect(end.discretionary.tvr).toContain('cdaFailed');
      expect(end.outcome).not.toBe('approved');
    },
  );

  test.each([
    ['the information', '9f270140', '9f270141', 'wrong-information'],
    ['the counter', '9f36020042', '9f36020043', 'wrong-transaction'],
    ['issuer data', '9f10200fa5', '9f10200fa6', 'wrong-transaction'],
  ])('CDA: %s changed on its way is no approval', async (_, from, to, verdict) => {
    const bend = bending('GENERATE AC', (d) => fromHex(hex(d).replace(from, to)));
    const { pay } = await paperScene({ script: { bend } });
    const end = expectOutcome(await pay(), 'declined');
    expect(end.discretionary).toMatchObject({ reason: 'cda_failed', tvr: ['cdaFailed'] });
    expect(end.discretionary.because).toContain(verdict);
  });

  test('a key counts under its own RID, a revoked certificate by its own serial number', async () => {
    const change: Changed = (f) => {
      const [ours] = f.caKeys;
      const other = {
        rid: fromHex('a000000065'),
        index: 1,
        modulus: new Uint8Array(128).fill(0xab),
        exponent: fromHex('03'),
      };
      const modulus = hex(other.modulus);
      f.caKeys.unshift({
        ...ours,
        rid: 'a000000065',
        modulus,
        exponent: '03',
        checksum: hex(caKeyChecksum(other)),
      });
      f.revoked.push({ rid: ours.rid, index: ours.index, serial: 'ffffff' });
      f.revoked.push({ rid: 'a000000065', index: ours.index, serial: '000001' });
      f.revoked.push({ rid: ours.rid, index: '02', serial: '000001' });
    };
    const { pay } = await paperScene({ change });
    expectOutcome(await pay(), 'approved');
  });

  test('a signature that nobody asked for is passed over', async () => {
    const bend = bending('GENERATE AC', (d) =>
      rewritten(d, 0x9f10, (v) => [tlv(0x9f10, v), tlv(0x9f4b, fromHex('00ff'))]),
    );
    const { pay } = await paperScene({ isStranger: true, script: { gives: ['arqc'], bend } });
    expect(expectOutcome(await pay(), 'onlineRequest').dataRecord?.has(0x9f26)).toBe(true);
  });

  test('an ARQC whose signature does not hold goes to no issuer', async () => {
    const bend = bending('GENERATE AC', (d) => fromHex(hex(d).replace('9f270180', '9f270181')));
    const { pay } = await paperScene({ script: { gives: ['arqc'], bend } });
    expectOutcome(await pay({ amount: 31_000n }), 'declined');
  });
});

const ridOf = (file: { caKeys: { rid: string; index: string }[] }) => ({
  rid: file.caKeys[0]?.rid,
  index: file.caKeys[0]?.index,
});

describe('holder verification (Book 3, 10.5) and its outcome', () => {
  test.each([
    ['no CVM below the limit', {}, 9_999n, 'noCvm', '5f0602', 'approved'],
    ['online PIN from the limit on', {}, 10_000n, 'onlinePin', '020300', 'onlineRequest'],
    ['a signature', rules('signature'), 12_000n, 'signature', '1e0000', 'approved'],
    ['no CVM is not enough from the limit on', rules('noCvm'), 12_000n, 'none', '1f0001', 'onlineRequest'],
    ['no rule holds', rules('noCvm', 'cashback'), 1200n, 'none', '3f0001', 'onlineRequest'],
    ['the card verifies nobody', { interchange: ['dda', 'cda'] }, 1200n, 'none', '3f0000', 'approved'],
  ] as const)('%s', async (_, members, amount, cvm, results, outcome) => {
    const gives = [outcome === 'approved' ? 'tc' : 'arqc'] as const;
    const { pay } = await paperScene({ members, script: { gives } });
    const end = expectOutcome(await pay({ amount }), outcome);
    expect([end.cvm, hex(end.dataRecord?.get(0x9f34) ?? new Uint8Array(0))]).toEqual([cvm, results]);
    const message = outcome === 'approved' ? (cvm === 'signature' ? 'approvedSign' : 'approved') : undefined;
    if (message !== undefined) expect(end.uiRequestOnOutcome.message).toBe(message);
    if (cvm === 'onlinePin') expect(end.uiRequestOnOutcome.message).toBe('enterPin');
    expect(end.uiRequestOnOutcome).toMatchObject({ languages: ['ja', 'en'], status: 'cardReadSuccessfully' });
  });

  test('the next rule counts only where the one that failed says so', async () => {
    for (const otherwise of ['next', 'fail'] as const) {
      const first = { method: 'offlinePinPlain', when: 'always', else: otherwise };
      const second = { method: 'noCvm', when: 'always', else: 'fail' };
      const { pay } = await paperScene({
        members: { cvm: { x: 0, y: 0, rules: [first, second] } },
        script: asked,
      });
      expect((await pay({ forceOnline: true })).cvm).toBe(otherwise === 'next' ? 'noCvm' : 'none');
    }
  });

  test('a phone: its own verification from the limit on, and where its list has none', async () => {
    for (const amount of [3000n, 12_000n]) {
      const { pay } = await paperScene({ profile: 'phone' });
      const end = expectOutcome(await pay({ amount }), 'approved');
      expect(end.cvm).toBe('onDevice');
    }
    const { pay } = await paperScene({ profile: 'phone' });
    expect((await pay({ amount: 2999n })).cvm).toBe('noCvm');
  });
});

describe('cash and cashback (Book 3, 10.4.2 and Annex C3)', () => {
  const usage = (...more: string[]) => ({ usage: ['domesticGoods', 'atOtherTerminals', ...more] });
  const rule = (when: string) => ({ cvm: { x: 0, y: 0, rules: [{ method: 'noCvm', when, else: 'fail' }] } });
  const UNATTENDED: Changed = (f) => {
    f.terminal.type = '25';
    f.terminal.typeWithoutNetwork = '26';
  };
  const CASHBACK = { type: 'cashback', other: 200n } as const;
  const CASH = { type: 'cash' } as const;

  test.each([
    ['cashback', usage(), CASHBACK, 'serviceNotAllowed'],
    ['cashback', usage('domesticCashback'), CASHBACK, undefined],
    ['cash', usage(), CASH, 'serviceNotAllowed'],
    ['cash', usage('domesticCash'), CASH, undefined],
    ['cash abroad', { ...usage('domesticCash'), country: '840' }, CASH, 'serviceNotAllowed'],
    ['goods abroad', { ...usage('internationalServices'), country: '840' }, {}, undefined],
    ['only at ATMs', { usage: ['domesticGoods', 'atAtms'] }, {}, 'serviceNotAllowed'],
  ] as const)(
    '%s',
    async (_, { country, ...members }: { country?: string; usage: readonly string[] }, request, bit) => {
      const change: Changed = (f) => {
        if (country !== undefined) f.terminal.country = country;
      };
      const options = { members: { ...members, ...rules('noCvm') }, change };
      const { pay } = await paperScene({
        ...options,
        script: { gives: [bit === undefined ? 'tc' : 'arqc'] },
      });
      expect((await pay(request)).discretionary.tvr).toEqual(bit === undefined ? [] : [bit]);
    },
  );

  test.each([
    ['purchase', {}, true],
    ['purchase', CASH, false],
    ['manualCash', CASH, true],
    ['manualCash', {}, false],
    ['cashback', CASHBACK, true],
    ['cashback', {}, false],
    ['unattendedCash', CASH, false],
    ['underX', {}, false],
    ['overX', {}, true],
    ['overY', {}, true],
    ['underY', {}, false],
    ['terminalSupports', {}, true],
  ] as const)('the condition %s for %o', async (when, request, holds) => {
    const { pay } = await paperScene({ members: rule(when), script: asked });
    const end = await pay({ forceOnline: true, ...request });
    expect(end.cvm).toBe(holds ? 'noCvm' : 'none');
    expect(end.discretionary.tvr.includes('cvmFailed')).toBe(!holds);
  });

  test('cash from a machine, and amounts in another currency than the list is in', async () => {
    const machine = await paperScene({ members: rule('unattendedCash'), script: asked, change: UNATTENDED });
    expect((await machine.pay({ forceOnline: true, ...CASH })).cvm).toBe('noCvm');
    const change: Changed = (f) => {
      f.terminal.currency = '978';
    };
    for (const when of ['underX', 'overX', 'underY', 'overY']) {
      const { pay } = await paperScene({ members: rule(when), script: asked, change });
      expect((await pay()).cvm).toBe('none');
    }
  });
});

describe('terminal action analysis (Book 3, 10.7)', () => {
  test('a card that wants its issuer where there is no way to it is declined', async () => {
    const change: Changed = (f) => {
      delete f.terminal.typeWithoutNetwork;
    };
    const { pay } = await paperScene({ change, script: asked });
    const end = expectOutcome(await pay({ hasNetwork: false }), 'declined');
    expect(end.discretionary.reason).toBe('declined_by_terminal');
  });

  test('a terminal without a network asks by its default codes, and says that it is offline only', async () => {
    const { pay, terminal } = await paperScene({ isStranger: true, script: { gives: ['aac'] } });
    const end = expectOutcome(await pay({ hasNetwork: false }), 'declined');
    expect(end.discretionary.because).toContain('default');
    expect(hex(end.dataRecord?.get(0x9f35) ?? new Uint8Array(0))).toBe('23');
    expect(terminal.exchanges.at(-1)?.command.bytes[2]).toBe(0x00);
  });

  test('P1 of GENERATE AC: TC and ARQC with CDA, AAC without', async () => {
    const cases = [
      [{}, {}, 0x50],
      [{}, { forceOnline: true }, 0x90],
      [
        {
          change: everyCombination({
            actionCodes: { denial: ['merchantForcedOnline'], online: [], default: [] },
          }),
        },
        { forceOnline: true },
        0x00,
      ],
    ] as const;
    for (const [options, request, p1] of cases) {
      const { pay, terminal } = await paperScene({ ...options, script: { gives: ['aac'] } });
      expectOutcome(await pay(request), 'declined');
      expect(terminal.exchanges.at(-1)?.command.bytes[2]).toBe(p1);
    }
  });

  test('an issuer without action codes: every finding asks it (the defaults of 10.7)', async () => {
    const bend = bending('READ RECORD', (d) =>
      [0x9f0d, 0x9f0e, 0x9f0f].reduce((data, tag) => rewritten(data, tag, () => []), d),
    );
    const change = everyCombination({ actionCodes: { denial: [], online: [], default: [] } });
    const { pay } = await paperScene({ change, script: { gives: ['arqc'], bend } });
    expect(expectOutcome(await pay(), 'onlineRequest').discretionary.because).toContain('cdaFailed');
  });

  test('an online PIN asks the issuer, whatever the codes say (10.5.2)', async () => {
    const actionCodes = { denial: [], online: [], default: [] };
    const members = { ...rules('onlinePin'), actionCodes };
    const { pay, terminal } = await paperScene({
      members,
      change: everyCombination({ actionCodes }),
      script: asked,
    });
    expect(expectOutcome(await pay(), 'onlineRequest').cvm).toBe('onlinePin');
    expect(terminal.exchanges.at(-1)?.command.bytes[2]).toBe(0x90);
  });

  test('zero amount and status check ask the issuer, whatever the codes say (Book B, 3.1.1)', async () => {
    const change = everyCombination({ zeroAmount: 'allowed', statusCheck: true });
    for (const amount of [0n, 1n]) {
      const { pay, terminal } = await paperScene({ change, script: asked });
      expectOutcome(await pay({ amount }), 'onlineRequest');
      expect(terminal.exchanges.at(-1)?.command.bytes[2]).toBe(0x90);
      const alone = await paperScene({ change, script: { gives: ['aac'] } });
      expectOutcome(await alone.pay({ amount, hasNetwork: false }), 'declined');
    }
  });
});
