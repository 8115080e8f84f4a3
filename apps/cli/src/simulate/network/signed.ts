/**
 * Signed Payments that payees' phones handed in, until their payer's journal has confirmed them.
 *
 * What must hold: two messages of one purse with one number and other contents are a fork, whether the second is another
 * message or its proven journal (I7). A Payment that the journal confirms is forgotten.
 */
import { type Bytes, equal, hex } from '@sokkin/codec';
import type { Payment } from '@sokkin/purse';

export interface Seen {
  readonly payment: Payment;
  readonly hash: Bytes;
}

export class SignedPayments {
  readonly #unconfirmed = new Map<string, Map<number, Bytes>>();

  /** True: the payment contradicts what its payer signed before. `provenHead`: of its journal after that number. */
  add({ payment, hash }: Seen, provenHead: Bytes | undefined): boolean {
    if (provenHead !== undefined) return !equal(provenHead, hash);
    const payer = hex(payment.purse);
    const known = this.#unconfirmed.get(payer) ?? new Map<number, Bytes>();
    this.#unconfirmed.set(payer, known);
    const before = known.get(payment.seq);
    if (before === undefined) known.set(payment.seq, hash);
    return before !== undefined && !equal(before, hash);
  }

  /** The journal of the purse is proven up to `seq`. True: it has something else where a Payment was handed in. */
  reached(purse: string, seq: number, headAt: (seq: number) => Bytes | undefined): boolean {
    const known = this.#unconfirmed.get(purse);
    if (known === undefined) return false;
    let isForked = false;
    for (const [number, hash] of known) {
      if (number > seq) continue;
      const head = headAt(number);
      if (head !== undefined && !equal(head, hash)) isForked = true;
      known.delete(number);
    }
    if (known.size === 0) this.#unconfirmed.delete(purse);
    return isForked;
  }
}
