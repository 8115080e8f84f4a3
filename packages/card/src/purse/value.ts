/** The commands that move value: tickets, paying, settling, crediting (docs/spec/card-application.md, 4.4). */
import type { Bytes, ResponseApdu } from '@sokkin/codec';
import type { PurseState, Receipt, Signed, Trust, Verified } from '@sokkin/purse';
import {
  CLA,
  type CreditRequest,
  cancel,
  credit,
  hasExpired,
  INS,
  issueTicket,
  messageHash,
  object,
  pay,
  REFERENCE_LENGTH,
  reissue,
  type Step,
  settle,
  verifyPayment,
  verifyReceipt,
  verifyReceiptOf,
  verifyTicket,
  voidTicket,
} from '@sokkin/purse';
import { ok, refusal } from '../applet.ts';
import { type Command, type Context, malformed, perform } from './context.ts';
import { objectsReader, ofLength, readAmountObject, readChain, readNumberObject, trustOf } from './data.ts';

const readTicketRequest = objectsReader(['amount', 'reference']);
const readNumber = objectsReader(['number']);
const readPayRequest = objectsReader(['purse', 'ticket', 'amount'], ['issuer']);
const readSettleRequest = objectsReader(['receipt'], ['purse', 'issuer']);
const readShownPayment = objectsReader(['purse', 'payment'], ['issuer']);

export const issueTicketCommand: Command = {
  name: 'ISSUE TICKET',
  cla: CLA.purse,
  ins: INS.issueTicket,
  p1p2: 0x0000,
  async run(ctx, { data }) {
    const objects = readTicketRequest(data);
    const maxAmount = objects && readAmountObject(objects.amount);
    const reference = objects && ofLength(objects.reference, REFERENCE_LENGTH);
    if (maxAmount === undefined || reference === undefined) return malformed();
    return perform(ctx, issueTicket(ctx.store.state, { maxAmount, reference }), 'ticket');
  },
};

export const voidTicketCommand: Command = {
  name: 'VOID TICKET',
  cla: CLA.purse,
  ins: INS.voidTicket,
  p1p2: 0x0000,
  async run(ctx, { data }) {
    const objects = readNumber(data);
    const ticketNo = objects && readNumberObject(objects.number);
    if (ticketNo === undefined) return malformed();
    return perform(ctx, voidTicket(ctx.store.state, ticketNo), undefined);
  },
};

export const payCommand: Command = {
  name: 'PAY',
  cla: CLA.purse,
  ins: INS.pay,
  p1p2: 0x0000,
  async run(ctx, { data }) {
    const { state } = ctx.store;
    const objects = readPayRequest(data);
    const amount = objects && readAmountObject(objects.amount);
    if (objects === undefined || amount === undefined) return malformed();
    const trust = trustOf(state);
    if (trust === undefined) return refusal('wrong_lifecycle');
    const chain = readChain(state, ctx.readCertificate, objects.purse, objects.issuer);
    if (chain === 'certificate_malformed') return refusal(chain);
    const ticket = await verifyTicket(ctx.crypto, trust, chain, objects.ticket);
    if (ticket.status !== 'ok') return refusal(ticket.status);
    ctx.session.payee = chain;
    const payeeExpired = hasExpired(chain, state.epoch);
    const request = { ticket: ticket.value.fields, payee: chain.leaf, payeeExpired, amount };
    const step = pay(state, { ...request, pinVerified: ctx.session.pinVerified });
    const response = await perform(ctx, step, 'payment');
    // One verification is good for one payment: a reader cannot add another behind the holder's back.
    if (step.status === 'ok' && step.answer.kind === 'entry') ctx.session.pinVerified = false;
    return response;
  },
};

export const reissueCommand: Command = {
  name: 'REISSUE',
  cla: CLA.purse,
  ins: INS.reissue,
  p1p2: 0x0000,
  async run(ctx, { data }) {
    const objects = readNumber(data);
    const paymentNo = objects && readNumberObject(objects.number);
    if (paymentNo === undefined) return malformed();
    const message = reissue(ctx.store.state, paymentNo);
    return message === undefined ? refusal('payment_unknown') : ok(object('payment', message));
  },
};

export const settleCommand: Command = {
  name: 'SETTLE',
  cla: CLA.purse,
  ins: INS.settle,
  p1p2: 0x0000,
  async run(ctx, { data }) {
    const { state } = ctx.store;
    const objects = readSettleRequest(data);
    if (objects === undefined) return malformed();
    const trust = trustOf(state);
    if (trust === undefined) return refusal('wrong_lifecycle');
    const receipt = await readReceipt(ctx, trust, objects);
    if (receipt.status !== 'ok') return refusal(receipt.status);
    return perform(ctx, settle(state, receipt.value.fields), undefined);
  },
};

export const creditCommand: Command = {
  name: 'CREDIT',
  cla: CLA.purse,
  ins: INS.credit,
  p1p2: 0x0000,
  run: (ctx, { data }) => takePayment(ctx, data, credit),
};

export const cancelCommand: Command = {
  name: 'CANCEL',
  cla: CLA.purse,
  ins: INS.cancel,
  p1p2: 0x0000,
  run: (ctx, { data }) => takePayment(ctx, data, cancel),
};

/**
 * Verifies a Receipt by the chain that is shown with it; or, if none is shown, by the payee's chain that PAY
 * verified in this very session, which saves its bytes and its signature checks.
 */
async function readReceipt(
  ctx: Context,
  trust: Trust,
  shown: { readonly receipt: Bytes; readonly purse?: Bytes; readonly issuer?: Bytes },
): Promise<Verified<Signed<Receipt>>> {
  const { payee } = ctx.session;
  if (shown.purse !== undefined) {
    const chain = readChain(ctx.store.state, ctx.readCertificate, shown.purse, shown.issuer);
    if (chain === 'certificate_malformed') return { status: chain };
    return verifyReceipt(ctx.crypto, trust, chain, shown.receipt);
  }
  if (payee === undefined || shown.issuer !== undefined) return { status: 'malformed' };
  return verifyReceiptOf(ctx.crypto, payee.leaf, shown.receipt);
}

async function takePayment(
  ctx: Context,
  data: Bytes,
  step: (state: PurseState, request: CreditRequest) => Step,
): Promise<ResponseApdu> {
  const { state } = ctx.store;
  const objects = readShownPayment(data);
  if (objects === undefined) return malformed();
  const trust = trustOf(state);
  if (trust === undefined) return refusal('wrong_lifecycle');
  const chain = readChain(state, ctx.readCertificate, objects.purse, objects.issuer);
  if (chain === 'certificate_malformed') return refusal(chain);
  const payment = await verifyPayment(ctx.crypto, trust, chain, objects.payment);
  if (payment.status !== 'ok') return refusal(payment.status);
  const request: CreditRequest = {
    payment: payment.value.fields,
    paymentHash: messageHash(payment.value),
    payer: chain.leaf,
    payerExpired: hasExpired(chain, state.epoch),
  };
  return perform(ctx, step(state, request), 'receipt');
}
