-- What purses need to be spread over machines by their ids (docs/scale.md). One machine keeps all constraints that it has.

-- Which key is which purse's. A table that is spread by purse cannot have a key that is unique without the purse; this one stays in one place.
CREATE TABLE purse_keys (
  public_key bytea PRIMARY KEY,
  purse text NOT NULL
);
INSERT INTO purse_keys (public_key, purse) SELECT public_key, id FROM purses;
-- Most of it was done while others wrote; only what came meanwhile is left.
LOCK TABLE purses IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO purse_keys (public_key, purse)
  SELECT public_key, id FROM purses p WHERE NOT EXISTS (SELECT FROM purse_keys k WHERE k.public_key = p.public_key);

-- For processes of the version before, which do not write it. Goes when purses are spread: none of them may run then.
CREATE FUNCTION keep_purse_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO purse_keys (public_key, purse) VALUES (NEW.public_key, NEW.id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER purses_keep_keys AFTER INSERT ON purses FOR EACH ROW EXECUTE FUNCTION keep_purse_key();

-- Every Grant carries the newest blocks: they are read where all of them are, not from every machine's purses.
CREATE INDEX purse_blocks_by_time ON purse_blocks (at DESC);

-- Always empty. A statement on it, where purses are spread, makes a transaction commit on all its machines or on none (store/commit-together.ts).
CREATE TABLE commit_together (
  no integer PRIMARY KEY
);
