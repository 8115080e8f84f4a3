-- With a code a device becomes one more of a customer: for who has a new phone, or lost the data of the old one. One at a time; it is
-- gone when it was used.
CREATE TABLE device_codes (
  party text PRIMARY KEY REFERENCES parties (id),
  -- SHA-256: the code itself is shown once and kept nowhere.
  hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  made_by text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
