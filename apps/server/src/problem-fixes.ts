/**
 * What to do about each problem, in a sentence or two for whoever gets it. What must hold: every code has one (the type
 * says so); docs/api/errors.md and GET /problems are made from this and from the table of problems.ts.
 */
import type { ProblemCode } from './problems.ts';

const NEW_TICKET = 'Ask the payee for a new Ticket and pay on that.';
const OWN_PROCESS =
  'Send what the card gave, unchanged; if it was, the message is for another process than this.';
const LOOK_AT_ALERT =
  'An alert was raised, and its evidence is at GET /v1/alerts. Take the purse out of use.';

export const FIXES: Readonly<Record<ProblemCode, string>> = {
  bad_request: 'Send well-formed HTTP and JSON in UTF-8; `detail` says what was not.',
  validation_failed: 'Correct the field that `param` names; the contract says what it takes.',
  unauthorized: 'Get an access token with your client id and secret, and send it as `Authorization: Bearer`.',
  dpop_proof_invalid:
    'Sign a new proof with the key that the token is bound to, over the method and address of this request.',
  forbidden: 'Use credentials that have the scope which `detail` names, or ask for it.',
  idempotency_key_missing:
    'Send a fresh UUID as `Idempotency-Key`, and the same one if you repeat the request.',
  idempotency_key_invalid: 'Send 1 to 255 visible ASCII characters, such as a UUID.',
  idempotency_key_in_flight: 'Wait a moment, and repeat the same request with the same key.',
  idempotency_key_reused:
    'Use a new key for a new request; a key belongs to the request it was first sent with.',
  route_not_found: 'Compare method and address with the contract at /openapi.json.',
  not_found: 'Check the id. What belongs to another institution is not found, either.',
  payload_too_large: 'Send less at once; a body has 2 MiB at most.',
  unsupported_media_type: 'Send JSON with `content-type: application/json`.',
  account_unknown: 'Check the account id, or open the account first.',
  account_not_online: "Name a customer's account: those of the ledger itself cannot be used.",
  same_account: 'Name two accounts.',
  transfer_not_reversible: 'Take back a transfer between two accounts; for a purse, redeem.',
  reversal_too_large: 'Take back at most what is left: `GET /v1/transfers/{id}` says how much.',
  statement_too_long: 'Ask for a shorter period.',
  insufficient_funds: 'Send less, or repeat the request when money has come in.',
  institution_unknown: 'Check the institution id; GET /v1/institutions lists those that you may know of.',
  party_unknown: 'Check the id of the customer or merchant, or add them first.',
  reference_taken: 'Use the customer or merchant that has this reference, or another reference.',
  client_withdrawn: 'Make another client.',
  client_exists:
    'Let the client that there is make others, or have it withdrawn by an administrator of its institution.',
  scope_not_grantable: 'Leave out the scopes that `detail` names: the kind of institution never has them.',
  device_key_invalid: 'Send the public key as a JWK with kty EC, crv P-256, x and y.',
  device_key_taken: 'Make a new key on the device; a key is one device for good.',
  device_assurance:
    'Leave out tier and device and ask for software, or let the institution of the device ask.',
  device_unknown: 'Check the device id, or register the device first.',
  balance_too_large: 'Send less, or to another account.',
  nonce_unknown: 'Get a new nonce with POST /v1/challenges, and let the card sign over that one.',
  message_malformed: OWN_PROCESS,
  signature_invalid: OWN_PROCESS,
  certificate_invalid: 'Send the certificates of the purse that signed; an expired purse has to be replaced.',
  key_already_certified: 'Use the certificate that the key has, or make a new key.',
  purse_unknown: 'Register the purse first with POST /v1/purses.',
  purse_mismatch: 'Send the message under the id of the purse that signed it.',
  purse_blocked: 'Ask the issuer why, and to unblock the purse; then repeat the request.',
  purse_act_refused:
    'GET /v1/purses/{id} says in which `state` the purse is; docs/fleet.md says what each state allows.',
  purse_not_empty:
    'Let the purse redeem what it holds, sync it, and repeat the request; or replace it by a purse that takes the value.',
  blocked_by_others: 'Ask those whom `detail` names: each party lifts its own block alone.',
  purse_replaced: 'GET /v1/purses/{id} says by which purse: go on with that one.',
  owner_mismatch: 'Name a purse of the same account, or of another account of the same owner.',
  order_item_taken:
    'Go on with the chip that the item names; if it is broken, release the item first, and take a new chip.',
  order_item_differs: 'Send account, tier, profile and assurance as the item of the order has them.',
  order_item_state: 'GET /v1/card-orders/{id}/items says in which state the items are.',
  issuer_revoked: 'Nothing is to be done.',
  statement_stale: 'Get a new nonce, a new Statement and the newer entries, and sync again.',
  journal_malformed: 'Send the entries as READ JOURNAL gives them, unchanged.',
  journal_gap: 'Send all entries since the last acknowledged one, without leaving any out.',
  journal_broken: 'Read journal and Statement in one go, with no payment between them, and sync again.',
  journal_fork: LOOK_AT_ALERT,
  journal_rolled_back: LOOK_AT_ALERT,
  journal_invalid: LOOK_AT_ALERT,
  amount_over_ticket: `Send less. Or: ${NEW_TICKET}`,
  wrong_currency: NEW_TICKET,
  ticket_already_used: NEW_TICKET,
  ticket_spent: NEW_TICKET,
  card_personalised: 'Take another chip: this one is a card already.',
  card_not_personalised: 'Personalise the card first.',
  card_attempt_superseded: 'Go on with the newer session, or begin again.',
  profile_unknown: 'Name one of the profiles that `detail` lists.',
  too_many_sessions: 'Wait until sessions have ended, and begin again.',
  card_without_limited_keys: 'Nothing is to be done: cards of this profile need no such keys.',
  exchange_out_of_turn: 'Answer the command of the newest number, or begin a new session.',
  personalisation_failed: 'Begin again with the same card; if it fails again, take another card.',
  receipt_unrelated: 'Send the Receipt that answers the Payment of this funding.',
  payment_unrelated: 'Send the Payment that was made on the Ticket of this redemption.',
  proposal_not_waiting: 'Nothing is to be done: `GET /v1/proposals/{id}` says what became of it.',
  second_person_needed: 'Let somebody else decide: who proposes does not approve.',
  policy_invalid: 'Correct what `detail` names, and propose the policy again.',
  alert_closed: 'Nothing is to be done: `GET /v1/alerts/{id}` says by whom and why.',
  identity_erased: 'It cannot be had back. Add the customer or merchant anew, if they are one again.',
  erasure_refused:
    'Do away with what `detail` names, or wait until it is settled; then propose the erasure again.',
  answer_not_kept: 'Have the purse sign a new Statement, and sync with that.',
  tier_not_allowed:
    'Leave `tier` out, or use an account that was opened for such purses (`anonymous` when it is opened).',
  anonymous_with_party: 'Open an account for anonymous purses without a party.',
  anonymous_limit: 'Fund less; or have the purse sync first, so that what it has spent is known.',
  emergency_unconfirmed:
    'Have a second person approve the proposal that the emergency made, or propose the situation to them.',
  policy_outdated: 'Read the policy as it is now, and propose the change anew.',
  proposal_not_approved: 'Wait until somebody else has approved the proposal.',
  already_read: 'Propose the re-identification again, with its reason.',
  code_invalid:
    'Ask an administrator for a new code; the first one is printed at each start until it was used.',
  claim_exists: 'Look at the claim that `detail` names; a purse is refunded once.',
  claim_not_waiting: 'Nothing is to be done: `GET /v1/claims/{id}` says what became of it.',
  name_taken: 'Choose another name.',
  password_weak: 'Choose 12 characters or more that are in no list of common passwords.',
  login_failed: 'Check name and password.',
  login_locked: 'Wait as many seconds as `Retry-After` says.',
  operator_dismissed: 'Invite the person under another name.',
  own_rights: 'Let another administrator do it.',
  not_ready: 'Repeat the request after a moment, or send it to another process.',
  database_unavailable: 'Repeat the request with the same key, waiting longer each time.',
  storage_full: 'Repeat the request with the same key when the operator has made room.',
  request_timeout: 'Send the whole request within the time, and repeat it with the same key.',
  headers_too_large: 'Send fewer or shorter headers.',
  webhook_url_refused: 'Give an https address that is reachable from the internet.',
  webhook_disabled: 'Mend the endpoint, and resume the webhook with POST /v1/webhooks/{id}/resume.',
  too_many_webhooks: 'Delete one that is not needed.',
  sandbox_clock_too_far: 'Begin with a new sandbox: a clock never goes back.',
  rate_limited: 'Wait as many seconds as `Retry-After` says, and spread your requests.',
  overloaded: 'Repeat the request after a moment, waiting longer each time.',
  internal_error: 'Repeat the request with the same key. If it stays, tell the operator the `request_id`.',
  issuer_without_keys:
    "Hold the institution's key ceremony: POST /v1/keys/ceremonies, or `sokkin key ceremony`.",
  issuer_mismatch: "Fund the purse from an account of the purse's own issuer.",
  issuer_has_keys: 'Nothing is to be done; rotate the keys if they are to be replaced.',
  key_not_rotatable:
    'See docs/keys.md for the keys that can be replaced, and GET /v1/keys for those there are.',
  key_in_use: 'Rotate the key, and repeat the request once GET /v1/keys shows it as retired.',
  keys_unavailable: 'Repeat the request in a moment; if it stays so, look at the HSM or the key file.',
};
