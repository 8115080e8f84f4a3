/** The tables of migrations/0024_clearing.sql, as Kysely sees them. */
import type { Bytes } from '@sokkin/codec';
import type { ClearedState } from '@sokkin/issuer';
import type { Generated, GeneratedAlways, JSONColumnType } from 'kysely';

type Json = JSONColumnType<object, string, string>;

export interface ClearingTables {
  cleared_approvals: {
    purse: string;
    atc: number;
    clearing: string;
    amount: bigint;
    cryptogram: Bytes;
    state: ClearedState;
    covered: Generated<bigint>;
  };
  clearings: {
    id: string;
    number: GeneratedAlways<bigint>;
    acquirer: string;
    digest: Bytes;
    acceptor: string;
    terminal: string | null;
    merchant: string | null;
    account: string | null;
    pan_last4: string;
    purse: string | null;
    atc: number | null;
    amount: bigint;
    status: 'settled' | 'refused';
    reason: string | null;
    transaction_date: string | null;
    reference: string | null;
    stan: string | null;
    chip: Bytes;
    alert: string | null;
    received_at: Date;
  };
  settlement_terms: {
    merchant: string;
    version: number;
    basis_points: number;
    fixed: bigint;
    created_at: Date;
    created_by: string;
  };
  settlement_calendars: {
    acquirer: string;
    cut_over_minute: number | null;
    fee_account: string | null;
    day: number;
    business_date: string;
    opened_at: Date;
  };
  settlement_days: {
    acquirer: string;
    day: number;
    business_date: string;
    opened_at: Date;
    closed_at: Date;
    closed_by: string;
    key: string;
    is_settled: Generated<boolean>;
  };
  settlement_cuts: { acquirer: string; day: number; account: string; after: bigint; up_to: bigint };
  settlement_positions: {
    acquirer: string;
    day: number;
    merchant: string;
    purchases: bigint;
    purchases_count: number;
    cleared: bigint;
    cleared_count: number;
    reversals: bigint;
    reversals_count: number;
    refunds: bigint;
    refunds_count: number;
    fee: bigint;
    owed_before: bigint;
    fee_paid: bigint;
  };
  settlement_totals: {
    acquirer: string;
    number: GeneratedAlways<bigint>;
    key: string;
    day: number;
    merchant: string | null;
    terminal: string | null;
    theirs: Json;
    ours: Json;
    in_balance: boolean;
    up_to: JSONColumnType<Record<string, string>, string, string> | null;
    at: Date;
  };
}
