/** What a customer does with devices of theirs: codes with which a further one joins, and purses that move on. The contract of ports.ts holds. */
import type { Bytes } from '@sokkin/codec';

export interface DeviceCode {
  readonly party: string;
  /** SHA-256 of the code. */
  readonly hash: Bytes;
  /** Who had it made: `dev_...`, `cli_...` or `opr_...`. */
  readonly madeBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export interface OwnDeviceRows {
  /** The only code of its party from now on. */
  putCode(code: DeviceCode): Promise<void>;
  /** Takes it away: it serves once. */
  takeCode(hash: Bytes): Promise<DeviceCode | undefined>;
  /** The one that is waiting, if there is any. */
  codeOf(party: string): Promise<DeviceCode | undefined>;
  /** The purse lives on this device from now on. */
  movePurse(purse: string, device: string): Promise<void>;
}
