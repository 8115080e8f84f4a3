/**
 * Honest purses (the real machine of packages/purse, without signatures) and a back-end in memory that is made
 * of nothing but the pure functions under test.
 */
import { isDeepStrictEqual } from 'node:util';
import { assert, type Bytes, concat, equal, hex, u32 } from '@sokkin/codec';
import { ASSURANCE, type Certificate, ROLE, sha256 } from '@sokkin/crypto';
import {
  applyGrant,
  approve,
  assertPurse,
  blankPurse,
  CARD_PROFILE,
  type CreditRequest,
  cancel,
  credit,
  encodeGrant,
  headAfter,
  installKey,
  issueTicket,
  journalAfter,
  MAX_RESOLUTIONS,
  type Outcome,
  type Payment,
  type Profile,
  type PurseState,
  parsePaymentBody,
  parseReceiptBody,
  parseStatementBody,
  parseTicketBody,
  pay,
  personalise,
  pinBlock,
  type Receipt,
  type Resolution,
  type Step,
  settle,
  statement,
  type Ticket,
  voidTicket,
} from '@sokkin/purse';
import {
  type Audit,
  audit,
  bornView,
  checkStatement,
  composeGrant,
  type Effect,
  type IssuedGrant,
  type IssuerPurse,
  type JournalView,
  type KnownTicket,
  limitsFor,
  matchReceipt,
  outcomeOfVerdict,
  type PaymentVerdict,
  prove,
  replay,
  resolutionsFrom,
  sumOf,
  takePayment,
  termOf,
  ticketKey,
  type ViewApproval,
  verdictOf,
  writePayment,
  writeSettle,
  writeTicket,
} from '../src/index.ts';
import { plainReplay } from './plain-replay.ts';

const JPY = 0x0392;
const EPOCH = 20_000;
export const idOf = (n: number): Bytes => concat(new Uint8Array(4), u32(n));

function certificate(subject: number, role: Certificate['role'] = ROLE.purse): Certificate {
  const subjectRef = idOf(subject);
  return {
    issuerRef: idOf(1),
    subjectRef,
    suite: 1,
    publicKey: concat(Uint8Array.of(4), new Uint8Array(56), subjectRef),
    role,
    assurance: ASSURANCE.secureElement,
    currency: JPY,
    tier: 0,
    effective: EPOCH,
    expiration: EPOCH + 1000,
    bytes: concat(Uint8Array.of(role), subjectRef),
    body: subjectRef,
    signature: new Uint8Array(64),
  };
}

const ISSUER = certificate(2, ROLE.issuerPurse);

/** A purse in somebody's hand. Signatures are taken as given: a stored message needs 64 bytes, no more. */
export class HonestPurse {
  state: PurseState;
  readonly certificate: Certificate;
  #references = 0;
  #atc = 0;

  constructor(n: number, profile: Profile = CARD_PROFILE) {
    this.certificate = certificate(n);
    const block = pinBlock('1234');
    assert(block !== undefined, 'a PIN');
    this.state = blankPurse(profile);
    this.#take(installKey(this.state, { handle: Uint8Array.of(1), publicKey: this.certificate.publicKey }));
    const identity = { root: ISSUER, issuer: ISSUER, purse: this.certificate };
    this.#take(personalise(this.state, { identity, pinBlock: block }));
  }

