/** The tables of migrations/*.sql, as Kysely sees them. INT8 is bigint, bytea is Uint8Array. */
import type { Bytes } from '@sokkin/codec';
import type { Role } from '@sokkin/crypto';
import type {
  AccountKind,
  AlertKind,
  AlertRow,
  BlockReason,
  DeliveryRow,
  PurseAssurance,
  StoredVerdict,
  TransferKind,
  WebhookRow,
} from '@sokkin/issuer';
import type { Lifecycle, Outcome } from '@sokkin/purse';
import type { Generated, GeneratedAlways, JSONColumnType } from 'kysely';
import type { AcceptanceTables } from './acceptance-schema.ts';
import type { ClaimTables } from './claims-schema.ts';
import type { ClearingTables } from './clearing-schema.ts';
import type { FleetTables, PurseLife } from './fleet-schema.ts';
import type { LinkTables } from './link-schema.ts';
import type { MeetingTables } from './meeting-tables.ts';
import type { PhoneCardTables } from './phone-card-schema.ts';
import type { TerminalTables } from './terminal-schema.ts';
import type { VaultTables } from './vault-schema.ts';

type Json = JSONColumnType<object, string, string>;

/** A signed message of a purse, with the chain that it was verified by. */
interface SignedColumns {
  signer: string;
  hash: Bytes;
  kind: 'payment' | 'receipt';
  seq: bigint;
  payer: string;
  payment_no: bigint;
  payee: string;
  ticket_no: bigint;
  message: Bytes;
  issuer_certificate: Bytes;
  purse_certificate: Bytes;
}

