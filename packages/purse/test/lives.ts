/**
 * Purses for the tests of the machine: brought to life by its own steps, with no card and no engine around them.
 * Signatures are filled in with zeroes: the machine never looks at them.
 */
import { type Certificate, ROLE, sha256 } from '@sokkin/crypto';
import {
  blockOf,
  makeParty,
  makeWorld,
  name8,
  symbolicCrypto,
  TODAY,
  type World,
  YEN,
} from '@sokkin/testkit';
import fc from 'fast-check';
import {
  type ApprovalRequest,
  applyGrant,
  approve,
  assertPurse,
  blankPurse,
  type CreditRequest,
  credit,
  encodeGrant,
  encodePayment,
  type Grant,
  headAfter,
  installKey,
  isOutgoing,
  issueTicket,
  isTicket,
  type Limits,
  type Outcome,
  type OutgoingCell,
  outgoingState,
  type Payment,
  type PayRequest,
  type Profile,
  type PurseState,
  parsePaymentBody,
  parseReceiptBody,
  parseTicketBody,
  pay,
  personalise,
  type Receipt,
  type Refusal,
  SIGNATURE_LENGTH,
  type Step,
  type Ticket,
  voidTicket,
} from '../src/index.ts';

export const PROFILE: Profile = { cells: 16, tickets: 2, outgoing: 2, pinTries: 3, history: 0 };
const ROW = { perPayment: 1000n, cumulative: 1000n };
export const LIMITS: Limits = {
  holding: 1000n,
  count: 100,
  perPaymentWithoutPin: 1000n,
  cumulativeWithoutPin: 1000n,
  byClass: [ROW, ROW, ROW],
};

/** A step that must succeed: its state, checked, with what it wants signed "signed"; and what it answers. */
export function done(step: Step): { state: PurseState; body: Uint8Array } {
  if (step.status !== 'ok') throw new Error(`The step was refused: ${step.status}`);
  assertPurse(step.state);
  const { answer } = step;
  if (answer.kind === 'none') return { state: step.state, body: new Uint8Array(0) };
  if (answer.kind === 'stored')
    return { state: step.state, body: answer.message.slice(0, -SIGNATURE_LENGTH) };
  if (answer.kind === 'attestation') return { state: step.state, body: answer.body };
  const cells = step.state.cells.map((c, i) =>
    i === answer.index && c !== undefined ? { ...c, signature: new Uint8Array(SIGNATURE_LENGTH) } : c,
  );
  return { state: { ...step.state, cells }, body: answer.body };
}

export const refusalOf = (step: Step): Refusal | 'ok' => step.status;

export interface Life {
  readonly world: World;
  readonly certificate: Certificate;
  readonly state: PurseState;
}

let shared: Promise<World> | undefined;
export const theWorld = (): Promise<World> => {
  shared ??= makeWorld(symbolicCrypto());
  return shared;
};

export async function personalised(no: number, profile: Profile = PROFILE): Promise<Life> {
  const world = await theWorld();
  const { key, certificate } = await makeParty(world.crypto, world.issuer, ROLE.purse, no);
  const keyed = done(installKey(blankPurse(profile), key)).state;
  const identity = { root: world.root.certificate, issuer: world.issuer.certificate, purse: certificate };
  const { state } = done(personalise(keyed, { identity, pinBlock: blockOf('1234') }));
  return { world, certificate, state };
}

/** An active purse that holds `balance` by the word of the issuer's purse, and is synced. */
export async function alive(no: number, balance = 0n, profile: Profile = PROFILE): Promise<Life> {
  const born = await personalised(no, profile);
  let state = done(granted(born.state, { order: 'activate' })).state;
  if (balance > 0n) {
    const ticket = asked(state, balance, 0xf0);
    const { certificate } = born.world.issuerPurse;
    const payment: Payment = {
      purse: certificate.subjectRef,
      seq: 1,
      link: new Uint8Array(32),
      currency: certificate.currency,
      amount: balance,
      payee: ticket.ticket.purse,
      ticketNo: ticket.ticket.seq,
    };
    state = done(credit(ticket.state, shownPayment(payment, certificate))).state;
    state = done(granted(state)).state;
  }
  return { ...born, state };
}

export function asked(
  state: PurseState,
  maxAmount: bigint,
  reference: number,
): { state: PurseState; ticket: Ticket } {
  const step = done(issueTicket(state, { maxAmount, reference: name8(reference) }));
  return { state: step.state, ticket: parseTicketBody(step.body) };
}

export const payRequest = (
  ticket: Ticket,
  payee: Certificate,
  amount: bigint,
  pinVerified = false,
  payeeExpired = false,
): PayRequest => ({ ticket, payee, amount, pinVerified, payeeExpired });

