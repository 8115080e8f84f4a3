/** The payment application of a card of ours, as the books have it. What must hold: no PAN is in it. */
import type { Bytes } from '@sokkin/codec';

/** What is known of a card's payment application, from before its data is loaded on. */
export interface CardApplication {
  readonly profile: string;
  readonly panHash: Bytes;
  readonly panLast4: string;
  /** Two digits: which card of this PAN. */
  readonly panSequence: string;
  /** YYMM. */
  readonly expiry: string;
}
