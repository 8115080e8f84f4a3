-- An institution gives a purse its PIN tries back: who asked, since when Grants say so, and when its journal proved it.
ALTER TABLE purses
  ADD COLUMN pin_reset_at timestamptz,
  ADD COLUMN pin_reset_by text,
  -- The first Grant that says so and can still take effect; null: none does yet.
  ADD COLUMN pin_reset_grant bigint,
  ADD COLUMN pin_reset_given_at timestamptz;
