/**
 * Terminals that speak over HTTPS with a key of their own, as the back-end keeps them.
 *
 * What must hold of an implementation, beside what ports.ts says: within an acquirer a name (field 41) is one terminal's for good, so that its
 * trace numbers are never another's; a device is one terminal's at most; a code is known by its hash alone.
 */
import type { Bytes } from '@sokkin/codec';
import type { OwnedPage } from './access-ports.ts';

export interface NewTerminal {
  /** `trm_...` */
  readonly id: string;
  /** `ins_...` */
  readonly acquirer: string;
  /** `mch_...` */
  readonly merchant: string;
  /** `acq_...`, over HTTPS. */
  readonly link: string;
  /** Field 41: eight letters and digits. */
  readonly terminal: string;
}

export interface TerminalCode {
  /** SHA-256. */
  readonly hash: Bytes;
  readonly expiresAt: Date;
}

export interface TerminalRow extends NewTerminal {
  /** undefined: it waits for a device. */
  readonly device: string | undefined;
  readonly code: TerminalCode | undefined;
  readonly status: 'open' | 'closed';
  readonly createdAt: Date;
}

export interface TerminalRows {
  /** False: the acquirer has a terminal of this name. */
  add(row: NewTerminal, code: TerminalCode | undefined, at: Date): Promise<boolean>;
  byId(id: string): Promise<TerminalRow | undefined>;
  /** The one that this device is. */
  ofDevice(device: string): Promise<TerminalRow | undefined>;
  /** Locked until the transaction ends, so that two devices do not become one terminal. */
  ofCode(hash: Bytes): Promise<TerminalRow | undefined>;
  list(page: OwnedPage): Promise<TerminalRow[]>;
  setDevice(id: string, device: string | undefined): Promise<void>;
  setCode(id: string, code: TerminalCode | undefined): Promise<void>;
  close(id: string): Promise<void>;
}
