/** What stands behind the figures of the audit, and what it found before. */
import { AUDIT_TERMS, type AuditEntry, type AuditRun, type AuditTerm } from '@sokkin/issuer';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type Backend, purseName } from '../backend.ts';
import { Problem } from '../problems.ts';
import * as s from './schemas.ts';

const TERMS = Object.keys(AUDIT_TERMS).filter((name): name is AuditTerm => Object.hasOwn(AUDIT_TERMS, name));
const term = z.enum(TERMS).describe('A figure of GET /v1/audit; `ledger` is that of `double_entry`');
const HEX = '[0-9a-f]{16}';
const NUMBER = '[0-9]{1,18}';
/** Of each list, what its cursors look like. */
const CURSORS: Readonly<Record<AuditTerm, RegExp>> = {
  ...{ issued: /^[0-9]{1,18}\.[0-9]{1,18}$/, redeemed: /^[0-9]{1,18}\.[0-9]{1,18}$/ },
  ...{ online: /^[0-9]{1,18}$/, float: /^[0-9]{1,18}$/, ledger: /^[0-9]{1,18}$/ },
  ...{ offline: new RegExp(`^${HEX}$`), refunded: new RegExp(`^${HEX}$`) },
  approvals: new RegExp(`^${HEX}\\.${NUMBER}$`),
  unmet: new RegExp(`^${HEX}\\.${NUMBER}$`),
  cleared_ahead: new RegExp(`^${HEX}\\.[0-9]{1,5}$`),
  cleared_denied: new RegExp(`^${HEX}\\.[0-9]{1,5}$`),
  ...Object.fromEntries(
    ['waiting', 'returning', 'credited_ahead', 'counterfeit'].map((name) => [
      name,
      new RegExp(`^${HEX}\\.${NUMBER}\\.${HEX}\\.${NUMBER}$`),
    ]),
  ),
} as Record<AuditTerm, RegExp>;

const entry = z.object({
  amount: s.balance,
  account: s.accountId.nullable(),
  purse: s.purseId.nullable().describe('The purse; of a payment, its payer'),
  counterpart: s.purseId.nullable().describe('Of a payment, its payee'),
  reference: z
    .string()
    .nullable()
    .describe('The issuance or destruction; the number of the payment or approval; the clearing'),
});
const termAnswer = s.listOf(entry).extend({
  term,
  says: z.string(),
  total: s.balance.describe('The figure: what all pages add up to while nothing moves'),
  currency: s.currency,
});
const run = z.object({
  id: z.string(),
  at: s.time,
  holds: z.boolean(),
  totals: z.record(z.string(), s.balance),
  milliseconds: z.int(),
});

const named = (purse: string | null) => (purse === null ? null : purseName(purse));
const showEntry = ({ amount, account, purse, counterpart, reference }: AuditEntry) => ({
  ...{ amount: amount.toString(), account, reference },
  ...{ purse: named(purse), counterpart: named(counterpart) },
});
const showRun = ({ number, at, holds, totals, milliseconds }: AuditRun) => ({
  ...{ id: number.toString(), at: at.toISOString(), holds, totals: { ...totals }, milliseconds },
});

export const auditRoutes =
  (b: Backend): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/audit/terms/:term',
      {
        config: { access: 'audit:read' },
        schema: {
          tags: ['oversight'],
          summary: 'The entries that a figure of the audit is the sum of',
          params: z.strictObject({ term }),
          querystring: s.pageQuery.extend({ cursor: z.string().max(80).optional() }),
          response: { 200: termAnswer },
        },
      },
      async ({ params, query }) => {
        const { limit, cursor } = query;
        if (cursor !== undefined && !CURSORS[params.term].test(cursor))
          throw new Problem('validation_failed', 'A next_cursor of this list is expected.', 'cursor');
        return b.store.read(async (tx) => {
          const { says, of } = AUDIT_TERMS[params.term];
          const rows = await tx.audits.entries(params.term, { limit: limit + 1, after: cursor });
          const total = of(await tx.auditTotals()).toString();
          const page = s.pageOf(rows, limit, (row) => row.cursor, showEntry);
          return { term: params.term, says, total, currency: s.CURRENCY, ...page };
        });
      },
    );
    app.get(
      '/v1/audit/runs',
      {
        config: { access: 'audit:read' },
        schema: {
          tags: ['oversight'],
          summary: 'What the audit found when it ran by itself, newest first',
          querystring: s.pageQuery.extend({ cursor: s.numberCursor }),
          response: { 200: s.listOf(run) },
        },
      },
      async ({ query }) => {
        const rows = await b.store.read((tx) =>
          tx.audits.runs({ limit: query.limit + 1, after: query.cursor }),
        );
        return s.pageOf(rows, query.limit, (row) => row.number.toString(), showRun);
      },
    );
  };
