-- Clearing of offline approvals, and settlement with acquirers.

-- In the order in which whoever posts takes it. The list of kinds only grows, so old rows need not be looked at.
LOCK TABLE transfers IN ACCESS EXCLUSIVE MODE;
ALTER TABLE transfers
  DROP CONSTRAINT transfers_kind_check,
  ADD CONSTRAINT transfers_kind_check CHECK (kind IN
    ('issuance', 'destruction', 'funding', 'funding_returned', 'redemption', 'transfer', 'reversal',
     'refund', 'late_payment', 'late_payment_returned',
     'purchase', 'purchase_reversed', 'purchase_refund',
     'clearing', 'clearing_loss', 'settlement_fee')) NOT VALID;

-- The shop was paid for it: its TC came, and agreed. The next Grant closes it.
ALTER TABLE approvals ADD COLUMN is_cleared boolean NOT NULL DEFAULT false;

-- What a card's TCs took out of the float: one row for each card and counter, whoever presents it and how often.
CREATE TABLE cleared_approvals (
  purse text NOT NULL,
  atc integer NOT NULL CHECK (atc BETWEEN 1 AND 65535),
  -- Of clearings.
  clearing text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  cryptogram bytea NOT NULL CHECK (octet_length(cryptogram) = 8),
  -- By the purse's proven journal: it has no word yet; it has the same; it denies it.
  state text NOT NULL CHECK (state IN ('ahead', 'agreed', 'no_such_approval', 'other_approval', 'taken_back')),
  -- Of one that is denied: what a loss account brought back into the float.
  covered bigint NOT NULL DEFAULT 0 CHECK (covered = 0 OR covered = amount),
  PRIMARY KEY (purse, atc)
);
CREATE INDEX cleared_approvals_ahead ON cleared_approvals (purse) WHERE state = 'ahead';
CREATE INDEX cleared_approvals_denied ON cleared_approvals (purse, atc) WHERE state NOT IN ('ahead', 'agreed') AND covered = 0;

-- What acquirers presented, each once.
CREATE TABLE clearings (
  id text PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  acquirer text NOT NULL,
  -- SHA-256 of all that was presented.
  digest bytea NOT NULL CHECK (octet_length(digest) = 32),
  -- Card acceptor (DE 42) and terminal (DE 41), as the message has them; the merchant, if there is one of that number.
  acceptor text NOT NULL,
  terminal text,
  merchant text,
  -- The merchant's, that was paid.
  account text,
  pan_last4 text NOT NULL,
  purse text,
  atc integer,
  amount bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('settled', 'refused')),
  reason text,
  -- YYMMDD, by the terminal.
  transaction_date text,
  -- The acquirer's: DE 37 and DE 11.
  reference text,
  stan text,
  -- DE 55, without the card's number.
  chip bytea NOT NULL,
  alert text,
  received_at timestamptz NOT NULL,
  UNIQUE (acquirer, digest),
  CHECK (status <> 'settled' OR (merchant IS NOT NULL AND account IS NOT NULL AND purse IS NOT NULL AND atc IS NOT NULL))
);
CREATE INDEX clearings_by_merchant ON clearings (merchant, number) WHERE merchant IS NOT NULL;
CREATE INDEX clearings_by_purse ON clearings (purse, atc) WHERE purse IS NOT NULL;

-- What a merchant pays its acquirer for each payment; the newest version counts.
CREATE TABLE settlement_terms (
  merchant text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  basis_points integer NOT NULL CHECK (basis_points BETWEEN 0 AND 10000),
  fixed bigint NOT NULL CHECK (fixed >= 0),
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  PRIMARY KEY (merchant, version)
);

-- An acquirer that settles: when its day ends, and where fees go. The day that is open is `day`.
CREATE TABLE settlement_calendars (
  acquirer text PRIMARY KEY,
  -- Minutes after midnight UTC; null: it says itself when its day is over.
  cut_over_minute integer CHECK (cut_over_minute BETWEEN 0 AND 1439),
  fee_account text,
  day integer NOT NULL CHECK (day > 0),
  business_date text NOT NULL CHECK (business_date ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'),
  opened_at timestamptz NOT NULL
);

-- Days that were cut. One is settled when every merchant has its position, and its fee was asked for.
CREATE TABLE settlement_days (
  acquirer text NOT NULL,
  day integer NOT NULL,
  business_date text NOT NULL CHECK (business_date ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'),
  opened_at timestamptz NOT NULL,
  closed_at timestamptz NOT NULL,
  closed_by text NOT NULL,
  -- The same for a message and its repeats.
  key text NOT NULL,
  is_settled boolean NOT NULL DEFAULT false,
  PRIMARY KEY (acquirer, day),
  UNIQUE (acquirer, key)
);
CREATE INDEX settlement_days_open ON settlement_days (acquirer, day) WHERE NOT is_settled;

-- Where the day ends on each account that merchants are paid on or pay back from: at this entry of the account. An account's entries
-- are numbered under its lock, so each stands in exactly one day.
CREATE TABLE settlement_cuts (
  acquirer text NOT NULL,
  day integer NOT NULL,
  account text NOT NULL,
  after bigint NOT NULL,
  up_to bigint NOT NULL CHECK (up_to >= after),
  PRIMARY KEY (acquirer, day, account)
);

-- What a merchant got and gave back in one day, and what that cost it.
CREATE TABLE settlement_positions (
  acquirer text NOT NULL,
  day integer NOT NULL,
  merchant text NOT NULL,
  purchases bigint NOT NULL, purchases_count integer NOT NULL,
  cleared bigint NOT NULL, cleared_count integer NOT NULL,
  reversals bigint NOT NULL, reversals_count integer NOT NULL,
  refunds bigint NOT NULL, refunds_count integer NOT NULL,
  -- For this day's payments; still owed from the days before; moved to the acquirer after the cut-over.
  fee bigint NOT NULL CHECK (fee >= 0),
  owed_before bigint NOT NULL CHECK (owed_before >= 0),
  fee_paid bigint NOT NULL CHECK (fee_paid >= 0 AND fee_paid <= fee + owed_before),
  PRIMARY KEY (acquirer, day, merchant)
);
CREATE INDEX settlement_positions_by_merchant ON settlement_positions (merchant, day);

-- What acquirers said their totals are (0500, 0520, API), and what ours were then.
CREATE TABLE settlement_totals (
  acquirer text NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  key text NOT NULL,
  day integer NOT NULL,
  merchant text,
  terminal text,
  theirs jsonb NOT NULL,
  ours jsonb NOT NULL,
  in_balance boolean NOT NULL,
  -- Of a terminal's batch: the next one begins after these entries, by account.
  up_to jsonb,
  at timestamptz NOT NULL,
  PRIMARY KEY (acquirer, number),
  UNIQUE (acquirer, key)
);
CREATE INDEX settlement_totals_of_terminal ON settlement_totals (acquirer, merchant, terminal, number) WHERE terminal IS NOT NULL;
