-- Lost, stolen, broken and expired purses. Everything is keyed by purse first, and refers to nothing but text.

-- In the order in which whoever posts takes it. The list of kinds only grows, so old rows need not be looked at.
LOCK TABLE transfers IN ACCESS EXCLUSIVE MODE;
ALTER TABLE transfers
  DROP CONSTRAINT transfers_kind_check,
  ADD CONSTRAINT transfers_kind_check CHECK (kind IN
    ('issuance', 'destruction', 'funding', 'funding_returned', 'redemption', 'transfer', 'reversal',
     'refund', 'late_payment', 'late_payment_returned')) NOT VALID;

CREATE TABLE claims (
  purse text NOT NULL,
  id text NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL CHECK (kind IN ('lost', 'stolen', 'broken', 'expired')),
  -- Where the refund goes: the purse's account when it was reported.
  account text NOT NULL,
  reported_by text NOT NULL,
  channel text NOT NULL CHECK (channel IN ('customer', 'institution', 'operator', 'system')),
  status text NOT NULL CHECK (status IN ('waiting', 'refunded', 'refused', 'withdrawn', 'closed')),
  reported_at timestamptz NOT NULL,
  -- How far the purse had proven its journal when it was reported.
  known_seq bigint NOT NULL,
  due_at timestamptz NOT NULL,
  refunded_at timestamptz,
  -- When the purse proved itself again after the refund.
  found_at timestamptz,
  closes_at timestamptz,
  -- When it was closed, refused or withdrawn.
  ended_at timestamptz,
  reason text,
  proposal text,
  -- When the server looks at it next by itself; null: never.
  next_at timestamptz,
  PRIMARY KEY (purse, id),
  CHECK ((refunded_at IS NOT NULL) = (status IN ('refunded', 'closed')))
);
CREATE INDEX claims_by_id ON claims (id);
CREATE INDEX claims_by_number ON claims (number);
CREATE INDEX claims_by_account ON claims (account);
CREATE INDEX claims_next ON claims (next_at) WHERE next_at IS NOT NULL;
-- A purse is refunded once, and has one open claim at most.
CREATE UNIQUE INDEX claims_one ON claims (purse) WHERE status NOT IN ('refused', 'withdrawn');

-- What a claim moved, each with its transfer: the books of the audit's term `refunded`.
CREATE TABLE claim_entries (
  purse text NOT NULL,
  claim text NOT NULL,
  no integer NOT NULL,
  -- refund: float to account. clawback: account to float. loss: loss account to float. restored: float to loss account.
  kind text NOT NULL CHECK (kind IN ('refund', 'clawback', 'loss', 'restored')),
  amount bigint NOT NULL CHECK (amount > 0),
  -- The late payment that it answers.
  payment_no bigint,
  -- Of a loss and what restores it.
  loss_account text,
  at timestamptz NOT NULL,
  PRIMARY KEY (purse, claim, no)
);
CREATE TRIGGER claim_entries_immutable BEFORE UPDATE OR DELETE ON claim_entries
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What the purse paid beyond its journal as it was when it was reported: known to the refund, or late.
CREATE TABLE claim_payments (
  purse text NOT NULL,
  payment_no bigint NOT NULL,
  payee text NOT NULL,
  ticket_no bigint NOT NULL,
  claim text NOT NULL,
  amount bigint NOT NULL,
  is_late boolean NOT NULL,
  -- It can be shown that the purse paid after it was reported.
  after_report boolean NOT NULL,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (purse, payment_no, payee, ticket_no)
);

-- Days on which something is due because a certificate ends, in days since 1970.
CREATE TABLE purse_expiries (
  purse text PRIMARY KEY,
  -- Of purses.number: how far purses have been taken up.
  number bigint NOT NULL,
  -- The last day of the certificate; after it, of the newest sync, if that is later.
  last_day integer NOT NULL,
  step text NOT NULL CHECK (step IN ('notice', 'claim', 'done'))
);
CREATE INDEX purse_expiries_number ON purse_expiries (number);
CREATE INDEX purse_expiries_due ON purse_expiries (step, last_day) WHERE step <> 'done';
