-- Cards and devices that the factory personalises: one row for each chip, from its making on.

CREATE TABLE cards (
  -- The chip's serial number: diversification data of its security domain, 10 bytes.
  serial text PRIMARY KEY CHECK (serial ~ '^[0-9a-f]{20}$'),
  -- The PAN is made of it, so that none is given twice.
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  state text NOT NULL CHECK (state IN ('manufactured', 'personalised')),
  purse text REFERENCES purses (id),
  profile text,
  pan_last4 text CHECK (pan_last4 ~ '^[0-9]{4}$'),
  -- YYMM.
  expiry text CHECK (expiry ~ '^[0-9]{4}$'),
  -- The highest number of a limited-use key that was ever made for it.
  key_number integer NOT NULL DEFAULT 0 CHECK (key_number BETWEEN 0 AND 65535),
  created_at timestamptz NOT NULL,
  personalised_at timestamptz,
  CHECK ((state = 'personalised') = (purse IS NOT NULL AND profile IS NOT NULL AND personalised_at IS NOT NULL))
);