export interface Database
  extends MeetingTables,
    ClaimTables,
    FleetTables,
    AcceptanceTables,
    VaultTables,
    LinkTables,
    TerminalTables,
    PhoneCardTables,
    ClearingTables {
  certificates: {
    number: GeneratedAlways<bigint>;
    institution: string;
    role: Role;
    generation: number;
    key: string;
    bytes: Bytes;
    created_at: Date;
  };
  emv_keys: { one: Generated<boolean>; fingerprint: Bytes; sealed: Bytes | null };
  challenges: { nonce: Bytes; issued_at: Date; expires_at: Date; used_at: Date | null };
  nonce_keys: { one: Generated<boolean>; key: Bytes };
  used_nonces: { purse: string; nonce: Bytes; expires_at: Date };
  kept_answers: { key: string; request_hash: Bytes; status: number; body: Json; created_at: Date };
  institutions: {
    id: string;
    number: GeneratedAlways<bigint>;
    kind: 'central_bank' | 'issuer' | 'acquirer';
    name: string;
    status: Generated<'active' | 'suspended'>;
    created_at: Date;
  };
  parties: {
    id: string;
    number: GeneratedAlways<bigint>;
    kind: 'customer' | 'merchant';
    institution: string;
    reference: string;
    status: Generated<'active' | 'closed'>;
    created_at: Date;
    identity_at: Date | null;
    closed_at: Date | null;
    erased_at: Date | null;
  };
  clients: {
    id: string;
    number: GeneratedAlways<bigint>;
    institution: string;
    name: string;
    secret_hash: Bytes;
    scopes: string[];
    is_sandbox: Generated<boolean>;
    status: Generated<'active' | 'withdrawn'>;
    created_at: Date;
  };
  devices: {
    id: string;
    number: GeneratedAlways<bigint>;
    kind: 'wallet' | 'terminal';
    institution: string;
    party: string;
    public_key: Bytes;
    jkt: string;
    status: Generated<'active' | 'blocked'>;
    created_at: Date;
  };
  device_codes: { party: string; hash: Bytes; made_by: string; created_at: Date; expires_at: Date };
  access_tokens: {
    hash: Bytes;
    client: string | null;
    device: string | null;
    scopes: string[];
    expires_at: Date;
  };
  dpop_proofs: { jkt: string; jti: Bytes; expires_at: Date };
  accounts: {
    id: string;
    number: Generated<bigint>;
    kind: AccountKind;
    name: string;
    institution: string;
    party: string | null;
    anonymous: Generated<boolean>;
    balance: Generated<bigint>;
    held: Generated<bigint>;
    created_at: Date;
  };
  transfers: {
    id: Generated<bigint>;
    kind: TransferKind;
    reference: string;
    created_at: Date;
    memo: string | null;
    end_to_end: Generated<string | null>;
    reverses: bigint | null;
    asked_by: string | null;
  };
  postings: {
    account: string;
    id: Generated<bigint>;
    transfer: bigint;
    amount: bigint;
    balance_after: bigint;
  };
  journals: {
    purse: string;
    is_issuer: boolean;
    certificate_hash: Bytes;
    lifecycle: Lifecycle;
    seq: bigint;
    head: Bytes;
    balance: bigint;
    grant_no: bigint;
    ack_seq: bigint;
    limits: Bytes;
    reconciled_seq: Generated<bigint>;
    open_items: Bytes | null;
    met_seq: Generated<bigint>;
  };
  purses: PurseLife & {
    id: string;
    number: Generated<bigint>;
    account: string;
    device: string | null;
    assurance: PurseAssurance;
    tier: number;
    anonymous: Generated<boolean>;
    public_key: Bytes;
    certificate: Bytes;
    blocked_at: Date | null;
    issued_grant_no: Generated<bigint>;
    last_sync_at: Date | null;
    created_at: Date;
  };
  purse_blocks: { purse: string; reason: BlockReason; blocked_by: string; cause: string | null; at: Date };
  entries: { purse: string; seq: bigint; hash: Bytes; body: Bytes };
  segments: { purse: string; first_seq: bigint; last_seq: bigint; link: Bytes; bodies: Bytes };
  tickets: {
    payee: string;
    ticket_no: bigint;
    max_amount: bigint;
    state: 'open' | Outcome;
    consumed_by: Bytes | null;
  };
  payments: {
    payer: string;
    payment_no: bigint;
    payee: string;
    ticket_no: bigint;
    amount: bigint;
    hash: Bytes;
    state: 'open' | Outcome;
    verdict: Generated<StoredVerdict | null>;
  };
  cards: {
    serial: string;
    number: GeneratedAlways<bigint>;
    institution: string;
    key_version: Generated<number>;
    state: 'manufactured' | 'personalised';
    attempt: Generated<number>;
    purse: string | null;
    profile: string | null;
    pan_hash: Bytes | null;
    pan_last4: string | null;
    pan_sequence: string | null;
    expiry: string | null;
    key_number: Generated<number>;
    created_at: Date;
    personalised_at: Date | null;
  };
  approvals: {
    purse: string;
    approval_no: bigint;
    atc: number;
    amount: bigint;
    cryptogram: Bytes;
    state: 'open' | Outcome;
    is_cleared: Generated<boolean>;
  };
  receipts: {
    payee: string;
    ticket_no: bigint;
    seq: bigint;
    payer: string;
    payment_no: bigint;
    payment_hash: Bytes;
    amount: bigint;
    outcome: Outcome;
  };
  handed_in: SignedColumns & { purse: string };
  mailbox: SignedColumns & { purse: string; number: bigint };
  signed_messages: SignedColumns & { judged: Generated<boolean> };
  grants: { purse: string; grant_no: bigint; hash: Bytes; message: Bytes; created_at: Date };
  syncs: {
    purse: string;
    statement_hash: Bytes;
    id: string;
    seq: bigint;
    statement: Bytes;
    answer: Json;
    created_at: Date;
  };
  fundings: {
    id: string;
    payer: string;
    account: string;
    purse: string;
    ticket_no: bigint;
    amount: bigint;
    payment_no: bigint;
    payment_hash: Bytes;
    payment: Bytes;
    status: 'paid' | Outcome;
    created_at: Date;
  };
  redemptions: {
    id: string;
    payee: string;
    account: string;
    purse: string;
    ticket_no: bigint;
    ticket: Bytes;
    max_amount: bigint;
    status: 'open' | Outcome;
    amount: bigint | null;
    payment_hash: Bytes | null;
    receipt: Bytes | null;
    created_at: Date;
  };
  audit_runs: {
    number: GeneratedAlways<bigint>;
    at: Date;
    holds: boolean;
    totals: Json;
    milliseconds: number;
  };
  alerts: {
    id: string;
    number: Generated<bigint>;
    kind: AlertKind;
    severity: AlertRow['severity'];
    status: AlertRow['status'];
    purse: string;
    subject: string;
    says: string;
    evidence: Json;
    created_at: Date;
    closed_at: Date | null;
    closed_by: Generated<string | null>;
    close_reason: Generated<string | null>;
  };
  audit_log: {
    no: bigint;
    at: Date;
    actor: string;
    institution: string;
    action: string;
    subject: string;
    details: string;
    prev_hash: Bytes;
    hash: Bytes;
  };
  proposals: {
    id: string;
    number: GeneratedAlways<bigint>;
    kind: string;
    subject: string;
    body: Json;
    institution: string;
    status: Generated<'waiting' | 'approved' | 'refused' | 'withdrawn'>;
    proposed_by: string;
    decided_by: string | null;
    decided_at: Date | null;
    result: JSONColumnType<object | null, string | null, string>;
    used_at: Date | null;
    created_at: Date;
    expires_at: Date;
  };
  policies: { name: string; version: number; document: Json; proposal: string | null; created_at: Date };
  operators: {
    id: string;
    number: GeneratedAlways<bigint>;
    institution: string;
    name: string | null;
    roles: string[];
    status: 'invited' | 'active' | 'dismissed';
    code_hash: Bytes | null;
    code_expires_at: Date | null;
    password: string | null;
    administrator_since: Date | null;
    created_at: Date;
  };
  operator_sessions: { hash: Bytes; operator: string; used_at: Date; expires_at: Date };
  login_attempts: { name_hash: Bytes; at: Date };
  events: {
    id: string;
    number: GeneratedAlways<bigint>;
    institution: string;
    type: string;
    subject: string;
    data: JSONColumnType<Record<string, unknown>, string, string>;
    created_at: Date;
    fanned_out: Generated<boolean>;
  };
  webhooks: {
    id: string;
    number: GeneratedAlways<bigint>;
    institution: string;
    url: string;
    types: string[];
    secret: Bytes;
    old_secret: Bytes | null;
    old_secret_until: Date | null;
    status: Generated<WebhookRow['status']>;
    failing_since: Date | null;
    created_at: Date;
  };
  deliveries: {
    id: string;
    number: GeneratedAlways<bigint>;
    event: string;
    webhook: string;
    status: Generated<DeliveryRow['status']>;
    attempts: Generated<number>;
    next_at: Date;
    last_at: Date | null;
    last_status: number | null;
    last_says: string | null;
    created_at: Date;
  };
  identity_moves: { what: string; up_to: bigint };
  legal_holds: {
    party: string;
    id: string;
    reason: string;
    placed_by: string;
    placed_at: Date;
    lifted_at: Date | null;
  };
  retention_runs: { number: GeneratedAlways<bigint>; at: Date; removed: Json; milliseconds: number };
  sandbox_clock: { one: Generated<boolean>; advanced_ms: bigint };
  purse_keys: { public_key: Bytes; purse: string };
  commit_together: { no: number };
}
