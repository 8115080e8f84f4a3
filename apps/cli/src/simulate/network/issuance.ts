/**
 * The issuer's purse on paper: it pays fundings and takes redemptions (packages/issuer/src/issuer-purse.ts).
 *
 * What must hold: whatever it writes is at once a fact of the meeting books, because its journal is always proven.
 */
import { assert, hex } from '@sokkin/codec';
import { type Certificate, ROLE } from '@sokkin/crypto';
import {
  type IssuerPurse,
  type MeetingBooks,
  type ProvenFact,
  takePayment,
  type Written,
  writePayment,
  writeSettle,
  writeTicket,
} from '@sokkin/issuer';
import {
  GENESIS_LINK,
  type Payment,
  parsePaymentBody,
  parseReceiptBody,
  parseTicketBody,
  type Receipt,
  type Ticket,
} from '@sokkin/purse';
import { certificateOf, idOf, type Moved, nameOf, YEN } from '../world/element.ts';

export const ISSUER_PURSE: Certificate = certificateOf(ROLE.issuerPurse, 0);
export const ISSUER_ID = idOf(ISSUER_PURSE);

export class Issuance {
  readonly #books: MeetingBooks;
  #purse: IssuerPurse = { purse: ISSUER_PURSE.subjectRef, currency: YEN, seq: 0, head: GENESIS_LINK };
  issued = 0n;
  redeemed = 0n;

  constructor(books: MeetingBooks) {
    this.#books = books;
    books.open(ISSUER_ID, true);
  }

  /** Pays out what the ticket asks for. */
  fund(ticket: Ticket): Pick<Moved<Payment>, 'message' | 'hash'> {
    const written = writePayment(this.#purse, ticket.purse, ticket.seq, ticket.maxAmount);
    const message = parsePaymentBody(written.body);
    const { amount, ticketNo } = message;
    const payee = hex(ticket.purse);
    this.#wrote(written, [
      { kind: 'paid', paymentNo: written.seq, payee, ticketNo, amount, hash: hex(written.hash) },
    ]);
    this.issued += amount;
    return { message, hash: written.hash };
  }

  /** The payee's word on a funding. */
  settle({ paymentNo, outcome, amount }: Receipt): void {
    this.#wrote(writeSettle(this.#purse, paymentNo, outcome), [{ kind: 'settled', paymentNo, outcome }]);
    if (outcome === 'cancelled') this.issued -= amount;
  }

  ticketFor(amount: bigint): Ticket {
    const written = writeTicket(this.#purse, amount, nameOf(ROLE.issuerPurse, this.#purse.seq + 1));
    this.#wrote(written, [{ kind: 'ticket_opened', ticketNo: written.seq }]);
    return parseTicketBody(written.body);
  }

  take(ticket: Ticket, payment: Payment, hash: Uint8Array, acceptable: boolean): Receipt {
    const open = { state: 'open', by: undefined, maxAmount: ticket.maxAmount } as const;
    const taken = takePayment(this.#purse, open, { payment, hash }, acceptable);
    assert(taken.kind === 'receipt', 'an open ticket is consumed');
    const receipt = parseReceiptBody(taken.written.body);
    const { ticketNo, outcome, paymentNo, amount } = receipt;
    const by = hex(hash);
    const facts: ProvenFact[] = [{ kind: 'ticket_closed', ticketNo, outcome, by }];
    if (outcome === 'credited') {
      const payer = hex(receipt.payer);
      facts.push({ kind: 'credited', ticketNo, seq: receipt.seq, payer, paymentNo, hash: by, amount });
      this.redeemed += amount;
    }
    this.#wrote(taken.written, facts);
    return receipt;
  }

  #wrote({ purse, seq }: Written, facts: readonly ProvenFact[]): void {
    this.#purse = purse;
    this.#books.prove(ISSUER_ID, { seq, balance: 0n }, facts);
  }
}
