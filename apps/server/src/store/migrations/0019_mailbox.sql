-- Signed messages that phones hand in, on their way: an upload writes rows of its own purse alone, and reads rows of its own purse alone.

-- By the purse with whose upload they came, until the matcher has delivered them.
CREATE TABLE handed_in (
  purse text NOT NULL,
  hash bytea NOT NULL,
  kind text NOT NULL CHECK (kind IN ('payment', 'receipt')),
  signer text NOT NULL,
  seq bigint NOT NULL,
  payer text NOT NULL,
  payment_no bigint NOT NULL,
  payee text NOT NULL,
  ticket_no bigint NOT NULL,
  message bytea NOT NULL,
  issuer_certificate bytea NOT NULL,
  purse_certificate bytea NOT NULL,
  PRIMARY KEY (purse, hash)
);

-- By whom they are for: Payments on a ticket of the purse, Receipts for a payment of it.
CREATE TABLE mailbox (
  purse text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('payment', 'receipt')),
  -- Of the ticket, or the payment.
  number bigint NOT NULL,
  hash bytea NOT NULL,
  signer text NOT NULL,
  seq bigint NOT NULL,
  payer text NOT NULL,
  payment_no bigint NOT NULL,
  payee text NOT NULL,
  ticket_no bigint NOT NULL,
  message bytea NOT NULL,
  issuer_certificate bytea NOT NULL,
  purse_certificate bytea NOT NULL,
  PRIMARY KEY (purse, kind, number, hash)
);

-- The version before writes signed_messages alone. What it writes from here on comes by the trigger; what is there, by the statement after it.
CREATE FUNCTION keep_in_mailbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO mailbox (purse, kind, number, hash, signer, seq, payer, payment_no, payee, ticket_no, message, issuer_certificate,
      purse_certificate)
    VALUES (CASE NEW.kind WHEN 'payment' THEN NEW.payee ELSE NEW.payer END, NEW.kind,
      CASE NEW.kind WHEN 'payment' THEN NEW.ticket_no ELSE NEW.payment_no END, NEW.hash, NEW.signer, NEW.seq, NEW.payer,
      NEW.payment_no, NEW.payee, NEW.ticket_no, NEW.message, NEW.issuer_certificate, NEW.purse_certificate)
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
-- On many machines a trigger may write no other machine's rows: there all processes change to this version at once.
DO $$
BEGIN
  IF to_regclass('pg_catalog.pg_dist_partition') IS NULL THEN
    CREATE TRIGGER signed_messages_to_mailbox AFTER INSERT ON signed_messages
      FOR EACH ROW EXECUTE FUNCTION keep_in_mailbox();
  END IF;
END $$;
INSERT INTO mailbox (purse, kind, number, hash, signer, seq, payer, payment_no, payee, ticket_no, message, issuer_certificate,
    purse_certificate)
  SELECT CASE kind WHEN 'payment' THEN payee ELSE payer END, kind, CASE kind WHEN 'payment' THEN ticket_no ELSE payment_no END, hash,
    signer, seq, payer, payment_no, payee, ticket_no, message, issuer_certificate, purse_certificate
  FROM signed_messages ON CONFLICT DO NOTHING;
