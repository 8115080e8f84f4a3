/** The tables of migrations/0015_claims.sql, as Kysely sees them. */
import type { ClaimChannel, ClaimEntryKind, ClaimKind, ClaimStatus, ExpiryRow } from '@sokkin/issuer';
import { type GeneratedAlways, sql } from 'kysely';

export interface ClaimTables {
  claims: {
    purse: string;
    id: string;
    number: GeneratedAlways<bigint>;
    kind: ClaimKind;
    account: string;
    reported_by: string;
    channel: ClaimChannel;
    status: ClaimStatus;
    reported_at: Date;
    known_seq: bigint;
    due_at: Date;
    refunded_at: Date | null;
    found_at: Date | null;
    closes_at: Date | null;
    ended_at: Date | null;
    reason: string | null;
    proposal: string | null;
    next_at: Date | null;
  };
  claim_entries: {
    purse: string;
    claim: string;
    no: number;
    kind: ClaimEntryKind;
    amount: bigint;
    payment_no: bigint | null;
    loss_account: string | null;
    at: Date;
  };
  claim_payments: {
    purse: string;
    payment_no: bigint;
    payee: string;
    ticket_no: bigint;
    claim: string;
    amount: bigint;
    is_late: boolean;
    after_report: boolean;
    seen_at: Date;
  };
  claim_approvals: {
    purse: string;
    atc: number;
    claim: string;
    clearing: string;
    amount: bigint;
    is_late: boolean;
    seen_at: Date;
  };
  purse_expiries: { purse: string; number: bigint; last_day: number; step: ExpiryRow['step'] };
}

/** What an entry adds to what its purse is written off for. */
export const entryValue = sql<bigint>`CASE WHEN kind IN ('refund', 'restored') THEN amount ELSE -amount END`;
