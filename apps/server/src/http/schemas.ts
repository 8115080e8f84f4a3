/**
 * The shapes of the API, as validators; the OpenAPI document is made from them.
 *
 * What must hold: amounts are minor units in decimal digits, never numbers; octets are lower-case hex; a field
 * that is not named here is refused.
 */
import { type Bytes, fromHex } from '@sokkin/codec';
import { MAX_ENTRIES } from '@sokkin/purse';
import { z } from 'zod';

export const CURRENCY = 'JPY' as const;

/** Octets. `max` in bytes. */
export const octets = (max: number, description: string) =>
  z
    .string()
    .max(2 * max)
    .regex(/^([0-9a-f]{2})+$/, 'lower-case hexadecimal octets are expected')
    .describe(description);

export const toBytes = (text: string): Bytes => fromHex(text);

export const amount = z
  .string()
  // Up to MAX_AMOUNT of the codec, 10^15.
  .regex(
    /^([1-9][0-9]{0,14}|1000000000000000)$/,
    'minor units in decimal digits, 1 to 1000000000000000, are expected',
  )
  .describe('Minor units in decimal digits; yen has no decimals, so "1000" is 1,000 yen');
export const balance = z
  .string()
  .regex(/^-?[0-9]+$/)
  .describe('Minor units in decimal digits');
export const currency = z.literal(CURRENCY);
const optionalCurrency = currency.optional();

