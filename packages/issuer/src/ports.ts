/**
 * What the back-end's core needs of the outside world: a store for its rows, and keepers for its keys.
 *
 * What a store must hold (the conformance suite in apps/server/test/ledger-store-conformance.ts):
 * - `write` is one transaction: all of it or nothing, and on disk before it resolves. It may run the work more
 *   than once (a conflict with another transaction), so the work changes nothing but through `tx`.
 * - `read` sees one moment, whatever is written meanwhile.
 * - Rows of the ledger and of journals are written once and never changed. (purse, seq) is unique.
 * - No account with a floor goes below it, whatever the program does.
 * - `lock*` keeps other writers away from the row until the transaction ends. Locks are taken in this order:
 *   idempotency key, certificates, purse, funding or redemption, issuer's purse, accounts by id.
 */

import type { Bytes } from '@sokkin/codec';
import type { RsaPort, SymmetricPort } from '@sokkin/crypto';
import type { Outcome } from '@sokkin/purse';
import type { CardScriptRows, MerchantRows, ShopPaymentRows } from './acceptance-ports.ts';
import type { CredentialRows, InstitutionRows, OwnedPage, Page } from './access-ports.ts';
import type { AcquirerLinkRows } from './acquirer-link-ports.ts';
import type { AuditTerm, AuditTotals } from './audit.ts';
import type { CardApplication } from './card-application.ts';
import type { ClaimRows } from './claim-ports.ts';
import type { ClearingRows, TcAlertKind } from './clearing-ports.ts';
import type { Effect } from './effect.ts';
import type { EmvRangeRows } from './emv-range-ports.ts';
import type { DeliveryRows, EventRows, WebhookRows } from './event-ports.ts';
import type { BlockListRows, CardOrderRows, FleetRows } from './fleet-ports.ts';
import type { StatementEntry } from './iso20022/camt053.ts';
import type { IssuerRows } from './issuer-ports.ts';
import type { CertificateRows } from './key-ports.ts';
import type { AccountBalance, AccountKind, Posted, Transfer, TransferKind } from './ledger.ts';
import type { MailboxRows } from './mailbox-ports.ts';
import type { MatcherRows, MeetingRows } from './meeting-ports.ts';
import type { LogRows, OperatorRows, PolicyRows, ProposalRows } from './oversight-ports.ts';
import type { OwnDeviceRows } from './own-device-ports.ts';
import type { PhoneCardRows } from './phone-card-ports.ts';
import type { PreviewRows } from './preview-ports.ts';
import type { PrivacyRows, RetentionRows } from './privacy-ports.ts';
import type { PurseRows } from './purse-ports.ts';
import type { KnownTicket, PaymentVerdict } from './reconcile.ts';
import type { SettlementRows } from './settlement-ports.ts';
import type { TerminalRows } from './terminal-ports.ts';
import type { VaultRows } from './token-ports.ts';
import type { JournalEntry, SignedRow, UploadRows } from './upload-ports.ts';
import type { JournalView } from './view.ts';

/** What data preparation for payment applications computes with: both may be one HSM. */
export interface PreparationPorts {
  readonly rsa: RsaPort;
  readonly symmetric: SymmetricPort;
}

export interface LedgerStore {
  write<T>(work: (tx: LedgerTx) => Promise<T>): Promise<T>;
  read<T>(work: (tx: LedgerTx) => Promise<T>): Promise<T>;
  /** Into how many shards the rows of purses are spread; undefined: all are on one machine. */
  shards(): Promise<number | undefined>;
  close(): Promise<void>;
}

