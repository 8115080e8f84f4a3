-- Offline approvals of a reported purse that were cleared and that its journal does not show: known to the refund, or late. One row for each
-- counter of the card, as in cleared_approvals.
CREATE TABLE claim_approvals (
  purse text NOT NULL,
  atc integer NOT NULL CHECK (atc BETWEEN 1 AND 65535),
  claim text NOT NULL,
  -- Of clearings.
  clearing text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  is_late boolean NOT NULL,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (purse, atc)
);
