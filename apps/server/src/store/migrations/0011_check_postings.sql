-- The check of 0008, with look-ups that cannot become joins. A trigger keeps the plan of its first call, which may be made when
-- the tables are all but empty; as a join it read every transfer there was once for each that came.
CREATE OR REPLACE FUNCTION check_postings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  bad text;
BEGIN
  SELECT moved.transfer INTO bad
    FROM (SELECT transfer, sum(amount) AS rest FROM added GROUP BY transfer) moved
    WHERE moved.rest <> 0 OR (SELECT t.id FROM transfers t WHERE t.id = moved.transfer) IS NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'there is no transfer %, or its postings do not add up to zero', bad USING ERRCODE = 'check_violation';
  END IF;
  SELECT newest.account INTO bad
    FROM (SELECT DISTINCT ON (account) account, balance_after FROM added ORDER BY account, id DESC) newest
    WHERE (SELECT a.balance FROM accounts a WHERE a.id = newest.account) IS DISTINCT FROM newest.balance_after LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the balance of account % is not what its newest posting says', bad USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
