-- Offline EMV approvals in purses' proven journals: value that has left a balance until the TC is cleared or taken back.

CREATE TABLE approvals (
  purse text NOT NULL REFERENCES journals (purse),
  approval_no bigint NOT NULL,
  -- Application Transaction Counter: a card uses each once.
  atc integer NOT NULL CHECK (atc BETWEEN 0 AND 65535),
  amount bigint NOT NULL CHECK (amount > 0),
  cryptogram bytea NOT NULL CHECK (octet_length(cryptogram) = 8),
  state text NOT NULL CHECK (state IN ('open', 'credited', 'cancelled')),
  PRIMARY KEY (purse, approval_no),
  UNIQUE (purse, atc)
);
CREATE INDEX approvals_open ON approvals (purse) WHERE state = 'open';