  /** The body that the step answers with, or undefined when it refuses. */
  #take(step: Step): Bytes | undefined {
    if (step.status !== 'ok') return undefined;
    const { answer } = step;
    this.state = step.state;
    if (answer.kind === 'entry') {
      const cells = [...step.state.cells];
      const cell = cells[answer.index];
      assert(cell !== undefined, 'the step wrote this cell');
      cells[answer.index] = { ...cell, signature: new Uint8Array(64) };
      this.state = { ...step.state, cells };
    }
    assertPurse(this.state);
    switch (answer.kind) {
      case 'none':
        return new Uint8Array(0);
      case 'stored':
        return answer.message.slice(0, -64);
      case 'entry':
      case 'attestation':
        return answer.body;
    }
  }

  ticket(maxAmount: bigint): Ticket | undefined {
    const body = this.#take(issueTicket(this.state, { maxAmount, reference: idOf(++this.#references) }));
    return body && parseTicketBody(body);
  }
  pay(ticket: Ticket, payee: Certificate, amount: bigint): Payment | undefined {
    const body = this.#take(
      pay(this.state, { ticket, payee, payeeExpired: false, amount, pinVerified: true }),
    );
    return body && parsePaymentBody(body);
  }
  take(payment: Payment, hash: Bytes, payer: Certificate, how: 'credit' | 'cancel'): Receipt | undefined {
    const request: CreditRequest = { payment, paymentHash: hash, payer, payerExpired: false };
    const body = this.#take((how === 'credit' ? credit : cancel)(this.state, request));
    return body && parseReceiptBody(body);
  }
  /** A TC leaves the card. */
  approve(amount: bigint): void {
    const cryptogram = concat(this.certificate.subjectRef.subarray(4), u32(++this.#atc));
    this.#take(
      approve(this.state, { currency: JPY, amount, holderVerified: true, atc: this.#atc, cryptogram }),
    );
  }
  settle(receipt: Receipt): void {
    this.#take(settle(this.state, receipt));
  }
  void(ticketNo: number): void {
    this.#take(voidTicket(this.state, ticketNo));
  }
  upload(): Upload {
    const body = this.#take(statement(this.state, new Uint8Array(16)));
    assert(body !== undefined, 'a personalised purse gives Statements');
    return { statement: body, entries: journalAfter(this.state, 0) };
  }
  grant(body: Bytes, grant: IssuedGrant): string {
    const step = applyGrant(this.state, { grant: grant.grant, grantHash: headAfter(body) });
    this.#take(step);
    return step.status;
  }
}

export interface Upload {
  readonly statement: Bytes;
  readonly entries: readonly Bytes[];
}

interface PaymentFact {
  readonly payer: string;
  readonly payee: Bytes;
  readonly no: number;
  readonly ticketNo: number;
  readonly amount: bigint;
  readonly hash: Bytes;
  state: 'open' | 'credited' | 'cancelled';
}

interface ApprovalFact extends ViewApproval {
  readonly purse: string;
  /** What the back-end made of it: the merchant was paid, or it never will be. */
  decided: Outcome | undefined;
  state: 'open' | Outcome;
}

/** What the SQL store keeps, as maps. */
export class BackOffice {
  readonly views = new Map<string, JournalView>();
  readonly #heads = new Map<string, Bytes>();
  readonly #tickets = new Map<string, KnownTicket & { readonly maxAmount: bigint }>();
  readonly payments = new Map<string, PaymentFact>();
  readonly approvals = new Map<string, ApprovalFact>();
  readonly receipts: (Receipt & { readonly payee: string })[] = [];
  readonly #grants = new Map<string, Map<number, IssuedGrant>>();
  readonly #verdicts = new Map<string, PaymentVerdict>();
  issuer: IssuerPurse = { purse: ISSUER.subjectRef, currency: JPY, seq: 0, head: new Uint8Array(32) };
  issued = 0n;
  online = 0n;
  float = 0n;

  enrol(purse: HonestPurse): void {
    const { subjectRef, bytes } = purse.certificate;
    this.views.set(hex(subjectRef), bornView(subjectRef, JPY, sha256(bytes)));
  }

  issue(amount: bigint): void {
    this.issued += amount;
    this.online += amount;
  }

  /** Pays on the ticket; the Payment is to be brought to the purse, or is found in its journal. */
  fund(ticket: Ticket, amount: bigint): Payment {
    assert(this.online >= amount, 'the account has it');
    const w = writePayment(this.issuer, ticket.purse, ticket.seq, amount);
    this.issuer = w.purse;
    this.online -= amount;
    this.float += amount;
    this.#applyAll(hex(ISSUER.subjectRef), [
      {
        kind: 'paid',
        payment: { paymentNo: w.seq, payee: ticket.purse, ticketNo: ticket.seq, amount, hash: w.hash },
      },
    ]);
    return parsePaymentBody(w.body);
  }

  /** Pays the merchant who presented the TC, or decides that nobody will be paid for it. Once decided, it stays so. */
  decide(approval: ApprovalFact, outcome: Outcome): void {
    if (approval.decided !== undefined) return;
    approval.decided = outcome;
    if (outcome === 'cancelled') return;
    this.float -= approval.amount;
    this.online += approval.amount;
  }

  #resolved(purse: string): Resolution[] {
    return [...this.approvals.values()].flatMap((a) =>
      a.purse === purse && a.state === 'open' && a.decided !== undefined
        ? [{ paymentNo: a.approvalNo, outcome: a.decided }]
        : [],
    );
  }

  issuerTicket(maxAmount: bigint): Ticket {
    const w = writeTicket(this.issuer, maxAmount, new Uint8Array(8));
    this.issuer = w.purse;
    this.#applyAll(hex(ISSUER.subjectRef), [{ kind: 'ticket_opened', ticketNo: w.seq, maxAmount }]);
    return parseTicketBody(w.body);
  }
  readonly issuerCertificate = ISSUER;

  redeem(payment: Payment, hash: Bytes): Receipt | undefined {
    const ticket = this.#tickets.get(ticketKey(ISSUER.subjectRef, payment.ticketNo));
    assert(ticket !== undefined, 'the issuer knows its tickets');
    const answer = takePayment(this.issuer, ticket, { payment, hash }, true);
    switch (answer.kind) {
      case 'again':
        return undefined;
      case 'refusal':
        return parseReceiptBody(answer.body);
      case 'receipt': {
        this.issuer = answer.written.purse;
        const receipt = parseReceiptBody(answer.written.body);
        this.#applyAll(hex(ISSUER.subjectRef), [
          { kind: 'ticket_closed', ticketNo: payment.ticketNo, outcome: answer.outcome, by: hash },
          { kind: 'received', receipt },
        ]);
        if (answer.outcome === 'credited') {
          this.float -= payment.amount;
          this.online += payment.amount;
        }
        return receipt;
      }
    }
  }

  sync(upload: Upload): { body: Bytes; issued: IssuedGrant } {
    const s = parseStatementBody(upload.statement);
    const purse = hex(s.purse);
    const view = this.views.get(purse);
    assert(view !== undefined, 'the purse is enrolled');
    const known = { seq: view.seq, headAt: (seq: number) => this.#heads.get(`${purse}/${seq}`) };
    const proof = prove(known, { purse: s.purse, seq: s.seq, head: s.link }, upload.entries);
    if (proof.verdict !== 'proven') throw new Error(`${proof.verdict}: ${proof.says}`);
    const grants = this.#grants.get(purse) ?? new Map<number, IssuedGrant>();
    const context = { grants, issuerPurse: ISSUER.subjectRef };
    const replayed = replay(view, proof.fresh, context);
    assert(
      isDeepStrictEqual(replayed, plainReplay(view, proof.fresh, context)),
      'replay gives what the plain one gives',
    );
    if (replayed.status === 'fault') throw new Error(`${replayed.fault} at ${replayed.seq}`);
    const checked = checkStatement(replayed.view, s);
    if (checked.status === 'fault') throw new Error(checked.fault);
    for (const e of proof.fresh) this.#heads.set(`${purse}/${e.entry.fields.seq}`, e.hash);
    this.#applyAll(purse, replayed.effects);
    this.views.set(purse, replayed.view);
    this.#settleFundings(s.purse);
    const payments = resolutionsFrom(
      [...replayed.view.openPayments.values()].map((p) => ({
        paymentNo: p.paymentNo,
        verdict: this.verdict(purse, p.paymentNo),
      })),
    );
    const resolutions = [...payments, ...this.#resolved(purse)].slice(0, MAX_RESOLUTIONS);
    const grant = composeGrant({
      authority: idOf(3),
      view: replayed.view,
      issuedGrantNo: Math.max(0, ...grants.keys()),
      nonce: s.nonce,
      epoch: EPOCH,
      limits: limitsFor('secure_element'),
      resolutions,
      blocked: [],
      isBlocked: false,
    });
    const body = encodeGrant(grant);
    const issued = { hash: headAfter(body), grant };
    this.#grants.set(purse, new Map(grants).set(grant.grantNo, issued));
    return { body, issued };
  }

  #settleFundings(payee: Bytes): void {
    for (const p of this.payments.values()) {
      if (p.payer !== hex(ISSUER.subjectRef) || p.state !== 'open' || !equal(p.payee, payee)) continue;
      const outcome = outcomeOfVerdict(this.verdict(p.payer, p.no));
      if (outcome === undefined) continue;
      this.issuer = writeSettle(this.issuer, p.no, outcome).purse;
      p.state = outcome;
      if (outcome === 'cancelled') {
        this.float -= p.amount;
        this.online += p.amount;
      }
    }
  }

  /** What the payee's proven journal says; once final, it must never change. */
  verdict(payer: string, paymentNo: number): PaymentVerdict {
    const p = this.payments.get(`${payer}/${paymentNo}`);
    assert(p !== undefined, 'the payment is proven');
    const seq = equal(p.payee, ISSUER.subjectRef)
      ? this.issuer.seq
      : (this.views.get(hex(p.payee))?.seq ?? 0);
    const ticket = this.#tickets.get(ticketKey(p.payee, p.ticketNo));
    const verdict = verdictOf(p, { seq, ticket });
    const before = this.#verdicts.get(`${payer}/${paymentNo}`);
    if (before !== undefined && outcomeOfVerdict(before) !== undefined) {
      assert(before === verdict, `a final verdict stays: ${before}, ${verdict}`);
    }
    this.#verdicts.set(`${payer}/${paymentNo}`, verdict);
    return verdict;
  }

  #applyAll(purse: string, effects: readonly Effect[]): void {
    for (const e of effects) this.#apply(purse, e);
  }

  #apply(purse: string, e: Effect): void {
    switch (e.kind) {
      case 'ticket_opened':
        this.#tickets.set(`${purse}/${e.ticketNo}`, { state: 'open', by: undefined, maxAmount: e.maxAmount });
        return;
      case 'ticket_closed': {
        const ticket = this.#tickets.get(`${purse}/${e.ticketNo}`);
        assert(ticket?.state === 'open', 'a ticket is consumed once');
        this.#tickets.set(`${purse}/${e.ticketNo}`, { ...ticket, state: e.outcome, by: e.by });
        return;
      }
      case 'received':
        this.receipts.push({ ...e.receipt, payee: purse });
        return;
      case 'paid': {
        const { paymentNo: no, ...p } = e.payment;
        this.payments.set(`${purse}/${no}`, { payer: purse, no, ...p, state: 'open' });
        return;
      }
      case 'settled': {
        const p = this.payments.get(`${purse}/${e.paymentNo}`);
        assert(p?.state === 'open', 'a payment is settled once');
        p.state = e.outcome;
        return;
      }
      case 'approved': {
        const fact: ApprovalFact = { ...e.approval, purse, decided: undefined, state: 'open' };
        this.approvals.set(`${purse}/${e.approval.approvalNo}`, fact);
        return;
      }
      case 'approval_settled': {
        const a = this.approvals.get(`${purse}/${e.approvalNo}`);
        assert(a?.state === 'open' && a.decided === e.outcome, 'an approval is settled once, as decided');
        a.state = e.outcome;
        return;
      }
    }
  }

  audit(): Audit {
    const sums = {
      settled: 0n,
      cancelled: 0n,
      waiting: 0n,
      returning: 0n,
      credited_ahead: 0n,
      counterfeit: 0n,
    };
    const credited = this.receipts.filter((r) => r.outcome === 'credited');
    for (const p of this.payments.values()) {
      const isCredited = credited.some((r) => equal(r.paymentHash, p.hash));
      const verdict = this.verdict(p.payer, p.no);
      const never = verdict === 'cancelled' || verdict === 'never_issued';
      const credit = isCredited ? 'credited' : never ? 'never' : 'no_word';
      const term = termOf({ debit: p.state, payerCovers: true, credit });
      if (term !== undefined) sums[term] += p.amount;
    }
    for (const r of credited) {
      const payer = hex(r.payer);
      const entry = this.payments.get(`${payer}/${r.paymentNo}`);
      const seq = equal(r.payer, ISSUER.subjectRef) ? this.issuer.seq : (this.views.get(payer)?.seq ?? 0);
      const match = matchReceipt(r, { seq, paymentNo: r.paymentNo }, entry);
      assert(match !== 'contradicts', 'an honest purse is never contradicted');
      if (match === 'agrees') continue;
      const term = termOf({ debit: 'absent', payerCovers: seq >= r.paymentNo, credit: 'credited' });
      if (term !== undefined) sums[term] += r.amount;
    }
    const uncleared = [...this.approvals.values()].filter(
      (a) => a.state !== 'cancelled' && a.decided !== 'credited',
    );
    return audit({
      issued: this.issued,
      redeemed: 0n,
      online: this.online,
      float: this.float,
      offline: sumOf(this.views.values(), (v) => v.balance),
      waiting: sums.waiting,
      returning: sums.returning,
      creditedAhead: sums.credited_ahead,
      counterfeit: sums.counterfeit,
      unmet: 0n,
      approvals: sumOf(uncleared, (a) => a.amount),
      clearedAhead: 0n,
      clearedDenied: 0n,
      refunded: 0n,
      ledgerSum: 0n,
    });
  }
}
