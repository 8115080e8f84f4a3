-- A purse is blocked by several, each for its own reason, and each lifts only its own. It is blocked while one of them stands;
-- purses.blocked_at says since when.
CREATE TABLE purse_blocks (
  purse text NOT NULL,
  reason text NOT NULL CHECK (reason IN ('operator', 'report', 'policy', 'retired')),
  -- Who, as in the log.
  blocked_by text NOT NULL,
  -- The alert or report that led to it.
  cause text,
  at timestamptz NOT NULL,
  PRIMARY KEY (purse, reason)
);
INSERT INTO purse_blocks (purse, reason, blocked_by, at)
  SELECT id, 'operator', 'system', blocked_at FROM purses WHERE blocked_at IS NOT NULL;
