/** The table of a sale: every input in every phase, what follows a torn tap, and that an end is an end. */
import type { ContactlessOutcome, OutcomeName } from '@sokkin/terminal';
import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY, type ReceiptData } from '../src/acceptance/index.ts';
import {
  type Effect,
  type Input,
  type NewSale,
  newSale,
  type SaleState,
  step,
} from '../src/acceptance/machine.ts';

const SALE: NewSale = {
  ...{ sale: 's1', amount: 1200n, currency: '392', policy: DEFAULT_POLICY, spoken: ['purse', 'emv'] },
  ...{ hasPinPad: false, torn: undefined, purseTorn: false },
};
const receipt: ReceiptData = {
  ...{ kind: 'sale', sale: 's1', at: 0, amount: 1200n, currency: '392', exponent: 0 },
  ...{ merchant: 'M', terminal: 'T', way: 'purse', from: 'pur_1', signature: false },
};
const outcome = (name: OutcomeName, more: Partial<ContactlessOutcome> = {}): ContactlessOutcome => ({
  outcome: name,
  start: 'none',
  onlineResponseData: 'none',
  cvm: 'none',
  uiRequestOnOutcome: { message: 'clear', messageId: 0x1e, status: 'idle', holdTime: 0, languages: [] },
  discretionary: { reason: 'card_lost', because: '', tvr: [], tsi: [], recovered: false },
  alternateInterface: 'none',
  receipt: false,
  removalTimeout: 0,
  dataRecord: new Map(),
  ...more,
});
const emv = (name: OutcomeName, more: Partial<ContactlessOutcome> = {}): Input => ({
  kind: 'emv',
  outcome: outcome(name, more),
  receipt: name === 'approved' ? { ...receipt, way: 'emv_offline' } : undefined,
});
const INPUTS: readonly Input[] = [
  { kind: 'start' },
  { kind: 'card' },
  { kind: 'purse', tap: { is: 'paid', paid: 'now', receipt } },
  { kind: 'purse', tap: { is: 'kept', receipt } },
  { kind: 'purse', tap: { is: 'returned' } },
  { kind: 'purse', tap: { is: 'not_a_purse' } },
  { kind: 'purse', tap: { is: 'wants_pin', triesLeft: 2 } },
  { kind: 'purse', tap: { is: 'refused', failure: { status: 'insufficient_balance' } } },
  { kind: 'purse', tap: { is: 'refused', failure: { status: 'counterparty_blocked' } } },
  { kind: 'purse', tap: { is: 'torn' } },
  ...(
    ['approved', 'declined', 'tryAgain', 'endApplication', 'tryAnotherInterface', 'onlineRequest'] as const
  ).map((name) => emv(name)),
  emv('onlineRequest', { cvm: 'onlinePin' }),
  { kind: 'pin', given: { digits: '1234' } },
  { kind: 'pin', given: undefined },
  { kind: 'issuer', answer: 'none', receipt: undefined },
  { kind: 'issuer', answer: { status: 'declined', code: '51' }, receipt: undefined },
  {
    kind: 'issuer',
    answer: { status: 'approved', approval: '1' },
    receipt: { ...receipt, way: 'emv_online' },
  },
  { kind: 'give_up' },
  { kind: 'reader_failed', detail: 'no power' },
];

/** Plays inputs from the start, and tells the effects. */
function play(inputs: readonly Input[], sale: NewSale = SALE): { state: SaleState; effects: Effect[] } {
  let state = newSale(sale);
  const effects: Effect[] = [];
  for (const input of [{ kind: 'start' } as const, ...inputs]) {
    const next = step(state, input);
    state = next.state;
    effects.push(next.effect);
  }
  return { state, effects };
}
const does = (inputs: readonly Input[], sale?: NewSale) => play(inputs, sale).effects.map((e) => e.do);
const card: Input = { kind: 'card' };
const purse = (tap: Extract<Input, { kind: 'purse' }>['tap']): Input => ({ kind: 'purse', tap });

/** To tell states apart. */
const textOf = (state: SaleState): string =>
  JSON.stringify(state, (_, value) => (typeof value === 'bigint' ? `${value}` : value));

