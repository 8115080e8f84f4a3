/**
 * The other purse of every payment in the suite: a key, a certificate, and a journal that is only as deep as the
 * card can see. It signs Tickets, Payments and Receipts as an honest purse does.
 */
import { type Bytes, concat } from '@sokkin/codec';
import { ROLE } from '@sokkin/crypto';
import {
  encodePayment,
  encodeReceipt,
  encodeTicket,
  headAfter,
  type Payment,
  type Signed,
  type Ticket,
} from '@sokkin/purse';
import { hashOfMessage } from '@sokkin/terminal';
import {
  creditRequest,
  makeParty,
  name8,
  type Party,
  payRequest,
  settleRequest,
  type World,
} from '../parties.ts';

export interface Counterpart {
  /** The data field of PAY on a new ticket of the counterpart. */
  payMe(maxAmount: bigint, amount?: bigint): Promise<Bytes>;
  /** The data field of SETTLE: its word on a payment that the card made to it. */
  word(payment: Signed<Payment>, outcome: 'credited' | 'cancelled'): Promise<Bytes>;
  /** The data field of CREDIT and CANCEL: its payment on a ticket of the card. */
  pay(ticket: Ticket, amount: bigint): Promise<Bytes>;
}

export async function makeCounterpart(world: World, no: number): Promise<Counterpart> {
  const me: Party = await makeParty(world.crypto, world.issuer, ROLE.purse, no);
  const purse = me.certificate.subjectRef;
  let seq = 1;
  let link: Bytes = new Uint8Array(32).fill(3);
  async function signed(encode: (at: { purse: Bytes; seq: number; link: Bytes }) => Bytes): Promise<Bytes> {
    const body = encode({ purse, seq, link });
    seq += 1;
    link = headAfter(body);
    return concat(body, await world.crypto.sign(me.key.handle, body));
  }
  const { currency } = me.certificate;
  return {
    async payMe(maxAmount, amount = maxAmount) {
      const reference = name8(seq);
      const ticket = await signed((at) => encodeTicket({ ...at, currency, maxAmount, reference }));
      return payRequest(me.certificate, ticket, amount);
    },
    async word({ fields, body, signature }, outcome) {
      const receipt = await signed((at) =>
        encodeReceipt({
          ...at,
          kind: 'receipt',
          outcome,
          currency,
          amount: fields.amount,
          payer: fields.purse,
          paymentNo: fields.seq,
          paymentHash: hashOfMessage(concat(body, signature)),
          ticketNo: fields.ticketNo,
        }),
      );
      return settleRequest(me.certificate, receipt);
    },
    async pay(ticket, amount) {
      const payment = await signed((at) =>
        encodePayment({ ...at, currency, amount, payee: ticket.purse, ticketNo: ticket.seq }),
      );
      return creditRequest(me.certificate, payment);
    },
  };
}
