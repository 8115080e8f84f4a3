/**
 * Every refusal of the API: one table of stable codes (RFC 9457 problem details).
 *
 * What must hold: a code never changes its meaning; `retryable` says that the very same request may succeed
 * later. A Problem is thrown, because what it refuses must be rolled back with the transaction around it.
 */
import { SokkinError } from '@sokkin/codec';
import { type Refusal, STATUS } from '@sokkin/purse';

const own = {
  bad_request: { status: 400, title: 'The request is malformed', retryable: false },
  validation_failed: { status: 400, title: 'A field of the request is missing or wrong', retryable: false },
  unauthorized: {
    status: 401,
    title: 'The request shows no credentials that are believed',
    retryable: false,
  },
  dpop_proof_invalid: { status: 401, title: 'The DPoP proof is not believed', retryable: false },
  forbidden: { status: 403, title: 'The credentials do not go that far', retryable: false },
  idempotency_key_missing: { status: 400, title: 'The Idempotency-Key header is missing', retryable: false },
  idempotency_key_invalid: {
    status: 400,
    title: 'The Idempotency-Key header is malformed',
    retryable: false,
  },
  idempotency_key_in_flight: {
    status: 409,
    title: 'A request with this Idempotency-Key is being worked on',
    retryable: true,
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key was used with another request',
    retryable: false,
  },
  route_not_found: { status: 404, title: 'There is nothing at this address and method', retryable: false },
  not_found: { status: 404, title: 'There is nothing under this id', retryable: false },
  payload_too_large: { status: 413, title: 'The request is too large', retryable: false },
  unsupported_media_type: { status: 415, title: 'The body must be JSON', retryable: false },
  account_unknown: { status: 422, title: 'The account does not exist', retryable: false },
  institution_unknown: { status: 422, title: 'The institution does not exist', retryable: false },
  claim_exists: { status: 409, title: 'The purse has a claim already', retryable: false },
  claim_not_waiting: { status: 409, title: 'The claim is not waiting any more', retryable: false },
  link_unknown: { status: 422, title: 'The link, or the card, does not exist', retryable: false },
  link_not_active: { status: 409, title: 'The link is blocked or removed', retryable: false },
  card_not_linkable: { status: 422, title: 'This card number cannot be linked', retryable: false },
  card_linked_elsewhere: { status: 409, title: 'The card is linked to another account', retryable: false },
  requestor_unknown: { status: 422, title: 'The token requestor does not exist', retryable: false },
  phone_card_refused: { status: 409, title: 'The token does not go into this phone', retryable: false },
  token_domain_invalid: { status: 422, title: 'A token of this domain could never pay', retryable: false },
  token_order_refused: {
    status: 409,
    title: 'The token does not take this order from you',
    retryable: false,
  },
  no_card_number: { status: 409, title: 'No card number is behind this token', retryable: false },
  vault_busy: { status: 503, title: 'Others change the same link or token all the time', retryable: true },
  token_range_used_up: { status: 503, title: 'The token ranges have no free number', retryable: false },
  emv_range_taken: { status: 409, title: 'The range of card numbers is taken', retryable: false },
  emv_range_invalid: {
    status: 422,
    title: 'The cryptogram versions or rules cannot be used',
    retryable: false,
  },
  emv_key_exists: { status: 409, title: 'The range has keys of this index', retryable: false },
  emv_key_mismatch: {
    status: 422,
    title: 'The components do not give the keys that were announced',
    retryable: false,
  },
  name_taken: { status: 409, title: 'There is another one of this name', retryable: false },
  reference_taken: { status: 409, title: 'There is another one under this reference', retryable: false },
  client_withdrawn: { status: 409, title: 'The client is withdrawn', retryable: false },
  client_exists: { status: 409, title: 'The institution has a client already', retryable: false },
  scope_not_grantable: {
    status: 422,
    title: 'This kind of institution does not get this scope',
    retryable: false,
  },
  device_key_invalid: { status: 422, title: 'The key is no P-256 public key', retryable: false },
  device_code_unknown: { status: 422, title: 'The code is unknown, used or too old', retryable: false },
  device_is_own: { status: 409, title: 'A device cannot give itself up', retryable: false },
  device_key_taken: { status: 409, title: 'The key is registered already', retryable: false },
  device_assurance: { status: 403, title: 'A device has its own software purse certified', retryable: false },
  device_unknown: { status: 422, title: 'The device does not exist', retryable: false },
  party_unknown: { status: 422, title: 'The customer or merchant does not exist', retryable: false },
  account_not_online: { status: 422, title: 'This account belongs to the ledger itself', retryable: false },
  insufficient_funds: { status: 422, title: 'The account does not hold that much', retryable: true },
  same_account: { status: 422, title: 'The money would not leave its account', retryable: false },
  transfer_not_reversible: {
    status: 422,
    title: 'Only a transfer between accounts can be taken back',
    retryable: false,
  },
  reversal_too_large: {
    status: 422,
    title: 'More would be taken back than is left of the transfer',
    retryable: false,
  },
  statement_too_long: { status: 422, title: 'The period has too many entries', retryable: false },
  balance_too_large: {
    status: 422,
    title: 'The balance would be larger than the ledger can hold',
    retryable: false,
  },
  nonce_unknown: {
    status: 422,
    title: 'The nonce was not issued, was used, or has expired: ask for a challenge',
    retryable: false,
  },
  message_malformed: { status: 422, title: 'A message is malformed', retryable: false },
  signature_invalid: { status: 422, title: 'A signature is wrong', retryable: false },
  certificate_invalid: { status: 422, title: 'A certificate is not to be believed', retryable: false },
  key_already_certified: {
    status: 409,
    title: 'The key has a certificate of another kind or account',
    retryable: false,
  },
  purse_unknown: { status: 422, title: 'The purse is not registered here', retryable: false },
  purse_mismatch: { status: 422, title: 'The message is of another purse', retryable: false },
  purse_blocked: { status: 422, title: 'The purse is blocked', retryable: true },
  purse_act_refused: {
    status: 409,
    title: 'The purse is not in a state that allows this',
    retryable: false,
  },
  purse_not_empty: { status: 422, title: 'There is still value in the purse', retryable: true },
  blocked_by_others: { status: 409, title: 'Others have blocked the purse', retryable: false },
  purse_replaced: { status: 409, title: 'One of the purses has another in its place', retryable: false },
  owner_mismatch: { status: 422, title: 'The purses belong to different owners', retryable: false },
  order_item_taken: {
    status: 409,
    title: 'The item of the order has another chip, or the chip another item',
    retryable: false,
  },
  order_item_differs: {
    status: 422,
    title: 'The personalisation is not what the item of the order says',
    retryable: false,
  },
  order_item_state: {
    status: 409,
    title: 'The item of the order is not in a state that allows this',
    retryable: false,
  },
  issuer_revoked: { status: 409, title: 'The issuer is revoked already', retryable: false },
  statement_stale: {
    status: 409,
    title: 'The purse has synced further since: ask for a challenge and a new Statement',
    retryable: false,
  },
  journal_malformed: { status: 422, title: 'An entry of the journal is malformed', retryable: false },
  journal_gap: { status: 422, title: 'Entries of the journal are missing', retryable: false },
  journal_broken: { status: 422, title: 'The entries do not lead to the Statement', retryable: false },
  journal_fork: { status: 422, title: 'The purse was cloned or rolled back', retryable: false },
  journal_rolled_back: { status: 422, title: 'The purse went back in time', retryable: false },
  journal_invalid: { status: 422, title: 'The journal shows what no honest purse does', retryable: false },
  amount_over_ticket: {
    status: 422,
    title: "The amount is above the ticket's maximum",
    retryable: false,
  },
  wrong_currency: { status: 422, title: 'The message is in another currency', retryable: false },
  ticket_already_used: { status: 409, title: 'The ticket was paid on before', retryable: false },
  ticket_spent: { status: 422, title: 'The ticket is used up or withdrawn', retryable: false },
  card_personalised: { status: 409, title: 'The card is personalised already', retryable: false },
  card_not_personalised: { status: 409, title: 'The card is not personalised yet', retryable: false },
  card_attempt_superseded: {
    status: 409,
    title: 'Another personalisation of this card was begun',
    retryable: false,
  },
  profile_unknown: { status: 422, title: 'There is no card profile of this name', retryable: false },
  too_many_sessions: { status: 503, title: 'Too many cards are being worked on', retryable: true },
  card_without_limited_keys: { status: 422, title: 'The card has no limited-use keys', retryable: false },
  exchange_out_of_turn: {
    status: 409,
    title: 'The answer does not belong to the command that is due',
    retryable: false,
  },
  personalisation_failed: { status: 422, title: 'The card could not be personalised', retryable: true },
  receipt_unrelated: { status: 422, title: 'The Receipt is for another payment', retryable: false },
  payment_unrelated: { status: 422, title: 'The Payment is not on this ticket', retryable: false },
  proposal_not_waiting: { status: 409, title: 'The proposal was decided, or has expired', retryable: false },
  second_person_needed: {
    status: 403,
    title: 'Somebody else must decide on this proposal',
    retryable: false,
  },
  clearing_file_unreadable: {
    status: 422,
    title: 'The clearing file cannot be read',
    retryable: false,
  },
  merchant_unknown: { status: 422, title: 'There is no such merchant', retryable: false },
  policy_invalid: {
    status: 422,
    title: 'The policy breaks a rule that every policy keeps',
    retryable: false,
  },
  alert_closed: { status: 409, title: 'The alert is closed already', retryable: false },
  identity_erased: { status: 410, title: 'The identity was erased', retryable: false },
  erasure_refused: { status: 409, title: 'Something stands against the erasure', retryable: false },
  answer_not_kept: { status: 410, title: 'The answer is not kept any more', retryable: false },
  tier_not_allowed: { status: 422, title: 'The account has no purses of this tier', retryable: false },
  anonymous_with_party: { status: 422, title: 'An anonymous account is of nobody', retryable: false },
  anonymous_limit: {
    status: 422,
    title: 'The purse is anonymous, and would hold more than it may',
    retryable: true,
  },
  emergency_unconfirmed: {
    status: 409,
    title: 'The last emergency was not confirmed by a second person',
    retryable: false,
  },
  policy_outdated: { status: 409, title: 'The policy was changed since this was proposed', retryable: false },
  proposal_not_approved: { status: 409, title: 'The proposal was not approved', retryable: false },
  already_read: { status: 409, title: 'This can be read once, and was', retryable: false },
  code_invalid: { status: 422, title: 'The code is wrong, was used, or has expired', retryable: false },
  password_weak: { status: 422, title: 'The password is too easy to guess', retryable: false },
  login_failed: { status: 401, title: 'The name or the password is wrong', retryable: false },
  login_locked: { status: 429, title: 'Too many wrong passwords for this name', retryable: true },
  operator_dismissed: { status: 409, title: 'The operator was dismissed, which is final', retryable: false },
  own_rights: { status: 403, title: 'Nobody changes their own rights', retryable: false },
  webhook_url_refused: { status: 422, title: 'This address may not be told', retryable: false },
  webhook_disabled: { status: 409, title: 'The webhook failed for days and is disabled', retryable: false },
  too_many_webhooks: {
    status: 422,
    title: 'The institution has as many webhooks as it may',
    retryable: false,
  },
  merchant_taken: { status: 409, title: 'The acquirer has a merchant of this code', retryable: false },
  card_takes_no_scripts: {
    status: 422,
    title: 'The card has no payment application of ours',
    retryable: false,
  },
  too_many_scripts: { status: 409, title: 'The card has not worked off its orders', retryable: false },
  script_sent: { status: 409, title: 'The card may have got the order', retryable: false },
  nothing_held: { status: 409, title: 'Nothing is held for this payment', retryable: false },
  not_an_acquirer: { status: 422, title: 'This institution has no shops', retryable: false },
  profile_invalid: { status: 422, title: 'The ISO 8583 dialect cannot be used', retryable: false },
  link_unprotected: {
    status: 422,
    title: 'Anybody could speak for the acquirer on this link',
    retryable: false,
  },
  connection_unfit: { status: 422, title: 'Terminals with a key cannot use this link', retryable: false },
  merchant_without_party: {
    status: 422,
    title: "The merchant's account is of no customer or merchant",
    retryable: false,
  },
  terminal_taken: { status: 409, title: 'The acquirer has a terminal of this name', retryable: false },
  terminal_closed: { status: 409, title: 'The terminal is closed', retryable: false },
  terminal_code_unknown: { status: 422, title: 'No terminal waits for this code', retryable: false },
  message_unreadable: { status: 422, title: 'The octets are no message of this dialect', retryable: false },
  link_taken: { status: 409, title: 'Another link is reached in the same way', retryable: false },
  too_many_links: { status: 422, title: 'The institution has as many links as it may', retryable: false },
  issuer_without_keys: {
    status: 422,
    title: 'The institution has no keys to certify purses with',
    retryable: false,
  },
  issuer_mismatch: {
    status: 422,
    title: 'The account and the purse are of different issuers',
    retryable: false,
  },
  issuer_has_keys: {
    status: 409,
    title: 'The key ceremony of this issuer was held before',
    retryable: false,
  },
  key_not_rotatable: { status: 422, title: 'A key of this name cannot be replaced', retryable: false },
  key_in_use: { status: 409, title: 'The key is in use', retryable: false },
  keys_unavailable: { status: 503, title: 'The keys cannot be reached at the moment', retryable: true },
  sandbox_clock_too_far: {
    status: 422,
    title: "The sandbox's clock would be too far ahead",
    retryable: false,
  },
  rate_limited: { status: 429, title: 'Too many requests in too short a time', retryable: true },
  overloaded: { status: 503, title: 'Too much is going on at once', retryable: true },
  not_ready: {
    status: 503,
    title: 'The server is starting, stopping or without its database',
    retryable: true,
  },
  database_unavailable: { status: 503, title: 'The database does not answer', retryable: true },
  storage_full: { status: 503, title: 'The database has no room left', retryable: true },
  request_timeout: { status: 408, title: 'The request took too long to arrive', retryable: true },
  headers_too_large: { status: 431, title: 'The headers of the request are too large', retryable: false },
  internal_error: { status: 500, title: 'Something went wrong here', retryable: true },
} as const;

