/**
 * What a terminal is configured with: data, never code (Book A, 4 and 5; Book B, Annex A; Book 4, Annex A).
 *
 * What must hold: a value of this type came through `readTerminalConfig`, so its members agree with each other.
 */
import type { Bytes, DolEntry, Epoch, TvrFlag } from '@sokkin/codec';
import type { CaPublicKey } from '@sokkin/crypto';

/** The methods that a contactless reader can have; PINs in the card need contacts. */
export type HolderMethod = 'noCvm' | 'signature' | 'onlinePin' | 'onDevice';

export interface ActionCodes {
  readonly denial: ReadonlySet<TvrFlag>;
  readonly online: ReadonlySet<TvrFlag>;
  readonly default: ReadonlySet<TvrFlag>;
}

/** Book 3, 10.6.2. */
export interface RandomSelection {
  /** Minor units; below the floor limit. */
  readonly threshold: bigint;
  /** Percent of transactions below the threshold, and the most near the floor limit. */
  readonly target: number;
  readonly maximum: number;
}

/** An application identifier and the kernel that serves it, with their limits (Book B, 2.1: combination). */
export interface Combination {
  /** AID or its beginning, 5 to 16 bytes. */
  readonly aid: Bytes;
  /** Kernel identifier: 1 byte, or 3 of a domestic kernel. */
  readonly kernel: Bytes;
  /** Tag 9F09. */
  readonly version: Bytes;
  /** Tag 9F66, as configured; bits 8 and 7 of byte 2 belong to pre-processing. */
  readonly qualifiers: Bytes;
  /** Minor units. Undefined: there is no such limit. */
  readonly transactionLimit: bigint | undefined;
  readonly floorLimit: bigint | undefined;
  readonly cvmRequiredLimit: bigint | undefined;
  readonly zeroAmountAllowed: boolean;
  readonly statusCheck: boolean;
  readonly extendedSelection: boolean;
  /** Below the CVM required limit, and from it on. */
  readonly methodsBelow: ReadonlySet<HolderMethod>;
  readonly methodsAbove: ReadonlySet<HolderMethod>;
  readonly actionCodes: ActionCodes;
  readonly randomSelection: RandomSelection | undefined;
  readonly defaultDdol: readonly DolEntry[];
  /** Undefined: the terminal has none, and an empty one counts (Book 3, 9.2.2). */
  readonly defaultTdol: readonly DolEntry[] | undefined;
}

export interface TerminalCaKey extends CaPublicKey {
  /** The last day on which it counts; undefined: until it is taken out. */
  readonly expires: Epoch | undefined;
}

export interface TerminalConfig {
  readonly name: string;
  /** Tag 9F35. */
  readonly terminalType: number;
  /** What it calls itself while it has no network; undefined: it stays what it is. */
  readonly terminalTypeWithoutNetwork: number | undefined;
  /** Three digits each. */
  readonly country: string;
  readonly currency: string;
  readonly exponent: number;
  readonly hasContacts: boolean;
  /** Tag 9F40. */
  readonly additionalCapabilities: Bytes;
  /** Tags 9F1E, 9F1C: eight characters each; 9F16: fifteen. */
  readonly serial: string;
  readonly terminalId: string;
  readonly merchantId: string;
  /** Tag 9F15, four digits. */
  readonly merchantCategory: string;
  readonly merchantName: string;
  readonly combinations: readonly Combination[];
  readonly caKeys: readonly TerminalCaKey[];
  /** Issuer certificates that a scheme took back (Book 2, 5.1.2). */
  readonly revoked: readonly { readonly rid: Bytes; readonly index: number; readonly serial: Bytes }[];
  /** Cards that are not taken without asking (Book 4, 6.3.5); no sequence: all cards of the number. */
  readonly exceptions: readonly { readonly pan: string; readonly sequence: string | undefined }[];
  readonly torn: { readonly depth: number; readonly lifetimeSeconds: number };
}

/** Terminal types that end in 3 and 6 have no way to the issuer (Book 4, Annex A1). */
export const isOfflineOnly = (terminalType: number): boolean => [3, 6].includes(terminalType & 0x0f);
/** Types 14 to 16 with cash are ATMs (Book 4, Annex A1 and A3). */
export const isAtm = (terminalType: number, additionalCapabilities: Bytes): boolean =>
  terminalType >= 0x14 && terminalType <= 0x16 && ((additionalCapabilities[0] ?? 0) & 0x80) !== 0;
