/** Shapes of four eyes and of the audit log. */

import { hex } from '@sokkin/codec';
import type { LogEntry, ProposalRow } from '@sokkin/issuer';
import { z } from 'zod';
import { kindNamed } from '../operations/proposal-kinds.ts';
import { statusOf } from '../operations/proposals.ts';
import * as s from './schemas.ts';

const STATUSES = ['waiting', 'approved', 'refused', 'withdrawn', 'expired'] as const;
const actor = z.string().max(64);
const maybeTime = s.time.nullable();

export const proposal = z.object({
  id: s.id('prp'),
  kind: z.string(),
  says: z.string().describe('What its approval does'),
  subject: z.string().describe('What it is about'),
  body: z.record(z.string(), z.unknown()),
  institution: z.string(),
  status: z.enum(STATUSES),
  proposed_by: actor,
  decided_by: actor.nullable(),
  decided_at: maybeTime,
  result: z.unknown().describe('What the approval gave'),
  created_at: s.time,
  expires_at: s.time,
});
export const proposalQuery = s.pageQuery.extend({
  status: z.enum(STATUSES).optional(),
  kind: z
    .string()
    .regex(/^[a-z_]{1,40}$/)
    .optional(),
});

const object = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

export const showProposal = (p: ProposalRow, now: Date) => ({
  id: p.id,
  kind: p.kind,
  says: kindNamed(p.kind).says,
  subject: p.subject,
  body: object(p.body),
  institution: p.institution,
  status: statusOf(p, now),
  proposed_by: p.proposedBy,
  decided_by: p.decidedBy ?? null,
  decided_at: p.decidedAt?.toISOString() ?? null,
  result: p.result ?? null,
  created_at: p.createdAt.toISOString(),
  expires_at: p.expiresAt.toISOString(),
});

const MONEY_STATUSES = ['waiting', 'done', 'refused', 'withdrawn', 'expired'] as const;
const moneyOrder = (prefix: 'iss' | 'dst') =>
  z.object({
    id: s.id(prefix),
    status: z.enum(MONEY_STATUSES).describe('waiting: for somebody else to approve the proposal'),
    account: s.accountId,
    amount: s.balance,
    currency: s.currency,
    proposal: s.id('prp'),
    created_at: s.time,
  });
export const issuance = moneyOrder('iss');
export const destruction = moneyOrder('dst');

const moneyBody = z.object({ account: z.string(), amount: z.string() });

export function showMoneyOrder(p: ProposalRow, now: Date) {
  const status = statusOf(p, now);
  return {
    id: p.subject,
    status: status === 'approved' ? ('done' as const) : status,
    ...moneyBody.parse(p.body),
    currency: s.CURRENCY,
    proposal: p.id,
    created_at: p.createdAt.toISOString(),
  };
}

const hash = s.octets(32, 'SHA-256');
const entryNo = z.string().regex(/^[0-9]{1,18}$/);

export const logQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: entryNo.optional().describe('Entries after this number'),
  action: z
    .string()
    .regex(/^[a-z_.]{1,60}$/)
    .optional(),
  actor: z
    .string()
    .regex(/^[0-9a-z_]{1,64}$/)
    .optional(),
  subject: z
    .string()
    .regex(/^[0-9a-zA-Z_.:-]{1,80}$/)
    .optional(),
});
export const logEntry = z.object({
  no: entryNo,
  at: s.time,
  actor,
  institution: z.string(),
  action: z.string(),
  subject: z.string(),
  details: z.string().describe('Canonical JSON text; this very text is hashed'),
  previous: hash,
  hash,
});
export const logHead = z.object({
  no: entryNo.describe('Of the last entry; 0: there is none'),
  hash,
  at: s.time,
  signature: s.octets(64, 'ECDSA of the authority over the head'),
  authority: s.certificate,
  issuer: s.certificate.describe('Who certified the authority'),
});

export const showLogEntry = (e: LogEntry) => ({
  no: e.no.toString(),
  at: e.at.toISOString(),
  actor: e.actor,
  institution: e.institution,
  action: e.action,
  subject: e.subject,
  details: e.details,
  previous: hex(e.previous),
  hash: hex(e.hash),
});
