-- The back-end's rows. Hot tables are keyed by purse (or account) first. Octets are bytea, ids are text,
-- amounts are bigint in minor units, and every time is set by the program's clock.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are written once and never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE certificates (
  role smallint PRIMARY KEY,
  bytes bytea NOT NULL
);

CREATE TABLE challenges (
  nonce bytea PRIMARY KEY,
  issued_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX challenges_by_expiry ON challenges (expires_at);

-- Written in the same transaction as the effect: either both are there, or neither is.
CREATE TABLE kept_answers (
  key text PRIMARY KEY,
  request_hash bytea NOT NULL,
  status smallint NOT NULL,
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL
);

-- The double-entry ledger ------------------------------------------------------------------------------------

CREATE TABLE accounts (
  id text PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  kind text NOT NULL CHECK (kind IN ('central_bank', 'online', 'offline_float', 'destroyed')),
  name text NOT NULL,
  balance bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  CONSTRAINT accounts_floor CHECK (kind = 'central_bank' OR balance >= 0)
);

CREATE TABLE transfers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('issuance', 'destruction', 'funding', 'funding_returned', 'redemption')),
  reference text NOT NULL,
  created_at timestamptz NOT NULL,
  -- One transfer of a kind for one thing: what a repeated request cannot do twice, the database cannot either.
  UNIQUE (kind, reference)
);

CREATE TABLE postings (
  account text NOT NULL REFERENCES accounts (id),
  id bigint GENERATED ALWAYS AS IDENTITY,
  transfer bigint NOT NULL REFERENCES transfers (id),
  amount bigint NOT NULL CHECK (amount <> 0),
  balance_after bigint NOT NULL,
  PRIMARY KEY (account, id)
);
CREATE INDEX postings_by_transfer ON postings (transfer);

CREATE FUNCTION check_transfer_is_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(amount) FROM postings WHERE transfer = NEW.transfer) <> 0 THEN
    RAISE EXCEPTION 'the postings of transfer % do not add up to zero', NEW.transfer USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER postings_balanced AFTER INSERT ON postings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_transfer_is_balanced();
CREATE TRIGGER transfers_immutable BEFORE UPDATE OR DELETE ON transfers
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER postings_immutable BEFORE UPDATE OR DELETE ON postings
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Purses and their journals ----------------------------------------------------------------------------------

-- What a journal has proven so far. The issuer's own purse has one too.
CREATE TABLE journals (
  purse text PRIMARY KEY CHECK (purse ~ '^[0-9a-f]{16}$'),
  is_issuer boolean NOT NULL,
  certificate_hash bytea NOT NULL,
  lifecycle text NOT NULL,
  seq bigint NOT NULL DEFAULT 0,
  head bytea NOT NULL,
  balance bigint NOT NULL DEFAULT 0 CHECK (balance >= 0),
  grant_no bigint NOT NULL DEFAULT 0,
  ack_seq bigint NOT NULL DEFAULT 0,
  limits bytea NOT NULL,
  -- Entries up to here have met those of their counterparts.
  reconciled_seq bigint NOT NULL DEFAULT 0
);
CREATE INDEX journals_unreconciled ON journals (purse) WHERE reconciled_seq < seq;

CREATE TABLE purses (
  id text PRIMARY KEY REFERENCES journals (purse),
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  account text NOT NULL REFERENCES accounts (id),
  assurance text NOT NULL CHECK (assurance IN ('secure_element', 'tee', 'software')),
  tier smallint NOT NULL,
  public_key bytea NOT NULL UNIQUE,
  certificate bytea NOT NULL,
  blocked_at timestamptz,
  issued_grant_no bigint NOT NULL DEFAULT 0,
  last_sync_at timestamptz,
  created_at timestamptz NOT NULL
);
CREATE INDEX purses_blocked ON purses (blocked_at DESC) WHERE blocked_at IS NOT NULL;

CREATE TABLE entries (
  purse text NOT NULL REFERENCES journals (purse),
  seq bigint NOT NULL CHECK (seq > 0),
  hash bytea NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (purse, seq)
);
CREATE TRIGGER entries_immutable BEFORE UPDATE OR DELETE ON entries
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE tickets (
  payee text NOT NULL REFERENCES journals (purse),
  ticket_no bigint NOT NULL,
  max_amount bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'credited', 'cancelled')),
  consumed_by bytea,
  PRIMARY KEY (payee, ticket_no)
);

