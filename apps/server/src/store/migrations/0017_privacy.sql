-- Anonymous accounts and purses; what is kept for how long, and for whom nothing may be erased. Who people are is not in these
-- tables: it is in the identity store (../identity/), which may be another database.
LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE;
LOCK TABLE purses IN ACCESS EXCLUSIVE MODE;
ALTER TABLE accounts ADD COLUMN anonymous boolean NOT NULL DEFAULT false;
ALTER TABLE purses ADD COLUMN anonymous boolean NOT NULL DEFAULT false;

-- Since when the reference is in the identity store, and the column holds its keyed hash; NULL: it is still here, in clear.
ALTER TABLE parties ADD COLUMN identity_at timestamptz;
ALTER TABLE parties ADD COLUMN closed_at timestamptz;
-- Since when nobody can read any more who it was.
ALTER TABLE parties ADD COLUMN erased_at timestamptz;
CREATE INDEX parties_in_clear ON parties (number) WHERE identity_at IS NULL;
CREATE INDEX parties_to_erase ON parties (closed_at) WHERE erased_at IS NULL AND closed_at IS NOT NULL;

-- How far the names of accounts were looked through.
CREATE TABLE identity_moves (what text PRIMARY KEY, up_to bigint NOT NULL);

-- While one stands, the identity of this party is not erased.
CREATE TABLE legal_holds (
  party text NOT NULL,
  id text NOT NULL UNIQUE,
  reason text NOT NULL,
  placed_by text NOT NULL,
  placed_at timestamptz NOT NULL,
  lifted_at timestamptz,
  PRIMARY KEY (party, id)
);

CREATE TABLE retention_runs (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  removed jsonb NOT NULL,
  milliseconds integer NOT NULL
);

-- Results of the audit are removed when they are old; those that did not hold are never.
CREATE OR REPLACE TRIGGER audit_runs_immutable BEFORE UPDATE ON audit_runs
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_runs_kept BEFORE DELETE ON audit_runs
  FOR EACH ROW WHEN (NOT OLD.holds) EXECUTE FUNCTION refuse_change();
