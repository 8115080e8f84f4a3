-- One PKI for each issuer, with generations. What was there before is the first issuer's, and the root's the central bank's.

ALTER TABLE certificates
  ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  ADD COLUMN institution text REFERENCES institutions (id),
  ADD COLUMN generation int NOT NULL DEFAULT 1 CHECK (generation > 0),
  ADD COLUMN key text,
  ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();
UPDATE certificates SET
  institution = CASE role WHEN 1 THEN 'ins_central_bank' ELSE 'ins_first_issuer' END,
  key = CASE role
    WHEN 1 THEN 'root.1'
    WHEN 2 THEN 'issuer/ins_first_issuer.1'
    WHEN 3 THEN 'authority/ins_first_issuer.1'
    ELSE 'issuer_purse/ins_first_issuer.1' END;
ALTER TABLE certificates
  ALTER COLUMN institution SET NOT NULL,
  ALTER COLUMN key SET NOT NULL,
  ALTER COLUMN generation DROP DEFAULT,
  ALTER COLUMN created_at DROP DEFAULT,
  DROP CONSTRAINT certificates_pkey,
  ADD PRIMARY KEY (institution, role, generation);
CREATE TRIGGER certificates_immutable BEFORE UPDATE OR DELETE ON certificates
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The keys of payment cards, sealed with the vault's key; NULL while they are still in a file of version 1.
ALTER TABLE emv_keys ADD COLUMN sealed bytea;

-- Which issuer's purse: there are several now, and each counts its own tickets.
ALTER TABLE fundings ADD COLUMN payer text REFERENCES journals (purse);
ALTER TABLE redemptions ADD COLUMN payee text REFERENCES journals (purse);
UPDATE fundings SET payer = (SELECT purse FROM journals WHERE is_issuer);
UPDATE redemptions SET payee = (SELECT purse FROM journals WHERE is_issuer);
ALTER TABLE fundings ALTER COLUMN payer SET NOT NULL;
ALTER TABLE redemptions
  ALTER COLUMN payee SET NOT NULL,
  DROP CONSTRAINT redemptions_ticket_no_key,
  ADD UNIQUE (payee, ticket_no);
