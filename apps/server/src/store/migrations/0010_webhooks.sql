-- What happened, written with what happened (the outbox); who wants to hear of it; and what became of telling them.

CREATE TABLE events (
  id text PRIMARY KEY CHECK (id ~ '^evt_[0-9a-z_]{1,40}$'),
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  institution text NOT NULL REFERENCES institutions (id),
  type text NOT NULL CHECK (type ~ '^[a-z_]+\.[a-z_]+$'),
  -- The id of what it happened to.
  subject text NOT NULL,
  data jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  -- Its deliveries are made.
  fanned_out boolean NOT NULL DEFAULT false
);
CREATE INDEX events_waiting ON events (number) WHERE NOT fanned_out;
CREATE INDEX events_by_institution ON events (institution, number);

CREATE TABLE webhooks (
  id text PRIMARY KEY CHECK (id ~ '^whk_[0-9a-z_]{1,40}$'),
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  institution text NOT NULL REFERENCES institutions (id),
  url text NOT NULL,
  -- Empty: all.
  types text[] NOT NULL,
  -- 32 octets, sealed with the vault's key for this id.
  secret bytea NOT NULL CHECK (octet_length(secret) > 60),
  -- While it is being replaced, both sign.
  old_secret bytea CHECK (octet_length(old_secret) > 60),
  old_secret_until timestamptz,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'deleted')),
  failing_since timestamptz,
  created_at timestamptz NOT NULL
);
CREATE INDEX webhooks_by_institution ON webhooks (institution, number);

CREATE TABLE deliveries (
  id text PRIMARY KEY CHECK (id ~ '^dlv_[0-9a-z_]{1,40}$'),
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  event text NOT NULL REFERENCES events (id),
  webhook text NOT NULL REFERENCES webhooks (id),
  status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  -- Whoever takes it pushes this on, so that nobody else takes it, and so that it comes back should they die.
  next_at timestamptz NOT NULL,
  last_at timestamptz,
  last_status integer,
  -- Why there was no status, or the beginning of what the endpoint answered.
  last_says text,
  created_at timestamptz NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE status = 'waiting';
CREATE INDEX deliveries_by_webhook ON deliveries (webhook, number);

-- A clock that was moved, so that all processes of a sandbox agree on it.
CREATE TABLE sandbox_clock (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  advanced_ms bigint NOT NULL CHECK (advanced_ms >= 0)
);
INSERT INTO sandbox_clock (advanced_ms) VALUES (0);