export interface LedgerTx {
  readonly control: ControlRows;
  readonly certificates: CertificateRows;
  readonly accounts: AccountRows;
  readonly purses: PurseRows;
  readonly cards: CardRows;
  readonly fleet: FleetRows;
  readonly blockList: BlockListRows;
  readonly cardOrders: CardOrderRows;
  readonly journals: JournalRows;
  readonly payments: PaymentRows;
  readonly uploads: UploadRows;
  readonly mailbox: MailboxRows;
  readonly meetings: MeetingRows;
  readonly matcher: MatcherRows;
  readonly fundings: FundingRows;
  readonly redemptions: RedemptionRows;
  readonly alerts: AlertRows;
  readonly log: LogRows;
  readonly proposals: ProposalRows;
  readonly policies: PolicyRows;
  readonly preview: PreviewRows;
  readonly privacy: PrivacyRows;
  readonly retention: RetentionRows;
  readonly operators: OperatorRows;
  readonly transfers: TransferRows;
  readonly statements: StatementRows;
  readonly audits: AuditRows;
  readonly institutions: InstitutionRows;
  readonly credentials: CredentialRows;
  readonly ownDevices: OwnDeviceRows;
  readonly events: EventRows;
  readonly webhooks: WebhookRows;
  readonly deliveries: DeliveryRows;
  readonly claims: ClaimRows;
  readonly clearings: ClearingRows;
  readonly settlement: SettlementRows;
  readonly vault: VaultRows;
  readonly emvRanges: EmvRangeRows;
  readonly acquirerLinks: AcquirerLinkRows;
  readonly terminals: TerminalRows;
  readonly phoneCards: PhoneCardRows;
  readonly merchants: MerchantRows;
  readonly shopPayments: ShopPaymentRows;
  readonly cardScripts: CardScriptRows;
  readonly issuers: IssuerRows;
  auditTotals(): Promise<AuditTotals>;
}

export interface ControlRows {
  /** What nonces are made with: `fresh` for the first who asks, the same for all after. */
  nonceKey(fresh: Bytes): Promise<Bytes>;
  /** Of an enrolment. False: it is spent. */
  spendNonce(nonce: Bytes, issuedAt: Date, expiresAt: Date, now: Date): Promise<boolean>;
  /** The keys that the payment cards of this database are made with, sealed. */
  emvKeys(): Promise<SealedEmvKeys | undefined>;
  /** Only while there are none. */
  addEmvKeys(keys: SealedEmvKeys): Promise<void>;
  /** The same keys, in another envelope. */
  sealEmvKeysAnew(sealed: Bytes): Promise<void>;
  /** By how much the clock of a sandbox is ahead. */
  sandboxAheadMs(): Promise<number>;
  /** Moves it further ahead; by how much it is then. */
  advanceSandbox(ms: number): Promise<number>;
  /** False: another request with this key is being worked on. Held until the transaction ends. */
  claimKey(key: string): Promise<boolean>;
  keptAnswer(key: string): Promise<KeptAnswer | undefined>;
  keepAnswer(key: string, answer: KeptAnswer, at: Date): Promise<void>;
}

export interface SealedEmvKeys {
  readonly fingerprint: Bytes;
  /** undefined: they are still in a file of version 1. */
  readonly sealed: Bytes | undefined;
}

export interface KeptAnswer {
  /** SHA-256 of method, path and body. */
  readonly requestHash: Bytes;
  readonly status: number;
  readonly body: unknown;
}

export interface AccountRow extends AccountBalance {
  readonly name: string;
  /** Who keeps it: `ins_...`. The ledger's own accounts are the central bank's. */
  readonly institution: string;
  /** The customer or merchant whose it is; undefined: the institution's own. */
  readonly party: string | undefined;
  /** Purses on it are anonymous, and nobody else's are. */
  readonly isAnonymous: boolean;
  readonly createdAt: Date;
}

export interface NewAccount {
  readonly id: string;
  readonly kind: AccountKind;
  readonly name: string;
  readonly institution: string;
  readonly party?: string | undefined;
  readonly isAnonymous?: boolean | undefined;
}

export interface AccountEntry {
  readonly id: string;
  readonly kind: TransferKind;
  readonly reference: string;
  readonly amount: bigint;
  readonly balanceAfter: bigint;
  readonly at: Date;
}

