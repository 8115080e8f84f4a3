/** Claims, as the API takes and shows them. */
import { type ClaimRow, worthOf } from '@sokkin/issuer';
import { z } from 'zod';
import { purseName } from '../backend.ts';
import type { ClaimView, TimelineStep } from '../operations/claims/view.ts';
import * as s from './schemas.ts';

const kind = z.enum(['lost', 'stolen', 'broken', 'expired']);
export const newClaim = z.strictObject({
  purse: s.purseId,
  kind: kind.exclude(['expired']).describe('stolen: only its issuer takes the report back'),
});
export const refusal = z.strictObject({
  reason: s.name.describe('A sentence for the customer; no names'),
});

export const claimSummary = z.object({
  id: s.id('clm'),
  purse: s.purseId,
  account: s.accountId.describe('Where the refund goes'),
  kind: kind.describe('expired: opened by the server itself'),
  status: z
    .enum(['waiting', 'refunded', 'refused', 'withdrawn', 'closed'])
    .describe('closed: refunded, and final for the account'),
  reported_by: z.enum(['customer', 'institution', 'operator', 'system']),
  reported_at: s.time,
  due_at: s.time.describe('When it is refunded'),
});
const dateOrNull = s.time.nullable();
const step = z.object({
  step: z.enum(['reported', 'inquiry', 'refund', 'late_payment', 'found', 'refused', 'withdrawn', 'closed']),
  at: dateOrNull.describe('null: it is to come'),
  due: dateOrNull.describe('When it is to come, or was to'),
});
export const claim = claimSummary.extend({
  currency: s.currency,
  value: z.object({
    amount: s.balance.describe(
      'What would be refunded now: the worth, less what was refunded, up to the cap',
    ),
    worth: s.balance.describe('acknowledged + waiting_for_it + returning - credited_ahead; never below zero'),
    acknowledged: s.balance.describe('Balance at its last sync'),
    waiting_for_it: s.balance.describe('Paid to it by those who have synced'),
    returning: s.balance.describe('It paid this, and the payees can never take it'),
    credited_ahead: s.balance.describe('It paid this after its last sync'),
    held_back: s.balance.describe('It paid this, and whether it arrived is not known: not in the worth'),
    cap: s.balance.nullable().describe('The most that is refunded before the claim closes'),
    later: s.balance.describe('Above the cap: refunded when the claim closes'),
  }),
  refunded: s.balance.describe('What the account got, less what was taken back'),
  covered_by_issuer: s.balance.describe('What a loss account stands for'),
  uncovered: s.balance.describe('Refunded, and paid by the purse as well, and nobody could stand for it yet'),
  entries: z.array(
    z.object({
      kind: z
        .enum(['refund', 'clawback', 'loss', 'restored'])
        .describe(
          'clawback: taken from the account again. loss: paid by the loss account. restored: back to it',
        ),
      amount: s.balance,
      payment_no: z.int().nullable().describe('The late payment that it answers'),
      at: s.time,
    }),
  ),
  late_payments: z.array(
    z.object({
      payment_no: z.int(),
      payee: s.purseId,
      amount: s.balance,
      after_report: z.boolean().describe('It can be shown that the purse paid after it was reported'),
      seen_at: s.time,
    }),
  ),
  late_approvals: z.array(
    z.object({
      clearing: s.id('clr'),
      transaction_counter: z.int(),
      amount: s.balance,
      seen_at: s.time,
    }),
  ),
  timeline: z.array(step),
  reason: z.string().nullable(),
  proposal: s.id('prp').nullable().describe('The newest proposal to refund it before its date'),
});

const iso = (at: Date): string => at.toISOString();
const maybe = (at: Date | undefined): string | null => (at === undefined ? null : iso(at));

export const showSummary = (c: ClaimRow) => ({
  id: c.id,
  purse: purseName(c.purse),
  account: c.account,
  kind: c.kind,
  status: c.status,
  reported_by: c.channel,
  reported_at: iso(c.reportedAt),
  due_at: iso(c.dueAt),
});

const showStep = ({ step, at, due }: TimelineStep) => ({ step, at: maybe(at), due: maybe(due) });

const showValue = ({ amount, worth, cap, later }: ClaimView) => ({
  amount: amount.toString(),
  worth: worthOf(worth).toString(),
  acknowledged: worth.acknowledged.toString(),
  waiting_for_it: worth.waiting.toString(),
  returning: worth.returning.toString(),
  credited_ahead: worth.creditedAhead.toString(),
  held_back: worth.heldBack.toString(),
  cap: cap?.toString() ?? null,
  later: later.toString(),
});

export const showClaim = (v: ClaimView) => ({
  ...showSummary(v.claim),
  currency: s.CURRENCY,
  value: showValue(v),
  refunded: v.books.paid.toString(),
  covered_by_issuer: v.books.lost.toString(),
  uncovered: v.uncovered.toString(),
  entries: v.entries.map((e) => ({
    kind: e.kind,
    amount: e.amount.toString(),
    payment_no: e.paymentNo ?? null,
    at: iso(e.at),
  })),
  late_payments: v.late.map((p) => ({
    payment_no: p.paymentNo,
    payee: purseName(p.payee),
    amount: p.amount.toString(),
    after_report: p.afterReport,
    seen_at: iso(p.seenAt),
  })),
  late_approvals: v.lateApprovals.map((a) => ({
    clearing: a.clearing,
    transaction_counter: a.atc,
    amount: a.amount.toString(),
    seen_at: iso(a.seenAt),
  })),
  timeline: v.timeline.map(showStep),
  reason: v.claim.reason ?? null,
  proposal: v.claim.proposal ?? null,
});
