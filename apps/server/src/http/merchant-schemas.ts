/** The shapes of merchants, and of what shops ask of accounts. */
import type { MerchantRow, ShopPaymentRow } from '@sokkin/issuer';
import { z } from 'zod';
import * as s from './schemas.ts';

export const merchantId = s.id('mch');
export const paymentId = s.id('pmt');

export const newMerchant = z.strictObject({
  institution: s.institutionId.optional().describe('The acquirer; left out: your own'),
  acceptor: z
    .string()
    .regex(/^[!-~]([ -~]{0,13}[!-~])?$/, '1 to 15 visible ASCII characters')
    .describe(
      'What its terminals send in field 42 (card acceptor identification code), without blanks at the end',
    ),
  name: s.words(60),
  category: z
    .string()
    .regex(/^\d{4}$/, 'four digits')
    .describe('Merchant category code (ISO 18245)'),
  account: s.accountId.describe('Where its money comes'),
  reserve: s.accountId.optional().describe('Pays back what that account cannot'),
  takes_partial: z
    .boolean()
    .default(false)
    .describe('Its terminals understand that a part of the amount was approved'),
});

export const merchant = z.object({
  id: merchantId,
  institution: s.institutionId.describe('The acquirer'),
  acceptor: z.string(),
  name: z.string(),
  category: z.string(),
  account: s.accountId,
  reserve: s.accountId.nullable(),
  takes_partial: z.boolean(),
  state: z.enum(['open', 'blocked']),
  created_at: s.time,
});

export const showMerchant = (row: MerchantRow): z.infer<typeof merchant> => ({
  id: row.id,
  institution: row.acquirer,
  acceptor: row.acceptor,
  name: row.name,
  category: row.category,
  account: row.account,
  reserve: row.reserve ?? null,
  takes_partial: row.takesPartial,
  state: row.state,
  created_at: row.createdAt.toISOString(),
});

export const payment = z.object({
  id: paymentId,
  account: s.accountId,
  merchant: merchantId,
  acquirer: s.institutionId,
  kind: z.enum(['hold', 'pay']).describe('Kept for the shop until it captures it, or taken at once'),
  state: z.enum(['open', 'captured', 'reversed', 'expired']),
  amount: s.balance.describe('What was asked for'),
  approved: s.balance,
  held: s.balance.describe('Kept for it, and not captured'),
  captured: s.balance.describe('Taken, and not given back by a reversal'),
  refunded: s.balance,
  currency: s.currency,
  terminal: z.string(),
  trace: z.string().describe('Systems trace audit number (field 11)'),
  reference: z.string().nullable().describe('Retrieval reference number (field 37)'),
  approval_code: z.string(),
  entry: z.enum(['contact', 'contactless', 'magnetic', 'manual', 'credential_on_file', 'ecommerce']),
  created_at: s.time,
  changed_at: s.time,
  expires_at: s.time.describe('What is held is let go from then on'),
});

export const showPayment = (row: ShopPaymentRow): z.infer<typeof payment> => ({
  id: row.id,
  account: row.account,
  merchant: row.merchant,
  acquirer: row.acquirer,
  kind: row.kind,
  state: row.state,
  amount: row.amount.toString(),
  approved: row.approved.toString(),
  held: row.held.toString(),
  captured: row.captured.toString(),
  refunded: row.refunded.toString(),
  currency: s.CURRENCY,
  terminal: row.terminal,
  trace: row.stan,
  reference: row.rrn ?? null,
  approval_code: row.approvalCode,
  entry: row.entry,
  created_at: row.createdAt.toISOString(),
  changed_at: row.changedAt.toISOString(),
  expires_at: new Date(row.expiresAt).toISOString(),
});
