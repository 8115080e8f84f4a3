/** All that the reader's side needs of the outside world: a way to a purse, and the back-end when it is there. */
import type { Bytes } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import type { ShownChain } from '@sokkin/purse';
import type { CarriedPayment, CarriedReceipt } from './carried.ts';

export type { CryptoPort } from '@sokkin/crypto';
export type { ApduTransport } from './transport.ts';

export type AssuranceName = 'secure_element' | 'tee' | 'software';

export interface ProvisionRequest {
  readonly account: string;
  readonly assurance: AssuranceName;
  readonly tier?: number;
  /** The Enrolment message of the blank purse. */
  readonly enrolment: Bytes;
}
export interface Provisioned {
  /** The back-end's name for the purse: `pur_` and its 16 hexadecimal digits. */
  readonly id: string;
  readonly root: Certificate;
  readonly issuer: Certificate;
  readonly purse: Certificate;
}

export interface SyncRequest {
  readonly statement: Bytes;
  /** Bodies of all entries since the acknowledged one. */
  readonly entries: readonly Bytes[];
  /** What the phone carries for others, and would be glad to be rid of. */
  readonly payments: readonly CarriedPayment[];
  readonly receipts: readonly CarriedReceipt[];
}
export interface SyncAnswer {
  readonly acknowledgedSeq: number;
  readonly grant: Bytes;
  readonly authority: Certificate;
  readonly payments: readonly CarriedPayment[];
  readonly receipts: readonly CarriedReceipt[];
}

export interface FundingRequest {
  readonly account: string;
  readonly ticket: Bytes;
  readonly payee: ShownChain;
  readonly amount: bigint;
}
export interface Funding {
  readonly id: string;
  readonly payment: CarriedPayment;
}
export interface RedemptionRequest {
  readonly account: string;
  /** `pur_` and 16 hexadecimal digits. */
  readonly purse: string;
  readonly maxAmount: bigint;
}
export interface Redemption {
  readonly id: string;
  readonly ticket: Bytes;
  readonly payee: ShownChain;
}

/**
 * What the taps ask of the back-end. `key` makes a POST that moves money repeatable: the same key, the same
 * outcome. Methods reject with SokkinError `backend_unreachable` (nothing is known to have happened: try again) or
 * `backend_refused` (its message is the back-end's own sentence).
 */
export interface BackendApi {
  challenge(): Promise<Bytes>;
  provision(request: ProvisionRequest): Promise<Provisioned>;
  sync(purse: string, request: SyncRequest): Promise<SyncAnswer>;
  fund(key: string, request: FundingRequest): Promise<Funding>;
  fundingReceipt(funding: string, receipt: CarriedReceipt): Promise<void>;
  redeem(key: string, request: RedemptionRequest): Promise<Redemption>;
  /** The issuer purse's Receipt. */
  redemptionPayment(redemption: string, payment: CarriedPayment): Promise<Bytes>;
}
