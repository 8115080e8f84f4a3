-- What a personalisation that was cut off may have left on a card is written down before it goes there. A PAN is not stored: a
-- keyed hash finds its card.

CREATE TABLE emv_keys (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  -- Of the keys that the cards of this database were made with.
  fingerprint bytea NOT NULL
);

ALTER TABLE cards
  ADD COLUMN key_version smallint NOT NULL DEFAULT 1 CHECK (key_version BETWEEN 1 AND 127),
  -- Only the newest attempt at a personalisation may write.
  ADD COLUMN attempt integer NOT NULL DEFAULT 0,
  ADD COLUMN pan_hash bytea UNIQUE CHECK (octet_length(pan_hash) = 32),
  ADD COLUMN pan_sequence text CHECK (pan_sequence ~ '^[0-9]{2}$'),
  ADD CONSTRAINT cards_purse_once UNIQUE (purse),
  ADD CONSTRAINT cards_pan CHECK ((pan_hash IS NULL) = (pan_sequence IS NULL));

-- Of the cards' RSA certificates: 3 bytes, each once under the issuer's key.
CREATE SEQUENCE card_certificate_serials AS integer MAXVALUE 16777215 NO CYCLE;
