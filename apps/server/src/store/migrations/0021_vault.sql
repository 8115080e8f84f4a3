-- The token vault: who may have tokens made, what tokens stand for, the tokens; and the keys of cards of other issuers, by range of PANs.

CREATE TABLE token_requestors (
  -- trq_ and the token requestor identifier (TRID): three digits of the provider, eight of the requestor.
  id text PRIMARY KEY CHECK (id ~ '^trq_[0-9]{11}$'),
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  institution text NOT NULL,
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'closed')),
  created_at timestamptz NOT NULL
);
CREATE INDEX token_requestors_of ON token_requestors (institution, number);

-- An account, perhaps with the PAN of a card that its holder has already. The PAN is sealed, found by its keyed hash, and in no other column.
CREATE TABLE links (
  id text PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  account text NOT NULL,
  -- Payment account reference: the same for all tokens of the link.
  reference text NOT NULL UNIQUE CHECK (length(reference) = 29),
  status text NOT NULL CHECK (status IN ('active', 'blocked', 'removed')),
  pan_sealed bytea,
  -- The key that it is sealed with, and the one that it is found by.
  pan_sealed_by text,
  pan_index_key text,
  pan_index bytea CHECK (octet_length(pan_index) = 32),
  pan_last4 text CHECK (pan_last4 ~ '^[0-9]{4}$'),
  -- The last month of the card, YYMM.
  pan_expiry text CHECK (pan_expiry ~ '^[0-9]{4}$'),
  version integer NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (pan_index_key, pan_index),
  CHECK ((pan_sealed IS NULL) = (pan_sealed_by IS NULL) AND (pan_sealed IS NULL) = (pan_index_key IS NULL)
    AND (pan_sealed IS NULL) = (pan_index IS NULL)),
  CHECK (status <> 'removed' OR pan_sealed IS NULL)
);
CREATE INDEX links_of ON links (account, number);
-- Few keys: what is under old ones is found without a look at all links.
CREATE INDEX links_by_keys ON links (pan_sealed_by, pan_index_key) WHERE pan_sealed IS NOT NULL;

-- Keyed by the number that a terminal sends. What is used up under a token changes with each payment: rows have room for it, and no index is on it.
CREATE TABLE tokens (
  number text PRIMARY KEY CHECK (number ~ '^[0-9]{13,19}$'),
  id text NOT NULL UNIQUE,
  place bigint GENERATED ALWAYS AS IDENTITY,
  link text NOT NULL,
  -- The link's, which stays the same.
  account text NOT NULL,
  -- Its TRID.
  requestor text NOT NULL,
  stage text NOT NULL CHECK (stage IN ('inactive', 'active', 'deactivated')),
  suspended_by text[] NOT NULL CHECK (suspended_by <@ '{holder,requestor,issuer,provider}'),
  domain jsonb NOT NULL,
  used_total bigint NOT NULL,
  used_count integer NOT NULL,
  assurance smallint NOT NULL CHECK (assurance BETWEEN 0 AND 99),
  version integer NOT NULL,
  created_at timestamptz NOT NULL,
  CHECK (stage = 'active' OR suspended_by = '{}')
) WITH (fillfactor = 80);
CREATE INDEX tokens_of_link ON tokens (link);
CREATE INDEX tokens_of_account ON tokens (account, place);
CREATE INDEX tokens_of_requestor ON tokens (requestor, place);
CREATE UNIQUE INDEX tokens_by_place ON tokens (place);

-- Cards that others made: which cryptogram versions cards of a range have, and by which rules their chip data are judged.
CREATE TABLE emv_ranges (
  id text PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  institution text NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL CHECK (prefix ~ '^[0-9]{3,12}$'),
  digits smallint NOT NULL CHECK (digits BETWEEN 12 AND 19),
  -- Cryptogram versions and rules as files have them (docs/spec/emv-issuer.md); rules NULL: those of this program.
  versions jsonb NOT NULL,
  rules jsonb,
  created_at timestamptz NOT NULL,
  UNIQUE (prefix, digits)
);
-- Issuer master keys, by the derivation key index that cards tell: names of keys of the key port, three for each index.
CREATE TABLE emv_master_keys (
  range text NOT NULL,
  key_index smallint NOT NULL CHECK (key_index BETWEEN 0 AND 255),
  cipher text NOT NULL CHECK (cipher IN ('tdes', 'aes')),
  state text NOT NULL CHECK (state IN ('incomplete', 'active', 'withdrawn')),
  -- Check values, in capital hexadecimal, of the three keys: cryptogram, scriptMac, scriptEncipher.
  check_values text[] NOT NULL CHECK (cardinality(check_values) = 3),
  -- While it is incomplete: what the first custodian gave, sealed, and who that was.
  component bytea,
  component_by text,
  -- Ids in the key port, in the same order.
  keys text[] NOT NULL,
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (range, key_index),
  CHECK ((component IS NULL) = (component_by IS NULL)),
  CHECK ((state = 'active') = (cardinality(keys) = 3))
);
