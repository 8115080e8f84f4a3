/** Issuing and withdrawing tickets (docs/spec/protocol.md, section 6.1). */
import { type Bytes, equal, MAX_AMOUNT } from '@sokkin/codec';
import {
  type Cell,
  census,
  isOutgoing,
  isReceipt,
  isTicket,
  isTransaction,
  outgoingState,
  type PurseState,
  type ReceiptCell,
  type TicketCell,
  ticketCell,
} from '../state.ts';
import {
  append,
  mapCells,
  refuse,
  replaceCell,
  roomToOpen,
  type Step,
  storedMessage,
  unchanged,
} from './step.ts';

export interface TicketRequest {
  readonly maxAmount: bigint;
  readonly reference: Bytes;
}

/**
 * Issues a ticket and reserves its maximum under the holding limit.
 * Idempotent by reference (I4): while the ticket is remembered, the same request gives the same ticket.
 */
export function issueTicket(old: PurseState, request: TicketRequest): Step {
  if (old.lifecycle !== 'active' || old.identity === undefined) return refuse('wrong_lifecycle');
  if (request.maxAmount <= 0n || request.maxAmount > MAX_AMOUNT) return refuse('bad_amount');
  const same = old.cells.find((c): c is TicketCell => isRemembered(c) && sameReference(c, request.reference));
  if (same !== undefined) {
    if (same.entry.fields.maxAmount !== request.maxAmount) return refuse('reference_reused');
    return unchanged(old, { kind: 'stored', message: storedMessage(same) });
  }
  const { reserved } = census(old);
  if (old.balance + reserved + request.maxAmount > old.limits.holding) return refuse('over_holding_limit');
  const state = makeWindowRoom(old);
  if (state === undefined) return refuse('ticket_window_full');
  const room = roomToOpen(old, 'ticket');
  if (room !== 'ok') return refuse(room);
  const currency = old.identity.purse.currency;
  const added = append(old, state, { type: 'ticket', fields: { currency, ...request } }, (base) => ({
    ...(base as TicketCell),
    ticket: 'open',
  }));
  return {
    status: 'ok',
    state: added.state,
    answer: { kind: 'entry', index: added.index, body: added.body },
  };
}

/** Withdraws an open ticket: whatever is paid on it from now on, or was without our knowledge, is refused. */
export function voidTicket(old: PurseState, ticketNo: number): Step {
  if (old.lifecycle !== 'active' && old.lifecycle !== 'blocked') return refuse('wrong_lifecycle');
  const cell = ticketCell(old, ticketNo);
  if (cell === undefined) return refuse('ticket_unknown');
  switch (cell.ticket) {
    case 'cancelled':
      return unchanged(old);
    case 'credited':
    case 'forgotten':
      return refuse('ticket_spent');
    case 'open': {
      const state = closeTicket(old, ticketNo, 'cancelled');
      const added = append(old, state, { type: 'void', fields: { ticketNo } }, (base) => base);
      return { status: 'ok', state: added.state, answer: { kind: 'none' } };
    }
  }
}

/** Marks a ticket as consumed. */
export function closeTicket(state: PurseState, ticketNo: number, to: 'credited' | 'cancelled'): PurseState {
  const index = state.cells.findIndex((c) => isTicket(c) && c.entry.fields.seq === ticketNo);
  const cell = state.cells[index];
  return isTicket(cell) ? replaceCell(state, index, { ...cell, ticket: to }) : state;
}

const isRemembered = (cell: Cell | undefined): cell is TicketCell =>
  isTicket(cell) && cell.ticket !== 'forgotten';
const sameReference = (cell: TicketCell, reference: Bytes): boolean =>
  equal(cell.entry.fields.reference, reference);

/**
 * The window holds `profile.tickets` tickets. A new one pushes out the oldest that is closed, and what a Grant
 * has acknowledged of it is freed at once; an open ticket is never pushed out, because somebody may have paid on it.
 */
function makeWindowRoom(state: PurseState): PurseState | undefined {
  const remembered = state.cells.filter(isRemembered);
  if (remembered.length < state.profile.tickets) return state;
  const closed = remembered.filter((c) => c.ticket !== 'open');
  if (closed.length === 0) return undefined;
  const oldest = Math.min(...closed.map((c) => c.entry.fields.seq));
  const cells = state.cells.map((c) => {
    if (isTicket(c) && c.entry.fields.seq === oldest) {
      return oldest <= state.ackSeq ? undefined : { ...c, ticket: 'forgotten' as const };
    }
    if (isReceipt(c) && c.entry.fields.ticketNo === oldest) return mayForget(state, c) ? undefined : c;
    return c;
  });
  return { ...state, cells };
}

/** The Receipt of a ticket that has left the window: acknowledged, and too old for the history. */
function mayForget(state: PurseState, { entry }: ReceiptCell): boolean {
  const { seq } = entry.fields;
  const newer = state.cells.filter((c) => isTransaction(c) && c.entry.fields.seq > seq);
  return seq <= state.ackSeq && newer.length >= state.profile.history;
}

/**
 * Frees what a Grant has acknowledged and nobody may ask for any more. The newest transactions stay for the
 * history that the holder reads.
 */
export function freeCells(state: PurseState): PurseState {
  const remembered = new Set(state.cells.filter(isRemembered).map((c) => c.entry.fields.seq));
  const shown = newestTransactions(state);
  return mapCells(state, (c) => {
    const { seq } = c.entry.fields;
    if (seq > state.ackSeq || shown.has(seq)) return c;
    switch (c.entry.type) {
      case 'ticket':
        return remembered.has(seq) ? c : undefined;
      case 'receipt':
        return remembered.has(c.entry.fields.ticketNo) ? c : undefined;
      case 'payment':
      case 'approval':
        return isOutgoing(c) && outgoingState(c) === 'open' ? c : undefined;
      case 'genesis':
      case 'void':
      case 'settle':
      case 'grantApplied':
        return undefined;
    }
  });
}

function newestTransactions(state: PurseState): ReadonlySet<number> {
  const numbers = state.cells.flatMap((c) => (isTransaction(c) ? [c.entry.fields.seq] : []));
  return new Set(numbers.sort((a, b) => b - a).slice(0, state.profile.history));
}
