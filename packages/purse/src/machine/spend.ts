/**
 * What every debit has in common, whether it leaves as a Payment or as an EMV approval: limits, balance, window, room
 * and counters on its way out, and the way back (docs/spec/protocol.md, 6.2 and 6.10).
 */
import type { CounterpartyClass } from '../messages/limits.ts';
import type { Outcome } from '../messages/receipt.ts';
import { census, isOutgoing, isPayment, outgoingState, type PurseState } from '../state.ts';
import type { Refusal } from '../status.ts';
import { replaceCell, roomToOpen } from './step.ts';

export interface Spend {
  readonly opens: 'payment' | 'approval';
  /** Minor units. */
  readonly amount: bigint;
  /** Which limits it counts against; undefined: none. */
  readonly counted: CounterpartyClass | undefined;
  /** The cardholder was verified for this very debit. */
  readonly holderVerified: boolean;
}

export function maySpend(state: PurseState, spend: Spend): 'ok' | Refusal {
  const limit = checkLimits(state, spend);
  if (limit !== 'ok') return limit;
  if (spend.amount > state.balance) return 'insufficient_balance';
  const { openPayments, openApprovals } = census(state);
  if (openPayments + openApprovals >= state.profile.outgoing) return 'outgoing_window_full';
  return roomToOpen(state, spend.opens);
}

function checkLimits(state: PurseState, { amount, counted, holderVerified }: Spend): 'ok' | Refusal {
  const { limits } = state;
  if (counted !== undefined) {
    const row = limits.byClass[counted];
    if (amount > row.perPayment) return 'over_payment_limit';
    if (state.spent[counted] + amount > row.cumulative) return 'over_cumulative_limit';
    if (state.spentCount + 1 > limits.count) return 'over_count_limit';
  }
  if (!holderVerified) {
    if (amount > limits.perPaymentWithoutPin) return 'pin_required';
    if (state.spentWithoutPin + amount > limits.cumulativeWithoutPin) return 'pin_required';
  }
  return 'ok';
}

/** Takes the amount off the balance and counts it; the entry that says so is still to be appended. */
export function debit(state: PurseState, { amount, counted, holderVerified }: Spend): PurseState {
  return {
    ...state,
    balance: state.balance - amount,
    spent: counted === undefined ? state.spent : addTo(state.spent, counted, amount),
    spentCount: state.spentCount + (counted === undefined ? 0 : 1),
    spentWithoutPin: holderVerified ? state.spentWithoutPin : state.spentWithoutPin + amount,
  };
}

export function addTo(
  spent: readonly [bigint, bigint, bigint],
  index: CounterpartyClass,
  amount: bigint,
): [bigint, bigint, bigint] {
  const next: [bigint, bigint, bigint] = [...spent];
  next[index] += amount;
  return next;
}

/**
 * Closes the open payment or approval with this number; a cancelled one is credited back, exactly once. What is not
 * open stays as it is. The holding limit does not bind a re-credit: value must find its way home.
 */
export function closeOutgoing(state: PurseState, number: number, outcome: Outcome): PurseState {
  const index = state.cells.findIndex((c) => isOutgoing(c) && c.entry.fields.seq === number);
  const cell = state.cells[index];
  if (!isOutgoing(cell) || outgoingState(cell) !== 'open') return state;
  const closed = replaceCell(
    state,
    index,
    isPayment(cell) ? { ...cell, payment: outcome } : { ...cell, approval: outcome },
  );
  return outcome === 'cancelled' ? { ...closed, balance: closed.balance + cell.entry.fields.amount } : closed;
}
