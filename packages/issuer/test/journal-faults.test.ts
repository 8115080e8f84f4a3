/** Uploads that are damaged, and journals that no honest purse writes: each is named, none is applied. */
import { concat, fromHex, hex } from '@sokkin/codec';
import {
  type Entry,
  encodeEntry,
  encodeGrant,
  encodeStatement,
  headAfter,
  type Resolution,
  type Statement,
} from '@sokkin/purse';
import { describe, expect, test } from 'vitest';
import {
  bornView,
  checkStatement,
  composeGrant,
  type Fault,
  type IssuedGrant,
  type JournalView,
  limitsFor,
  pendingOf,
  prove,
  type ReadEntry,
  readEntries,
  replay,
  reservedOf,
} from '../src/index.ts';
import { plainReplay } from './plain-replay.ts';
import { idOf } from './world.ts';

const [PURSE, PEER, ISSUER] = [idOf(10), idOf(11), idOf(2)];
const JPY = 0x0392;
const CERTIFICATE = headAfter(fromHex('01'));
const HASH = headAfter(fromHex('02'));

type Draft = { [E in Entry as E['type']]: { type: E['type']; fields: Partial<E['fields']> } }[Entry['type']];

/** Chains drafts from a view on. */
function chain(
  view: Pick<JournalView, 'seq' | 'head'>,
  drafts: readonly Draft[],
  purse = PURSE,
): Uint8Array[] {
  let { seq, head } = view;
  return drafts.map(({ type, fields }) => {
    const body = encodeEntry({ type, fields: { purse, seq: ++seq, link: head, ...fields } } as Entry);
    head = headAfter(body);
    return body;
  });
}

const genesis = { type: 'genesis', fields: { currency: JPY, certificateHash: CERTIFICATE } } as const;
const born = bornView(PURSE, JPY, CERTIFICATE);

function read(bodies: readonly Uint8Array[]): readonly ReadEntry[] {
  const entries = readEntries(bodies);
  if ('bad' in entries) throw new Error(entries.says);
  return entries;
}

const grants = new Map<number, IssuedGrant>();
const ctx = { grants, issuerPurse: ISSUER };

/** The next Grant for this view, issued, and the entry that applies it. */
function grantOf(view: JournalView, resolutions: readonly Resolution[] = []): Draft {
  const grant = composeGrant({
    authority: idOf(3),
    view,
    issuedGrantNo: view.grantNo,
    nonce: new Uint8Array(16),
    epoch: 20_000,
    limits: limitsFor('secure_element'),
    resolutions,
    blocked: [],
    isBlocked: false,
  });
  const grantHash = headAfter(encodeGrant(grant));
  grants.set(grant.grantNo, { hash: grantHash, grant });
  return { type: 'grantApplied', fields: { grantNo: grant.grantNo, grantHash } };
}

/** Born, personalised, activated by Grant 1, with 1,000 on it: the ticket is number 3. */
function activeView(): JournalView {
  const first = replay(born, read(chain(born, [genesis])), ctx);
  if (first.status !== 'ok') throw new Error(first.fault);
  const more = chain(first.view, [grantOf(first.view), ticket(1_000n), receipt(3, 1_000n)]);
  const ready = replay(first.view, read(more), ctx);
  if (ready.status !== 'ok') throw new Error(ready.fault);
  return ready.view;
}

const ticket = (maxAmount: bigint, more = {}): Draft => ({
  type: 'ticket',
  fields: { currency: JPY, maxAmount, reference: new Uint8Array(8), ...more },
});
const receipt = (ticketNo: number, amount: bigint, more = {}): Draft => ({
  type: 'receipt',
  fields: {
    kind: 'receipt',
    outcome: 'credited',
    currency: JPY,
    amount,
    payer: PEER,
    paymentNo: 7,
    paymentHash: HASH,
    ticketNo,
    ...more,
  },
});
const payment = (amount: bigint, more = {}): Draft => ({
  type: 'payment',
  fields: { currency: JPY, amount, payee: PEER, ticketNo: 5, ...more },
});