export interface AccountRows {
  add(account: NewAccount, at: Date): Promise<void>;
  byId(id: string): Promise<AccountRow | undefined>;
  list(page: OwnedPage): Promise<AccountRow[]>;
  entries(id: string, page: Page): Promise<AccountEntry[]>;
  /** Locks the accounts, in the order of their ids, and posts; or changes nothing and says why. */
  post(transfer: Transfer, at: Date): Promise<Posted>;
}

/** A transfer between two online accounts, or its reversal. */
export interface TransferRow {
  /** `trf_...` */
  readonly id: string;
  readonly number: bigint;
  /** The entry of the account that it was listed for; of the payee's else. */
  readonly entry: string;
  readonly kind: TransferKind;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly memo: string | undefined;
  readonly endToEnd: string | undefined;
  /** The transfer that it takes back, or a part of it. */
  readonly reverses: string | undefined;
  readonly at: Date;
}

export interface TransferRows {
  byId(id: string): Promise<TransferRow | undefined>;
  /** Newest first; `page.after` is the entry of the last one seen. */
  ofAccount(account: string, page: Page): Promise<TransferRow[]>;
  /** Locks both accounts; then what was not taken back of it. */
  lockRest(transfer: TransferRow): Promise<bigint>;
}

export interface StatementRows {
  /** The entries of a period are those after `after`, up to `upTo`; with the balances before and after them. */
  period(
    account: string,
    from: Date,
    to: Date,
  ): Promise<{
    readonly after: bigint;
    readonly upTo: bigint;
    readonly opening: bigint;
    readonly closing: bigint;
  }>;
  /** Oldest first. */
  entries(account: string, after: bigint, upTo: bigint, limit: number): Promise<StatementEntry[]>;
}

/** One thing that a figure of the audit counts. Amounts as in AuditTotals: positive, but for balances below zero. */
export interface AuditEntry {
  /** Where the list goes on after it. */
  readonly cursor: string;
  readonly amount: bigint;
  readonly account: string | null;
  /** The purse, or the payer's. */
  readonly purse: string | null;
  readonly counterpart: string | null;
  /** The issuance or destruction, or the number of the payment or approval. */
  readonly reference: string | null;
}

export interface AuditRun {
  readonly number: bigint;
  readonly at: Date;
  readonly holds: boolean;
  /** Of AuditTotals, in decimal digits. */
  readonly totals: Readonly<Record<string, string>>;
  readonly milliseconds: number;
}

export interface AuditRows {
  /** What a figure is the sum of. */
  entries(term: AuditTerm, page: Page): Promise<AuditEntry[]>;
  /** True: this transaction alone runs the audit now, and nobody has since `notAfter`. A run after `now` was of a clock that was ahead. */
  claim(notAfter: Date, now: Date): Promise<boolean>;
  add(run: Omit<AuditRun, 'number' | 'totals'> & { readonly totals: AuditTotals }): Promise<void>;
  /** Newest first. */
  runs(page: Page): Promise<AuditRun[]>;
}

export interface CardRow {
  /** 10 bytes in hexadecimal. */
  readonly serial: string;
  /** To whom its maker delivered it: `ins_...`. */
  readonly institution: string;
  readonly keyVersion: number;
  readonly state: 'manufactured' | 'personalised';
  /** How many personalisations were begun: only the newest may write. */
  readonly attempt: number;
  /** From the enrolment on. */
  readonly purse: string | undefined;
  readonly application: CardApplication | undefined;
  /** The highest number of a limited-use key that was ever given; 0: none was. */
  readonly keyNumber: number;
  readonly createdAt: Date;
  readonly personalisedAt: Date | undefined;
}

/** Names a personalisation: a newer one of the same card takes the right to write from it. */
export type CardAttempt = Pick<CardRow, 'serial' | 'attempt'>;

