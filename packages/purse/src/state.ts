/**
 * What a purse remembers (docs/spec/protocol.md, section 5).
 *
 * All of it is fixed in size: a head, and `cells` that each hold one journal entry with its signature. A cell
 * is freed when a Grant has acknowledged its entry and nothing may still ask for it. Open tickets and open
 * payments are not kept twice: they are the cells that say so.
 *
 * What must hold, after every step (`assertPurse` checks it, and the tests call it everywhere):
 * - free cells >= open tickets + open payments + 1: what was begun can always be finished, and a Grant applied;
 * - sequence numbers left >= open tickets + open payments + open approvals;
 * - at most `profile.tickets` tickets are remembered, and at most `profile.outgoing` payments and approvals are open.
 * The chain head is the hash of the newest entry: `append` makes it so, and `assertChain` checks what was loaded.
 */
import { assert, type Bytes, type Epoch, equal } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import { HASH_LENGTH, SEQ_MAX } from './messages/header.ts';
import { type Entry, headAfter } from './messages/journal.ts';
import { type CounterpartyClass, type Limits, NO_LIMITS } from './messages/limits.ts';

/** In the order of their codes: 0 in a head record, in GET DATA and in the FCI is blank. */
export const LIFECYCLES = ['blank', 'personalised', 'active', 'blocked', 'terminated'] as const;
export type Lifecycle = (typeof LIFECYCLES)[number];

/** How much a build of the purse remembers. Part of the format of its memory, so fixed for its life. */
export interface Profile {
  /** Journal cells. */
  readonly cells: number;
  /** Tickets remembered, open or closed. */
  readonly tickets: number;
  /** Open payments and approvals, together at most. */
  readonly outgoing: number;
  readonly pinTries: number;
  /** Last transactions that are kept to be shown after they are acknowledged and settled. */
  readonly history: number;
}

export const CARD_PROFILE: Profile = { cells: 192, tickets: 16, outgoing: 64, pinTries: 3, history: 10 };

/** A ticket is `closed` once a Receipt or a Void consumed it, and `forgotten` once it has left the window. */
export type TicketState = 'open' | 'credited' | 'cancelled' | 'forgotten';
/** Of an approval, `credited` means cleared: the back-end has paid the merchant. */
export type PaymentState = 'open' | 'credited' | 'cancelled';

interface CellBase {
  readonly body: Bytes;
  /** Absent on entries that never travel alone, and between a step and its signing. */
  readonly signature: Bytes | undefined;
}
export type Cell = CellBase &
  (
    | { readonly entry: Extract<Entry, { type: 'ticket' }>; readonly ticket: TicketState }
    | {
        readonly entry: Extract<Entry, { type: 'payment' }>;
        readonly payment: PaymentState;
        /** Which limits it counted against; undefined for a payment to the own issuer. */
        readonly counted: CounterpartyClass | undefined;
      }
    /** It never gets a Receipt: it stays open until a Grant closes it. */
    | { readonly entry: Extract<Entry, { type: 'approval' }>; readonly approval: PaymentState }
    | { readonly entry: Extract<Entry, { type: 'receipt' }> }
    | { readonly entry: Extract<Entry, { type: 'genesis' | 'void' | 'settle' | 'grantApplied' }> }
  );
export type TicketCell = Extract<Cell, { ticket: TicketState }>;
export type PaymentCell = Extract<Cell, { payment: PaymentState }>;
export type ApprovalCell = Extract<Cell, { approval: PaymentState }>;
/** Value that has left the balance. */
export type OutgoingCell = PaymentCell | ApprovalCell;
export type ReceiptCell = Extract<Cell, { entry: { type: 'receipt' } }>;

export interface Identity {
  readonly root: Certificate;
  readonly issuer: Certificate;
  readonly purse: Certificate;
}

export interface Pin {
  /** ISO 9564-1 format 2 block, 8 bytes. */
  readonly block: Bytes;
  readonly triesLeft: number;
}

export interface PurseState {
  readonly profile: Profile;
  readonly lifecycle: Lifecycle;
  readonly key: { readonly handle: Bytes; readonly publicKey: Bytes } | undefined;
  readonly identity: Identity | undefined;
  readonly pin: Pin | undefined;
  readonly seq: number;
  readonly head: Bytes;
  readonly balance: bigint;
  readonly epoch: Epoch;
  readonly ackSeq: number;
  readonly grantNo: number;
  readonly grantHash: Bytes;
  readonly limits: Limits;
  /** Paid since the last acknowledged sync, by counterparty class. */
  readonly spent: readonly [bigint, bigint, bigint];
  readonly spentCount: number;
  /** Paid since the last cardholder verification. */
  readonly spentWithoutPin: bigint;
  readonly blocked: readonly Bytes[];
  readonly cells: readonly (Cell | undefined)[];
}

export function blankPurse(profile: Profile): PurseState {
  return {
    profile,
    lifecycle: 'blank',
    key: undefined,
    identity: undefined,
    pin: undefined,
    seq: 0,
    head: new Uint8Array(HASH_LENGTH),
    balance: 0n,
    epoch: 0,
    ackSeq: 0,
    grantNo: 0,
    grantHash: new Uint8Array(HASH_LENGTH),
    limits: NO_LIMITS,
    spent: [0n, 0n, 0n],
    spentCount: 0,
    spentWithoutPin: 0n,
    blocked: [],
    cells: Array.from({ length: profile.cells }, () => undefined),
  };
}

