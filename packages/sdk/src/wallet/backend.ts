/**
 * The back-end as the taps of @sokkin/terminal ask for it, over its HTTP API: amounts are decimal strings in minor units, octets
 * lower-case hexadecimal.
 *
 * What must hold: every field of an answer is looked at before it is believed; a POST that moves money carries the Idempotency-Key that
 * the caller gave, so that it may be sent again.
 */
import { hex } from '@sokkin/codec';
import type { BackendApi, CarriedPayment, CarriedReceipt, Provisioned } from '@sokkin/terminal';
import * as read from '../json.ts';

/**
 * Sends a POST, and gives the body of the answer. Rejects with SokkinError `backend_unreachable` (nothing is known to have happened) or
 * `backend_refused` (its message is the back-end's own sentence).
 */
export type Post = (path: string, body: object, key?: string) => Promise<unknown>;

export function backendOver(send: Post): BackendApi {
  const post = async (path: string, body: object, key?: string): Promise<read.Json> =>
    read.object(await send(path, body, key), 'the answer');
  return {
    challenge: async () => read.bytes((await post('/v1/challenges', {})).nonce, 'nonce'),
    async provision({ account, assurance, tier, enrolment }) {
      const extra = tier === undefined ? {} : { tier };
      const body = { account, assurance, enrolment: hex(enrolment), ...extra };
      return provisionedFrom(await post('/v1/purses', body, crypto.randomUUID()));
    },
    async sync(purse, request) {
      const o = await post(`/v1/purses/${purse}/sync`, {
        statement: hex(request.statement),
        entries: request.entries.map(hex),
        payments: request.payments.map((p) => ({ payment: hex(p.message), ...read.chainJson(p.chain) })),
        receipts: request.receipts.map((r) => ({ receipt: hex(r.message), ...read.chainJson(r.chain) })),
      });
      const deliveries = read.object(o.deliveries, 'deliveries');
      return {
        acknowledgedSeq: read.number(o.acknowledged_seq, 'acknowledged_seq'),
        grant: read.bytes(o.grant, 'grant'),
        authority: read.certificate(o.authority, 'authority'),
        payments: read.list(deliveries.payments, 'deliveries.payments').map(deliveredPayment),
        receipts: read.list(deliveries.receipts, 'deliveries.receipts').map(deliveredReceipt),
      };
    },
    async fund(key, { account, ticket, payee, amount }) {
      const body = {
        account,
        ticket: hex(ticket),
        payee: read.chainJson(payee),
        amount: amount.toString(),
      };
      const o = await post('/v1/fundings', body, key);
      return { id: read.text(o.id, 'id'), payment: read.payment(o.payment, o.payer, 'payment') };
    },
    async fundingReceipt(funding, receipt) {
      await post(`/v1/fundings/${funding}/receipt`, { receipt: hex(receipt.message) });
    },
    async redeem(key, { account, purse, maxAmount }) {
      const o = await post('/v1/redemptions', { account, purse, max_amount: maxAmount.toString() }, key);
      return {
        id: read.text(o.id, 'id'),
        ticket: read.bytes(o.ticket, 'ticket'),
        payee: read.chain(o.payee, 'payee'),
      };
    },
    async redemptionPayment(redemption, payment) {
      const body = { payment: hex(payment.message), payer: read.chainJson(payment.chain) };
      const o = await post(`/v1/redemptions/${redemption}/payment`, body);
      return read.bytes(o.receipt, 'receipt');
    },
  };
}

/** What a purse is given when it is made somebody's. */
export function provisionedFrom(answer: unknown): Provisioned {
  const o = read.object(answer, 'the answer');
  const c = read.object(o.certificates, 'certificates');
  return {
    id: read.text(o.id, 'id'),
    root: read.certificate(c.root, 'certificates.root'),
    issuer: read.certificate(c.issuer, 'certificates.issuer'),
    purse: read.certificate(c.purse, 'certificates.purse'),
  };
}

function deliveredPayment(item: unknown): CarriedPayment {
  const d = read.object(item, 'deliveries.payments[]');
  return read.payment(d.payment, d.payer, 'deliveries.payments[].payment');
}
function deliveredReceipt(item: unknown): CarriedReceipt {
  const d = read.object(item, 'deliveries.receipts[]');
  return read.receipt(d.receipt, d.payee, 'deliveries.receipts[].receipt');
}
