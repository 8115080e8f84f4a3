-- Tokens that are payment cards in phones: which device has one, and the number of the last limited-use key that it was given.

CREATE TABLE phone_cards (
  -- The token's number, which its rows are keyed by as well.
  token text PRIMARY KEY CHECK (token ~ '^[0-9]{13,19}$'),
  device text NOT NULL,
  last_key integer NOT NULL CHECK (last_key BETWEEN 1 AND 65535),
  given_at timestamptz NOT NULL
);