const approval = (amount: bigint, atc = 1, more = {}): Draft => ({
  type: 'approval',
  fields: { currency: JPY, amount, atc, cryptogram: fromHex('0102030405060708'), ...more },
});

const active = activeView();
const lifecycle = (state: JournalView['lifecycle']): JournalView => ({ ...active, lifecycle: state });
const rich: JournalView = { ...active, balance: 90_000n };

const [secure, tee] = active.limits.byClass;
const strictToSoftware: JournalView = {
  ...active,
  limits: { ...active.limits, byClass: [secure, tee, { perPayment: 9n, cumulative: 1_000n }] },
};

const FAULTY: readonly (readonly [string, Fault, JournalView, readonly Draft[]])[] = [
  ['a second genesis', 'genesis_misplaced', active, [genesis]],
  ['no genesis', 'genesis_misplaced', born, [ticket(1n)]],
  [
    'another certificate',
    'wrong_certificate',
    born,
    [{ type: 'genesis', fields: { currency: JPY, certificateHash: HASH } }],
  ],
  [
    'another currency',
    'wrong_currency',
    born,
    [{ type: 'genesis', fields: { currency: 0x978, certificateHash: CERTIFICATE } }],
  ],
  ['a ticket in another currency', 'wrong_currency', active, [ticket(1n, { currency: 0x978 })]],
  ['a ticket before activation', 'not_allowed_in_lifecycle', lifecycle('personalised'), [ticket(1n)]],
  ['a payment while blocked', 'not_allowed_in_lifecycle', lifecycle('blocked'), [payment(1n)]],
  ['anything after termination', 'not_allowed_in_lifecycle', lifecycle('terminated'), [payment(1n)]],
  ['tickets above the holding limit', 'over_holding_limit', active, [ticket(99_000n), ticket(1n)]],
  ['a credit without a ticket', 'ticket_not_open', active, [receipt(99, 5n)]],
  ['a ticket credited twice', 'ticket_not_open', active, [ticket(9n), receipt(5, 5n), receipt(5, 4n)]],
  [
    'a voided ticket credited',
    'ticket_not_open',
    active,
    [ticket(9n), { type: 'void', fields: { ticketNo: 5 } }, receipt(5, 4n)],
  ],
  ['a credit above the ticket', 'over_ticket_maximum', active, [ticket(9n), receipt(5, 10n)]],
  ['a credit from itself', 'pays_itself', active, [ticket(9n), receipt(5, 9n, { payer: PURSE })]],
  ['more paid than held', 'insufficient_balance', active, [payment(1_001n)]],
  [
    'paid twice with the same money',
    'insufficient_balance',
    active,
    [payment(600n), payment(600n, { ticketNo: 6 })],
  ],
  ['a payment above every limit', 'over_payment_limit', rich, [payment(50_001n)]],
  ['an approval while blocked', 'not_allowed_in_lifecycle', lifecycle('blocked'), [approval(1n)]],
  ['an approval before activation', 'not_allowed_in_lifecycle', lifecycle('personalised'), [approval(1n)]],
  ['an approval in another currency', 'wrong_currency', active, [approval(1n, 1, { currency: 0x978 })]],
  ['more approved than held', 'insufficient_balance', active, [approval(1_001n)]],
  ['approved and paid with the same money', 'insufficient_balance', active, [approval(600n), payment(600n)]],
  [
    'an approval above the limit for software, below that for others',
    'over_payment_limit',
    strictToSoftware,
    [approval(10n)],
  ],
  ['two approvals under one counter', 'counter_reused', active, [approval(1n, 7), approval(2n, 7)]],
  ['a counter that goes back', 'counter_reused', active, [approval(1n, 7), approval(2n, 6)]],
  [
    'an approval settled by anything but a Grant',
    'payment_not_open',
    active,
    [approval(9n), { type: 'settle', fields: { paymentNo: 5, outcome: 'cancelled' } }],
  ],
  ['two payments on one ticket', 'ticket_paid_twice', active, [payment(1n), payment(2n)]],
  ['a payment to itself', 'pays_itself', active, [payment(1n, { payee: PURSE })]],
  [
    'a settlement of nothing',
    'payment_not_open',
    active,
    [{ type: 'settle', fields: { paymentNo: 5, outcome: 'cancelled' } }],
  ],
  [
    'a payment taken back twice',
    'payment_not_open',
    active,
    [
      payment(9n),
      { type: 'settle', fields: { paymentNo: 5, outcome: 'cancelled' } },
      { type: 'settle', fields: { paymentNo: 5, outcome: 'cancelled' } },
    ],
  ],
  [
    'a Grant that was never issued',
    'grant_unknown',
    active,
    [{ type: 'grantApplied', fields: { grantNo: 2, grantHash: HASH } }],
  ],
  [
    'a Grant again',
    'grant_out_of_order',
    active,
    [{ type: 'grantApplied', fields: { grantNo: 1, grantHash: HASH } }],
  ],
];

