/** Clearing and settlement, as the API takes and shows them. */
import {
  type BATCH_PARTS,
  type BatchTotals,
  type ClearingRow,
  type ComparedTotals,
  type CountedSum,
  compareTotals,
  type MovementSums,
  netOf,
  type SettledMovement,
  type SettlementPosition,
} from '@sokkin/issuer';
import { z } from 'zod';
import { CLEARING_REFUSALS, type ClearingRefusal } from '../acceptance/clearing/presented.ts';
import {
  type AcquirerDay,
  type DayHead,
  type MerchantDay,
  owedAfter,
} from '../acceptance/settlement/view.ts';
import { purseName } from '../backend.ts';
import * as s from './schemas.ts';

export const clearingId = s.id('clr');
export const merchantId = s.id('mch');
const refusal = z.enum(Object.keys(CLEARING_REFUSALS) as [ClearingRefusal, ...ClearingRefusal[]]);
export const acceptor = z
  .string()
  .regex(/^[!-~]([ -~]{0,13}[!-~])?$/, 'at most 15 printable characters are expected')
  .describe('Card acceptor identification code (DE 42), without filling blanks');
export const terminal = z
  .string()
  .regex(/^[!-~]([ -~]{0,14}[!-~])?$/, 'at most 16 printable characters are expected');

export const clearing = z.object({
  id: clearingId,
  acquirer: s.institutionId,
  card_acceptor: z.string(),
  terminal: z.string().nullable(),
  merchant: merchantId.nullable().describe('null: there is none, or the approval was not believed'),
  account: s.accountId.nullable().describe("The merchant's, that was paid"),
  status: z.enum(['settled', 'refused']),
  reason: refusal.nullable(),
  says: z.string().nullable(),
  amount: s.balance,
  currency: s.currency,
  pan_last4: z.string(),
  purse: s.purseId.nullable(),
  transaction_counter: z.int().nullable(),
  transaction_date: z.string().nullable().describe("YYMMDD, by the terminal's calendar"),
  reference: z.string().nullable(),
  stan: z.string().nullable(),
  alert: s.id('alt').nullable(),
  received_at: s.time,
});

const saysOf = (reason: string | undefined): string | null => {
  for (const [name, { says }] of Object.entries(CLEARING_REFUSALS)) if (name === reason) return says;
  return null;
};

export const showClearing = (c: ClearingRow) => ({
  id: c.id,
  acquirer: c.acquirer,
  card_acceptor: c.acceptor,
  terminal: c.terminal ?? null,
  merchant: c.merchant ?? null,
  account: c.account ?? null,
  status: c.status,
  reason: c.reason === undefined ? null : refusal.parse(c.reason),
  says: saysOf(c.reason),
  amount: c.amount.toString(),
  currency: s.CURRENCY,
  pan_last4: c.panLast4,
  purse: c.purse === undefined ? null : purseName(c.purse),
  transaction_counter: c.atc ?? null,
  transaction_date: c.transactionDate ?? null,
  reference: c.reference ?? null,
  stan: c.stan ?? null,
  alert: c.alert ?? null,
  received_at: c.receivedAt.toISOString(),
});

const MOST_DATA = 1_500_000;
export const clearingFile = z.strictObject({
  acquirer: s.institutionId.optional().describe('Left out: your own'),
  format: z
    .enum(['json-lines', 'iso8583'])
    .describe('json-lines: one object a line. iso8583: advices one after the other in frames, base64'),
  link: s.words(60).optional().describe('Of iso8583: in the dialect of this link (acq_...)'),
  profile: s.words(40).optional().describe('Of iso8583: the dialect, one of those shipped'),
  data: z.string().min(1).max(MOST_DATA),
});
export const clearingFileAnswer = z.object({
  settled: z.int(),
  refused: z.int(),
  unreadable: z.int(),
  amount: s.balance.describe('What merchants were paid now'),
  results: z.array(
    z.object({
      item: z.int().describe('From 1'),
      status: z.enum(['settled', 'refused', 'unreadable']),
      repeat: z.boolean().describe('It was settled before'),
      clearing: clearingId.nullable(),
      reason: refusal.nullable(),
      detail: z.string(),
    }),
  ),
});

const counted = z.object({ count: z.int().min(0), amount: s.balance });
export const batchTotals = z.object({
  credits: counted.describe('Refunds'),
  credit_reversals: counted,
  debits: counted.describe('Payments, approved online and offline'),
  debit_reversals: counted,
});
const stated = z
  .strictObject({ count: z.int().min(0).max(999_999_999), amount: z.string().regex(/^[0-9]{1,16}$/) })
  .default({ count: 0, amount: '0' });
export const newTotals = z.strictObject({
  card_acceptor: acceptor.optional().describe('Left out: all merchants'),
  terminal: terminal
    .optional()
    .describe('One of the card acceptor; then it is the batch since its last totals'),
  day: z.int().min(1).optional().describe('Left out: the day that is open'),
  totals: z.strictObject({
    credits: stated,
    credit_reversals: stated,
    debits: stated,
    debit_reversals: stated,
  }),
});

const readCounted = ({ count, amount }: z.infer<typeof stated>): CountedSum => ({
  count,
  amount: BigInt(amount),
});
export const readBatchTotals = (t: z.infer<typeof newTotals>['totals']): BatchTotals => ({
  credits: readCounted(t.credits),
  creditReversals: readCounted(t.credit_reversals),
  debits: readCounted(t.debits),
  debitReversals: readCounted(t.debit_reversals),
});