export const PROBLEMS: Readonly<
  Record<keyof typeof own, { readonly status: number; readonly title: string; readonly retryable: boolean }>
> = own;
export type ProblemCode = keyof typeof own;

export class Problem extends SokkinError<ProblemCode> {
  /** The field of the request that is to blame. */
  readonly param: string | undefined;
  /** What a program may want to know further, such as the id of an alert. */
  readonly more: Readonly<Record<string, unknown>>;

  constructor(code: ProblemCode, detail: string, param?: string, more: Record<string, unknown> = {}) {
    super(code, detail);
    this.param = param;
    this.more = more;
  }
}

/** The problem behind a message that `verify...` of packages/purse refused. */
export function notBelieved(refusal: Refusal, param: string): Problem {
  const detail = STATUS[refusal].says;
  if (refusal === 'malformed') return new Problem('message_malformed', detail, param);
  if (refusal === 'bad_signature') return new Problem('signature_invalid', detail, param);
  return new Problem('certificate_invalid', detail, param);
}

export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly param?: string;
  readonly request_id: string;
  readonly retryable: boolean;
}

export function problemDocument(problem: Problem, requestId: string): ProblemDocument {
  const { status, title, retryable } = PROBLEMS[problem.code];
  return {
    ...problem.more,
    type: `/problems#${problem.code}`,
    title,
    status,
    detail: problem.message,
    code: problem.code,
    ...(problem.param === undefined ? {} : { param: problem.param }),
    request_id: requestId,
    retryable,
  };
}
