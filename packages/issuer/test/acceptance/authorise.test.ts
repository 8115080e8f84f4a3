/** The decision on a message that asks for money: what is wrong first is the reason, and a repeat is a repeat. */
import {
  type AuthorisationFacts,
  type AuthorisationRequest,
  authorise,
  type ChipDecision,
  DEFAULT_AUTHORISATION_POLICY,
  heldIn,
  NEW_TOKEN_LIFE,
  newBook,
  type TokenDomain,
  UNUSED,
} from '@sokkin/issuer';
import { describe, expect, test } from 'vitest';

const GENUINE: ChipDecision = { decision: 'approve', reasons: ['approved'], rules: [] };
const declined = (reason: 'cryptogram_wrong' | 'holder_not_verified'): ChipDecision => ({
  decision: 'decline',
  reasons: [reason],
  rules: [],
});
const REQUEST: AuthorisationRequest = {
  key: 'acq 000001',
  fingerprint: 'f1',
  wants: 'hold',
  amount: 300n,
  currency: '392',
  merchant: 'shop-1',
  terminal: 'term-1',
  device: undefined,
  entry: 'contactless',
  chip: GENUINE,
  partial: false,
  at: 50,
};
const DOMAIN: TokenDomain = {
  devices: undefined,
  merchants: new Set(['shop-1']),
  entries: undefined,
  currencies: undefined,
  mostAmount: 500n,
  mostTotal: undefined,
  mostCount: undefined,
  validFrom: 0,
  validUntil: 100,
  needsCryptogram: true,
};
const TOKEN: Extract<AuthorisationFacts['number'], { kind: 'token' }> = {
  kind: 'token',
  life: { stage: 'active', suspendedBy: new Set() },
  domain: DOMAIN,
  use: UNUSED,
};
const FACTS: AuthorisationFacts = { number: TOKEN, merchant: 'open', account: 'open', currency: '392' };
const decide = (
  request: Partial<AuthorisationRequest> = {},
  facts: Partial<AuthorisationFacts> = {},
  balance = 1000n,
) =>
  authorise(
    DEFAULT_AUTHORISATION_POLICY,
    newBook(balance),
    { ...FACTS, ...facts },
    { ...REQUEST, ...request },
  );

test('an honest payment is held, and uses up the token', () => {
  const found = decide();
  expect([found.outcome, heldIn(found.book), found.used]).toEqual([
    'approved',
    300n,
    { total: 300n, count: 1 },
  ]);
  expect(found.book.payments.get('acq 000001')?.expiresAt).toBe(50 + DEFAULT_AUTHORISATION_POLICY.holdFor);
});

describe('refusals', () => {
  test.each<[string, Partial<AuthorisationRequest>, Partial<AuthorisationFacts>]>([
    ['card_unknown', {}, { number: { kind: 'unknown' } }],
    ['amount_invalid', { amount: 0n }, {}],
    ['token_inactive', {}, { number: { ...TOKEN, life: NEW_TOKEN_LIFE } }],
    [
      'token_suspended',
      {},
      { number: { ...TOKEN, life: { stage: 'active', suspendedBy: new Set(['holder']) } } },
    ],
    [
      'token_deactivated',
      {},
      { number: { ...TOKEN, life: { stage: 'deactivated', suspendedBy: new Set() } } },
    ],
    ['token_domain', { merchant: 'shop-2' }, {}],
    ['token_limit', { amount: 501n }, {}],
    ['card_expired', { at: 100 }, {}],
    ['cryptogram_missing', { chip: undefined }, {}],
    ['cryptogram_wrong', { chip: declined('cryptogram_wrong') }, {}],
    ['holder_not_verified', { chip: declined('holder_not_verified') }, {}],
    ['cryptogram_missing', { chip: undefined }, { number: { kind: 'pan' } }],
    ['cryptogram_wrong', { chip: declined('cryptogram_wrong') }, { number: { kind: 'pan' } }],
    ['merchant_unknown', {}, { merchant: 'unknown' }],
    ['merchant_blocked', {}, { merchant: 'blocked' }],
    ['account_unknown', {}, { account: 'unknown' }],
    ['account_blocked', {}, { account: 'blocked' }],
    ['currency_unsupported', { currency: '840' }, {}],
  ])('%s', (outcome, request, facts) => {
    const found = decide(request, facts);
    expect([found.outcome, heldIn(found.book), found.moved, found.used]).toEqual([outcome, 0n, 0n, UNUSED]);
  });

  test('of funds, from the book', () => {
    expect(decide({}, {}, 299n).outcome).toBe('insufficient_funds');
    expect(decide({ partial: true }, {}, 299n)).toMatchObject({
      outcome: 'approved_partially',
      approved: 299n,
    });
  });
});

test('a card that its holder has already pays by its PAN with a genuine cryptogram', () => {
  expect(decide({ wants: 'pay' }, { number: { kind: 'pan' } })).toMatchObject({
    outcome: 'approved',
    moved: -300n,
  });
});

test('without a chip where the policy lets it', () => {
  const policy = { ...DEFAULT_AUTHORISATION_POLICY, withoutChip: new Set(['ecommerce'] as const) };
  const facts: AuthorisationFacts = { ...FACTS, number: { kind: 'pan' } };
  const bare = { ...REQUEST, chip: undefined };
  expect(authorise(policy, newBook(1000n), facts, { ...bare, entry: 'ecommerce' }).outcome).toBe('approved');
  expect(authorise(policy, newBook(1000n), facts, { ...bare, entry: 'manual' }).outcome).toBe(
    'cryptogram_missing',
  );
});

test('a repeat has the answer that it had, though the token is over by now; a refusal stays one', () => {
  const first = decide();
  const over: AuthorisationFacts = {
    ...FACTS,
    number: { ...TOKEN, life: { stage: 'deactivated', suspendedBy: new Set() } },
  };
  const again = authorise(DEFAULT_AUTHORISATION_POLICY, first.book, over, REQUEST);
  expect([again.outcome, again.isRepeat, again.used, again.book]).toEqual([
    'approved',
    true,
    UNUSED,
    first.book,
  ]);
  const no = authorise(DEFAULT_AUTHORISATION_POLICY, newBook(1000n), over, REQUEST);
  expect(authorise(DEFAULT_AUTHORISATION_POLICY, no.book, FACTS, REQUEST).outcome).toBe('token_deactivated');
});
