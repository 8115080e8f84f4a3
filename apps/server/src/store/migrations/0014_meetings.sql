-- Where the two sides of a payment meet, in the background. Every table is keyed by one purse; what concerns another
-- one is carried to it by key, and no statement joins rows of two purses.
--
-- Nothing here is written by an upload. `met_seq` takes the place of `reconciled_seq`: a process of the version before
-- moves that one without carrying anything, so all journals are met afresh after this migration.

LOCK TABLE journals, payments, receipts, signed_messages, alerts IN SHARE ROW EXCLUSIVE MODE;

-- Entries up to here have been carried to their counterparts. A journal with more is work that is due.
ALTER TABLE journals ADD COLUMN met_seq bigint NOT NULL DEFAULT 0;
CREATE INDEX journals_due ON journals (purse) WHERE met_seq < seq;
DROP INDEX journals_unreconciled;

-- What the payee's proven journal says of the payment; null while it says nothing.
ALTER TABLE payments ADD COLUMN verdict text CHECK (verdict IN
  ('waiting', 'refused', 'cancelled', 'never_issued', 'other_amount', 'credited', 'taken_back'));
-- Taken back by their payer, and not yet carried.
CREATE INDEX payments_taken_back ON payments (payer)
  WHERE state = 'cancelled' AND (verdict IS NULL OR verdict IN ('waiting', 'credited'));
CREATE INDEX receipts_by_seq ON receipts (payee, seq);

-- Payees' credits, at their payer: those that its proven journal does not reach yet, and those that it contradicts.
-- One that agrees becomes the payment's verdict, and leaves no row here.
CREATE TABLE meetings (
  payer text NOT NULL,
  payment_no bigint NOT NULL,
  payee text NOT NULL,
  ticket_no bigint NOT NULL,
  -- The payee's entry.
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  state text NOT NULL CHECK (state IN ('ahead', 'no_such_payment', 'other_payment')),
  PRIMARY KEY (payer, payment_no, payee, ticket_no)
);
CREATE INDEX meetings_by_state ON meetings (state, payer, payment_no);

-- Payers' payments, at their payee, until its proven journal has the last word on them.
CREATE TABLE arrivals (
  payee text NOT NULL,
  ticket_no bigint NOT NULL,
  payer text NOT NULL,
  payment_no bigint NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  hash bytea NOT NULL,
  -- The payer has the payee's own word that it will not be credited, and took it back.
  is_refused boolean NOT NULL DEFAULT false,
  PRIMARY KEY (payee, ticket_no, payer, payment_no)
);

-- Held against the signer's proven journal, which reached its number.
ALTER TABLE signed_messages ADD COLUMN judged boolean NOT NULL DEFAULT false;
CREATE INDEX signed_unjudged ON signed_messages (signer) WHERE NOT judged;

-- What purses paid and received, by the day on which it was met.
CREATE TABLE purse_days (
  purse text NOT NULL,
  day integer NOT NULL,
  count bigint NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (purse, day)
);

-- Alerts that somebody closed, with who and why.
ALTER TABLE alerts DROP CONSTRAINT alerts_status_check;
ALTER TABLE alerts ADD CONSTRAINT alerts_status_check CHECK (status IN ('open', 'explained', 'closed')) NOT VALID;
ALTER TABLE alerts ADD COLUMN closed_by text, ADD COLUMN close_reason text;
