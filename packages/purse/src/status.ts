/**
 * Every answer a purse can give, as a name, a status word and a sentence (docs/spec/protocol.md, section 7).
 * One table: the card answers with the status word, the terminal reads the name back from it, people read the
 * sentence. Status words 94xx are proprietary in the sense of ISO/IEC 7816-4 section 5.1.3 and are refusals
 * that changed nothing.
 */
import { SW } from '@sokkin/codec';

export const STATUS = {
  ok: { sw: SW.ok, says: 'Done.' },
  wrong_lifecycle: { sw: 0x9401, says: 'The purse is not in a state that allows this.' },
  insufficient_balance: { sw: 0x9402, says: 'The purse does not hold that much.' },
  over_payment_limit: {
    sw: 0x9403,
    says: 'The amount is above the limit for one payment to this kind of payee.',
  },
  over_cumulative_limit: {
    sw: 0x9404,
    says: 'The limit for payments until the next sync is reached: sync first.',
  },
  over_count_limit: {
    sw: 0x9405,
    says: 'The number of payments until the next sync is reached: sync first.',
  },
  over_ticket_maximum: { sw: 0x9406, says: 'The amount is above what the payee asked to be paid at most.' },
  over_holding_limit: { sw: 0x9407, says: 'The purse may not hold that much more.' },
  ticket_window_full: { sw: 0x9408, says: 'All tickets are out: be paid on one, or withdraw one, first.' },
  outgoing_window_full: {
    sw: 0x9409,
    says: 'Too many payments wait for their receipts: hand in receipts or sync.',
  },
  journal_full: { sw: 0x940a, says: 'The journal is full: sync first.' },
  sequence_exhausted: { sw: 0x940b, says: 'The purse has used up its sequence numbers: replace it.' },
  ticket_unknown: {
    sw: 0x940c,
    says: 'The ticket was never issued or has left the window: the back-end settles this payment.',
  },
  ticket_spent: { sw: 0x940d, says: 'The ticket is used up: ask the payee for a new one.' },
  payment_unknown: {
    sw: 0x940e,
    says: 'The purse knows no such payment, or forgot it after it was settled.',
  },
  own_purse: { sw: 0x940f, says: 'A purse cannot pay itself.' },
  wrong_currency: { sw: 0x9410, says: 'The message is in another currency than the purse.' },
  not_for_this_purse: { sw: 0x9411, says: 'The message is meant for another purse.' },
  counterparty_blocked: { sw: 0x9412, says: 'The other purse or its issuer is blocked.' },
  reference_reused: { sw: 0x9413, says: 'A ticket with this reference exists, with another maximum.' },
  bad_amount: { sw: 0x9414, says: 'The amount must be at least 1 and at most 1,000,000,000,000,000.' },
  bad_signature: { sw: 0x9415, says: 'The signature of the message is wrong.' },
  grant_stale: { sw: 0x9416, says: 'The Grant is older than one the purse has already applied.' },
  grant_mismatch: { sw: 0x9417, says: 'The Grant acknowledges a journal that this purse never wrote.' },
  already_personalised: { sw: 0x9418, says: 'The purse is already personalised.' },
  key_missing: { sw: 0x9419, says: 'Generate the key first.' },
  certificate_malformed: { sw: 0x9420, says: 'A certificate is malformed.' },
  certificate_wrong_issuer: {
    sw: 0x9421,
    says: 'A certificate does not belong to the issuer shown with it.',
  },
  certificate_wrong_role: { sw: 0x9422, says: 'A certificate has not the role that is needed here.' },
  certificate_wrong_currency: { sw: 0x9423, says: 'A certificate is for another currency.' },
  certificate_wrong_suite: { sw: 0x9424, says: 'A certificate uses a suite that the purse does not know.' },
  certificate_expired: { sw: 0x9425, says: 'A certificate has expired.' },
  certificate_outside_issuer_validity: { sw: 0x9426, says: 'A certificate outlives its issuer.' },
  certificate_bad_signature: { sw: 0x9427, says: 'The signature of a certificate is wrong.' },
  certificate_other_key: { sw: 0x9428, says: 'The certificate is not for the key of this purse.' },
  pin_required: { sw: SW.securityStatusNotSatisfied, says: 'This needs the PIN.' },
  pin_blocked: {
    sw: SW.authenticationMethodBlocked,
    says: 'The PIN is blocked: the issuer can give its tries back.',
  },
  malformed: { sw: SW.wrongData, says: 'The data of the command is malformed.' },
  not_found: { sw: SW.referencedDataNotFound, says: 'There is nothing under this number.' },
} as const;

export type Status = keyof typeof STATUS;
/** Every answer but `ok`; nothing has changed. */
export type Refusal = Exclude<Status, 'ok'>;

const BY_SW: ReadonlyMap<number, Status> = new Map(
  (Object.keys(STATUS) as Status[]).map((name) => [STATUS[name].sw, name]),
);

/** The status behind a status word, or undefined for those of ISO/IEC 7816-4 that are not the purse's own. */
export const statusOfSw = (sw: number): Status | undefined => BY_SW.get(sw);
