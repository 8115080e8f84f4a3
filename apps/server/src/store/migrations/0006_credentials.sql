-- Who may ask: clients of institutions, devices of their customers and merchants, and the tokens that both get.
-- No secret stands here: of secrets and tokens only the SHA-256, of devices only the public key.

CREATE TABLE clients (
  id text PRIMARY KEY CHECK (id ~ '^cli_[0-9a-z_]{1,40}$'),
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  institution text NOT NULL REFERENCES institutions (id),
  name text NOT NULL,
  secret_hash bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
  scopes text[] NOT NULL,
  -- All-mighty, and believed in the sandbox alone.
  is_sandbox boolean NOT NULL DEFAULT false,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'withdrawn')),
  created_at timestamptz NOT NULL
);
CREATE INDEX clients_by_institution ON clients (institution, number);

CREATE TABLE devices (
  id text PRIMARY KEY CHECK (id ~ '^dev_[0-9a-z_]{1,40}$'),
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  kind text NOT NULL CHECK (kind IN ('wallet', 'terminal')),
  institution text NOT NULL REFERENCES institutions (id),
  party text NOT NULL,
  -- P-256, uncompressed: 04 x y.
  public_key bytea NOT NULL CHECK (octet_length(public_key) = 65),
  -- RFC 7638 thumbprint of the key.
  jkt text NOT NULL UNIQUE,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'blocked')),
  created_at timestamptz NOT NULL,
  FOREIGN KEY (institution, party) REFERENCES parties (institution, id)
);
CREATE INDEX devices_by_institution ON devices (institution, number);

CREATE TABLE access_tokens (
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  client text REFERENCES clients (id),
  device text REFERENCES devices (id),
  scopes text[] NOT NULL,
  expires_at timestamptz NOT NULL,
  CHECK (num_nonnulls(client, device) = 1)
);
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

-- What was signed by a device's key and counts once: proofs and assertions. `jti` is a SHA-256, whatever its sender chose.
CREATE TABLE dpop_proofs (
  jkt text NOT NULL,
  jti bytea NOT NULL CHECK (octet_length(jti) = 32),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (jkt, jti)
);
CREATE INDEX dpop_proofs_by_expiry ON dpop_proofs (expires_at);

-- Chips and cards are somebody's, too, and a purse may live on a device.
ALTER TABLE cards ADD COLUMN institution text NOT NULL DEFAULT 'ins_first_issuer' REFERENCES institutions (id);
ALTER TABLE cards ALTER COLUMN institution DROP DEFAULT;
CREATE INDEX cards_by_institution ON cards (institution, number);
ALTER TABLE purses ADD COLUMN device text REFERENCES devices (id);
CREATE INDEX purses_by_account ON purses (account);

-- A key is its principal's own. Until now there was one principal, which becomes the sandbox's first client.
UPDATE kept_answers SET key = 'cli_first ' || key;