describe('replay', () => {
  test.each(FAULTY)('%s: %s', (_says, fault, view, drafts) => {
    const entries = read(chain(view, drafts));
    expect(replay(view, entries, ctx)).toEqual(plainReplay(view, entries, ctx));
    expect(replay(view, entries, ctx)).toMatchObject({
      status: 'fault',
      fault,
      seq: view.seq + drafts.length,
    });
  });

  test('what goes to the issuer is above no limit', () => {
    const drafts = [payment(60_000n, { payee: ISSUER })];
    expect(replay(rich, read(chain(rich, drafts)), ctx).status).toBe('ok');
  });

  test('I4 a Grant settles an approval once, however often Grants name it', () => {
    const approved = replay(active, read(chain(active, [approval(400n)])), ctx);
    if (approved.status !== 'ok') throw new Error(approved.fault);
    expect(approved.view).toMatchObject({ balance: 600n, lastAtc: 1 });
    expect(pendingOf(approved.view)).toBe(400n);
    for (const [outcome, balance] of [
      ['cancelled', 1_000n],
      ['credited', 600n],
    ] as const) {
      const resolutions: Resolution[] = [
        { paymentNo: 5, outcome },
        { paymentNo: 5, outcome: 'cancelled' },
      ];
      const granted = replay(
        approved.view,
        read(chain(approved.view, [grantOf(approved.view, resolutions)])),
        ctx,
      );
      if (granted.status !== 'ok') throw new Error(granted.fault);
      expect(granted.effects).toEqual([{ kind: 'approval_settled', approvalNo: 5, outcome }]);
      expect([granted.view.balance, granted.view.openApprovals.size]).toEqual([balance, 0]);
      expect(replay(granted.view, read(chain(granted.view, [approval(1n)])), ctx)).toMatchObject({
        fault: 'counter_reused',
      });
    }
  });

  test('a Statement that contradicts its journal', () => {
    const drafts = [payment(400n), ticket(50n)];
    const replayed = replay(active, read(chain(active, drafts)), ctx);
    if (replayed.status !== 'ok') throw new Error(replayed.fault);
    const { view } = replayed;
    const good: Statement = {
      purse: PURSE,
      seq: view.seq,
      link: view.head,
      currency: JPY,
      balance: 600n,
      pending: pendingOf(view),
      reserved: reservedOf(view),
      ackSeq: 1,
      grantNo: 1,
      epoch: 20_000,
      nonce: new Uint8Array(16),
      openTickets: [6],
    };
    expect(encodeStatement(good).length).toBeGreaterThan(0);
    expect(checkStatement(view, good).status).toBe('ok');
    const lies: Partial<Statement>[] = [
      { balance: 601n },
      { pending: 0n },
      { reserved: 51n },
      { ackSeq: 2 },
      { grantNo: 2 },
      { openTickets: [] },
      { openTickets: [5] },
      { currency: 0x978 },
      { link: HASH },
    ];
    for (const lie of lies) {
      expect(checkStatement(view, { ...good, ...lie }), JSON.stringify(Object.keys(lie))).toMatchObject({
        status: 'fault',
        fault: 'statement_disagrees',
      });
    }
  });
});

