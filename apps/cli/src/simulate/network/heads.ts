/** The chain heads of a proven journal, as small as they can be: 32 bytes an entry. */
import type { Bytes } from '@sokkin/codec';
import { HASH_LENGTH } from '@sokkin/purse';

const FIRST_ROOM = 32;

export class Heads {
  #bytes: Bytes = new Uint8Array(FIRST_ROOM * HASH_LENGTH);
  #count = 0;

  /** Of entry `count + 1`. */
  add(head: Bytes): void {
    const at = this.#count * HASH_LENGTH;
    if (at === this.#bytes.length) {
      const larger = new Uint8Array(Math.ceil((this.#count * 3) / 2) * HASH_LENGTH);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(head, at);
    this.#count++;
  }

  at(seq: number): Bytes | undefined {
    if (seq < 1 || seq > this.#count) return undefined;
    return this.#bytes.subarray((seq - 1) * HASH_LENGTH, seq * HASH_LENGTH);
  }
}