/** Methods that take an attempt give false, and change nothing, if there is a newer one. */
export interface CardRows {
  add(serials: readonly string[], keyVersion: number, institution: string, at: Date): Promise<void>;
  bySerial(serial: string): Promise<CardRow | undefined>;
  list(page: OwnedPage): Promise<CardRow[]>;
  /** Begins an attempt; the row after it. */
  begin(serial: string): Promise<CardRow | undefined>;
  setPurse(attempt: CardAttempt, purse: string): Promise<boolean>;
  /** No two cards have one PAN. */
  setApplication(attempt: CardAttempt, application: CardApplication): Promise<boolean>;
  /** Of the card's certificate, 3 bytes: never given before. */
  nextCertificateSerial(): Promise<number>;
  /** The next number of a limited-use key; undefined if there is a newer attempt. */
  nextKeyNumber(attempt: CardAttempt): Promise<number | undefined>;
  personalised(attempt: CardAttempt, at: Date): Promise<boolean>;
}

export interface JournalRows {
  /** The issuer's own purse has one, too. */
  view(purse: string, currency: number): Promise<JournalView | undefined>;
  /** Heads after the entries of this range that are proven. */
  heads(purse: string, from: number, to: number): Promise<Map<number, Bytes>>;
  entries(purse: string, after: number, limit: number): Promise<JournalEntry[]>;
  /** Writes entries and their effects, and the view after them. */
  append(view: JournalView, entries: readonly JournalEntry[], effects: readonly Effect[]): Promise<void>;
  /** The empty journal of a purse that was just given its certificate. */
  create(view: JournalView): Promise<void>;
  /** Creates the issuer's journal if it is not there, and locks it. */
  lockIssuer(purse: string): Promise<{ readonly seq: number; readonly head: Bytes }>;
  appendIssuer(purse: string, entry: JournalEntry, effects: readonly Effect[]): Promise<void>;
}

/** A payment in its payer's proven journal. */
export interface PaymentRow {
  readonly payer: string;
  readonly paymentNo: number;
  readonly payee: string;
  readonly ticketNo: number;
  readonly amount: bigint;
  readonly hash: Bytes;
  readonly state: 'open' | Outcome;
}

/** A Receipt in its payee's proven journal. */
export interface ReceiptRow {
  readonly payee: string;
  readonly ticketNo: number;
  readonly seq: number;
  readonly payer: string;
  readonly paymentNo: number;
  readonly paymentHash: Bytes;
  readonly amount: bigint;
  readonly outcome: Outcome;
}

export interface TicketRow extends KnownTicket {
  readonly ticketNo: number;
  readonly maxAmount: bigint;
}

export interface PaymentRows {
  /** Open payments of this payer, with what has been carried to it of the payees' journals. */
  openWithVerdicts(payer: string): Promise<(PaymentRow & { readonly verdict: PaymentVerdict })[]>;
  ticket(payee: string, ticketNo: number): Promise<TicketRow | undefined>;
  openTickets(payee: string): Promise<TicketRow[]>;
  /** Of our own: with its signer, and with whom it is for. */
  addSigned(row: SignedRow): Promise<void>;
  signed(kind: SignedRow['kind'], payer: string, paymentNo: number): Promise<SignedRow[]>;
  /** Of this signer, what was not held against its proven journal, oldest number first. */
  unjudged(signer: string, limit: number): Promise<readonly SignedRow[]>;
  setJudged(signer: string, hashes: readonly Bytes[]): Promise<void>;
}

export interface FundingRow {
  readonly id: string;
  /** The issuer's purse that pays. */
  readonly payer: string;
  readonly accountId: string;
  readonly purse: string;
  readonly ticketNo: number;
  readonly amount: bigint;
  readonly paymentNo: number;
  readonly paymentHash: Bytes;
  readonly payment: Bytes;
  readonly status: 'paid' | Outcome;
  readonly createdAt: Date;
}

