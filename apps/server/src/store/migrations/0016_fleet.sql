-- The life of cards and devices: who waits for activation, what was retired, what came in place of what; orders of cards; and
-- the list of blocked purses that phones and terminals carry offline.
ALTER TABLE purses
  -- It waits for its holder to activate it.
  ADD COLUMN held boolean NOT NULL DEFAULT false,
  ADD COLUMN retired_at timestamptz,
  -- Purses: the one that it came in place of, and the one that came in its place.
  ADD COLUMN replaces text,
  ADD COLUMN replaced_by text;

-- Purses whose blocking began or ended since the newest list: written with the block, read when a list is made.
CREATE TABLE block_changes (purse text PRIMARY KEY);
-- Which lists a purse stands on: from `added_in` on, and up to the one before `removed_in`.
CREATE TABLE block_list_members (
  purse text NOT NULL,
  added_in bigint NOT NULL,
  removed_in bigint CHECK (removed_in > added_in),
  PRIMARY KEY (purse, added_in)
);
CREATE UNIQUE INDEX block_list_now ON block_list_members (purse) WHERE removed_in IS NULL;
CREATE INDEX block_list_added ON block_list_members (added_in);
CREATE INDEX block_list_removed ON block_list_members (removed_in) WHERE removed_in IS NOT NULL;
-- The number of the newest list.
CREATE TABLE block_list_head (one boolean PRIMARY KEY DEFAULT true CHECK (one), number bigint NOT NULL CHECK (number BETWEEN 1 AND 4294967295));
INSERT INTO block_list_head (number) VALUES (1);
-- Issuers whose certificates are not believed any more: 8 bytes in hexadecimal.
CREATE TABLE revoked_issuers (issuer text PRIMARY KEY, proposal text NOT NULL, at timestamptz NOT NULL);
INSERT INTO block_changes (purse) SELECT id FROM purses WHERE blocked_at IS NOT NULL;

-- Cards that an issuer ordered.
CREATE TABLE card_orders (
  id text PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  institution text NOT NULL,
  profile text NOT NULL,
  assurance text NOT NULL CHECK (assurance IN ('secure_element', 'tee', 'software')),
  activation text NOT NULL CHECK (activation IN ('at_once', 'by_holder')),
  created_by text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX card_orders_of ON card_orders (institution, number);
CREATE TABLE card_order_items (
  order_id text NOT NULL REFERENCES card_orders (id),
  item integer NOT NULL CHECK (item > 0),
  account text NOT NULL,
  tier smallint NOT NULL CHECK (tier BETWEEN 0 AND 255),
  -- The purse that this card is to come in place of.
  replaces text,
  state text NOT NULL DEFAULT 'ordered'
    CHECK (state IN ('ordered', 'in_personalisation', 'personalised', 'delivered', 'cancelled')),
  -- The chip that was taken for it: one item has one chip, and one chip one item.
  serial text UNIQUE,
  purse text,
  -- Why a chip that was taken for it before was given up.
  says text,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (order_id, item),
  CHECK ((state IN ('ordered', 'cancelled')) = (serial IS NULL)),
  CHECK ((state IN ('personalised', 'delivered')) = (purse IS NOT NULL))
);
CREATE INDEX card_order_items_by_state ON card_order_items (order_id, state, item);