describe('every input, in every state that seven inputs lead to', () => {
  test.each([true, false])('is answered, with a PIN pad: %s', (hasPinPad) => {
    const seen = new Set<string>();
    let states = [newSale({ ...SALE, hasPinPad })];
    for (let depth = 0; depth < 7; depth++) {
      const next = new Map<string, SaleState>();
      for (const state of states)
        for (const input of INPUTS) {
          const after = step(state, input);
          seen.add(`${state.phase} ${after.state.phase}`);
          if (state.phase === 'over') expect(after).toEqual({ state, events: [], effect: { do: 'nothing' } });
          const ended = after.events.filter((e) => e.kind === 'ended').length;
          expect(ended).toBe(after.effect.do === 'end' ? 1 : 0);
          expect(after.state.phase === 'over').toBe(after.effect.do === 'end' || state.phase === 'over');
          if (after.effect.do !== 'nothing') next.set(textOf(after.state), after.state);
        }
      states = [...next.values()];
    }
    for (const way of [
      'waiting purse',
      'purse emv',
      'purse waiting',
      'emv waiting',
      'emv issuer',
      'issuer over',
    ])
      expect(seen).toContain(way);
    expect(seen.has('purse pin')).toBe(hasPinPad);
  });
});

describe('choice of way', () => {
  test('purse first, then EMV on what is no purse, then another card', () => {
    const inputs = [card, purse({ is: 'not_a_purse' }), emv('endApplication'), card];
    expect(does(inputs)).toEqual(['wait', 'tap_purse', 'tap_emv', 'wait', 'tap_purse']);
  });
  test('an empty purse leaves EMV to be tried; its own reason stands if that comes to nothing', () => {
    const refused = purse({ is: 'refused', failure: { status: 'insufficient_balance' } });
    const { effects } = play([card, refused, emv('endApplication')]);
    expect(effects.map((e) => e.do)).toEqual(['wait', 'tap_purse', 'tap_emv', 'end']);
    expect(effects.at(-1)).toMatchObject({ result: { status: 'declined', reason: 'insufficient_balance' } });
  });
  test('a blocked purse does not', () => {
    const refused = purse({ is: 'refused', failure: { status: 'counterparty_blocked' } });
    expect(play([card, refused]).effects.at(-1)).toMatchObject({
      do: 'end',
      result: { reason: 'card_blocked' },
    });
  });
  test('nothing here takes the amount', () => {
    const { effects } = play([], { ...SALE, spoken: [] });
    expect(effects).toMatchObject([{ do: 'end', result: { reason: 'amount_not_allowed' } }]);
  });
  test('the order is the policy of the shop', () => {
    const policy = { ...DEFAULT_POLICY, order: ['emv', 'purse'] as const };
    expect(does([card, emv('endApplication')], { ...SALE, policy })).toEqual([
      'wait',
      'tap_emv',
      'tap_purse',
    ]);
  });
});

describe('torn taps', () => {
  test('a torn purse is asked again, first, and with the same ticket', () => {
    const { effects } = play([card, purse({ is: 'torn' }), card]);
    expect(effects.at(-1)).toEqual({ do: 'tap_purse', again: true, pin: undefined });
  });
  test('a torn EMV card is spoken EMV to first: its purse could pay the same money twice', () => {
    const inputs = [card, purse({ is: 'not_a_purse' }), emv('tryAgain'), card];
    expect(does(inputs)).toEqual(['wait', 'tap_purse', 'tap_emv', 'wait', 'tap_emv']);
  });
  test('money that came back is paid anew', () => {
    const { effects } = play([card, purse({ is: 'torn' }), card, purse({ is: 'returned' }), card]);
    expect(effects.at(-1)).toEqual({ do: 'tap_purse', again: false, pin: undefined });
  });
  test('given up after a torn tap: it says that money may come back', () => {
    const { effects } = play([card, purse({ is: 'torn' }), { kind: 'give_up' }]);
    expect(effects.at(-1)).toMatchObject({ result: { status: 'cancelled', mayComeBack: true } });
  });
});

test('given up in the middle of a tap: heard when nothing was paid, and not when something was', () => {
  const giveUp: Input = { kind: 'give_up' };
  const torn = play([card, giveUp, purse({ is: 'torn' })]);
  expect(torn.effects.at(-1)).toMatchObject({ result: { status: 'cancelled' } });
  const paid = play([card, giveUp, purse({ is: 'paid', paid: 'now', receipt })]);
  expect(paid.effects.at(-1)).toMatchObject({ result: { status: 'approved' } });
});
