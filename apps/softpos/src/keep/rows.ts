/**
 * The shapes of what a shop keeps. What must hold: plain data that a structured clone copies; a change of a shape is a step in `upgrade`
 * (database.ts).
 */
import type { Bytes } from '@sokkin/codec';
import type { SaleRecord } from '@sokkin/sdk/acceptance';
import type { TillEntry } from '@sokkin/terminal';
import type { Basket, Priced } from '../shop/basket.ts';
import type { PinHash } from '../shop/pins.ts';
import type { Role } from '../shop/roles.ts';
import type { Moment, Settings } from '../shop/view.ts';

/** A record, with what it is found by. */
export interface SaleRow {
  readonly id: string;
  readonly at: number;
  /** Only in rows of unfinished records, so that the index of it holds these alone. */
  readonly open?: 1;
  readonly record: SaleRecord;
}

/** Who this terminal is at the back-end. */
export interface Registered {
  readonly name: string;
  readonly category: string;
  readonly merchant: string;
  readonly acceptor: string;
  readonly terminal: string;
  readonly account: string;
  readonly device: string;
}

export interface Believed {
  readonly root: Bytes;
  readonly issuers: readonly Bytes[];
}

/** As it came, to be read anew at each start. */
export interface KeptConfiguration {
  readonly etag: string;
  readonly text: string;
  readonly checkedAt: number;
}

export interface KeptPair {
  readonly key: string;
  readonly reader: string | undefined;
}

/** Single values, by name. */
export interface About {
  readonly registered: Registered;
  readonly device: { readonly key: CryptoKey; readonly jwk: DeviceKey };
  readonly believed: Believed;
  readonly configuration: KeptConfiguration;
  /** As it was signed. */
  readonly blockList: { readonly authority: Bytes; readonly message: Bytes };
  readonly settings: Settings;
  readonly basket: Basket;
  /** The sale that is on the tap sheet. */
  readonly current: { readonly id: string; readonly kind: 'sale' | 'refund'; readonly of?: string };
  readonly reader: { readonly kind: 'field' } | { readonly kind: 'bridge'; readonly pair: KeptPair };
  readonly ownPin: string;
  readonly torn: string;
  readonly till: { readonly stan: number; readonly batch: number };
  readonly dayFrom: number;
  readonly syncedAt: number;
  /** A sweep that was begun: the same key again finishes it. */
  readonly sweep: { readonly amount: bigint; readonly key: string };
}
export interface DeviceKey {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

export interface KeptNote {
  readonly id: string;
  /** Of a sale. */
  readonly basket: Basket | undefined;
  readonly priced: Priced | undefined;
  /** The name, as it was then. */
  readonly staff: string;
  readonly timeline: readonly Moment[];
}

export interface KeptStaff {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly pin: PinHash;
  /** Wrong PINs in a row. */
  readonly wrong: number;
  /** Milliseconds since 1970: no PIN is looked at before. */
  readonly waitsUntil: number;
  /** When they were taken on. */
  readonly since: number;
}

/** Messages as octets in the dialect of the line, so that they are checked when they are read. */
export interface KeptEntry extends Omit<TillEntry, 'message' | 'undo'> {
  readonly batch: number;
  readonly message: Bytes;
  readonly undo: { readonly message: Bytes; readonly left: bigint; readonly wasSent: boolean } | undefined;
}
