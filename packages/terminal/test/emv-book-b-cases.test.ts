/**
 * Pre-processing by the numbers of the EMV Book B test cases (2EB.nnn), as a public suite of another implementation has them: libpay,
 * github.com/emerald79/libpay, src/tests/emvco_ep_ta. Numbers, conditions and amounts are taken from there; which cases do not apply here, and why, is in
 * docs/spec/terminal-kernel.md, section 8.
 */
import { hex } from '@sokkin/codec';
import { describe, expect, test } from 'vitest';
import { preProcess, type Transaction } from '../src/emv/entry-point/preprocess.ts';
import { MESSAGE, type TerminalConfig } from '../src/index.ts';
import { combination, configOf } from './emv-scene.ts';

const sale = (amount: bigint): Transaction => ({
  ...{ id: 'sale', amount, other: 0n, type: 'purchase' },
  ...{ forceOnline: false, hasNetwork: true },
});

/** Of this one combination; `limits` as they are given, and no others. */
const reader = (to: object = {}): TerminalConfig =>
  configOf((file) => {
    file.combinations = [combination({ limits: {}, statusCheck: false, zeroAmount: 'refused', ...to })];
  });
const OFFLINE_ONLY = configOf((file) => {
  file.terminal.type = '23';
  delete file.terminal.typeWithoutNetwork;
  const methods = { below: ['noCvm'], above: ['signature'] };
  file.combinations = [combination({ qualifiers: '2A000000', zeroAmount: 'allowed', methods })];
});

/** Which indicators are set, and the qualifiers; `not allowed`: the combination is not left. */
function processed(config: TerminalConfig, amount: bigint): readonly string[] {
  const found = preProcess(config, sale(amount));
  const [only] = 'combinations' in found ? found.combinations : [];
  if (only === undefined) return ['not allowed'];
  const set = Object.entries(only.indicators).flatMap(([name, is]) => (is ? [name] : []));
  return [...set.sort(), hex(only.qualifiers)];
}

/** Qualifiers as configured; with an online cryptogram wanted; with a verified holder; with both. */
const [PLAIN, ONLINE, HOLDER] = ['26004000', '26804000', '26404000'];
const MOST = 999_999_999_999n;
const limit = (transaction: string) => reader({ limits: { transaction } });
const floor = (amount: string) => reader({ limits: { floor: amount } });
const holder = (cvmRequired: string) => reader({ limits: { cvmRequired } });

test.each([
  ['2EB.002.00 qualifiers are those of the configuration', reader(), 2n, [PLAIN]],
  ['2EB.003.00 status check, one unit', reader({ statusCheck: true }), 1n, ['statusCheckRequested', ONLINE]],
  ['2EB.004.00 no status check, one unit', reader({ statusCheck: false }), 1n, [PLAIN]],
  ['2EB.006.00 status check, not one unit', reader({ statusCheck: true }), 2n, [PLAIN]],
  ['2EB.007.00 case 1: zero is refused', reader(), 0n, ['not allowed']],
  ['2EB.007.00 case 2: it is not zero', reader(), 2n, [PLAIN]],
  ['2EB.008.00 case 1: zero is allowed', reader({ zeroAmount: 'allowed' }), 0n, ['zeroAmount', ONLINE]],
  ['2EB.008.00 case 2: it is not zero', reader({ zeroAmount: 'allowed' }), 2n, [PLAIN]],
  ['2EB.010.00 case 1: below the limit', limit('200'), 199n, [PLAIN]],
  ['2EB.010.00 case 2: the limit', limit('200'), 200n, ['not allowed']],
  ['2EB.010.00 case 3: above it', limit('200'), 300n, ['not allowed']],
  ['2EB.011.00 the limit is not exceeded', limit('120'), 119n, [PLAIN]],
  ['2EB.012.00 there is no limit', reader(), MOST, [PLAIN]],
  ['2EB.013.00 case 1: above the floor limit', floor('12'), 13n, ['overFloorLimit', ONLINE]],
  ['2EB.013.00 case 3', floor('50'), 51n, ['overFloorLimit', ONLINE]],
  ['2EB.013.00 case 6', floor('50'), 123_456n, ['overFloorLimit', ONLINE]],
  ['2EB.014.00 case 1: the floor limit', floor('12'), 12n, [PLAIN]],
  ['2EB.014.00 case 4: below it', floor('20'), 15n, [PLAIN]],
  ['2EB.016.00 there is no floor limit', reader(), MOST, [PLAIN]],
  ['2EB.017.00 case 1: above the CVM required limit', holder('15'), 16n, ['cvmRequired', HOLDER]],
  ['2EB.017.00 case 2: the limit', holder('10'), 10n, ['cvmRequired', HOLDER]],
  ['2EB.018.00 case 1: below it', holder('15'), 14n, [PLAIN]],
  ['2EB.018.00 case 3', holder('20'), 19n, [PLAIN]],
  ['2EB.019.00 there is no such limit', reader(), MOST, [PLAIN]],
  ['2EB.021.00 case 1: zero, and the reader is never online', OFFLINE_ONLY, 0n, ['not allowed']],
  ['2EB.021.00 case 2: it is not zero', OFFLINE_ONLY, 2n, ['2a000000']],
] as const)('%s', (_, config, amount, expected) => {
  expect(processed(config, amount)).toEqual(expected);
});

describe('2EB.001.00 indicators of the transaction before are gone', () => {
  const config = reader({
    ...{ statusCheck: true, zeroAmount: 'allowed' },
    limits: { transaction: '120', floor: '12', cvmRequired: '15' },
  });
  test.each([1n, 121n, 0n, 16n, 13n])('after %i', (amount) => {
    expect(processed(config, amount)).not.toEqual([PLAIN]);
    expect(processed(config, 2n)).toEqual([PLAIN]);
  });
});

test('2EB.022.00 no combination is left: try another interface', () => {
  expect(preProcess(limit('120'), sale(121n))).toMatchObject({
    outcome: { outcome: 'tryAnotherInterface', uiRequestOnOutcome: { messageId: MESSAGE.tryAnotherCard } },
  });
});
