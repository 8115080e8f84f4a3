/**
 * Secure elements on paper: the real purse machine, with certificates that nobody signed.
 *
 * What must hold: every step is one of packages/purse; nothing here knows a rule of the protocol. Signatures are left
 * out, because they are assumed unforgeable: whoever holds an element's state holds its key, and nobody else can make a
 * message of it. A copied element is its state twice; a rolled-back one is an older state (states are values).
 */
import { assert, type Bytes, hex } from '@sokkin/codec';
import { ASSURANCE, type Certificate, ROLE, type Role } from '@sokkin/crypto';
import {
  blankPurse,
  type CreditRequest,
  credit as creditStep,
  headAfter,
  installKey,
  issueTicket,
  isTicket,
  type Limits,
  type Outcome,
  type Payment,
  type Profile,
  type PurseState,
  parsePaymentBody,
  parseReceiptBody,
  parseTicketBody,
  paymentOnTicket,
  pay as payStep,
  personalise,
  pinBlock,
  type Receipt,
  type Refusal,
  type Step,
  settle as settleStep,
  type Ticket,
} from '@sokkin/purse';

export const YEN = 0x0392;
/** Day 0 of every simulation: 1 April 2026, in days since 1970. */
export const FIRST_EPOCH = 20544;

const KEY_LENGTH = 65;
const PUBLIC_KEY: Bytes = new Uint8Array(KEY_LENGTH);
const NOTHING: Bytes = new Uint8Array(0);

/** Eight bytes that name purse number `n`. */
export function nameOf(role: number, n: number): Bytes {
  return Uint8Array.of(role, 0, 0, 0, n >>> 24, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff);
}

const ISSUER_REF = nameOf(ROLE.issuer, 0);

export function certificateOf(role: Role, n: number): Certificate {
  const subjectRef = nameOf(role, n);
  const holds = role === ROLE.purse || role === ROLE.issuerPurse;
  return {
    issuerRef: ISSUER_REF,
    subjectRef,
    suite: 1,
    publicKey: PUBLIC_KEY,
    role,
    assurance: holds ? ASSURANCE.secureElement : ASSURANCE.none,
    currency: YEN,
    tier: 0,
    effective: FIRST_EPOCH,
    expiration: FIRST_EPOCH + 3650,
    bytes: subjectRef,
    body: NOTHING,
    signature: NOTHING,
  };
}

const ROOT = certificateOf(ROLE.root, 0);
const ISSUER = certificateOf(ROLE.issuer, 0);
const PIN = pinBlock('0000');

/**
 * What a card remembers, but for what it keeps for people to look at: whoever asks for something old again is not
 * simulated, and every step walks over all that is remembered.
 */
export const MEMORY: Profile = { cells: 128, tickets: 4, outgoing: 50, pinTries: 3, history: 0 };

export function newElement(certificate: Certificate, memory: Profile): PurseState {
  assert(PIN !== undefined, 'four digits are a PIN');
  const keyed = stateOf(installKey(blankPurse(memory), { handle: NOTHING, publicKey: PUBLIC_KEY }));
  const identity = { root: ROOT, issuer: ISSUER, purse: certificate };
  return stateOf(personalise(keyed, { identity, pinBlock: PIN }));
}

function stateOf(step: Step): PurseState {
  assert(step.status === 'ok', () => `a new element takes what it is given: ${step.status}`);
  return step.state;
}

export interface Moved<M> {
  readonly status: 'ok';
  readonly state: PurseState;
  readonly message: M;
  /** Names the message: SHA-256 of its body. */
  readonly hash: Bytes;
  /** It was made before, and moved its money then. */
  readonly isAgain: boolean;
}
export type Move<M> = Moved<M> | { readonly status: Refusal };

const moved = <M>(step: Step, parse: (body: Bytes) => M): Move<M> => {
  if (step.status !== 'ok') return { status: step.status };
  assert(
    step.answer.kind === 'entry' || step.answer.kind === 'attestation',
    'a new message, not a repeated one',
  );
  const { body } = step.answer;
  return { status: 'ok', state: step.state, message: parse(body), hash: headAfter(body), isAgain: false };
};

/** The next number of the purse is its own, so it names the ticket, too. */
export const askFor = (state: PurseState, amount: number): Move<Ticket> =>
  moved(
    issueTicket(state, { maxAmount: BigInt(amount), reference: nameOf(0, state.seq + 1) }),
    parseTicketBody,
  );

/** An element that was turned back gives a ticket out twice; an honest payer answers the second with the same Payment. */
export function payOn(state: PurseState, ticket: Ticket, payee: Certificate, amount: number): Move<Payment> {
  const before = paymentOnTicket(state, ticket.purse, ticket.seq);
  if (before !== undefined && before.payment !== 'cancelled') {
    return { status: 'ok', state, message: before.entry.fields, hash: headAfter(before.body), isAgain: true };
  }
  const request = { ticket, payee, payeeExpired: false, amount: BigInt(amount), pinVerified: true };
  return moved(payStep(state, request), parsePaymentBody);
}

export const take = (state: PurseState, request: Omit<CreditRequest, 'payerExpired'>): Move<Receipt> =>
  moved(creditStep(state, { ...request, payerExpired: false }), parseReceiptBody);

/** The word of the payee reaches the payer; the state as it was, if the purse does not take it. */
export function learn(state: PurseState, receipt: Receipt): PurseState {
  const step = settleStep(state, receipt);
  return step.status === 'ok' ? step.state : state;
}

export const isCredited = (receipt: Receipt): boolean => receipt.outcome === ('credited' satisfies Outcome);

export const idOf = (certificate: Certificate): string => hex(certificate.subjectRef);

/** An element that does not count: what it spent since its last sync is forgotten. */
export const uncounted = (state: PurseState): PurseState => ({
  ...state,
  spent: [0n, 0n, 0n],
  spentCount: 0,
  spentWithoutPin: 0n,
});

/** An element that will never sync needs no journal: only what is open stays. */
export const forgetful = (state: PurseState): PurseState => ({
  ...state,
  cells: state.cells.map((c) => (isTicket(c) && c.ticket === 'open' ? c : undefined)),
});

export function scaledLimits(limits: Limits, change: LimitsChange): Limits {
  const factor = (amount: bigint): bigint => BigInt(Math.round(Number(amount) * (change.scale ?? 1)));
  const [first] = limits.byClass;
  const row = {
    perPayment: amountOr(change.per_payment, factor(first.perPayment)),
    cumulative: amountOr(change.cumulative, factor(first.cumulative)),
  };
  return {
    holding: amountOr(change.holding, factor(limits.holding)),
    count: change.count ?? limits.count,
    perPaymentWithoutPin: factor(limits.perPaymentWithoutPin),
    cumulativeWithoutPin: factor(limits.cumulativeWithoutPin),
    byClass: [row, row, row],
  };
}

/** How a named set of limits differs from the real profile. Yen; `count` is payments until a sync. */
export interface LimitsChange {
  readonly scale?: number | undefined;
  readonly holding?: number | undefined;
  readonly per_payment?: number | undefined;
  readonly cumulative?: number | undefined;
  readonly count?: number | undefined;
}

const amountOr = (amount: number | undefined, other: bigint): bigint =>
  amount === undefined ? other : BigInt(amount);
