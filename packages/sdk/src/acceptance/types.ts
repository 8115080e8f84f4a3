/**
 * What a shop's screen is told, and what is written down of a sale.
 *
 * What must hold: events and results are plain data with literal `kind`, `status` and `reason`, so that a screen handles all
 * of them or does not compile; records are made of text, numbers, bigint, bytes and maps alone, so that any store keeps them.
 */
import type { Bytes } from '@sokkin/codec';
import type { DataRecord, Failure, UiStatus } from '@sokkin/terminal';

/** How it was paid. The cashier need not know. */
export type Way = 'purse' | 'emv_offline' | 'emv_online';

/** What the payer shall do now, in the reader's words. */
export type Hint =
  | 'present'
  /** The card left too early, or its money came back: the same card once more. */
  | 'tap_again'
  /** Nothing on this card can be used here: another one. */
  | 'other_card'
  /** The phone wants its holder's consent: look there, then tap again. */
  | 'see_phone'
  /** A refund goes to the card that has paid: this is another one. */
  | 'same_card';

/** What lights and tones follow (EMV Book A, 9), with every event. */
interface Lit {
  readonly lights: UiStatus;
}

export type AcceptanceEvent = Lit &
  (
    | { readonly kind: 'waiting'; readonly hint: Hint; readonly amount: bigint; readonly currency: string }
    | { readonly kind: 'card_seen' }
    | { readonly kind: 'keep_still' }
    | { readonly kind: 'remove_card' }
    /** `triesLeft`: the last one was wrong. */
    | { readonly kind: 'enter_pin'; readonly for: PinFor; readonly triesLeft?: number }
    | { readonly kind: 'asking_issuer' }
    | { readonly kind: 'ended'; readonly result: SaleResult }
  );

/** Who checks the PIN: the payer's purse, or its issuer (then it leaves enciphered, by the port). */
export type PinFor = 'purse' | 'issuer';

export type DeclineReason =
  | 'insufficient_balance'
  | 'over_limit'
  | 'pin_needed'
  | 'pin_blocked'
  | 'card_blocked'
  | 'card_expired'
  | 'card_refuses'
  | 'not_believed'
  | 'own_purse'
  | 'declined_by_card'
  | 'declined_by_terminal'
  | 'declined_by_issuer'
  | 'issuer_unreachable'
  | 'amount_not_allowed'
  | 'not_refundable'
  | 'reader_failed';

export interface Approved {
  readonly status: 'approved';
  readonly sale: string;
  readonly way: Way;
  /** `before`: an earlier tap, whose answer was lost, has paid; this one has debited nothing. */
  readonly paid: 'now' | 'before';
  readonly receipt: ReceiptData;
}
export interface NotPaid {
  readonly sale: string;
  /** A tap was torn and nobody knows whether the payer was debited. If so, the money comes back to him. */
  readonly mayComeBack: boolean;
}
export type SaleResult =
  | Approved
  | (NotPaid & {
      readonly status: 'declined';
      readonly reason: DeclineReason;
      /** For logs: what the card, the kernel or the issuer said. */
      readonly detail: string;
    })
  | (NotPaid & { readonly status: 'cancelled' })
  /** The payer has paid, and the shop's own purse has not taken it yet: `resume` goes on until it has. */
  | { readonly status: 'kept'; readonly sale: string; readonly receipt: ReceiptData };

/** All that a receipt shows (screen, paper, QR). */
export interface ReceiptData {
  readonly kind: 'sale' | 'refund';
  readonly sale: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly amount: bigint;
  /** ISO 4217 number, three digits; and its minor digits. */
  readonly currency: string;
  readonly exponent: number;
  readonly merchant: string;
  readonly terminal: string;
  readonly way: Way;
  /** The end of a card's number behind dots, or the purse's id. */
  readonly from: string;
  /** The issuer's code for its approval. */
  readonly approval?: string;
  /** Of an EMV card, for disputes: hexadecimal. */
  readonly aid?: string;
  readonly cryptogram?: string;
  /** The payer signs on the paper. */
  readonly signature: boolean;
}

/** `asking`: the issuer was asked, and has not answered. `paid`: the payer's Payment is here, the own purse has not taken it. */
export type RecordState = 'open' | 'asking' | 'paid' | 'approved' | 'declined' | 'cancelled';

/** One sale or refund, as it is kept. */
export interface SaleRecord {
  readonly id: string;
  readonly kind: 'sale' | 'refund';
  readonly amount: bigint;
  readonly at: number;
  readonly state: RecordState;
  readonly way?: Way;
  readonly reason?: DeclineReason;
  readonly receipt?: ReceiptData;
  /** Names the ticket at the own purse; written before the ticket is asked for. */
  readonly reference?: Bytes;
  /** Carried forms (docs/spec/protocol.md, 4.11). */
  readonly ticket?: Bytes;
  readonly payment?: Bytes;
  /** The ticket may still be paid on: it is withdrawn before the record is done with. */
  readonly ticketIsOut: boolean;
  /** A tap was torn when nobody knew whether the payer's purse had paid. */
  readonly isTorn: boolean;
  /** Of `asking`: what was sent. */
  readonly asked?: DataRecord;
  /** Of a sale: what went back so far. Of a refund: the sale. */
  readonly refunded: bigint;
  readonly of?: string;
}

/** What the back-end must still hear. */
export type QueueItem = {
  /** The same for the same thing, however often it is put in. */
  readonly id: string;
  readonly sale: string;
  readonly amount: bigint;
  /** Milliseconds since 1970: when it came in. */
  readonly at: number;
} & (
  | {
      /**
       * `tc`: an approval that a card gave offline, to be cleared. `unwanted`: one that came too late, for a sale that had
       * ended otherwise: the payer gets it back. `reversal`: the issuer was asked, and its answer never came.
       */
      readonly kind: 'tc' | 'unwanted' | 'reversal';
      readonly record: DataRecord;
    }
  | { readonly kind: 'refund'; readonly of: string }
  /** Money that the own purse has: its journal goes up with the next sync. `receipt`: the payer has not seen it yet. */
  | { readonly kind: 'journal'; readonly receipt: Bytes | undefined }
);

/** What a tap of a purse can come to. */
export type PurseTap =
  | { readonly is: 'paid'; readonly paid: 'now' | 'before'; readonly receipt: ReceiptData }
  | { readonly is: 'kept'; readonly receipt: ReceiptData }
  /** The ticket was used up: the money went back to the payer in this tap. */
  | { readonly is: 'returned' }
  | { readonly is: 'not_a_purse' }
  | { readonly is: 'wants_pin'; readonly triesLeft?: number }
  | { readonly is: 'refused'; readonly failure: Failure }
  | { readonly is: 'torn' };