export const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}_[0-9a-z_]{1,40}$`), `an id ${prefix}_... is expected`);
export const accountId = id('acc');
export const purseId = z
  .string()
  .regex(/^pur_[0-9a-f]{16}$/, 'pur_ and 16 hexadecimal digits are expected')
  .describe('pur_ and the 8 octets of the purse in hex');

const CERTIFICATE = 256;
const MESSAGE = 512;
export const certificate = octets(CERTIFICATE, 'Card-verifiable certificate, object 7F21');
export const message = (name: string) =>
  octets(MESSAGE, `${name}: body and signature (value of its data object)`);

export const chain = z.strictObject({ issuer: certificate, purse: certificate });
/** A chain whose issuer is ours may leave it out. */
export const shownChain = z.strictObject({ purse: certificate, issuer: certificate.optional() });

export const time = z.iso.datetime({ error: 'a time in UTC such as 2026-11-23T09:00:00Z is expected' });

export const problem = z.object({
  type: z.string().describe('Where this problem is explained'),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('What happened, and where'),
  code: z.string().describe('Stable; docs/api/errors.md and GET /problems list them all'),
  param: z.string().optional().describe('The field of the request that is to blame'),
  request_id: z.string(),
  retryable: z.boolean().describe('The very same request may succeed later'),
  alert: z.string().optional().describe('The alert that this raised'),
  fault: z.string().optional().describe('What is wrong with the journal'),
});

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z
    .string()
    .regex(/^[a-z]{3}_[0-9a-z_]{1,40}$/, 'a next_cursor of this list is expected')
    .optional(),
});
/** The cursor of lists whose rows are numbered. */
export const numberCursor = z
  .string()
  .regex(/^[0-9]{1,18}$/)
  .optional();
export const listOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), has_more: z.boolean(), next_cursor: z.string().optional() });

/** One page of rows that were read with one more than the limit. */
export function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  cursorOf: (row: R) => string,
  show: (row: R) => T,
) {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const has_more = rows.length > limit;
  return {
    data: shown.map(show),
    has_more,
    ...(has_more && last !== undefined ? { next_cursor: cursorOf(last) } : {}),
  };
}

export const idempotencyHeader = z.looseObject({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('Required. The same key with the same request gives the same answer, once'),
});

// Requests -----------------------------------------------------------------------------------------------------

/** What people write on one line. Control characters would break terminals, files and the database; halves of characters are none. */
export const words = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'control characters are not allowed');
export const name = words(200);
export const institutionId = id('ins');
export const partyId = z
  .string()
  .regex(/^(cus|mer)_[0-9a-z_]{1,40}$/, 'an id cus_... or mer_... is expected')
  .describe('Customer of an issuer, or merchant of an acquirer');
export const newAccount = z.strictObject({
  name,
  institution: institutionId.optional().describe('Who keeps it; left out: your own'),
  party: partyId.optional(),
  anonymous: z
    .boolean()
    .default(false)
    .describe('For purses of which nobody knows whose they are; such an account has no party'),
});
export const moneyRequest = z.strictObject({ account: accountId, amount, currency: optionalCurrency });
export const assurance = z.enum(['secure_element', 'tee', 'software']);
export const tier = z
  .int()
  .min(0)
  .max(2)
  .describe('0 anonymous, 1 basic, 2 verified; left out: the lowest that the account has');
export const newPurse = z.strictObject({
  account: accountId,
  assurance,
  tier: tier.optional(),
  device: id('dev').optional().describe('The wallet or terminal that it lives on; no other device sees it'),
  enrolment: message('Enrolment over a nonce of POST /v1/challenges'),
});
const handedPayment = z.strictObject({
  payment: message('Payment'),
  purse: certificate.describe("The payer's certificate"),
  issuer: certificate.optional(),
});
const handedReceipt = z.strictObject({
  receipt: message('Receipt or Refusal'),
  purse: certificate.describe("The payee's certificate"),
  issuer: certificate.optional(),
});
export const syncRequest = z.strictObject({
  statement: octets(1024, 'Statement over a nonce of POST /v1/challenges: body and signature'),
  entries: z
    .array(octets(256, 'Body of a journal entry'))
    .max(MAX_ENTRIES)
    .describe('All entries since the last acknowledged one, oldest first, as READ JOURNAL gives them'),
  payments: z.array(handedPayment).max(64).default([]),
  receipts: z.array(handedReceipt).max(64).default([]),
});
export const newFunding = z.strictObject({
  account: accountId,
  ticket: message('Ticket of the purse to be funded'),
  payee: shownChain,
  amount,
  currency: optionalCurrency,
});
export const fundingReceipt = z.strictObject({ receipt: message('Receipt of the funded purse') });
export const newRedemption = z.strictObject({
  account: accountId,
  purse: purseId,
  max_amount: amount,
  currency: optionalCurrency,
});
export const redemptionPayment = z.strictObject({ payment: message('Payment'), payer: shownChain });

// Answers ------------------------------------------------------------------------------------------------------

export const account = z.object({
  id: accountId,
  name: z.string(),
  kind: z.enum(['online', 'central_bank', 'offline_float', 'destroyed']),
  institution: institutionId.describe('Who keeps it'),
  party: partyId.nullable().describe("Whose it is; null: the institution's own"),
  anonymous: z.boolean().describe('Purses on it are anonymous'),
  balance,
  held: balance.describe(
    'Of the balance: kept for payments that shops were promised, and not to be spent otherwise',
  ),
  currency,
  created_at: time,
});
export const transferKind = z.enum([
  'issuance',
  'destruction',
  'funding',
  'funding_returned',
  'redemption',
  'transfer',
  'reversal',
  'refund',
  'late_payment',
  'late_payment_returned',
  'purchase',
  'purchase_reversed',
  'purchase_refund',
  'clearing',
  'clearing_loss',
  'approval_lapsed',
  'settlement_fee',
]);
export const accountEntry = z.object({
  id: z.string(),
  kind: transferKind,
  reference: z.string(),
  amount: balance.describe('Positive: the balance grew'),
  balance_after: balance,
  currency,
  at: time,
});
export const pki = z.object({
  currency,
  root: certificate,
  issuers: z.array(
    z.object({
      id: octets(8, 'The issuer in certificates'),
      certificate,
      current: z.boolean().describe('New purses of this issuer are certified by it'),
      authority: certificate,
      issuer_purse: certificate,
    }),
  ),
  authority: certificate.describe("The first issuer's"),
  issuer_purse: certificate.describe("The first issuer's"),
});
export const challenge = z.object({
  nonce: octets(16, 'The first of them'),
  nonces: z.array(octets(16, 'For one use')).describe('As many as were asked for'),
  expires_at: time,
});
export const provisioned = z.object({
  id: purseId,
  purse: octets(8, 'The purse in messages and certificates'),
  certificates: z.object({ root: certificate, issuer: certificate, purse: certificate }),
});
export const purse = z.object({
  id: purseId,
  account: accountId,
  device: id('dev').nullable().describe('The wallet or terminal that it lives on, if that is known'),
  assurance,
  tier: z.int(),
  anonymous: z.boolean().describe('Nobody knows whose it is'),
  status: z
    .enum(['enrolled', 'personalised', 'active', 'blocked', 'terminated'])
    .describe('As of its last sync; enrolled: it has a certificate and has not synced yet'),
  blocked: z.boolean().describe('Somebody has blocked it: it learns so at its next sync, others at theirs'),
  state: z
    .enum(['personalised', 'active', 'blocked', 'expired', 'replaced', 'retired'])
    .describe('Where it is in its life, today; docs/fleet.md'),
  blocks: z
    .array(
      z.object({
        reason: z.enum(['operator', 'report', 'policy', 'retired']),
        by: z.string(),
        cause: z.string().nullable(),
      }),
    )
    .describe('Who has blocked it, and why: each lifts only its own'),
  waits_for_holder: z.boolean().describe('It is active only after POST /v1/purses/{id}/activate'),
  pin_tries: z
    .object({
      asked_at: time,
      asked_by: z.string().describe('Who, as in the log'),
      state: z
        .enum(['waiting', 'carried', 'given'])
        .describe(
          'waiting: for its next sync; carried: a Grant says so, and its next sync proves it; given: it has them',
        ),
      given_at: time.nullable().describe('The sync that proved it'),
    })
    .nullable()
    .describe('The newest POST /v1/purses/{id}/reset-pin-tries'),
  expires: z.iso.date().describe('The last day of its certificate'),
  retired_at: time.nullable(),
  replaces: purseId.nullable(),
  replaced_by: purseId.nullable(),
  acknowledged: z.object({ seq: z.int(), balance, at: time.nullable() }),
  shadow_balance: balance.describe('What it can hold by all that others have synced'),
  currency,
  open_payments: z.array(
    z.object({
      payment_no: z.int(),
      payee: purseId,
      ticket_no: z.int(),
      amount: balance,
      verdict: z.enum(['credited', 'cancelled', 'never_issued', 'waiting', 'not_yet_known']),
    }),
  ),
  open_approvals: z
    .array(z.object({ approval_no: z.int(), transaction_counter: z.int(), amount: balance }))
    .describe('Approved offline at EMV terminals, and not cleared yet'),
  open_tickets: z.array(z.object({ ticket_no: z.int(), max_amount: balance })),
  last_sync_at: time.nullable(),
  created_at: time,
  certificate,
});
export const purseSummary = purse.omit({
  blocks: true,
  open_payments: true,
  open_approvals: true,
  open_tickets: true,
  shadow_balance: true,
});
export const journalEntry = z.object({
  seq: z.int(),
  hash: octets(32, 'SHA-256 of the body'),
  body: octets(256, 'Body'),
});
export const syncAnswer = z.object({
  id: id('syn'),
  acknowledged_seq: z.int(),
  grant: octets(1024, 'Grant for this purse: body and signature'),
  authority: certificate,
  deliveries: z.object({
    payments: z.array(
      z.object({ payment: message('Payment on an open ticket of this purse'), payer: chain }),
    ),
    receipts: z.array(
      z.object({ receipt: message('Receipt for an open payment of this purse'), payee: chain }),
    ),
  }),
  refused: z
    .array(
      z.object({
        list: z.enum(['payments', 'receipts']),
        index: z.int(),
        code: z.string(),
        detail: z.string(),
      }),
    )
    .describe('Handed-in messages that were not believed'),
});
export const funding = z.object({
  id: id('fnd'),
  status: z.enum(['paid', 'credited', 'cancelled']),
  account: accountId,
  purse: purseId,
  ticket_no: z.int(),
  amount: balance,
  currency,
  payment: message('Payment of the issuer purse'),
  payer: chain,
  created_at: time,
});
export const redemption = z.object({
  id: id('rdm'),
  status: z.enum(['open', 'credited', 'cancelled']),
  account: accountId,
  purse: purseId,
  max_amount: balance,
  amount: balance.nullable(),
  currency,
  ticket: message('Ticket of the issuer purse'),
  payee: chain,
  receipt: message('Receipt').nullable(),
  created_at: time,
});
export const redemptionAnswer = z.object({
  id: id('rdm'),
  status: z.enum(['credited', 'cancelled']).describe('What became of this Payment'),
  amount: balance,
  currency,
  receipt: message('Receipt or Refusal of the issuer purse'),
  payee: chain,
});
export const auditReport = z.object({
  holds: z.boolean(),
  currency,
  issued: balance,
  online: balance,
  offline: balance,
  in_flight: balance.describe(
    'on_its_way less counted_twice: below zero where payees have synced before who paid them',
  ),
  on_its_way: balance.describe("Has left a purse, and has not arrived by anybody's word; never below zero"),
  counted_twice: balance.describe(
    'Has arrived, and still stands in the balance of who paid it, who has not synced; never below zero',
  ),
  inFlight: balance.describe('The same as in_flight'),
  approvals: balance.describe('Part of in_flight: offline EMV approvals that are not cleared yet'),
  refunded: balance.describe('Refunds of lost purses, less what came back for late payments; counts against'),
  redeemed: balance,
  equations: z.array(
    z.object({
      name: z.string(),
      says: z.string(),
      left: balance,
      right: balance,
      terms: z.record(z.string(), balance),
      holds: z.boolean(),
    }),
  ),
  at: time,
});
export const alert = z.object({
  id: id('alt'),
  kind: z.enum([
    'fork',
    'rollback',
    'invalid_journal',
    'payment_contradicted',
    'outcome_contradicted',
    'shadow_negative',
    'late_payment',
    'refund_uncovered',
    'unknown_certificate',
    'funding_invented',
    'velocity',
    'issuer_overdrawn',
    'audit_failed',
    'stand_in_refused',
    'tc_wrong',
    'tc_twice',
    'tc_denied',
    'tc_unpaid',
  ]),
  severity: z.enum(['proven', 'suspected']),
  status: z.enum(['open', 'explained', 'closed']),
  purse: purseId,
  says: z.string(),
  evidence: z.record(z.string(), z.unknown()),
  created_at: time,
  closed_at: time.nullable(),
  closed_by: z.string().nullable().describe('Who closed it; null: nobody, it explained itself'),
  close_reason: z.string().nullable(),
});
export const health = z.object({ status: z.literal('ok'), version: z.string(), database: z.string() });