export const isTicket = (cell: Cell | undefined): cell is TicketCell => cell?.entry.type === 'ticket';
export const isPayment = (cell: Cell | undefined): cell is PaymentCell => cell?.entry.type === 'payment';
export const isApproval = (cell: Cell | undefined): cell is ApprovalCell => cell?.entry.type === 'approval';
export const isOutgoing = (cell: Cell | undefined): cell is OutgoingCell =>
  isPayment(cell) || isApproval(cell);
export const outgoingState = (cell: OutgoingCell): PaymentState =>
  isPayment(cell) ? cell.payment : cell.approval;
export const isReceipt = (cell: Cell | undefined): cell is ReceiptCell => cell?.entry.type === 'receipt';

/** What the history shows. */
export const isTransaction = (cell: Cell | undefined): cell is OutgoingCell | ReceiptCell =>
  isOutgoing(cell) || isReceipt(cell);

/** One look over all cells, because every step needs several of these figures. */
export interface Census {
  readonly free: number;
  readonly openTickets: number;
  readonly rememberedTickets: number;
  readonly openPayments: number;
  readonly openApprovals: number;
  /** Minor units that open tickets keep free under the holding limit. */
  readonly reserved: bigint;
  /** Minor units in flight: open payments and open approvals. */
  readonly pending: bigint;
}

export function census(state: PurseState): Census {
  let [free, openTickets, rememberedTickets, openPayments, openApprovals] = [0, 0, 0, 0, 0];
  let [reserved, pending] = [0n, 0n];
  for (const cell of state.cells) {
    if (cell === undefined) {
      free++;
    } else if (isTicket(cell)) {
      if (cell.ticket !== 'forgotten') rememberedTickets++;
      if (cell.ticket === 'open') {
        openTickets++;
        reserved += cell.entry.fields.maxAmount;
      }
    } else if (isOutgoing(cell) && outgoingState(cell) === 'open') {
      if (isPayment(cell)) openPayments++;
      else openApprovals++;
      pending += cell.entry.fields.amount;
    }
  }
  return { free, openTickets, rememberedTickets, openPayments, openApprovals, reserved, pending };
}

/** Cells kept free: to close every open ticket and payment, and for one Grant. Approvals are closed by Grants alone. */
export const reservedCells = ({ openTickets, openPayments }: Census): number =>
  openTickets + openPayments + 1;

/**
 * Sequence numbers kept back to close what is open. An approval has one, too: a Grant that settles nothing must not
 * use up the number of the Grant that would close it.
 */
export const reservedNumbers = ({ openTickets, openPayments, openApprovals }: Census): number =>
  openTickets + openPayments + openApprovals;

export function ticketCell(state: PurseState, ticketNo: number): TicketCell | undefined {
  return state.cells.find(
    (c): c is TicketCell => isTicket(c) && c.entry.fields.seq === ticketNo && c.ticket !== 'forgotten',
  );
}

export function receiptCell(state: PurseState, ticketNo: number): ReceiptCell | undefined {
  return state.cells.find((c): c is ReceiptCell => isReceipt(c) && c.entry.fields.ticketNo === ticketNo);
}

export function paymentCell(state: PurseState, paymentNo: number): PaymentCell | undefined {
  return state.cells.find((c): c is PaymentCell => isPayment(c) && c.entry.fields.seq === paymentNo);
}

/** The payment made on a ticket of that payee, if it is remembered. */
export function paymentOnTicket(state: PurseState, payee: Bytes, ticketNo: number): PaymentCell | undefined {
  return state.cells.find(
    (c): c is PaymentCell =>
      isPayment(c) && c.entry.fields.ticketNo === ticketNo && equal(c.entry.fields.payee, payee),
  );
}

export function cellBySeq(state: PurseState, seq: number): Cell | undefined {
  return state.cells.find((c) => c?.entry.fields.seq === seq);
}

/** Stops the program when a state breaks what must hold: that is a bug, never an input. */
export function assertPurse(state: PurseState): void {
  const c = census(state);
  if (state.lifecycle === 'blank') {
    assert(state.seq === 0 && state.balance === 0n, 'a blank purse has no history');
    return;
  }
  assert(state.balance >= 0n, 'the balance is never negative');
  assert(c.free >= reservedCells(c), 'every open ticket and payment, and a Grant, has its cell reserved');
  assert(SEQ_MAX - state.seq >= reservedNumbers(c), 'all that is open has its sequence number reserved');
  assert(c.rememberedTickets <= state.profile.tickets, 'the ticket window is bounded');
  const outgoing = c.openPayments + c.openApprovals;
  assert(outgoing <= state.profile.outgoing, 'the window of outgoing payments is bounded');
  assert(state.ackSeq <= state.seq, 'nothing is acknowledged that was not written');
}

/** As `assertPurse`, for a state that comes from memory: the chain head is the hash of the newest entry, if it is there. */
export function assertChain(state: PurseState): void {
  const newest = cellBySeq(state, state.seq);
  if (newest !== undefined) assert(equal(headAfter(newest.body), state.head), 'the head is the newest entry');
}
