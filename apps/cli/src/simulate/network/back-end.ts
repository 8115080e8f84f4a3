/**
 * The back-end on paper: the code of packages/issuer over rows in memory.
 *
 * What must hold: what a purse is believed, and what is held against it, is decided by prove, replay, checkStatement,
 * meet and shadowBalance, the functions that the server calls in the same order (apps/server/src/operations/sync.ts);
 * only rows, signatures and the network are made up here.
 */
import { type Bytes, hex } from '@sokkin/codec';
import { type Certificate, ROLE, sha256 } from '@sokkin/crypto';
import {
  bornView,
  checkStatement,
  composeGrant,
  factsOf,
  type IssuedGrant,
  type JournalView,
  MeetingBooks,
  meet,
  prove,
  replay,
  resolutionsFrom,
  shadowBalance,
} from '@sokkin/issuer';
import { encodeGrant, type Grant, headAfter, type Limits, NONCE_LENGTH, type Statement } from '@sokkin/purse';
import { certificateOf, FIRST_EPOCH, YEN } from '../world/element.ts';
import { Findings } from './findings.ts';
import { Heads } from './heads.ts';
import { ISSUER_PURSE, Issuance } from './issuance.ts';
import { type ProvenTo, type Seen, SignedPayments } from './signed.ts';

const AUTHORITY = certificateOf(ROLE.authority, 0).subjectRef;
const NONCE: Bytes = new Uint8Array(NONCE_LENGTH);
const DAY = 86_400;
const ROUND = 512;

export interface Policy {
  readonly block_proven: boolean;
  readonly block_shadow_below: number | null;
  readonly list: number;
}

export interface Upload {
  readonly statement: Statement;
  readonly entries: readonly Bytes[];
  /** Payments that the phone saw, for their payers' evidence. */
  readonly seen: readonly Seen[];
}

export type SyncAnswer =
  | { readonly status: 'granted'; readonly grant: Grant; readonly grantHash: Bytes }
  /** The upload accuses the purse, and is not believed. */
  | { readonly status: 'refused' };

interface Row {
  readonly id: string;
  readonly reference: Bytes;
  readonly limits: Limits;
  readonly heads: Heads;
  view: JournalView;
  issuedGrantNo: number;
  readonly grants: Map<number, IssuedGrant>;
}

const provenTo = ({ view, heads }: Row): ProvenTo => ({ seq: view.seq, headAt: (seq) => heads.at(seq) });

