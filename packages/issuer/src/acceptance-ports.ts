/**
 * What the acceptance side keeps: merchants, payments, orders for cards.
 *
 * What must hold: a card acceptor's name is one merchant's within its acquirer; nothing here has the number of a card.
 */
import type { Bytes } from '@sokkin/codec';
import type { BookPayment } from './acceptance/book.ts';
import type { AcceptanceOutcome } from './acceptance/outcome.ts';
import type { OwnedPage, Page } from './access-ports.ts';
import type { ScriptAction } from './emv/respond.ts';
import type { EntryMode } from './emv/rules.ts';

export type MerchantState = 'open' | 'blocked';

export interface NewMerchant {
  /** `mch_...` */
  readonly id: string;
  /** `ins_...` */
  readonly acquirer: string;
  /** Card acceptor identification code (field 42), without filling blanks. */
  readonly acceptor: string;
  readonly name: string;
  /** Merchant category code, four digits. */
  readonly category: string;
  /** Where its money goes. */
  readonly account: string;
  /** Pays back what that account cannot. */
  readonly reserve: string | undefined;
  /** Whether its terminals understand that less than the amount was approved. */
  readonly takesPartial: boolean;
}

export interface MerchantRow extends NewMerchant {
  readonly state: MerchantState;
  readonly createdAt: Date;
}

export interface MerchantRows {
  /** False: the acquirer has a merchant of that card acceptor code. */
  add(row: NewMerchant, at: Date): Promise<boolean>;
  byId(id: string): Promise<MerchantRow | undefined>;
  list(page: OwnedPage): Promise<MerchantRow[]>;
  setState(id: string, state: MerchantState): Promise<void>;
}

/** A payment that a shop asked for; amounts in minor units. */
export interface ShopPaymentRow extends BookPayment {
  /** `pmt_...` */
  readonly id: string;
  /** The order in which a merchant's payments came. */
  readonly number: string;
  readonly account: string;
  readonly merchant: string;
  readonly acquirer: string;
  readonly kind: 'hold' | 'pay';
  readonly outcome: AcceptanceOutcome;
  readonly amount: bigint;
  readonly approved: bigint;
  /** ISO 4217, three digits. */
  readonly currency: string;
  readonly terminal: string;
  readonly stan: string;
  readonly rrn: string | undefined;
  readonly approvalCode: string;
  readonly entry: EntryMode;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

export interface ShopPaymentRows {
  byId(id: string): Promise<ShopPaymentRow | undefined>;
  /** The newest first. */
  ofMerchant(merchant: string, page: Page): Promise<ShopPaymentRow[]>;
  ofAccount(account: string, page: Page): Promise<ShopPaymentRow[]>;
  /** Ids of at most so many holds whose time is over, the oldest first. */
  due(at: Date, most: number): Promise<string[]>;
  /** Lets go what is held for them; those that hold nothing any more are left out. */
  release(ids: readonly string[], at: Date): Promise<ReleasedHold[]>;
}

/** What was held for a payment, and is not any more. */
export interface ReleasedHold {
  readonly id: string;
  readonly account: string;
  readonly merchant: string;
  readonly acquirer: string;
  readonly amount: bigint;
}

export type ScriptState = 'waiting' | 'sent' | 'done' | 'failed' | 'withdrawn';

/** An order for a card, which the answers to its questions bring it until it says what became of it. */
export interface CardScriptRow {
  /** `scr_...` */
  readonly id: string;
  readonly account: string;
  /** Instrument, a colon, the sequence number of the card. */
  readonly card: string;
  readonly action: ScriptAction['action'];
  readonly state: ScriptState;
  readonly createdAt: Date;
  readonly sentAt: Date | undefined;
  readonly endedAt: Date | undefined;
}

export interface NewCardScript extends Pick<CardScriptRow, 'id' | 'account' | 'card' | 'action'> {
  readonly data: { readonly tag: number; readonly value: Bytes } | undefined;
  /** A new PIN. */
  readonly sealed: Bytes | undefined;
  readonly orderedBy: string;
}

export interface CardScriptRows {
  add(row: NewCardScript, at: Date): Promise<void>;
  byId(id: string): Promise<CardScriptRow | undefined>;
  /** How many are not at their end. */
  pending(account: string, card: string): Promise<number>;
  /** The oldest first. */
  ofCard(account: string, card: string, page: Page): Promise<CardScriptRow[]>;
  /** False: it was sent, or is at its end. */
  withdraw(row: CardScriptRow, at: Date): Promise<boolean>;
}