export interface FundingRows {
  add(row: Omit<FundingRow, 'createdAt' | 'status'>, at: Date): Promise<void>;
  byId(id: string): Promise<FundingRow | undefined>;
  lock(id: string): Promise<FundingRow | undefined>;
  byTicket(purse: string, ticketNo: number): Promise<FundingRow | undefined>;
  /** Fundings of this purse whose fate is not known, with what its journal says of each. */
  unsettled(purse: string): Promise<(FundingRow & { readonly verdict: PaymentVerdict })[]>;
  /** Sum of what was paid to this purse, and may come or has come, but is not in its proven journal. */
  unproven(purse: string): Promise<bigint>;
  setStatus(id: string, status: Outcome): Promise<void>;
}

export interface RedemptionRow {
  readonly id: string;
  /** The issuer's purse that is paid. */
  readonly payee: string;
  readonly accountId: string;
  readonly purse: string;
  readonly ticketNo: number;
  readonly ticket: Bytes;
  readonly maxAmount: bigint;
  readonly status: 'open' | Outcome;
  readonly amount: bigint | undefined;
  readonly paymentHash: Bytes | undefined;
  readonly receipt: Bytes | undefined;
  readonly createdAt: Date;
}

export interface RedemptionRows {
  add(
    row: Pick<RedemptionRow, 'id' | 'payee' | 'accountId' | 'purse' | 'ticketNo' | 'ticket' | 'maxAmount'>,
    at: Date,
  ): Promise<void>;
  byId(id: string): Promise<RedemptionRow | undefined>;
  lock(id: string): Promise<RedemptionRow | undefined>;
  /** Payments in this payer's proven journal on redemptions that are still open. */
  payable(payer: string): Promise<{ readonly id: string; readonly paymentNo: number }[]>;
  settle(
    id: string,
    row: { status: Outcome; amount: bigint; paymentHash: Bytes; receipt: Bytes },
  ): Promise<void>;
}

export type AlertKind =
  | 'fork'
  | 'rollback'
  | 'invalid_journal'
  | 'payment_contradicted'
  | 'outcome_contradicted'
  | 'shadow_negative'
  | 'late_payment'
  | 'refund_uncovered'
  | 'unknown_certificate'
  | 'funding_invented'
  | 'velocity'
  | 'issuer_overdrawn'
  | 'audit_failed'
  | 'stand_in_refused'
  | TcAlertKind;

export interface AlertRow {
  readonly id: string;
  readonly kind: AlertKind;
  /** `proven`: the evidence convinces by itself. `suspected`: a sync or an inquiry must decide. */
  readonly severity: 'proven' | 'suspected';
  readonly status: 'open' | 'explained' | 'closed';
  readonly purse: string;
  readonly says: string;
  readonly evidence: unknown;
  readonly createdAt: Date;
  readonly closedAt: Date | undefined;
  /** Who closed it, and why; undefined where it explained itself. */
  readonly closedBy: string | undefined;
  readonly closeReason: string | undefined;
}

export interface AlertPage extends OwnedPage {
  readonly kind?: AlertKind | undefined;
  readonly severity?: AlertRow['severity'] | undefined;
  readonly status?: AlertRow['status'] | undefined;
  readonly purse?: string | undefined;
}

export interface AlertRows {
  /** Once per `subject`: the same finding again gives the id of the first. */
  raise(
    alert: Pick<AlertRow, 'id' | 'kind' | 'severity' | 'purse' | 'says' | 'evidence'> & {
      readonly subject: string;
    },
    at: Date,
  ): Promise<string>;
  byId(id: string): Promise<AlertRow | undefined>;
  list(page: AlertPage): Promise<AlertRow[]>;
  /** False: it is not open. */
  close(id: string, by: string, reason: string, at: Date): Promise<boolean>;
  /** Closes the open alerts of this kind about these purses. */
  explain(purses: readonly string[], kind: AlertKind, at: Date): Promise<void>;
}
