/** Rows of the fleet: orders of cards, what becomes of purses, and the list of blocked ones. The contract of ports.ts holds. */
import type { Epoch } from '@sokkin/codec';
import type { OwnedPage, Owner, Page } from './access-ports.ts';
import type { PurseAssurance } from './policy.ts';

export const FLEET_STATES = ['personalised', 'active', 'blocked', 'expired', 'replaced', 'retired'] as const;
/** Before there is a purse, the item of its order is what has a state (`OrderItemState`). */
export type FleetState = (typeof FLEET_STATES)[number];

/** Which purses a list shows: all that every given field fits. */
export interface FleetFilter {
  /** What `state` and the day are measured by. */
  readonly today: Epoch;
  readonly state?: FleetState | undefined;
  readonly tier?: number | undefined;
  readonly assurance?: PurseAssurance | undefined;
  /** The last day of its certificate lies before this one. */
  readonly expiresBefore?: Epoch | undefined;
  /** It never synced, or last before this moment. */
  readonly syncedBefore?: Date | undefined;
}

export interface FleetCount {
  readonly state: FleetState;
  readonly tier: number;
  readonly assurance: PurseAssurance;
  readonly purses: number;
  /** What they hold by their proven journals. */
  readonly balance: bigint;
}

export interface FleetRows {
  counts(of: Owner | undefined, today: Epoch): Promise<FleetCount[]>;
  setTier(purse: string, tier: number): Promise<void>;
  setHeld(purse: string, isHeld: boolean): Promise<void>;
  retire(purse: string, at: Date): Promise<void>;
  /** Instead of what was asked for before. No Grant says so yet. */
  askPinReset(purse: string, by: string, at: Date): Promise<void>;
  /** From this Grant on; undefined: no Grant that says so can take effect. */
  carryPinReset(purse: string, grantNo: number | undefined): Promise<void>;
  pinResetGiven(purse: string, at: Date): Promise<void>;
  /** Writes it on both rows. False, and nothing is changed: one of them has another already. */
  replace(old: string, by: string): Promise<boolean>;
}

export interface BlockListRows {
  /** Takes up what changed since the newest list. Its number then: a new one, if anything changed. */
  /** Purses whose last day was before `since` are on it no longer: nobody believes them. */
  publish(since: Epoch): Promise<number>;
  /** What is to be said of this purse may be another thing now. */
  mark(purse: string): Promise<void>;
  /** Whether something changed since the newest list. */
  isBehind(): Promise<boolean>;
  number(): Promise<number>;
  /** Of the newest list: 8 bytes each, in hexadecimal. */
  whole(): Promise<string[]>;
  /** From list number `base` to the newest. */
  since(base: number): Promise<{ readonly removed: string[]; readonly added: string[] }>;
  revokedIssuers(): Promise<string[]>;
  /** The next list has it. False: it is revoked already. */
  revokeIssuer(issuer: string, proposal: string, at: Date): Promise<boolean>;
}

export const ORDER_ITEM_STATES = [
  'ordered',
  'in_personalisation',
  'personalised',
  'delivered',
  'cancelled',
] as const;
export type OrderItemState = (typeof ORDER_ITEM_STATES)[number];

export type Activation = 'at_once' | 'by_holder';

export interface CardOrderRow {
  /** `ord_...` */
  readonly id: string;
  readonly institution: string;
  readonly profile: string;
  readonly assurance: PurseAssurance;
  readonly activation: Activation;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface NewOrderItem {
  readonly account: string;
  readonly tier: number;
  /** The purse that this card is to come in place of. */
  readonly replaces: string | undefined;
}

export interface OrderItemRow extends NewOrderItem {
  readonly order: string;
  /** From 1. */
  readonly item: number;
  readonly state: OrderItemState;
  /** The chip that was taken for it. */
  readonly serial: string | undefined;
  readonly purse: string | undefined;
  /** Why a chip that was taken for it before was given up. */
  readonly says: string | undefined;
  readonly changedAt: Date;
}

export type OrderCounts = Readonly<Record<OrderItemState, number>>;

export interface CardOrderRows {
  add(order: Omit<CardOrderRow, 'createdAt'>, items: readonly NewOrderItem[], at: Date): Promise<void>;
  byId(id: string): Promise<CardOrderRow | undefined>;
  list(page: OwnedPage): Promise<CardOrderRow[]>;
  counts(order: string): Promise<OrderCounts>;
  /** `page.after` is the number of an item. */
  items(order: string, page: Page, state: OrderItemState | undefined): Promise<OrderItemRow[]>;
  lockItem(order: string, item: number): Promise<OrderItemRow | undefined>;
  bySerial(serial: string): Promise<OrderItemRow | undefined>;
  /** Takes a chip for an item; false: the chip was taken for another. */
  take(order: string, item: number, serial: string, at: Date): Promise<boolean>;
  /** Gives the chip up. */
  release(order: string, item: number, says: string, at: Date): Promise<void>;
  personalised(order: string, item: number, purse: string, at: Date): Promise<void>;
  /** Those of `items` (all, if left out) that are in `from`; how many were. */
  move(
    order: string,
    from: OrderItemState,
    to: OrderItemState,
    items: readonly number[] | undefined,
    at: Date,
  ): Promise<number>;
}
