-- An offline approval whose TC is too old to come any more goes back to the account of its purse.

-- The list of kinds only grows, so old rows need not be looked at.
LOCK TABLE transfers IN ACCESS EXCLUSIVE MODE;
ALTER TABLE transfers
  DROP CONSTRAINT transfers_kind_check,
  ADD CONSTRAINT transfers_kind_check CHECK (kind IN
    ('issuance', 'destruction', 'funding', 'funding_returned', 'redemption', 'transfer', 'reversal',
     'refund', 'late_payment', 'late_payment_returned',
     'purchase', 'purchase_reversed', 'purchase_refund',
     'clearing', 'clearing_loss', 'settlement_fee', 'approval_lapsed')) NOT VALID;