describe('prove', () => {
  const bodies = chain(born, [genesis, genesis, genesis, genesis]);
  const heads = bodies.map(headAfter);
  const knownUpTo = (seq: number) => ({ seq, headAt: (n: number) => heads[n - 1] });
  const claimAt = (seq: number) => ({
    purse: PURSE,
    seq,
    head: seq === 0 ? born.head : (heads[seq - 1] ?? born.head),
  });
  const verdict = (known: number, claimed: number, sent: readonly Uint8Array[]) =>
    prove(knownUpTo(known), claimAt(claimed), sent).verdict;

  test('an upload continues what is known, wherever it begins', () => {
    for (let known = 0; known <= 4; known++) {
      for (let from = 0; from <= known; from++) {
        const proof = prove(knownUpTo(known), claimAt(4), bodies.slice(from));
        expect(proof.verdict).toBe('proven');
        if (proof.verdict === 'proven') expect(proof.fresh).toHaveLength(4 - known);
      }
    }
    expect(verdict(4, 4, [])).toBe('proven');
  });

  test('whatever is left out, the phone is told, and the purse is not accused', () => {
    for (let known = 0; known < 4; known++) {
      for (let skip = known; skip < 4; skip++) {
        const sent = bodies.filter((_, i) => i >= known && i !== skip);
        expect(['gap', 'broken']).toContain(verdict(known, 4, sent));
      }
      expect(verdict(known, 4, [])).toBe('gap');
    }
    expect(verdict(0, 3, bodies)).toBe('broken');
    expect(verdict(0, 4, [bodies[1], bodies[0], bodies[2], bodies[3]] as Uint8Array[])).toBe('gap');
  });

  test('whatever byte is changed, it is not proven, and no fork', () => {
    for (let i = 0; i < bodies.length; i++) {
      const body = bodies[i] ?? new Uint8Array(0);
      for (let at = 0; at < body.length; at++) {
        const changed = body.slice();
        changed[at] = (changed[at] ?? 0) ^ 1;
        const sent = bodies.map((b, n) => (n === i ? changed : b));
        expect(['broken', 'gap', 'malformed']).toContain(verdict(0, 4, sent));
      }
    }
  });

  test('a Statement of an older entry of the same history is stale', () => {
    expect(verdict(4, 2, bodies.slice(0, 2))).toBe('stale');
    expect(verdict(4, 2, [])).toBe('stale');
  });

  test('a signed head that is not ours is a fork, with entries or without', () => {
    const other = { type: 'genesis', fields: { currency: 0x978, certificateHash: HASH } } as const;
    for (let common = 0; common < 4; common++) {
      const forked = chain({ seq: common, head: heads[common - 1] ?? born.head }, [other, other, other]);
      for (const length of [1, 2, 3]) {
        const sent = forked.slice(0, length);
        const last = sent.at(-1) ?? new Uint8Array(0);
        const claim = { purse: PURSE, seq: common + length, head: headAfter(last) };
        expect(prove(knownUpTo(4), claim, sent)).toMatchObject({ verdict: 'fork', seq: common + 1 });
        if (common + length <= 4) {
          expect(prove(knownUpTo(4), claim, [])).toMatchObject({ verdict: 'fork', seq: common + length });
        }
      }
    }
  });

  test('entries of another purse', () => {
    expect(prove(knownUpTo(0), claimAt(1), chain(born, [genesis], PEER)).verdict).toBe('broken');
    expect(prove(knownUpTo(0), claimAt(1), [concat(fromHex('99'), PURSE)]).verdict).toBe('malformed');
    expect(hex(PURSE)).toHaveLength(16);
  });
});
