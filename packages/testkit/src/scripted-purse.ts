/**
 * A purse that writes whatever journal it is told to: long ones in a moment, and wrong ones.
 *
 * What must hold: entries are numbered and chained, and messages signed, as those of every purse. Nothing else is: windows,
 * limits and balances are the caller's business. For purses that keep the rules there are cards.
 */
import { type Bytes, concat, hex } from '@sokkin/codec';
import { type CryptoPort, type KeyPair, sha256 } from '@sokkin/crypto';
import {
  type Entry,
  encodeEnrolment,
  encodeEntry,
  encodeStatement,
  GENESIS_LINK,
  headAfter,
  type NewEntry,
  type Outcome,
  parseGrant,
} from '@sokkin/purse';

const JPY = 0x0392;
const HASH = new Uint8Array(32).fill(7);

/** A payment, as its payee needs to know of it. */
export interface Sent {
  readonly payer: Bytes;
  readonly paymentNo: number;
  readonly paymentHash: Bytes;
  readonly ticketNo: number;
  readonly amount: bigint;
}

export class ScriptedPurse {
  seq = 0;
  head: Bytes = GENESIS_LINK;
  balance = 0n;
  grantNo = 0;
  ackSeq = 0;
  /** Of the issuer's last Grant. */
  epoch = 20_000;
  readonly tickets = new Map<number, bigint>();
  readonly payments = new Map<number, bigint>();
  /** All since `drop`. */
  entries: Bytes[] = [];

  private constructor(
    readonly crypto: CryptoPort,
    readonly key: KeyPair,
    readonly id: Bytes,
  ) {}

  static async enrolment(crypto: CryptoPort, key: KeyPair, nonce: Bytes): Promise<Bytes> {
    const body = encodeEnrolment({ nonce, publicKey: key.publicKey });
    return concat(body, await crypto.sign(key.handle, body));
  }

  /** Of a certificate that was issued for this key: its journal begins with it. */
  static born(crypto: CryptoPort, key: KeyPair, id: Bytes, certificate: Bytes): ScriptedPurse {
    const purse = new ScriptedPurse(crypto, key, id);
    purse.write({ type: 'genesis', fields: { currency: JPY, certificateHash: sha256(certificate) } });
    return purse;
  }

  get name(): string {
    return `pur_${hex(this.id)}`;
  }

  write(entry: NewEntry): number {
    const fields = { purse: this.id, seq: this.seq + 1, link: this.head, ...entry.fields };
    const body = encodeEntry({ type: entry.type, fields } as Entry);
    this.entries.push(body);
    this.head = headAfter(body);
    this.seq += 1;
    return this.seq;
  }

  ticket(maxAmount: bigint): number {
    const reference = new Uint8Array(8);
    const no = this.write({ type: 'ticket', fields: { currency: JPY, maxAmount, reference } });
    this.tickets.set(no, maxAmount);
    return no;
  }

  void(ticketNo: number): void {
    this.write({ type: 'void', fields: { ticketNo } });
    this.tickets.delete(ticketNo);
  }

  pay(payee: Bytes, ticketNo: number, amount: bigint): Sent {
    const paymentNo = this.write({ type: 'payment', fields: { currency: JPY, amount, payee, ticketNo } });
    this.balance -= amount;
    this.payments.set(paymentNo, amount);
    return { payer: this.id, paymentNo, paymentHash: this.head, ticketNo, amount };
  }

  receive(sent: Sent, outcome: Outcome = 'credited'): void {
    const word = { kind: 'receipt' as const, outcome, currency: JPY };
    this.write({ type: 'receipt', fields: { ...word, ...sent } });
    this.tickets.delete(sent.ticketNo);
    if (outcome === 'credited') this.balance += sent.amount;
  }

  /** A receipt of a payment that nobody made, or will be found to have made. */
  invent(payer: Bytes, paymentNo: number, ticketNo: number, amount: bigint): void {
    this.receive({ payer, paymentNo, paymentHash: HASH, ticketNo, amount });
  }

  settle(paymentNo: number, outcome: Outcome): void {
    this.write({ type: 'settle', fields: { paymentNo, outcome } });
    this.#close(paymentNo, outcome);
  }

  /** With all that it settles. Entries that it acknowledges need not be sent again. */
  apply(message: Bytes): void {
    const { fields, body } = parseGrant(message);
    this.write({ type: 'grantApplied', fields: { grantNo: fields.grantNo, grantHash: headAfter(body) } });
    this.grantNo = fields.grantNo;
    this.ackSeq = fields.ackSeq;
    this.epoch = fields.epoch;
    for (const { paymentNo, outcome } of fields.resolutions) this.#close(paymentNo, outcome);
  }

  #close(paymentNo: number, outcome: Outcome): void {
    const amount = this.payments.get(paymentNo) ?? 0n;
    this.payments.delete(paymentNo);
    if (outcome === 'cancelled') this.balance += amount;
  }

  /** Signed, over this nonce. */
  async statement(nonce: Bytes): Promise<Bytes> {
    const sum = (amounts: Iterable<bigint>) => [...amounts].reduce((a, b) => a + b, 0n);
    const body = encodeStatement({
      ...{ purse: this.id, seq: this.seq, link: this.head, currency: JPY, balance: this.balance },
      ...{ pending: sum(this.payments.values()), reserved: sum(this.tickets.values()) },
      ...{ ackSeq: this.ackSeq, grantNo: this.grantNo, epoch: this.epoch, nonce },
      openTickets: [...this.tickets.keys()].sort((a, b) => a - b),
    });
    return this.signed(body);
  }

  /** An entry as it travels: Ticket, Payment, Receipt. */
  async signed(body: Bytes): Promise<Bytes> {
    return concat(body, await this.crypto.sign(this.key.handle, body));
  }

  /** The entries since the last `drop`, which are forgotten. */
  drop(): Bytes[] {
    const { entries } = this;
    this.entries = [];
    return entries;
  }

  /** As it is now: a clone, or a backup for a roll-back. */
  clone(): ScriptedPurse {
    const copy = new ScriptedPurse(this.crypto, this.key, this.id);
    const { seq, head, balance, grantNo, ackSeq, epoch } = this;
    Object.assign(copy, { seq, head, balance, grantNo, ackSeq, epoch, entries: [...this.entries] });
    for (const [no, max] of this.tickets) copy.tickets.set(no, max);
    for (const [no, amount] of this.payments) copy.payments.set(no, amount);
    return copy;
  }
}
