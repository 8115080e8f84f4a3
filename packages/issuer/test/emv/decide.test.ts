/** The issuer's decision: what no rule softens, what the shipped rules say, and what a rules file may not be. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex, SokkinError } from '@sokkin/codec';
import {
  ACCEPTANCE_OUTCOMES,
  type AtcVerdict,
  type ChipFacts,
  type CryptogramFinding,
  checkCryptogram,
  decideChip,
  type IssuerRules,
  parseIssuerRules,
  readCvmResults,
  readIssuerRules,
  readTvr,
} from '@sokkin/issuer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementsOf, keysOf, node, VECTORS, versionNamed } from './versions.ts';

const DEFAULT_TEXT = readFileSync(join(import.meta.dirname, '../../rules/default.json'), 'utf8');
const DEFAULT = readIssuerRules(DEFAULT_TEXT);

const vector = VECTORS.profiles.find(({ profile }) => profile === 'mc-cvn20');
function genuineFinding(): CryptogramFinding {
  if (vector === undefined) throw new Error('no vector of mc-cvn20');
  const version = versionNamed('mc-cvn20');
  return checkCryptogram(node, () => keysOf(vector), version, vector, elementsOf(vector.elements));
}
const GENUINE = genuineFinding();
const withBits = (...names: string[]): CryptogramFinding => {
  if (GENUINE.verdict !== 'genuine' || GENUINE.results === undefined) throw new Error('not genuine');
  const bits = new Set(names) as NonNullable<typeof GENUINE.results>['bits'];
  return { ...GENUINE, results: { ...GENUINE.results, bits } };
};
const facts = (over: Partial<ChipFacts> = {}): ChipFacts => ({
  finding: withBits(),
  due: 'arqc',
  counter: 'new',
  tvr: new Set(),
  cvm: { method: 'onlinePin', result: 'successful' },
  entry: 'contactless',
  amount: 1200n,
  ...over,
});
const decide = (over: Partial<ChipFacts> = {}, rules: IssuerRules = DEFAULT) =>
  decideChip(rules, facts(over));

describe('what no rule softens', () => {
  const YES: IssuerRules = { name: 'yes', note: '', combine: 'first', rules: [], otherwise: 'approve' };

  test.each<[CryptogramFinding['verdict'], CryptogramFinding]>([
    ['missing-data', { verdict: 'missing-data', tag: 0x9f26 }],
    ['bad-data', { verdict: 'bad-data', tag: 0x9f02 }],
    ['bad-iad', { verdict: 'bad-iad' }],
    ['unknown-key', { verdict: 'unknown-key', keyIndex: 3 }],
    ['wrong-cryptogram', { verdict: 'wrong-cryptogram' }],
    ['type-mismatch', { verdict: 'type-mismatch', type: 'aac' }],
  ])('%s is declined by an issuer that approves everything', (_, finding) => {
    expect(decide({ finding }, YES).decision).toBe('decline');
  });

  test.each<[AtcVerdict, string]>([
    ['repeated', 'counter_replayed'],
    ['conflict', 'suspected_counterfeit'],
    ['too-old', 'counter_replayed'],
  ])('a counter that is %s, too', (counter, reason) => {
    expect(decide({ counter }, YES)).toEqual({ decision: 'decline', reasons: [reason], rules: [] });
  });

  test('a cryptogram of another kind than the message wants: an ARQC is no approval', () => {
    expect(decide({ due: 'tc' }, YES)).toMatchObject({ decision: 'decline', reasons: ['cryptogram_wrong'] });
    expect(decide({}, YES)).toEqual({ decision: 'approve', reasons: ['approved'], rules: [] });
  });

  test('a version that tells no types is good for questions only', () => {
    if (GENUINE.verdict !== 'genuine') throw new Error('not genuine');
    const finding = { ...GENUINE, type: undefined, results: undefined };
    expect(decide({ finding, due: 'tc' }, YES).decision).toBe('decline');
    expect(decide({ finding }, YES).decision).toBe('approve');
  });
});

describe('the rules that ship', () => {
  test('an honest payment is approved', () => {
    expect(decide()).toEqual({ decision: 'approve', reasons: ['approved'], rules: [] });
  });

  test.each<[string, Partial<ChipFacts>, string]>([
    ['a failed signature', { tvr: readTvr(fromHex('0400000000')) }, 'suspected_counterfeit'],
    ['an expired card', { tvr: readTvr(fromHex('0040000000')) }, 'card_expired'],
    ['a holder who was not verified', { tvr: readTvr(fromHex('0000800000')) }, 'holder_not_verified'],
    ['no PIN try left', { finding: withBits('pinTryLimitExceeded') }, 'pin_tries_exceeded'],
    ['a jump of the counter', { counter: 'too-far-ahead' }, 'counter_suspicious'],
    [
      'a large amount without a holder',
      { amount: 10_001n, cvm: { method: 'noCvm', result: 'successful' } },
      'holder_not_verified',
    ],
    [
      'a large amount with a PIN that is sent to the issuer, who verifies none',
      { amount: 10_001n, cvm: { method: 'onlinePin', result: 'unknown' } },
      'holder_not_verified',
    ],
    [
      // Between terminal and card, somebody answers the PIN in the card's place.
      'a PIN that the terminal believes, and that the card never saw',
      { entry: 'contact', cvm: { method: 'offlinePinPlain', result: 'successful' } },
      'suspected_fraud',
    ],
    ['a stripe of a chip card', { entry: 'magnetic' }, 'not_permitted'],
  ])('%s is declined', (_, over, reason) => {
    const found = decide(over);
    expect([found.decision, found.reasons[0]]).toEqual(['decline', reason]);
    expect(found.rules.length).toBeGreaterThan(0);
  });

  test('a PIN that the card verified is one; where its version does not tell, nothing is made of it', () => {
    const cvm = { method: 'offlinePinEnciphered', result: 'successful' } as const;
    const verified = withBits('pinVerificationPerformed');
    expect(decide({ entry: 'contact', cvm }).reasons).toEqual(['suspected_fraud']);
    expect(decide({ finding: verified, entry: 'contact', cvm, amount: 50_000n }).decision).toBe('approve');
    if (GENUINE.verdict !== 'genuine' || GENUINE.results === undefined) throw new Error('not genuine');
    const silent = {
      ...GENUINE,
      results: { ...GENUINE.results, bits: new Set<never>(), told: new Set<never>() },
    };
    expect(decide({ finding: silent, entry: 'contact', cvm }).decision).toBe('approve');
    expect(decide({ finding: { ...GENUINE, results: undefined }, entry: 'contact', cvm }).decision).toBe(
      'approve',
    );
  });

  test('a PIN that only the issuer could verify counts as none: it pays what nobody pays a PIN for', () => {
    const cvm = { method: 'onlinePin', result: 'unknown' } as const;
    expect(decide({ cvm, amount: 10_000n }).decision).toBe('approve');
    expect(decide({ cvm, amount: 10_001n }).reasons).toEqual(['holder_not_verified']);
    expect(decide({ cvm: { ...cvm, result: 'successful' }, amount: 10_001n }).decision).toBe('decline');
  });

  test('all rules that apply are told, the first of the worst first', () => {
    const cvm = { method: 'offlinePinPlain', result: 'successful' } as const;
    const found = decide({
      cvm,
      finding: withBits('pinVerificationFailed', 'issuerAuthenticationFailed'),
      amount: 20_000n,
    });
    expect(found).toEqual({
      decision: 'decline',
      reasons: ['holder_not_verified', 'suspected_fraud'],
      rules: ['pin-wrong-by-card', 'terminal-believes-a-pin-that-the-card-does-not'],
    });
    expect(decide({ cvm, finding: withBits('issuerAuthenticationFailed'), amount: 20_000n }).decision).toBe(
      'refer',
    );
  });

  test('a small amount without a holder is approved: contactless cards are made for that', () => {
    expect(decide({ amount: 10_000n, cvm: { method: 'noCvm', result: 'successful' } }).decision).toBe(
      'approve',
    );
  });

  test('every rule applies to something: none is dead', () => {
    for (const { name, when } of DEFAULT.rules) {
      const found = decideChip(
        { ...DEFAULT, rules: DEFAULT.rules.filter((r) => r.name === name) },
        facts({
          finding: withBits(...(when.cvr ?? [])),
          tvr: when.tvr ?? new Set(),
          amount: when.amountFrom ?? 0n,
          counter: when.counter === undefined ? 'new' : ([...when.counter][0] ?? 'new'),
          entry: when.entry === undefined ? 'contact' : ([...when.entry][0] ?? 'contact'),
          cvm: {
            method: when.cvmMethod === undefined ? 'onlinePin' : ([...when.cvmMethod][0] ?? 'onlinePin'),
            result: when.cvmResult === undefined ? 'unknown' : ([...when.cvmResult][0] ?? 'unknown'),
          },
        }),
      );
      expect(found.rules).toEqual([name]);
    }
  });
});

test('first-match stops at the first rule, so an exception may stand before a decline', () => {
  const rules = parseIssuerRules({
    format: 'sokkin-issuer-rules-1',
    name: 'turnstiles',
    combine: 'first',
    rules: [
      {
        name: 'small',
        when: { amountTo: '500', entry: ['contactless'] },
        decide: 'approve',
        reason: 'approved',
      },
      {
        name: 'ahead',
        when: { counter: ['too-far-ahead'] },
        decide: 'decline',
        reason: 'counter_suspicious',
      },
    ],
    otherwise: 'refer',
  });
  expect(decide({ amount: 500n, counter: 'too-far-ahead' }, rules).rules).toEqual(['small']);
  expect(decide({ amount: 501n, counter: 'too-far-ahead' }, rules).rules).toEqual(['ahead']);
  expect(decide({ amount: 501n }, rules)).toEqual({
    decision: 'refer',
    reasons: ['refer_to_issuer'],
    rules: [],
  });
});

describe('CVM results (9F34)', () => {
  test.each([
    ['1e0302', { method: 'signature', result: 'successful' }],
    ['420301', { method: 'onlinePin', result: 'failed' }],
    ['3f0000', { method: 'notPerformed', result: 'unknown' }],
    ['240000', { method: 0x24, result: 'unknown' }],
  ])('%s', (bytes, expected) => {
    expect(readCvmResults(fromHex(bytes))).toEqual(expected);
  });

  test('what is none is none; nothing at all is not performed', () => {
    for (const bytes of ['', '1e03', '1e030302', '1e0303'])
      expect(bytes === '' ? undefined : readCvmResults(fromHex(bytes))).toBeUndefined();
    expect(readCvmResults(undefined)).toEqual({ method: 'notPerformed', result: 'unknown' });
  });
});

describe('a rules file', () => {
  // biome-ignore lint/suspicious/noExplicitAny: tests change a file's members at any depth
  type File = any;
  const refusal = (change: (file: File) => void): string => {
    const file: File = JSON.parse(DEFAULT_TEXT);
    change(file);
    try {
      parseIssuerRules(file);
    } catch (error) {
      if (error instanceof SokkinError && error.code === 'bad_profile') return error.message;
      throw error;
    }
    return 'accepted';
  };

  test.each<[string, (f: File) => void]>([
    [
      'rules.rules[0].when: a rule without a condition',
      (f) => {
        f.rules[0].when = {};
      },
    ],
    [
      'rules.rules[1].when.tvr: no name stands here',
      (f) => {
        f.rules[1].when.tvr = [];
      },
    ],
    [
      'rules.rules[1].when.tvr[0]: "rain"',
      (f) => {
        f.rules[1].when.tvr = ['rain'];
      },
    ],
    [
      'rules.rules[1]: its name stands here twice',
      (f) => {
        f.rules[1].name = f.rules[0].name;
      },
    ],
    [
      'rules.rules[0].reason: "approved"',
      (f) => {
        f.rules[0].reason = 'approved';
      },
    ],
    [
      'rules.rules[0].when.counter[0]: "conflict"',
      (f) => {
        f.rules[0].when.counter = ['conflict'];
      },
    ],
    [
      'rules.rules[0].when.amountTo: it lies below',
      (f) => {
        f.rules[0].when = { amountFrom: '5', amountTo: '4' };
      },
    ],
    [
      'rules.rules[0].when.amountFrom',
      (f) => {
        f.rules[0].when.amountFrom = 5;
      },
    ],
    [
      'rules.combine',
      (f) => {
        f.combine = 'last';
      },
    ],
    [
      'rules.otherwise',
      (f) => {
        f.otherwise = 'maybe';
      },
    ],
    [
      'rules: "default" is not known',
      (f) => {
        f.default = 'approve';
      },
    ],
    [
      'rules.rules: 201 rules',
      (f) => {
        f.rules = Array.from({ length: 201 }, (_, i) => ({ ...f.rules[0], name: `r${i}` }));
      },
    ],
  ])('%s', (where, change) => {
    expect(refusal(change)).toContain(where);
  });

  test('every decision has a reason that DE 39 can say', () => {
    const bit = <T>(names: readonly T[]) => fc.subarray([...names]).map((some) => new Set(some));
    fc.assert(
      fc.property(
        fc.record({
          tvr: bit(['cvmFailed', 'expired', 'odaNotPerformed', 'ddaFailed'] as const),
          counter: fc.constantFrom<AtcVerdict>('new', 'repeated', 'conflict', 'too-old', 'too-far-ahead'),
          amount: fc.bigInt({ min: 0n, max: 20_000n }),
          entry: fc.constantFrom('contact', 'contactless', 'magnetic'),
        }),
        (over) => {
          const { decision, reasons } = decide(over);
          const kinds = reasons.map((r) => ACCEPTANCE_OUTCOMES[r].kind === 'approved');
          expect(kinds).toEqual(kinds.map(() => decision === 'approve'));
        },
      ),
    );
  });
});
