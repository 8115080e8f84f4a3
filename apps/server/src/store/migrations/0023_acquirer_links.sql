-- By which connections acquirers bring their ISO 8583 messages, in which dialect, under which key, and within which limits.

CREATE TABLE acquirer_links (
  id text PRIMARY KEY CHECK (id ~ '^acq_[0-9a-z_]{1,40}$'),
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  institution text NOT NULL REFERENCES institutions (id),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  -- The whole dialect, as it was when the link was made.
  profile jsonb NOT NULL,
  -- undefined: messages have no code.
  mac_algorithm text CHECK (mac_algorithm IN ('retail-00', 'retail-80', 'cmac')),
  -- Sealed with the vault's key for this id.
  mac_key bytea CHECK (octet_length(mac_key) > 40),
  -- How often it was changed.
  mac_generation integer NOT NULL DEFAULT 0 CHECK (mac_generation >= 0),
  -- How a connection is known to be of this link: it comes to a port of its own, or shows this certificate (SHA-256 of it); one
  -- link at most has neither, and what else comes is its.
  port integer CHECK (port BETWEEN 1024 AND 65535),
  certificate bytea CHECK (octet_length(certificate) = 32),
  settings jsonb NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'closed')),
  created_at timestamptz NOT NULL,
  closed_at timestamptz,
  CHECK ((mac_algorithm IS NULL) = (mac_key IS NULL)),
  CHECK (port IS NULL OR certificate IS NULL),
  CHECK ((status = 'closed') = (closed_at IS NOT NULL))
);
CREATE INDEX acquirer_links_of ON acquirer_links (institution, number);
CREATE UNIQUE INDEX acquirer_links_name ON acquirer_links (institution, name) WHERE status = 'active';
CREATE UNIQUE INDEX acquirer_links_port ON acquirer_links (port) WHERE status = 'active' AND port IS NOT NULL;
CREATE UNIQUE INDEX acquirer_links_certificate ON acquirer_links (certificate) WHERE status = 'active' AND certificate IS NOT NULL;
CREATE UNIQUE INDEX acquirer_links_main ON acquirer_links ((true)) WHERE status = 'active' AND port IS NULL AND certificate IS NULL;
