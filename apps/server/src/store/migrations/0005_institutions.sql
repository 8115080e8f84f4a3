-- Whose an account is. The central bank and the first issuer are in every ledger; what was there before is the first issuer's.

CREATE TABLE institutions (
  id text PRIMARY KEY CHECK (id ~ '^ins_[0-9a-z_]{1,40}$'),
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  kind text NOT NULL CHECK (kind IN ('central_bank', 'issuer', 'acquirer')),
  name text NOT NULL UNIQUE,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX one_central_bank ON institutions (kind) WHERE kind = 'central_bank';
INSERT INTO institutions (id, kind, name, created_at) VALUES
  ('ins_central_bank', 'central_bank', 'Central bank', now()),
  ('ins_first_issuer', 'issuer', 'First issuer', now());

-- Customers of issuers, merchants of acquirers. `reference` is the institution's own word for them: who they are, it knows.
CREATE TABLE parties (
  id text PRIMARY KEY CHECK (id ~ '^(cus|mer)_[0-9a-z_]{1,40}$'),
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  kind text NOT NULL CHECK (kind IN ('customer', 'merchant')),
  institution text NOT NULL REFERENCES institutions (id),
  reference text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'closed')),
  created_at timestamptz NOT NULL,
  UNIQUE (institution, reference),
  UNIQUE (institution, id)
);

ALTER TABLE accounts
  ADD COLUMN institution text NOT NULL DEFAULT 'ins_first_issuer' REFERENCES institutions (id),
  ADD COLUMN party text,
  ADD FOREIGN KEY (institution, party) REFERENCES parties (institution, id);
ALTER TABLE accounts ALTER COLUMN institution DROP DEFAULT;
UPDATE accounts SET institution = 'ins_central_bank' WHERE kind <> 'online';
CREATE INDEX accounts_by_institution ON accounts (institution, number);
