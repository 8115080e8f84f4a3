-- Balance inquiries have an answer that is given again, as payments do. The list of kinds only grows, so old rows need not be looked at.
ALTER TABLE acceptance_messages
  DROP CONSTRAINT acceptance_messages_kind_check,
  ADD CONSTRAINT acceptance_messages_kind_check
    CHECK (kind IN ('hold', 'pay', 'capture', 'reverse', 'refund', 'balance')) NOT VALID;