const showCounted = ({ count, amount }: CountedSum) => ({ count, amount: amount.toString() });
export const showTotals = (t: BatchTotals) => ({
  credits: showCounted(t.credits),
  credit_reversals: showCounted(t.creditReversals),
  debits: showCounted(t.debits),
  debit_reversals: showCounted(t.debitReversals),
});

export const compared = z.object({
  acquirer: s.institutionId,
  day: z.int(),
  merchant: merchantId.nullable(),
  terminal: z.string().nullable(),
  in_balance: z.boolean(),
  differs: z.array(z.enum(['credits', 'credit_reversals', 'debits', 'debit_reversals'])),
  theirs: batchTotals,
  ours: batchTotals,
  net_difference: s.balance.describe('Theirs less ours'),
  at: s.time,
});
const PART_NAMES = {
  credits: 'credits',
  creditReversals: 'credit_reversals',
  debits: 'debits',
  debitReversals: 'debit_reversals',
} as const satisfies Record<(typeof BATCH_PARTS)[number], string>;
export const showCompared = (c: ComparedTotals) => ({
  acquirer: c.acquirer,
  day: c.day,
  merchant: c.merchant ?? null,
  terminal: c.terminal ?? null,
  in_balance: c.isInBalance,
  differs: compareTotals(c.theirs, c.ours).map(({ part }) => PART_NAMES[part]),
  theirs: showTotals(c.theirs),
  ours: showTotals(c.ours),
  net_difference: (netOf(c.theirs) - netOf(c.ours)).toString(),
  at: c.at.toISOString(),
});

const sums = z.object({
  payments: counted,
  offline: counted.describe('Approved by cards offline, and cleared'),
  reversals: counted,
  refunds: counted,
});
export const position = z.object({
  merchant: merchantId,
  sums,
  fee: s.balance.describe('For the payments of this day'),
  owed_before: s.balance.describe('Fees of days before that the account could not pay'),
  fee_paid: s.balance.describe('Moved to the acquirer after the cut-over'),
  owed: s.balance,
});
const showSums = (m: MovementSums) => ({
  payments: showCounted(m.purchase),
  offline: showCounted(m.clearing),
  reversals: showCounted(m.purchase_reversed),
  refunds: showCounted(m.purchase_refund),
});
export const showPosition = (p: SettlementPosition) => ({
  merchant: p.merchant,
  sums: showSums(p.sums),
  fee: p.fee.toString(),
  owed_before: p.owedBefore.toString(),
  fee_paid: p.feePaid.toString(),
  owed: owedAfter(p).toString(),
});

const dayStatus = z.enum(['open', 'cut', 'settled']).describe('cut: it is over, and is being settled');
export const dayHead = z.object({
  acquirer: s.institutionId,
  day: z.int(),
  business_date: z.iso.date(),
  status: dayStatus,
  opened_at: s.time,
  closed_at: s.time.nullable(),
});
export const showHead = (d: DayHead) => ({
  acquirer: d.acquirer,
  day: d.day,
  business_date: d.businessDate,
  status: d.status,
  opened_at: d.openedAt.toISOString(),
  closed_at: d.closedAt?.toISOString() ?? null,
});
export const acquirerDay = dayHead.extend({
  currency: s.currency,
  totals: batchTotals,
  net: s.balance.describe('What the merchants got in all'),
  fees: z.object({ due: s.balance, paid: s.balance, owed: s.balance }),
  positions: z.array(position),
});
export const showDay = (d: AcquirerDay) => ({
  ...showHead(d),
  currency: s.CURRENCY,
  totals: showTotals(d.totals),
  net: d.net.toString(),
  fees: { due: d.fees.due.toString(), paid: d.fees.paid.toString(), owed: d.fees.owed.toString() },
  positions: d.positions.map(showPosition),
});

export const movement = z.object({
  id: z.string().describe("The transfer's number"),
  kind: z.enum(['purchase', 'clearing', 'purchase_reversed', 'purchase_refund']),
  amount: s.balance,
  payment: z.string().describe('pmt_... or clr_...'),
  terminal: z.string().nullable(),
  reference: z.string().nullable(),
  at: s.time,
});
export const showMovement = (m: SettledMovement) => ({
  id: m.number,
  kind: m.kind,
  amount: m.amount.toString(),
  payment: m.payment,
  terminal: m.terminal ?? null,
  reference: m.reference ?? null,
  at: m.at.toISOString(),
});
export const merchantDay = dayHead.extend({
  merchant: merchantId,
  name: z.string(),
  card_acceptor: z.string(),
  account: s.accountId,
  currency: s.currency,
  net: s.balance.describe('What the merchant got in all, before fees'),
  position,
});
export const showMerchantDay = (d: MerchantDay) => ({
  ...showHead(d),
  merchant: d.merchant.id,
  name: d.merchant.name,
  card_acceptor: d.merchant.acceptor,
  account: d.merchant.account,
  currency: s.CURRENCY,
  net: d.net.toString(),
  position: showPosition(d.position),
});

export const calendar = z.strictObject({
  cut_over: z
    .string()
    .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'a time HH:MM is expected')
    .nullable()
    .describe('UTC; null: when the acquirer says so'),
  fee_account: s.accountId
    .nullable()
    .describe("The acquirer's own; null: fees are owed, and stay where they are"),
});
export const feeTerms = z.strictObject({
  basis_points: z
    .int()
    .min(0)
    .max(10_000)
    .describe('Hundredths of a percent of what was kept of the payments'),
  fixed: z
    .string()
    .regex(/^[0-9]{1,9}$/, 'yen in decimal digits are expected')
    .describe('For each payment that nothing was taken back of'),
});
export const shownTerms = feeTerms.extend({ merchant: merchantId, version: z.int() });
