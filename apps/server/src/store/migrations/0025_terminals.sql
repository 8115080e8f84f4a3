-- Terminals that speak over HTTPS with a key of their own: a merchant's phone or till.

-- A link by which only such terminals bring messages: no connection is ever of it. `certificate` then has a hash of its id, which is the hash of no
-- certificate, so that the version before, which does not know the column, lets nobody in by it either.
ALTER TABLE acquirer_links ADD COLUMN over_https boolean NOT NULL DEFAULT false;

CREATE TABLE terminals (
  id text PRIMARY KEY CHECK (id ~ '^trm_[0-9a-z_]{1,40}$'),
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  acquirer text NOT NULL,
  merchant text NOT NULL REFERENCES merchants (id),
  -- Its dialect, and how long it waits for a decision.
  link text NOT NULL REFERENCES acquirer_links (id),
  -- What it sends in field 41.
  terminal text NOT NULL CHECK (terminal ~ '^[A-Z0-9]{8}$'),
  -- Whoever shows what has this SHA-256 becomes the terminal; kept until its time is over, so that the same device may ask again.
  code_hash bytea UNIQUE CHECK (octet_length(code_hash) = 32),
  code_expires_at timestamptz,
  -- The one that is the terminal now.
  device text UNIQUE REFERENCES devices (id),
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
  created_at timestamptz NOT NULL,
  UNIQUE (acquirer, terminal),
  CHECK ((code_hash IS NULL) = (code_expires_at IS NULL))
);
CREATE INDEX terminals_of_merchant ON terminals (merchant);
