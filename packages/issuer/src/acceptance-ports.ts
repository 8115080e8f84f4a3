/**
 * What the acceptance side keeps: merchants, payments, orders for cards.
 *
 * What must hold: a card acceptor's name is one merchant's within its acquirer; nothing here has the number of a card.
 */
import type { BookPayment } from './acceptance/book.ts';
import type { AcceptanceOutcome } from './acceptance/outcome.ts';
import type { Page } from './access-ports.ts';
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
  /** Of an acquirer; undefined: of all. */
  list(acquirer: string | undefined, page: Page): Promise<MerchantRow[]>;
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
}

export type ScriptState = 'waiting' | 'sent' | 'done' | 'failed' | 'withdrawn';

/** An order for a card, which the next answer to one of its questions brings it. */
export interface CardScriptRow {
  /** `scr_...` */
  readonly id: string;
  readonly account: string;
  readonly card: string;
  readonly action: ScriptAction['action'];
  readonly state: ScriptState;
  readonly createdAt: Date;
}
