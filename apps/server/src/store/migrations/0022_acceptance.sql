-- Shops that are paid through the messages of their acquirers: merchants, payments with what is held for them, and the answers that
-- messages had. Everything that is hot is keyed by account first.

-- In the order in which whoever posts takes them. The list of kinds only grows, so old rows need not be looked at.
LOCK TABLE accounts, transfers IN ACCESS EXCLUSIVE MODE;
-- What is kept on the account for payments that are not captured yet: the sum of acceptance_payments.held. It is there, and nobody
-- can spend it: whatever takes money out of the account leaves that much, or this refuses it.
ALTER TABLE accounts
  ADD COLUMN held bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT accounts_held CHECK (held >= 0 AND (held = 0 OR balance >= held)) NOT VALID;
ALTER TABLE transfers
  DROP CONSTRAINT transfers_kind_check,
  ADD CONSTRAINT transfers_kind_check CHECK (kind IN
    ('issuance', 'destruction', 'funding', 'funding_returned', 'redemption', 'transfer', 'reversal',
     'refund', 'late_payment', 'late_payment_returned',
     'purchase', 'purchase_reversed', 'purchase_refund')) NOT VALID;

CREATE TABLE merchants (
  id text PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  acquirer text NOT NULL,
  -- What its terminals send in field 42, without the blanks that fill it up.
  acceptor text NOT NULL CHECK (acceptor ~ '^[!-~]([ -~]{0,13}[!-~])?$'),
  name text NOT NULL,
  -- Merchant category code (ISO 18245).
  category text NOT NULL CHECK (category ~ '^[0-9]{4}$'),
  account text NOT NULL,
  -- Pays back what the merchant's own account cannot; null: nobody does.
  reserve text CHECK (reserve <> account),
  -- Whether its terminals understand that a part of an amount was approved.
  takes_partial boolean NOT NULL DEFAULT false,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'blocked')),
  created_at timestamptz NOT NULL,
  UNIQUE (acquirer, acceptor)
);
CREATE INDEX merchants_of_account ON merchants (account);

-- One payment, and with it the answer that its own request had.
CREATE TABLE acceptance_payments (
  account text NOT NULL,
  -- Acquirer, terminal, trace number and time, as its reversal names them too, hashed to 16 bytes.
  key bytea NOT NULL CHECK (octet_length(key) = 16),
  id text NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  -- Null, as all down to the times: its reversal came before it, and it is told no if it ever comes.
  merchant text,
  acquirer text,
  -- tok_..., lnk_... or the serial of a card of ours; never a number of a card.
  instrument text,
  terminal text,
  stan text,
  rrn text,
  entry text,
  approval_code text,
  currency text,
  -- What was asked for, and what of it was approved.
  amount bigint,
  approved bigint,
  fingerprint bytea CHECK (octet_length(fingerprint) = 16),
  kind text CHECK (kind IN ('hold', 'pay')),
  outcome text,
  state text NOT NULL CHECK (state IN ('open', 'captured', 'reversed', 'expired')),
  held bigint NOT NULL CHECK (held >= 0),
  captured bigint NOT NULL CHECK (captured >= 0),
  refunded bigint NOT NULL CHECK (refunded >= 0 AND refunded <= captured),
  -- Movements on the ledger: the newest is transfer "id-moves".
  moves integer NOT NULL,
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (account, key),
  CHECK (held = 0 OR state = 'open'),
  CHECK ((merchant IS NULL) = (fingerprint IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX acceptance_payments_by_id ON acceptance_payments (id);
CREATE INDEX acceptance_payments_of_merchant ON acceptance_payments (merchant, number) WHERE merchant IS NOT NULL;
CREATE INDEX acceptance_payments_held ON acceptance_payments (expires_at) WHERE state = 'open';

-- What other messages had for an answer, and requests that were refused: the same message again has the same.
CREATE TABLE acceptance_messages (
  account text NOT NULL,
  key bytea NOT NULL CHECK (octet_length(key) = 16),
  fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 16),
  kind text NOT NULL CHECK (kind IN ('hold', 'pay', 'capture', 'reverse', 'refund')),
  outcome text NOT NULL,
  approved bigint NOT NULL CHECK (approved >= 0),
  -- On the ledger: below zero from the account, above zero to it; and the transfer that it was.
  moved bigint NOT NULL,
  transfer text,
  -- Of the payment that it was about.
  payment bytea,
  merchant text,
  at timestamptz NOT NULL,
  PRIMARY KEY (account, key)
);
CREATE INDEX acceptance_messages_of_payment ON acceptance_messages (account, payment) WHERE payment IS NOT NULL;
CREATE TRIGGER acceptance_messages_immutable BEFORE UPDATE ON acceptance_messages
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Which counters (ATC) of which card were seen: one question and one outcome under each.
CREATE TABLE card_counters (
  account text NOT NULL,
  -- Instrument as above, a colon, the sequence number of the card.
  card text NOT NULL,
  atc integer NOT NULL CHECK (atc BETWEEN 1 AND 65535),
  asked bytea CHECK (octet_length(asked) = 8),
  outcome bytea CHECK (octet_length(outcome) = 8),
  at timestamptz NOT NULL,
  PRIMARY KEY (account, card, atc),
  CHECK (asked IS NOT NULL OR outcome IS NOT NULL)
);

-- Orders for cards, which the next answers to their questions bring them.
CREATE TABLE card_scripts (
  account text NOT NULL,
  card text NOT NULL,
  id text NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  -- Of packages/issuer/src/emv/respond.ts: ScriptAction.
  action text NOT NULL CHECK (action IN
    ('blockApplication', 'unblockApplication', 'blockCard', 'unblockPin', 'changePin', 'putData')),
  tag integer,
  value bytea,
  -- The new PIN, sealed with the vault's key; gone when it was sent for good.
  sealed bytea,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'done', 'failed', 'withdrawn')),
  -- With which message's answer it went, under which counter.
  sent_with bytea,
  sent_atc integer,
  ordered_by text NOT NULL,
  created_at timestamptz NOT NULL,
  sent_at timestamptz,
  ended_at timestamptz,
  PRIMARY KEY (account, card, id)
);
CREATE INDEX card_scripts_by_id ON card_scripts (id);
CREATE INDEX card_scripts_pending ON card_scripts (account, card, number) WHERE state IN ('waiting', 'sent');
