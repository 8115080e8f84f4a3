-- Who watches over the back-end: the log of privileged acts, what waits for a second pair of eyes, policies, operators.

-- One chain: `hash` covers the row and the hash before it (packages/issuer/src/audit-log.ts). `details` is text, because
-- its very octets are hashed.
CREATE TABLE audit_log (
  no bigint PRIMARY KEY CHECK (no > 0),
  at timestamptz(3) NOT NULL,
  actor text NOT NULL,
  institution text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  details text NOT NULL,
  prev_hash bytea NOT NULL CHECK (octet_length(prev_hash) = 32),
  hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);
CREATE INDEX audit_log_by_subject ON audit_log (subject, no);
CREATE INDEX audit_log_by_actor ON audit_log (actor, no);
CREATE INDEX audit_log_by_action ON audit_log (action, no);
CREATE INDEX audit_log_by_institution ON audit_log (institution, no);
CREATE TRIGGER audit_log_immutable BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_kept BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE proposals (
  id text PRIMARY KEY CHECK (id ~ '^prp_[0-9a-z_]{1,40}$'),
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  kind text NOT NULL,
  subject text NOT NULL,
  body jsonb NOT NULL,
  institution text NOT NULL REFERENCES institutions (id),
  status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'approved', 'refused', 'withdrawn')),
  proposed_by text NOT NULL,
  decided_by text,
  decided_at timestamptz,
  result jsonb,
  used_at timestamptz,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  CHECK ((status = 'waiting') = (decided_by IS NULL)),
  -- Whatever the program does: nobody approves what they proposed.
  CHECK (status <> 'approved' OR decided_by <> proposed_by)
);
CREATE INDEX proposals_by_subject ON proposals (subject);
CREATE INDEX proposals_by_kind ON proposals (kind, number);
CREATE INDEX proposals_waiting ON proposals (number) WHERE status = 'waiting';
-- What was decided stays decided, and what was proposed stays what it was.
CREATE FUNCTION keep_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> 'waiting' AND (NEW.status, NEW.decided_by, NEW.result) IS DISTINCT FROM (OLD.status, OLD.decided_by, OLD.result)
    OR (NEW.kind, NEW.subject, NEW.body, NEW.proposed_by, NEW.expires_at)
      IS DISTINCT FROM (OLD.kind, OLD.subject, OLD.body, OLD.proposed_by, OLD.expires_at) THEN
    RAISE EXCEPTION 'proposal % is not to be changed', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER proposals_kept BEFORE UPDATE ON proposals FOR EACH ROW EXECUTE FUNCTION keep_proposal();
CREATE TRIGGER proposals_stay BEFORE DELETE ON proposals FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE policies (
  name text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  document jsonb NOT NULL,
  proposal text REFERENCES proposals (id),
  created_at timestamptz NOT NULL,
  PRIMARY KEY (name, version)
);
CREATE TRIGGER policies_immutable BEFORE UPDATE OR DELETE ON policies
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Who is invited has no password yet, but a code to set one with. The first of all chooses the name, too.
CREATE TABLE operators (
  id text PRIMARY KEY CHECK (id ~ '^opr_[0-9a-z_]{1,40}$'),
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  institution text NOT NULL REFERENCES institutions (id),
  name text UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9._-]{1,39}$'),
  roles text[] NOT NULL,
  status text NOT NULL CHECK (status IN ('invited', 'active', 'dismissed')),
  code_hash bytea UNIQUE CHECK (octet_length(code_hash) = 32),
  code_expires_at timestamptz,
  -- scrypt; see access/passwords.ts.
  password text,
  -- Since when they could have had another one agree: set once, never taken back.
  administrator_since timestamptz,
  created_at timestamptz NOT NULL,
  CHECK ((code_hash IS NULL) = (code_expires_at IS NULL)),
  CHECK (status <> 'active' OR (name IS NOT NULL AND password IS NOT NULL AND code_hash IS NULL)),
  CHECK (status <> 'dismissed' OR (password IS NULL AND code_hash IS NULL))
);
CREATE INDEX operators_by_institution ON operators (institution, number);

CREATE TABLE operator_sessions (
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  operator text NOT NULL REFERENCES operators (id),
  used_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX operator_sessions_by_operator ON operator_sessions (operator);
CREATE INDEX operator_sessions_by_expiry ON operator_sessions (expires_at);

-- Attempts to log in that have not succeeded, by the hash of the name, whether or not there is such an operator.
CREATE TABLE login_attempts (
  name_hash bytea NOT NULL CHECK (octet_length(name_hash) = 32),
  at timestamptz NOT NULL
);
CREATE INDEX login_attempts_by_name ON login_attempts (name_hash, at);
CREATE INDEX login_attempts_by_time ON login_attempts (at);
