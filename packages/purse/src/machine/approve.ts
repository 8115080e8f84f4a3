/**
 * The EMV side of the purse: an offline approval debits the one balance (docs/spec/protocol.md, section 6.10).
 *
 * What must hold: an approval is bound by the limits, the window and the room of every payment. The terminal shows
 * no certificate, so it counts as the lowest class. Nothing here knows EMV: the payment applet decides what it asks
 * for, and commits its own state together with the state of the step, or neither.
 */
import { type Bytes, MAX_AMOUNT } from '@sokkin/codec';
import { LOWEST_CLASS } from '../messages/limits.ts';
import type { ApprovalCell, PurseState } from '../state.ts';
import type { Refusal } from '../status.ts';
import { debit, maySpend, type Spend } from './spend.ts';
import { append, refuse, type Step } from './step.ts';

export interface ApprovalRequest {
  /** Of the transaction, as certificates write it. */
  readonly currency: number;
  /** Minor units. */
  readonly amount: bigint;
  /** The cardholder was verified for this transaction, on the device or by the PIN. */
  readonly holderVerified: boolean;
}

/** What the TC will say, once the applet has made it. */
export interface ApprovedTransaction {
  /** Application Transaction Counter. */
  readonly atc: number;
  /** 8 bytes. */
  readonly cryptogram: Bytes;
}

/** Whether the purse would approve. Changes nothing, so the applet may ask before it decides on its cryptogram. */
export function mayApprove(state: PurseState, request: ApprovalRequest): 'ok' | Refusal {
  if (state.identity === undefined || state.lifecycle !== 'active') return 'wrong_lifecycle';
  if (request.currency !== state.identity.purse.currency) return 'wrong_currency';
  if (request.amount <= 0n || request.amount > MAX_AMOUNT) return 'bad_amount';
  return maySpend(state, spendOf(request));
}

/**
 * Debits, counts and writes the Approval. Every call is a new transaction: the applet asks once for each counter.
 * One whose TC never leaves the card stays open until a Grant cancels it.
 */
export function approve(old: PurseState, request: ApprovalRequest & ApprovedTransaction): Step {
  const verdict = mayApprove(old, request);
  if (verdict !== 'ok') return refuse(verdict);
  const { currency, amount, atc, cryptogram } = request;
  const fields = { currency, amount, atc, cryptogram };
  const { state } = append(old, debit(old, spendOf(request)), { type: 'approval', fields }, (base) => ({
    ...(base as ApprovalCell),
    approval: 'open',
  }));
  return { status: 'ok', state, answer: { kind: 'none' } };
}

const spendOf = ({ amount, holderVerified }: ApprovalRequest): Spend => ({
  opens: 'approval',
  amount,
  counted: LOWEST_CLASS,
  holderVerified,
});