export class BackEnd {
  readonly findings = new Findings();
  readonly #books = new MeetingBooks();
  readonly issuance = new Issuance(this.#books);
  readonly #signed = new SignedPayments();
  readonly #rows = new Map<string, Row>();
  readonly #policy: Policy;

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  enrol(id: string, certificate: Certificate, limits: Limits): void {
    const reference = certificate.subjectRef;
    this.#rows.set(id, {
      id,
      reference,
      limits,
      heads: new Heads(),
      view: bornView(reference, YEN, sha256(certificate.bytes)),
      issuedGrantNo: 0,
      grants: new Map(),
    });
    this.#books.open(id);
  }

  async sync(upload: Upload, at: number): Promise<SyncAnswer> {
    const { statement } = upload;
    const row = this.#row(hex(statement.purse));
    const isBelieved = this.#believe(row, upload, at);
    for (const seen of upload.seen) this.#handIn(seen, at);
    if (!isBelieved) return { status: 'refused' };
    return this.#grant(row, statement, at);
  }

  /** Entries that are believed are facts from now on; the others are findings. */
  #believe(row: Row, { statement, entries }: Upload, at: number): boolean {
    const claim = { purse: statement.purse, seq: statement.seq, head: statement.link };
    const known = { seq: row.view.seq, headAt: (seq: number) => row.heads.at(seq) };
    const proof = prove(known, claim, entries);
    if (proof.verdict === 'stale') {
      this.findings.suspect(row.id, 'rollback', at);
      return false;
    }
    if (proof.verdict === 'fork') return this.#proven(row.id, 'fork', at);
    if (proof.verdict !== 'proven') return false;
    const replayed = replay(row.view, proof.fresh, {
      grants: row.grants,
      issuerPurse: ISSUER_PURSE.subjectRef,
    });
    if (replayed.status === 'fault') return this.#proven(row.id, 'invalid_journal', at);
    if (checkStatement(replayed.view, statement).status === 'fault')
      return this.#proven(row.id, 'invalid_journal', at);
    row.view = replayed.view;
    for (const { hash } of proof.fresh) row.heads.add(hash);
    for (const no of row.grants.keys()) if (no <= row.view.grantNo) row.grants.delete(no);
    const { seq, balance } = row.view;
    this.#books.prove(row.id, { seq, balance }, factsOf(replayed.effects));
    if (this.#signed.reached(row.id, provenTo(row))) this.#proven(row.id, 'fork', at);
    return true;
  }

  #handIn(seen: Seen, at: number): void {
    const payer = this.#rows.get(hex(seen.payment.purse));
    if (payer === undefined) return;
    if (this.#signed.add(seen, provenTo(payer))) this.#proven(payer.id, 'fork', at);
  }

  /** Always false: who is proven broken is not believed. */
  #proven(purse: string, kind: 'fork' | 'invalid_journal', at: number): false {
    this.findings.prove(purse, kind, at);
    if (this.#policy.block_proven) this.findings.block(purse, at);
    return false;
  }

  async #grant(row: Row, statement: Statement, at: number): Promise<SyncAnswer> {
    const payer = row.id;
    const open = [...row.view.openPayments.keys()];
    const words = await this.#books.payerWords(open.map((paymentNo) => ({ payer, paymentNo })));
    const resolutions = resolutionsFrom(
      words.flatMap(({ paymentNo, paid }) => {
        const verdict = outcomeOf(paid?.verdict);
        return verdict === undefined ? [] : [{ paymentNo, verdict }];
      }),
    );
    const grant = composeGrant({
      authority: AUTHORITY,
      view: row.view,
      issuedGrantNo: row.issuedGrantNo,
      nonce: statement.nonce,
      epoch: FIRST_EPOCH + Math.floor(at / DAY),
      limits: row.limits,
      resolutions,
      blocked: this.#list(row.id),
      isBlocked: this.findings.isBlocked(row.id),
    });
    const grantHash = headAfter(encodeGrant(grant));
    row.issuedGrantNo = grant.grantNo;
    row.grants.set(grant.grantNo, { hash: grantHash, grant });
    return { status: 'granted', grant, grantHash };
  }

  /** The newest first, as many as the policy lets a Grant carry. */
  #list(except: string): Bytes[] {
    const { blocked } = this.findings;
    const from = Math.max(0, blocked.length - this.#policy.list);
    return blocked
      .slice(from)
      .reverse()
      .filter((id) => id !== except)
      .map((id) => this.#row(id).reference);
  }

  /** Lets what has been proven since the last round meet its counterparts. */
  async round(at: number): Promise<void> {
    for (let due = this.#books.due(ROUND); due.length > 0; due = this.#books.due(ROUND)) {
      const met = await meet(this.#books, due);
      for (const { payer, payee } of met.contradicted) {
        // Which of the two makes money, two journals alone do not say.
        if (this.#rows.has(payer)) this.findings.suspect(payer, 'contradicted', at);
        if (this.#rows.has(payee)) this.findings.suspect(payee, 'contradicted', at);
      }
      this.#books.markMet(due);
      await this.#watchShadows(met.touched, at);
    }
  }

  async #watchShadows(purses: readonly string[], at: number): Promise<void> {
    const { block_shadow_below: below } = this.#policy;
    for (const known of await this.#books.shadows(purses)) {
      if (known.isIssuer) continue;
      const shadow = shadowBalance(known);
      this.findings.shadow(known.purse, shadow < 0n, at);
      if (below !== null && shadow < -BigInt(below)) this.findings.block(known.purse, at);
    }
  }

  #row(id: string): Row {
    const row = this.#rows.get(id);
    if (row === undefined) throw new Error(`Bug: purse ${id} was not enrolled`);
    return row;
  }
}

export const FRESH_NONCE = NONCE;

/** What a stored verdict gives the payer. */
function outcomeOf(verdict: string | undefined): 'credited' | 'cancelled' | undefined {
  switch (verdict) {
    case 'credited':
    case 'taken_back':
    case 'other_amount':
      return 'credited';
    case 'cancelled':
    case 'never_issued':
      return 'cancelled';
    default:
      return undefined;
  }
}
