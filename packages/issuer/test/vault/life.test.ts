/** The life of a token, every state by every order by every party; and its domain, every control. */
import {
  checkDomain,
  NEW_TOKEN_LIFE,
  orderToken,
  refusalOfLife,
  TOKEN_ORDERS,
  TOKEN_PARTIES,
  type TokenDomain,
  type TokenLife,
  type TokenOrder,
  type TokenParty,
  type TokenRequest,
  tokenStateOf,
  UNUSED,
} from '@sokkin/issuer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const active = (...suspendedBy: TokenParty[]): TokenLife => ({
  stage: 'active',
  suspendedBy: new Set(suspendedBy),
});
const LIVES: Record<string, TokenLife> = {
  inactive: NEW_TOKEN_LIFE,
  active: active(),
  mine: active('issuer'),
  other: active('holder'),
  both: active('issuer', 'holder'),
  over: { stage: 'deactivated', suspendedBy: new Set() },
};

/** Of the issuer's orders: by life, what comes of activate, suspend, resume, deactivate. */
const TABLE = `
inactive  active     not_active   not_active  deactivated
active    unchanged  suspended    unchanged   deactivated
mine      unchanged  unchanged    active      deactivated
other     unchanged  suspended    not_yours   deactivated
both      unchanged  unchanged    suspended   deactivated
over      deactivated-refused deactivated-refused deactivated-refused unchanged`;

describe('the table of lives and orders', () => {
  const rows = TABLE.trim()
    .split('\n')
    .map((line) => line.split(/\s+/));
  test('names every life', () => {
    expect(rows.map(([life]) => life)).toEqual(Object.keys(LIVES));
  });
  for (const [name = '', ...expected] of rows) {
    const life = LIVES[name];
    test.each(TOKEN_ORDERS.map((order, i) => [order, expected[i]] as const))(
      `${name}: %s → %s`,
      (order, wanted) => {
        if (life === undefined) throw new Error(name);
        const step = orderToken(life, order, 'issuer');
        const came =
          'life' in step
            ? step.status === 'unchanged'
              ? 'unchanged'
              : tokenStateOf(step.life)
            : step.status;
        expect(came === 'deactivated' && !('life' in step) ? 'deactivated-refused' : came).toBe(wanted);
      },
    );
  }
});

test('holder and requestor activate nothing; all four suspend, resume and end', () => {
  const may = (order: TokenOrder): TokenParty[] =>
    TOKEN_PARTIES.filter((by) => orderToken(NEW_TOKEN_LIFE, order, by).status !== 'not_allowed');
  expect(TOKEN_ORDERS.map(may)).toEqual([
    ['issuer', 'provider'],
    [...TOKEN_PARTIES],
    [...TOKEN_PARTIES],
    [...TOKEN_PARTIES],
  ]);
});

test('whatever is ordered in whatever order: each lifts its own, the end is final, it pays only if nobody minds', () => {
  const orders = fc.array(
    fc.record({ order: fc.constantFrom(...TOKEN_ORDERS), by: fc.constantFrom(...TOKEN_PARTIES) }),
  );
  fc.assert(
    fc.property(orders, (all) => {
      let life = NEW_TOKEN_LIFE;
      // The model: who said suspend since they last said resume, counted only while it is active.
      let stage: TokenLife['stage'] = 'inactive';
      const minding = new Set<TokenParty>();
      for (const { order, by } of all) {
        const step = orderToken(life, order, by);
        if ('life' in step) life = step.life;
        if (order === 'deactivate') stage = 'deactivated';
        if (order === 'activate' && stage === 'inactive' && (by === 'issuer' || by === 'provider'))
          stage = 'active';
        if (stage === 'active' && order === 'suspend') minding.add(by);
        if (stage === 'active' && order === 'resume') minding.delete(by);
        if (stage === 'deactivated') minding.clear();
        expect(life.stage).toBe(stage);
        expect(new Set(life.suspendedBy)).toEqual(minding);
        expect(refusalOfLife(life) === undefined).toBe(stage === 'active' && minding.size === 0);
      }
    }),
  );
});

const OPEN: TokenDomain = {
  devices: undefined,
  merchants: undefined,
  entries: undefined,
  currencies: undefined,
  mostAmount: undefined,
  mostTotal: undefined,
  mostCount: undefined,
  validFrom: 100,
  validUntil: 200,
  needsCryptogram: false,
};
const REQUEST: TokenRequest = {
  amount: 500n,
  currency: '392',
  entry: 'contactless',
  merchant: 'shop-1',
  device: 'dev-1',
  cryptogram: 'genuine',
  at: 150,
};

describe('the domain', () => {
  test.each<[keyof TokenDomain, string, Partial<TokenDomain>, Partial<TokenRequest>]>([
    ['validFrom', 'card_not_yet_valid', {}, { at: 99 }],
    ['validUntil', 'card_expired', {}, { at: 200 }],
    ['needsCryptogram', 'cryptogram_missing', { needsCryptogram: true }, { cryptogram: 'none' }],
    ['needsCryptogram', 'cryptogram_wrong', {}, { cryptogram: 'wrong' }],
    ['devices', 'token_domain', { devices: new Set(['dev-2']) }, {}],
    ['devices', 'token_domain', { devices: new Set(['dev-1']) }, { device: undefined }],
    ['merchants', 'token_domain', { merchants: new Set(['shop-2']) }, {}],
    ['entries', 'token_domain', { entries: new Set(['ecommerce']) }, {}],
    ['currencies', 'token_domain', { currencies: new Set(['840']) }, {}],
    ['mostAmount', 'token_limit', { mostAmount: 499n }, {}],
    ['mostTotal', 'token_limit', { mostTotal: 599n }, {}],
    ['mostCount', 'limit_count', { mostCount: 1 }, {}],
  ])('%s is not met: %s', (control, outcome, domain, request) => {
    const use = { total: 100n, count: 1 };
    expect(checkDomain({ ...OPEN, ...domain }, use, { ...REQUEST, ...request })).toEqual({
      control,
      outcome,
    });
  });

  test('at the edge it is met', () => {
    const tight: TokenDomain = {
      devices: new Set(['dev-1']),
      merchants: new Set(['shop-1']),
      entries: new Set(['contactless']),
      currencies: new Set(['392']),
      mostAmount: 500n,
      mostTotal: 600n,
      mostCount: 2,
      validFrom: 150,
      validUntil: 151,
      needsCryptogram: true,
    };
    expect(checkDomain(tight, { total: 100n, count: 1 }, REQUEST)).toBeUndefined();
    expect(checkDomain(OPEN, UNUSED, { ...REQUEST, cryptogram: 'none', device: undefined })).toBeUndefined();
  });
});