-- The payer's side of a payment, and the payee's. They meet on (payer, payment_no, hash).
CREATE TABLE payments (
  payer text NOT NULL REFERENCES journals (purse),
  payment_no bigint NOT NULL,
  payee text NOT NULL,
  ticket_no bigint NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  hash bytea NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'credited', 'cancelled')),
  PRIMARY KEY (payer, payment_no)
);
CREATE INDEX payments_by_ticket ON payments (payee, ticket_no);
CREATE INDEX payments_open ON payments (payer) WHERE state = 'open';

CREATE TABLE receipts (
  payee text NOT NULL REFERENCES journals (purse),
  ticket_no bigint NOT NULL,
  seq bigint NOT NULL,
  payer text NOT NULL,
  payment_no bigint NOT NULL,
  payment_hash bytea NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  outcome text NOT NULL CHECK (outcome IN ('credited', 'cancelled')),
  PRIMARY KEY (payee, ticket_no)
);
CREATE INDEX receipts_by_payment ON receipts (payer, payment_no);
CREATE TRIGGER receipts_immutable BEFORE UPDATE OR DELETE ON receipts
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Signed messages that phones handed in, keyed by the hash of their bodies: signatures are malleable.
CREATE TABLE signed_messages (
  signer text NOT NULL,
  hash bytea NOT NULL,
  kind text NOT NULL CHECK (kind IN ('payment', 'receipt')),
  seq bigint NOT NULL,
  payer text NOT NULL,
  payment_no bigint NOT NULL,
  payee text NOT NULL,
  ticket_no bigint NOT NULL,
  message bytea NOT NULL,
  issuer_certificate bytea NOT NULL,
  purse_certificate bytea NOT NULL,
  PRIMARY KEY (signer, hash)
);
CREATE INDEX signed_by_payment ON signed_messages (payer, payment_no);
CREATE INDEX signed_by_ticket ON signed_messages (payee, ticket_no);

CREATE TABLE grants (
  purse text NOT NULL REFERENCES purses (id),
  grant_no bigint NOT NULL,
  hash bytea NOT NULL,
  message bytea NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (purse, grant_no)
);

CREATE TABLE syncs (
  purse text NOT NULL REFERENCES purses (id),
  statement_hash bytea NOT NULL,
  id text NOT NULL UNIQUE,
  seq bigint NOT NULL,
  statement bytea NOT NULL,
  answer jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (purse, statement_hash)
);
CREATE INDEX syncs_by_seq ON syncs (purse, seq);

-- Into purses and out of them --------------------------------------------------------------------------------

CREATE TABLE fundings (
  id text PRIMARY KEY,
  account text NOT NULL REFERENCES accounts (id),
  purse text NOT NULL REFERENCES purses (id),
  ticket_no bigint NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  payment_no bigint NOT NULL,
  payment_hash bytea NOT NULL,
  payment bytea NOT NULL,
  status text NOT NULL CHECK (status IN ('paid', 'credited', 'cancelled')),
  created_at timestamptz NOT NULL,
  UNIQUE (purse, ticket_no)
);

CREATE TABLE redemptions (
  id text PRIMARY KEY,
  account text NOT NULL REFERENCES accounts (id),
  purse text NOT NULL REFERENCES purses (id),
  ticket_no bigint NOT NULL UNIQUE,
  ticket bytea NOT NULL,
  max_amount bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('open', 'credited', 'cancelled')),
  amount bigint,
  payment_hash bytea,
  receipt bytea,
  created_at timestamptz NOT NULL
);

CREATE TABLE alerts (
  id text PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  kind text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('proven', 'suspected')),
  status text NOT NULL CHECK (status IN ('open', 'explained')),
  purse text NOT NULL,
  -- What makes a finding the same finding.
  subject text NOT NULL,
  says text NOT NULL,
  evidence jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  closed_at timestamptz
);
CREATE UNIQUE INDEX alerts_once ON alerts (kind, subject) WHERE status = 'open';
CREATE INDEX alerts_by_purse ON alerts (purse);
