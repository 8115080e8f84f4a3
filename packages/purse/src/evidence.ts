/**
 * Proofs that need nobody's word (docs/spec/protocol.md, section 9).
 *
 * - I7: two messages of one purse that no honest purse can both have signed prove a clone or a roll-back.
 * - I8: Payment + Receipt + certificates settle a dispute, offline.
 */
import { type Bytes, equal } from '@sokkin/codec';
import { type CryptoPort, sha256 } from '@sokkin/crypto';
import { type Signed, TYPE } from './messages/header.ts';
import { headAfter } from './messages/journal.ts';
import type { Payment } from './messages/payment.ts';
import type { Receipt } from './messages/receipt.ts';
import type { Statement } from './messages/statement.ts';
import type { Ticket } from './messages/ticket.ts';
import type { Refusal } from './status.ts';
import { type ShownChain, type Trust, verifyPayment, verifyReceipt } from './verify.ts';

/** A message of a purse whose signature was verified. */
export type Witness = Signed<Ticket | Payment | Receipt | Statement>;

/**
 * Whether a body is an entry (a change of state with a number of its own) or an attestation, by its type byte and not
 * by what anybody says of it.
 */
export const isEntry = (body: Bytes): boolean => (body[0] ?? 0) < TYPE.statement;

/** What a signed message says about its signer's chain: the head after each of these numbers. */
function claims({
  fields: { seq, link },
  body,
}: Witness): readonly { readonly seq: number; readonly head: Bytes }[] {
  if (!isEntry(body)) return [{ seq, head: link }];
  return [
    { seq: seq - 1, head: link },
    { seq, head: headAfter(body) },
  ];
}

export type ForkVerdict =
  | { readonly verdict: 'fork'; readonly purse: Bytes; readonly seq: number; readonly says: string }
  | { readonly verdict: 'contradiction'; readonly purse: Bytes; readonly says: string }
  | { readonly verdict: 'consistent' };

/** Judges two verified messages of one purse. Any two whose claims differ on one number are proof. */
export function judgeFork(a: Witness, b: Witness): ForkVerdict {
  const { purse } = a.fields;
  if (!equal(purse, b.fields.purse)) return { verdict: 'consistent' };
  for (const x of claims(a)) {
    for (const y of claims(b)) {
      if (x.seq === y.seq && !equal(x.head, y.head)) {
        return {
          verdict: 'fork',
          purse,
          seq: x.seq,
          says: `The purse signed two different histories of its entry ${x.seq}: it was cloned or rolled back.`,
        };
      }
    }
  }
  const [ra, rb] = [outcomeClaim(a), outcomeClaim(b)];
  if (
    ra !== undefined &&
    rb !== undefined &&
    equal(ra.paymentHash, rb.paymentHash) &&
    ra.outcome !== rb.outcome
  ) {
    return { verdict: 'contradiction', purse, says: 'The purse both credited and cancelled one payment.' };
  }
  return { verdict: 'consistent' };
}

function outcomeClaim({ fields }: Witness): Receipt | undefined {
  return 'outcome' in fields ? fields : undefined;
}

export interface DisputeFile {
  readonly payment: Bytes;
  /** Absent when the payer has nothing from the payee. */
  readonly receipt: Bytes | undefined;
  readonly payerChain: ShownChain;
  readonly payeeChain: ShownChain | undefined;
}

export type DisputeVerdict =
  | { readonly verdict: 'paid'; readonly payment: Payment; readonly receipt: Receipt }
  | { readonly verdict: 'cancelled'; readonly payment: Payment; readonly receipt: Receipt }
  | { readonly verdict: 'debited_not_acknowledged'; readonly payment: Payment }
  | {
      readonly verdict: 'invalid';
      readonly which: 'payment' | 'receipt';
      readonly because: Refusal | 'unrelated';
    };

/** Judges a dispute. Nothing is believed that the certificates do not carry. */
export async function judgeDispute(
  crypto: CryptoPort,
  trust: Trust,
  file: DisputeFile,
): Promise<DisputeVerdict> {
  const payment = await verifyPayment(crypto, trust, file.payerChain, file.payment);
  if (payment.status !== 'ok') return { verdict: 'invalid', which: 'payment', because: payment.status };
  const paid = payment.value.fields;
  if (file.receipt === undefined || file.payeeChain === undefined) {
    return { verdict: 'debited_not_acknowledged', payment: paid };
  }
  const receipt = await verifyReceipt(crypto, trust, file.payeeChain, file.receipt);
  if (receipt.status !== 'ok') return { verdict: 'invalid', which: 'receipt', because: receipt.status };
  const word = receipt.value.fields;
  const related =
    equal(word.purse, paid.payee) &&
    equal(word.payer, paid.purse) &&
    word.paymentNo === paid.seq &&
    equal(word.paymentHash, sha256(payment.value.body)) &&
    word.amount === paid.amount &&
    word.currency === paid.currency &&
    word.ticketNo === paid.ticketNo;
  if (!related) return { verdict: 'invalid', which: 'receipt', because: 'unrelated' };
  return { verdict: word.outcome === 'credited' ? 'paid' : 'cancelled', payment: paid, receipt: word };
}
