/**
 * What acquirers hand in for clearing, whichever way it came, and what they are told.
 *
 * What must hold: the answer is given after what it promises is on disk; the same again has the same answer.
 */
import type { Bytes } from '@sokkin/codec';
import type { AcceptanceOutcome, Pan } from '@sokkin/issuer';

/** A card approved offline, and its TC came: in an advice (0120, 0220) or in an item of a file. */
export interface PresentedTc {
  /** `ins_...` */
  readonly acquirer: string;
  /** DE 42, without the blanks that fill it up. */
  readonly acceptor: string;
  /** DE 41, without the blanks that fill it up. */
  readonly terminal: string | undefined;
  readonly pan: Pan;
  /** DE 4, minor units. */
  readonly amount: bigint;
  /** DE 49 as ISO 4217 has it, three digits. */
  readonly currency: string;
  /** Elements of DE 55. */
  readonly chip: ReadonlyMap<number, Bytes>;
  /** DE 37 and DE 11. */
  readonly reference: string | undefined;
  readonly stan: string | undefined;
}

/** Why the merchant is not paid, and what the acquirer's terminal is told. */
export const CLEARING_REFUSALS = {
  card_unknown: { outcome: 'card_unknown', says: 'No card of ours has this number.' },
  data_missing: {
    outcome: 'cryptogram_missing',
    says: 'Chip data that the cryptogram covers is missing, or has a wrong length.',
  },
  cryptogram_wrong: { outcome: 'cryptogram_wrong', says: "The cryptogram is not the card's." },
  key_unknown: { outcome: 'cryptogram_wrong', says: 'The card names issuer keys that there are none of.' },
  not_a_tc: { outcome: 'transaction_invalid', says: 'The cryptogram is genuine, and no approval.' },
  not_offline: {
    outcome: 'transaction_invalid',
    says: 'The card took nothing from its balance: this was approved online.',
  },
  amount_differs: { outcome: 'amount_invalid', says: 'The amount is not the one under the cryptogram.' },
  currency_unsupported: { outcome: 'currency_unsupported', says: 'The currency is another one.' },
  date_invalid: {
    outcome: 'transaction_invalid',
    says: 'The date of the transaction is none, lies ahead, or is too long ago.',
  },
  merchant_unknown: { outcome: 'merchant_unknown', says: 'The acquirer has no merchant of this number.' },
  merchant_blocked: { outcome: 'merchant_blocked', says: 'The merchant may not be paid now.' },
  lapsed: {
    outcome: 'transaction_invalid',
    says: 'Nobody presented it in time, and the amount went back to the holder.',
  },
  key_used_up: {
    outcome: 'key_used_up',
    says: "The phone's limited-use key was used as often as it may be: somebody else has it.",
  },
  presented_elsewhere: {
    outcome: 'duplicate',
    says: 'Another merchant presented this approval, and was paid for it.',
  },
  counter_conflict: {
    outcome: 'suspected_counterfeit',
    says: 'The card has approved something else under this counter.',
  },
  journal_denies: { outcome: 'suspected_fraud', says: "The journal of the card's purse denies it." },
  float_short: { outcome: 'system_error', says: 'The offline float does not have the amount.' },
  account_full: { outcome: 'payee_full', says: "The merchant's account cannot take the amount." },
} as const satisfies Readonly<Record<string, { readonly outcome: AcceptanceOutcome; readonly says: string }>>;
export type ClearingRefusal = keyof typeof CLEARING_REFUSALS;

export interface ClearingResult {
  /** `clr_...` */
  readonly id: string;
  readonly status: 'settled' | 'refused';
  /** It was decided before. */
  readonly isRepeat: boolean;
  readonly reason: ClearingRefusal | undefined;
  /** What the merchant was paid; 0 if refused. */
  readonly amount: bigint;
}

export const outcomeOfClearing = ({ status, reason }: ClearingResult): AcceptanceOutcome =>
  status === 'settled' || reason === undefined ? 'advice_accepted' : CLEARING_REFUSALS[reason].outcome;