export function paid(
  state: PurseState,
  ticket: Ticket,
  payee: Certificate,
  amount: bigint,
): { state: PurseState; payment: Payment } {
  const step = done(pay(state, payRequest(ticket, payee, amount)));
  return { state: step.state, payment: parsePaymentBody(step.body) };
}

export function shownPayment(payment: Payment, payer: Certificate, payerExpired = false): CreditRequest {
  return { payment, paymentHash: paymentHash(payment), payer, payerExpired };
}

export const paymentHash = (payment: Payment): Uint8Array => headAfter(encodePayment(payment));

export function credited(
  state: PurseState,
  payment: Payment,
  payer: Certificate,
): { state: PurseState; receipt: Receipt } {
  const step = done(credit(state, shownPayment(payment, payer)));
  return { state: step.state, receipt: parseReceiptBody(step.body) };
}

/** A Grant for where the purse stands; not applied to a state, but as a step. */
export function granted(state: PurseState, override: Partial<Grant> = {}): Step {
  const grant: Grant = {
    authority: name8(3),
    purse: state.identity?.purse.subjectRef ?? name8(0),
    grantNo: state.grantNo + 1,
    ackSeq: state.seq,
    ackHead: state.head,
    order: 'none',
    resetPinTries: false,
    epoch: TODAY,
    nonce: new Uint8Array(16),
    limits: LIMITS,
    resolutions: [],
    blocked: [],
    ...override,
  };
  return applyGrant(state, { grant, grantHash: sha256(encodeGrant(grant)) });
}

export const approvalRequest = (amount: bigint, more: Partial<ApprovalRequest> = {}): ApprovalRequest => ({
  currency: YEN,
  amount,
  holderVerified: false,
  ...more,
});

/** As the EMV applet asks: a cryptogram with its counter. */
export const approving = (state: PurseState, request: ApprovalRequest, atc = state.seq + 1): Step =>
  approve(state, { ...request, atc, cryptogram: name8(atc) });

export function approved(
  state: PurseState,
  amount: bigint,
  more: Partial<ApprovalRequest> = {},
): { state: PurseState; approvalNo: number } {
  const after = done(approving(state, approvalRequest(amount, more))).state;
  return { state: after, approvalNo: after.seq };
}

/** A Grant that closes these payments and approvals. */
export const resolved = (state: PurseState, outcome: Outcome, ...numbers: readonly number[]): Step =>
  granted(state, { resolutions: numbers.map((paymentNo) => ({ paymentNo, outcome })) });

export const openOutgoing = (state: PurseState): OutgoingCell[] =>
  state.cells.flatMap((c) => (isOutgoing(c) && outgoingState(c) === 'open' ? [c] : []));

/** What may happen to a purse; what it refuses does not happen. */
const EVENTS = ['pay', 'approve', 'issue', 'void', 'sync', 'cancelled', 'credited'] as const;
export type LifeEvent = (typeof EVENTS)[number];
export const lifeEvents: fc.Arbitrary<LifeEvent[]> = fc.array(fc.constantFrom(...EVENTS), { maxLength: 40 });

/** A random life: each event with an amount of 1, and a look at the state before and after it. */
export function lived(
  start: PurseState,
  events: readonly LifeEvent[],
  payee: { readonly ticket: Ticket; readonly certificate: Certificate },
  look: (before: PurseState, event: LifeEvent, after: PurseState) => void = () => undefined,
): PurseState {
  let state = start;
  for (const [no, event] of events.entries()) {
    const step = happening(state, event, no, payee);
    const after = step?.status === 'ok' ? done(step).state : state;
    look(state, event, after);
    state = after;
  }
  return state;
}

function happening(
  state: PurseState,
  event: LifeEvent,
  no: number,
  { ticket, certificate }: { readonly ticket: Ticket; readonly certificate: Certificate },
): Step | undefined {
  switch (event) {
    case 'pay':
      return pay(state, payRequest({ ...ticket, seq: 1000 + no }, certificate, 1n));
    case 'approve':
      return approving(state, approvalRequest(1n));
    case 'issue':
      return issueTicket(state, { maxAmount: 1n, reference: name8(1000 + no) });
    case 'void': {
      const open = state.cells.find((c) => isTicket(c) && c.ticket === 'open');
      return open && voidTicket(state, open.entry.fields.seq);
    }
    case 'sync':
      return granted(state);
    case 'cancelled':
    case 'credited': {
      const [oldest] = openOutgoing(state);
      return oldest && resolved(state, event, oldest.entry.fields.seq);
    }
  }
}

/** As if it had lived long: no entries near, and the number just before `seq + 1`. */
export const aged = (state: PurseState, seq: number): PurseState => ({
  ...state,
  seq,
  ackSeq: seq,
  cells: state.cells.map(() => undefined),
});
