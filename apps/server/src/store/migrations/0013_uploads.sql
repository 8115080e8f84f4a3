-- Journals as they are uploaded: one row for an upload, in place of one for an entry.
--
-- Nothing is moved: entries that are there stay where they are, and readers look in both places. The issuer's own purse goes on
-- to write entries, since it writes them one by one. A process of the version before writes entries, too, and does not know of
-- open_items: what is in there is used only while it is of the journal's newest entry.
LOCK TABLE purses, journals, entries, tickets, payments, receipts, approvals, grants, syncs IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE segments (
  purse text NOT NULL,
  first_seq bigint NOT NULL CHECK (first_seq > 0),
  last_seq bigint NOT NULL,
  -- Chain head before the first entry: with it the bodies give all others.
  link bytea NOT NULL CHECK (octet_length(link) = 32),
  -- The bodies without what follows from their place: store/segments.ts.
  bodies bytea NOT NULL,
  PRIMARY KEY (purse, first_seq),
  CHECK (last_seq >= first_seq)
);
-- Hashes and numbers do not compress.
ALTER TABLE segments ALTER COLUMN bodies SET STORAGE EXTERNAL;
CREATE TRIGGER segments_immutable BEFORE UPDATE OR DELETE ON segments
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Open tickets, payments and approvals (store/open-items.ts). NULL: look into their tables.
ALTER TABLE journals ADD COLUMN open_items bytea;

-- Each cost a look-up for each row of an upload, and says what the writer has made sure of: it has locked the journal.
ALTER TABLE tickets DROP CONSTRAINT tickets_payee_fkey;
ALTER TABLE payments DROP CONSTRAINT payments_payer_fkey;
ALTER TABLE receipts DROP CONSTRAINT receipts_payee_fkey;
ALTER TABLE approvals DROP CONSTRAINT approvals_purse_fkey;
ALTER TABLE grants DROP CONSTRAINT grants_purse_fkey;
ALTER TABLE syncs DROP CONSTRAINT syncs_purse_fkey;

-- They are written at every sync: room for the new version beside the old one.
ALTER TABLE journals SET (fillfactor = 85);
ALTER TABLE purses SET (fillfactor = 85);

-- Nonces are made without a row, with this key; challenges goes on to keep those that enrolments have spent.
CREATE TABLE nonce_keys (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  key bytea NOT NULL CHECK (octet_length(key) = 32)
);
-- Of a purse those alone that have not expired by its last upload.
CREATE TABLE used_nonces (
  purse text NOT NULL,
  nonce bytea NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (purse, nonce)
);
