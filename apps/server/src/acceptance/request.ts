/**
 * What a shop's message asks for, whichever version and dialect it came in.
 *
 * What must hold: a kind has all that its decision needs, checked and bounded; what a message does not say is undefined, never a guess;
 * the number of a card is in `number` alone.
 */
import type { Bytes } from '@sokkin/codec';
import type { EntryMode } from '@sokkin/issuer';

/** Of every message. */
export interface Said {
  /** `ins_...` */
  readonly acquirer: string;
  /** 32 hexadecimal digits: the same for a message and its repeats, and for no other of the acquirer's. Of a payment, made of what its reversal names it by. */
  readonly key: string;
  /** 32 hexadecimal digits over what is asked: the same key with another is no repeat. */
  readonly fingerprint: string;
  /** Card acceptor identification code (field 42), without filling blanks. */
  readonly acceptor: string;
  /** Field 41, without filling blanks. */
  readonly terminal: string;
  /** Field 11. */
  readonly stan: string;
  /** Field 37. */
  readonly rrn: string | undefined;
  /** ISO 4217, three digits. */
  readonly currency: string;
  readonly entry: EntryMode;
  /** Milliseconds since 1970, by the back-end's clock. */
  readonly at: number;
}

export interface CardSaid {
  /** A token or a PAN: 12 to 19 digits. Goes into no log and no row. */
  readonly number: string;
  /** Two digits, as tag 5F34 and field 23 tell it; 00 where neither does. */
  readonly sequence: string;
  /** YYMM, as the message tells it. */
  readonly expiry: string | undefined;
  /** Elements of field 55 by tag; undefined: there is no chip data. */
  readonly chip: ReadonlyMap<number, Bytes> | undefined;
}

/** What is captured, taken back or given back. */
export interface OriginalSaid {
  /** The key of the payment, if the message says what that is made of. */
  readonly key: string | undefined;
  /** Field 37, for acquirers that name the original by it. */
  readonly rrn: string | undefined;
  /** Its trace number, where a field of original data elements has it. */
  readonly stan: string | undefined;
}

interface WithCard {
  readonly said: Said;
  readonly card: CardSaid;
}

export type AskRequest = WithCard & {
  /** `hold` (authorisation) keeps the amount, `pay` (financial) takes it. */
  readonly kind: 'hold' | 'pay';
  readonly amount: bigint;
};
export type FollowUp = WithCard & { readonly original: OriginalSaid } & (
    | {
        readonly kind: 'capture';
        readonly amount: bigint;
        readonly last: boolean;
        /** What it asks for where it is about no payment that is known: somebody approved in our place. Undefined: nothing. */
        readonly otherwise: 'hold' | 'pay' | undefined;
      }
    /** `keep`: what stays; 0: nothing. */
    | { readonly kind: 'reverse'; readonly keep: bigint }
    | { readonly kind: 'refund'; readonly amount: bigint }
  );
/** The card approved it with the shop offline (TC): the terminal tells of it afterwards. */
export type OfflineApproval = WithCard & {
  readonly kind: 'offline_approval';
  readonly amount: bigint;
  readonly card: { readonly chip: ReadonlyMap<number, Bytes> };
};
export type BalanceInquiry = WithCard & { readonly kind: 'balance' };
/** 0500 and 0520: the acquirer's totals, for who clears to compare. Its key is made as others' are. */
export interface Reconciliation {
  readonly kind: 'reconciliation';
  readonly acquirer: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly at: number;
}

export type ShopRequest = AskRequest | FollowUp | OfflineApproval | BalanceInquiry | Reconciliation;

/** It cannot be one of these; `field` is the first that is wrong or missing. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly outcome: 'format_error' | 'transaction_invalid' | 'amount_invalid' | 'currency_unsupported';
  readonly field: number;
  readonly says: string;
}
