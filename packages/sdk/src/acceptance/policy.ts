/**
 * The choice of way in one tap, as data: what is tried first, which refusals of a purse leave EMV to be tried, and what
 * refusals are called at the till.
 *
 * What must hold: after a refusal that says "nothing was paid" another way may be tried with the same card; after an answer
 * that cannot be believed, or from a purse that nobody may take from, none is.
 */
import type { Failure, Reason } from '@sokkin/terminal';
import type { DeclineReason } from './types.ts';

/** What is spoken with a card; EMV becomes offline or online by what kernel and card decide. */
export type Language = 'purse' | 'emv';

export interface WayPolicy {
  readonly order: readonly Language[];
  /** Refusals of a purse after which EMV is tried in the same tap. */
  readonly emvAfter: ReadonlySet<Failure['status']>;
}

export const DEFAULT_POLICY: WayPolicy = {
  order: ['purse', 'emv'],
  emvAfter: new Set<Failure['status']>([
    'wrong_lifecycle',
    'insufficient_balance',
    'over_payment_limit',
    'over_cumulative_limit',
    'over_count_limit',
    'outgoing_window_full',
    'journal_full',
    'wrong_currency',
    'pin_required',
    'pin_blocked',
    // A purse of another scheme: it does not know this shop's issuer.
    'certificate_wrong_issuer',
    'certificate_bad_signature',
    'certificate_wrong_currency',
    'certificate_wrong_suite',
    'certificate_expired',
  ]),
};

const BY_PURSE: Partial<Record<Failure['status'], DeclineReason>> = {
  insufficient_balance: 'insufficient_balance',
  over_payment_limit: 'over_limit',
  over_cumulative_limit: 'over_limit',
  over_count_limit: 'over_limit',
  outgoing_window_full: 'over_limit',
  journal_full: 'over_limit',
  pin_required: 'pin_needed',
  pin_wrong: 'pin_needed',
  pin_blocked: 'pin_blocked',
  wrong_lifecycle: 'card_blocked',
  counterparty_blocked: 'card_blocked',
  certificate_expired: 'card_expired',
  untrusted_answer: 'not_believed',
  own_purse: 'own_purse',
};
/** What a refusal of a purse is called at the till. */
export const reasonOfPurse = ({ status }: Failure): DeclineReason => BY_PURSE[status] ?? 'card_refuses';

const BY_KERNEL: Partial<Record<Reason, DeclineReason>> = {
  declined_by_card: 'declined_by_card',
  declined_by_terminal: 'declined_by_terminal',
  cda_failed: 'not_believed',
  not_allowed_contactless: 'amount_not_allowed',
  recovery_refused: 'card_refuses',
};
export const reasonOfKernel = (reason: Reason): DeclineReason => BY_KERNEL[reason] ?? 'card_refuses';
