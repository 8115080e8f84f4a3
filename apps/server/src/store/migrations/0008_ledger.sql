-- Transfers between accounts, many in one transaction. What was checked row by row is checked statement by statement:
-- the same promises, for a small part of the time.

-- In the order in which whoever posts takes them: else each would wait for what the other has.
LOCK TABLE accounts, transfers, postings IN ACCESS EXCLUSIVE MODE;

ALTER TABLE transfers
  DROP CONSTRAINT transfers_kind_check,
  ADD CONSTRAINT transfers_kind_check CHECK (kind IN
    ('issuance', 'destruction', 'funding', 'funding_returned', 'redemption', 'transfer', 'reversal')),
  ADD COLUMN memo text CHECK (length(memo) <= 140),
  -- What the payer calls it; it travels to the payee (ISO 20022: EndToEndId).
  ADD COLUMN end_to_end text CHECK (length(end_to_end) <= 35),
  -- The transfer that this one takes back, or a part of it.
  ADD COLUMN reverses bigint,
  -- Who asked for it.
  ADD COLUMN asked_by text,
  ADD CONSTRAINT transfers_reverses CHECK ((kind = 'reversal') = (reverses IS NOT NULL) AND reverses < id);
CREATE INDEX transfers_reversed ON transfers (reverses) WHERE reverses IS NOT NULL;
-- The few transfers that make money or move it in and out of purses, for the audit's lists.
CREATE INDEX transfers_of_kind ON transfers (kind, id) WHERE kind NOT IN ('transfer', 'reversal');

-- A balance changes with every transfer: room on the page, so that no index is touched.
ALTER TABLE accounts SET (fillfactor = 60);

-- One statement inserts all the postings of a transfer, after the balances are written. It must leave, for each
-- transfer, a sum of zero, and for each account, the balance that its newest posting names. So an account that does not
-- exist is found as well: the foreign keys did the same with four look-ups a transfer.
CREATE FUNCTION check_postings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  bad text;
BEGIN
  SELECT moved.transfer INTO bad
    FROM (SELECT transfer, sum(amount) AS rest FROM added GROUP BY transfer) moved
    LEFT JOIN transfers t ON t.id = moved.transfer
    WHERE moved.rest <> 0 OR t.id IS NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'there is no transfer %, or its postings do not add up to zero', bad USING ERRCODE = 'check_violation';
  END IF;
  SELECT newest.account INTO bad
    FROM (SELECT DISTINCT ON (account) account, balance_after FROM added ORDER BY account, id DESC) newest
    LEFT JOIN accounts a ON a.id = newest.account
    WHERE a.balance IS DISTINCT FROM newest.balance_after LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the balance of account % is not what its newest posting says', bad USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER postings_balanced ON postings;
DROP FUNCTION check_transfer_is_balanced();
CREATE TRIGGER postings_checked AFTER INSERT ON postings
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_postings();
ALTER TABLE postings
  DROP CONSTRAINT postings_account_fkey,
  DROP CONSTRAINT postings_transfer_fkey;

-- What postings name can go neither.
CREATE TRIGGER accounts_stay BEFORE DELETE ON accounts
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER accounts_keep_their_ids BEFORE UPDATE OF id ON accounts
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER accounts_not_emptied BEFORE TRUNCATE ON accounts EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_not_emptied BEFORE TRUNCATE ON transfers EXECUTE FUNCTION refuse_change();
CREATE TRIGGER postings_not_emptied BEFORE TRUNCATE ON postings EXECUTE FUNCTION refuse_change();

-- What the audit found, each time that it ran by itself.
CREATE TABLE audit_runs (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  holds boolean NOT NULL,
  -- Of packages/issuer/src/audit.ts: its totals, amounts in decimal digits.
  totals jsonb NOT NULL,
  milliseconds integer NOT NULL
);
CREATE TRIGGER audit_runs_immutable BEFORE UPDATE OR DELETE ON audit_runs
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
