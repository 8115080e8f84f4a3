/**
 * `fund` and `redeem`: the same three messages, with the issuer's purse at the other end.
 *
 *     fund:   SELECT, ISSUE TICKET; POST funding; CREDIT; POST receipt
 *     redeem: POST redemption; SELECT, [VERIFY], PAY; POST payment; SETTLE
 *
 * What must hold: repeated with the same `reference` and `key` after any fault, each moves the money once.
 */
import { type Bytes, SokkinError } from '@sokkin/codec';
import {
  believePayment,
  believeReceipt,
  believeTicket,
  type CarriedPayment,
  type CarriedReceipt,
  type Verifier,
} from '../carried.ts';
import { meet } from '../client/read.ts';
import { credit, issueTicket, settle, voidTicket } from '../client/value.ts';
import { type Outcome, ok } from '../outcome.ts';
import type { BackendApi } from '../ports.ts';
import type { ApduTransport } from '../transport.ts';
import { collectFrom } from './collect.ts';
import { attempt, type Extra } from './deliver.ts';
import { purseName } from './sync.ts';

export interface FundRequest {
  readonly account: string;
  /** Minor units. */
  readonly amount: bigint;
  /** 8 bytes, the same for every repetition. */
  readonly reference: Bytes;
  /** Idempotency-Key, the same for every repetition. */
  readonly key: string;
}

export interface Funded {
  readonly payment: CarriedPayment;
  readonly receipt: CarriedReceipt;
}

export async function fund(
  transport: ApduTransport,
  verifier: Verifier,
  api: BackendApi,
  { account, amount, reference, key }: FundRequest,
): Promise<Outcome<Funded>> {
  const met = await meet(transport, verifier);
  if (met.status !== 'ok') return met;
  const ticket = await issueTicket(met.value, verifier, { maxAmount: amount, reference });
  if (ticket.status !== 'ok') return ticket;
  const payee = ticket.value.chain;
  const request = { account, ticket: ticket.value.message, payee, amount };
  const funding = await api.fund(key, request).catch(async (error: unknown) => {
    // Refused for good: the ticket must not go on reserving room. If the answer was only lost, it is needed again.
    const refused = error instanceof SokkinError && error.code === 'backend_refused';
    if (refused) await attempt(() => voidTicket(transport, ticket.value.fields.seq));
    throw error;
  });
  const believed = await believePayment(verifier, funding.payment.chain, funding.payment.message);
  if (believed.status !== 'ok') return believed;
  const receipt = await credit(met.value, verifier, believed.value);
  if (receipt.status !== 'ok') return receipt;
  await api.fundingReceipt(funding.id, receipt.value);
  return ok({ payment: believed.value, receipt: receipt.value });
}

export interface RedeemRequest {
  readonly account: string;
  readonly amount: bigint;
  readonly pin?: string | undefined;
  readonly key: string;
  readonly again?: boolean | undefined;
}

export interface Redeemed {
  readonly payment: CarriedPayment;
  readonly receipt: CarriedReceipt;
  readonly paid: 'now' | 'before';
  readonly settled: Extra<void>;
}

export async function redeem(
  transport: ApduTransport,
  verifier: Verifier,
  api: BackendApi,
  { account, amount, pin, key, again }: RedeemRequest,
): Promise<Outcome<Redeemed>> {
  const met = await meet(transport, verifier);
  if (met.status !== 'ok') return met;
  const purse = purseName(met.value.chain.leaf.subjectRef);
  const redemption = await api.redeem(key, { account, purse, maxAmount: amount });
  const ticket = await believeTicket(verifier, redemption.payee, redemption.ticket);
  if (ticket.status !== 'ok') return ticket;
  const collected = await collectFrom(met.value, verifier, { ticket: ticket.value, amount, pin, again });
  if (collected.status !== 'ok') return collected;
  const { payment, paid } = collected.value;
  const word = await api.redemptionPayment(redemption.id, payment);
  const receipt = await believeReceipt(verifier, redemption.payee, word);
  if (receipt.status !== 'ok') return receipt;
  const settled = await attempt(() => settle(met.value, receipt.value));
  return ok({ payment, paid, receipt: receipt.value, settled });
}
