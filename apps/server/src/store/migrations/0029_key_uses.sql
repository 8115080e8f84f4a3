-- How often the limited-use keys of cards in phones were used: a stolen key is worth no more than it says.

CREATE TABLE card_key_uses (
  account text NOT NULL,
  -- As in card_counters.
  card text NOT NULL,
  key_number integer NOT NULL CHECK (key_number BETWEEN 1 AND 65535),
  uses integer NOT NULL CHECK (uses > 0),
  PRIMARY KEY (account, card, key_number)
);
