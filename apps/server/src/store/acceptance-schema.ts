/** The tables of migrations/0022_acceptance.sql, as Kysely sees them. */
import type { Bytes } from '@sokkin/codec';
import type {
  AcceptanceOutcome,
  BookPayment,
  BookReply,
  EntryMode,
  MerchantState,
  ScriptAction,
  ScriptState,
} from '@sokkin/issuer';
import type { Generated, GeneratedAlways } from 'kysely';

export interface AcceptanceTables {
  merchants: {
    id: string;
    number: GeneratedAlways<bigint>;
    acquirer: string;
    acceptor: string;
    name: string;
    category: string;
    account: string;
    reserve: string | null;
    takes_partial: Generated<boolean>;
    state: Generated<MerchantState>;
    created_at: Date;
  };
  acceptance_payments: {
    account: string;
    key: Bytes;
    id: string;
    number: GeneratedAlways<bigint>;
    merchant: string | null;
    acquirer: string | null;
    instrument: string | null;
    terminal: string | null;
    stan: string | null;
    rrn: string | null;
    entry: EntryMode | null;
    approval_code: string | null;
    currency: string | null;
    amount: bigint | null;
    approved: bigint | null;
    fingerprint: Bytes | null;
    kind: 'hold' | 'pay' | null;
    outcome: AcceptanceOutcome | null;
    state: BookPayment['state'];
    held: bigint;
    captured: bigint;
    refunded: bigint;
    moves: number;
    created_at: Date;
    changed_at: Date;
    expires_at: Date;
  };
  acceptance_messages: {
    account: string;
    key: Bytes;
    fingerprint: Bytes;
    kind: BookReply['kind'];
    outcome: AcceptanceOutcome;
    approved: bigint;
    moved: bigint;
    transfer: string | null;
    payment: Bytes | null;
    merchant: string | null;
    at: Date;
  };
  card_counters: {
    account: string;
    card: string;
    atc: number;
    asked: Bytes | null;
    outcome: Bytes | null;
    at: Date;
  };
  card_key_uses: {
    account: string;
    card: string;
    key_number: number;
    uses: number;
  };
  card_scripts: {
    account: string;
    card: string;
    id: string;
    number: GeneratedAlways<bigint>;
    action: ScriptAction['action'];
    tag: number | null;
    value: Bytes | null;
    sealed: Bytes | null;
    state: Generated<ScriptState>;
    sent_with: Bytes | null;
    sent_atc: number | null;
    ordered_by: string;
    created_at: Date;
    sent_at: Date | null;
    ended_at: Date | null;
  };
}
