/**
 * Whose money is where, counted beside the purses.
 *
 * What must hold, at every moment and exactly: balances + in flight = issued - redeemed + made. `made` grows where an
 * attacker does what no honest element can (copy, turn back, invent), and when a payment arrives that is not on its way,
 * and nowhere else; so without attackers it stays zero, and that the balances agree is what I1 says.
 */
import { hex } from '@sokkin/codec';

export class Money {
  /** Debited, and neither credited nor taken back. */
  flight = 0;
  /** By attackers. */
  made = 0;
  readonly #onTheWay = new Set<string>();

  leaves(amount: number, hash: Uint8Array): void {
    this.flight += amount;
    this.#onTheWay.add(hex(hash));
  }

  /** Credited to its payee, or back to its payer. */
  arrives(amount: number, hash: Uint8Array): void {
    if (this.#onTheWay.delete(hex(hash))) this.flight -= amount;
    else this.made += amount;
  }
}

export interface GroupFlows {
  /** Yen that others credited to the group, and the group to others, since the attack began. */
  in: number;
  out: number;
}

/** What an attack has cost the others so far: what it spent beyond what it had and was given. */
export const madeBy = ({ in: into, out }: GroupFlows): number => Math.max(0, out - into);
