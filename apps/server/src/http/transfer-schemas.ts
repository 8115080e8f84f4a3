/** The shapes of transfers. */
import { z } from 'zod';
import { KEY } from './idempotency.ts';
import * as s from './schemas.ts';

export const MOST_ITEMS = 1000;

export const transferId = s.id('trf');
/** What XML 1.0 cannot hold is refused here already: it travels in pacs.008 and camt.053. */
const words = z
  .string()
  .min(1)
  .max(140)
  .regex(/^[^\p{Cc}\p{Cs}\ufffe\uffff]*$/u, 'control characters are not allowed');
const endToEnd = z
  .string()
  // The characters that all payment systems carry (ISO 20022 restricted character set), at most 35 of them.
  .regex(
    /^(?! )[A-Za-z0-9/\-?:().,'+ ]{1,35}(?<! )$/,
    "1 to 35 of A-Z a-z 0-9 / - ? : ( ) . , ' + and spaces within",
  )
  .describe('What the payer calls this transfer; the payee sees it');
const order = {
  from: s.accountId,
  to: s.accountId,
  amount: s.amount,
  currency: s.currency.optional(),
  memo: words.optional().describe('For the payee to read'),
  reference: endToEnd.optional(),
};
const dryRun = z.boolean().default(false).describe('Only says what would happen; nothing is written');

export const newTransfer = z.strictObject({ ...order, dry_run: dryRun });
export const transferItem = z.strictObject({
  key: z
    .string()
    .regex(KEY, 'a key is 1 to 255 visible ASCII characters')
    .describe('Idempotency key of this item; one space with the Idempotency-Key of single transfers'),
  ...order,
});
export const newBatch = z.strictObject({
  items: z.array(transferItem).min(1).max(MOST_ITEMS),
  dry_run: dryRun,
});
export const newReversal = z.strictObject({
  amount: s.amount.optional().describe('A part; without it, all that is left'),
  reason: words,
});
export const transferQuery = s.pageQuery.extend({ account: s.accountId, cursor: s.numberCursor });

export const transfer = z.object({
  id: transferId,
  kind: z.enum(['transfer', 'reversal']),
  from: s.accountId,
  to: s.accountId,
  amount: s.balance,
  currency: s.currency,
  memo: z.string().nullable(),
  reference: z.string().nullable(),
  reverses: transferId.nullable().describe('The transfer that this one takes back, or a part of it'),
  created_at: s.time,
});
const balances = z
  .object({ from: s.balance, to: s.balance.nullable().describe('null: not yours to see') })
  .describe('What the accounts would hold');
export const transferTrial = z.object({
  dry_run: z.literal(true),
  from: s.accountId,
  to: s.accountId,
  amount: s.balance,
  currency: s.currency,
  balances,
});
export const itemResult = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('done'),
    key: z.string(),
    id: transferId,
    repeated: z.boolean().describe('The key was used before, for the same: nothing moved again'),
    created_at: s.time,
    balances: balances.optional().describe('Of a dry run'),
  }),
  z.object({
    status: z.literal('refused'),
    key: z.string(),
    code: z.string(),
    detail: z.string(),
    param: z.string().optional(),
  }),
]);
export const batchAnswer = z.object({
  dry_run: z.boolean(),
  done: z.int(),
  refused: z.int(),
  results: z.array(itemResult).describe('One for each item, in their order'),
});
