/**
 * Where each table is when the database is more than one machine (docs/scale.md): the one place that says it.
 *
 * What must hold, and test/distribution.test.ts compares with the database itself: every table is here; what is spread is spread by
 * the purse that its rows belong to, a text column that is never NULL; after `preparation` (distribute.ts) no unique key of
 * a spread table lacks that column, no foreign key starts or ends at one, and every trigger on one is named here.
 */

export interface Spread {
  readonly kind: 'purse';
  /** The column that names the purse. */
  readonly by: string;
  /** Unique keys without that column, by name: what keeps their promise on many machines. */
  readonly unkept?: Readonly<Record<string, string>>;
  /** Triggers on its rows that look at nothing but the row: Citus runs them on the shards with citus.enable_unsafe_triggers. */
  readonly rowTriggers?: readonly string[];
  /** Triggers that go when it is spread, and why nothing misses them. */
  readonly droppedTriggers?: Readonly<Record<string, string>>;
  /** Indexes in place of unique keys, for those who look things up by them. */
  readonly indexes?: readonly string[];
}
export interface Local {
  readonly kind: 'local';
  /** Why it stays whole, on the coordinator. */
  readonly why: string;
}
export type Placement = Spread | Local;

const local = (why: string): Local => ({ kind: 'local', why });
const spread = (by: string, more: Omit<Spread, 'kind' | 'by'> = {}): Spread => ({
  kind: 'purse',
  by,
  ...more,
});

const LEDGER = 'the online ledger: a transfer locks two accounts at once, and has no purse to be spread by';
const FEW = 'a few rows that the processes of the back-end keep in memory, or read beside a request';
const WHO = 'who may ask: read once for a request, before anything is known of a purse';
const OVERSIGHT = 'one chain or queue in which order counts; few writes';
const OUTBOX =
  'a queue that all processes take from, in order, with SKIP LOCKED, which works on one machine only';
const MONEY_GATE = 'moves the online ledger in the same transaction, so it is where that is';
const SETTLEMENT = 'a few rows a day for each merchant, made of entries of the ledger';
const SHOPS = 'moves the online ledger in the same transaction; keyed by account, should that ever be spread';
/**
 * They are keyed so that they can be spread once the accounts are: a token by its number, which is all that a terminal sends; a link by the
 * account that it carries. Then the unique keys on ids, references and hashes of PANs want a table of their own each, as purse_keys is.
 */
const VAULT =
  'what is used up under a token is written with the movement on its account, so it is where that is';
const BLOCK_LIST = 'one list of all purses, made and read as a whole; written when a purse is blocked';
const FINDINGS = 'few rows, unique by what was found, and listed over all purses';

export const DISTRIBUTION: Readonly<Record<string, Placement>> = {
  journals: spread('purse'),
  purses: spread('id', {
    unkept: {
      purses_number_key: 'given by one sequence',
      purses_public_key_key: 'purse_keys, written in the same transaction',
    },
    droppedTriggers: {
      purses_keep_keys: 'the program writes purse_keys itself; the trigger is for the version before',
    },
    indexes: ['CREATE INDEX IF NOT EXISTS purses_by_number ON purses (number)'],
  }),
  entries: spread('purse', { rowTriggers: ['entries_immutable'] }),
  segments: spread('purse', { rowTriggers: ['segments_immutable'] }),
  used_nonces: spread('purse'),
  tickets: spread('payee'),
  payments: spread('payer'),
  receipts: spread('payee', { rowTriggers: ['receipts_immutable'] }),
  approvals: spread('purse'),
  cleared_approvals: spread('purse'),
  meetings: spread('payer'),
  arrivals: spread('payee'),
  purse_days: spread('purse'),
  signed_messages: spread('signer', {
    droppedTriggers: {
      signed_messages_to_mailbox: 'the program writes mailbox itself; the trigger is for the version before',
    },
  }),
  handed_in: spread('purse'),
  mailbox: spread('purse'),
  grants: spread('purse'),
  claim_payments: spread('purse'),
  claim_approvals: spread('purse'),
  purse_expiries: spread('purse'),
  syncs: spread('purse', { unkept: { syncs_id_key: 'random, 96 bits; nothing is looked up by it' } }),

  purse_keys: local('a key is unique over all purses; written once in the life of a purse'),
  challenges: local('nonces that enrolments have spent: there is no purse yet'),
  nonce_keys: local(FEW),
  commit_together: local('always empty; Citus has to know of it (commit-together.ts)'),
  fundings: local(MONEY_GATE),
  redemptions: local(MONEY_GATE),
  claims: local(MONEY_GATE),
  claim_entries: local(MONEY_GATE),
  clearings: local(MONEY_GATE),
  settlement_terms: local(FEW),
  settlement_calendars: local(FEW),
  settlement_days: local(SETTLEMENT),
  settlement_cuts: local(SETTLEMENT),
  settlement_positions: local(SETTLEMENT),
  settlement_totals: local(SETTLEMENT),
  merchants: local('looked up by the name that an acquirer has for them; they change seldom'),
  acceptance_payments: local(SHOPS),
  acceptance_messages: local(SHOPS),
  card_counters: local(SHOPS),
  card_key_uses: local(SHOPS),
  card_scripts: local(SHOPS),
  alerts: local(FINDINGS),
  block_changes: local(BLOCK_LIST),
  block_list_members: local(BLOCK_LIST),
  block_list_head: local(BLOCK_LIST),
  revoked_issuers: local(BLOCK_LIST),
  purse_blocks: local('every Grant carries the newest of all purses; few rows'),

  tokens: local(VAULT),
  links: local(VAULT),
  token_requestors: local(FEW),
  phone_cards: local(VAULT),
  emv_ranges: local(FEW),
  emv_master_keys: local(FEW),

  accounts: local(LEDGER),
  transfers: local(LEDGER),
  postings: local(LEDGER),
  audit_runs: local(OVERSIGHT),
  audit_log: local(OVERSIGHT),
  proposals: local(OVERSIGHT),
  events: local(OUTBOX),
  webhooks: local(OUTBOX),
  deliveries: local(OUTBOX),
  card_orders: local('orders are read and written as a whole, before there is a purse'),
  card_order_items: local('an item has no purse before its card is made'),
  cards: local('chips are there before they have a purse; a row changes a few times in its life'),
  certificates: local(FEW),
  emv_keys: local(FEW),
  policies: local(FEW),
  identity_moves: local(FEW),
  legal_holds: local(FEW),
  retention_runs: local(FEW),
  sandbox_clock: local(FEW),
  migrations: local(FEW),
  institutions: local(FEW),
  acquirer_links: local(FEW),
  terminals: local(WHO),
  parties: local(WHO),
  clients: local(WHO),
  devices: local(WHO),
  device_codes: local(WHO),
  access_tokens: local(WHO),
  dpop_proofs: local(WHO),
  operators: local(WHO),
  operator_sessions: local(WHO),
  login_attempts: local(WHO),
  kept_answers: local("of the API as a whole: a key is its caller's, whatever it is about"),
};

/** Spread tables with what is said of each, journals first: the others are placed beside it. */
export const spreadTables = (): readonly (readonly [string, Spread])[] =>
  Object.entries(DISTRIBUTION).filter((entry): entry is [string, Spread] => entry[1].kind === 'purse');
