/**
 * Signed Payments that payees' phones handed in, until their payer's journal has confirmed them.
 *
 * What must hold: what they prove is said by `judgeMessages`, as on the server. A Payment that the journal has reached is forgotten.
 */
import { type Bytes, hex } from '@sokkin/codec';
import { judgeMessages, type SignedClaim } from '@sokkin/issuer';
import type { Payment } from '@sokkin/purse';

export interface Seen {
  readonly payment: Payment;
  readonly hash: Bytes;
}

/** How far a journal is proven. */
export interface ProvenTo {
  readonly seq: number;
  readonly headAt: (seq: number) => Bytes | undefined;
}

export class SignedPayments {
  readonly #waiting = new Map<string, readonly SignedClaim[]>();

  /** True: the payment contradicts what its payer signed before. */
  add({ payment, hash }: Seen, proven: ProvenTo): boolean {
    const payer = hex(payment.purse);
    return this.#judge(payer, [...(this.#waiting.get(payer) ?? []), { seq: payment.seq, hash }], proven);
  }

  /** The journal of the purse goes further. True: it has something else where a Payment was handed in. */
  reached(purse: string, proven: ProvenTo): boolean {
    const waiting = this.#waiting.get(purse);
    return waiting !== undefined && this.#judge(purse, waiting, proven);
  }

  #judge(purse: string, messages: readonly SignedClaim[], { seq, headAt }: ProvenTo): boolean {
    const { forks, waiting } = judgeMessages(messages, seq, headAt);
    if (waiting.length === 0) this.#waiting.delete(purse);
    else this.#waiting.set(purse, waiting);
    return forks.length > 0;
  }
}
