/** What a shop's terminal needs of the outside world: a reader, a purse, a way to the issuer, a memory, time and chance. */
import type { Bytes } from '@sokkin/codec';
import type { RsaVerifier } from '@sokkin/crypto';
import type {
  ApduTransport,
  BackendApi,
  CardReader,
  DataRecord,
  TerminalConfig,
  TornLogPort,
  Verifier,
} from '@sokkin/terminal';
import type { WayPolicy } from './policy.ts';
import type { PinFor, QueueItem, SaleRecord } from './types.ts';

export interface AuthorisationRequest {
  readonly sale: string;
  readonly amount: bigint;
  /** Elements by tag: DE 55, and what the other fields of the message are made of. */
  readonly record: DataRecord;
  /** The PIN as the port for it gave it. */
  readonly pinBlock?: Bytes;
}
export type AuthorisationAnswer =
  | { readonly status: 'approved'; readonly approval: string }
  /** `code`: the issuer's (DE 39). */
  | { readonly status: 'declined'; readonly code: string };

/** The way to whoever authorises and clears. What rejects counts as "no answer". */
export interface OnlinePort {
  /** Whether it is worth trying now; a card is told so. */
  isReachable(): boolean;
  /** Ends by itself: with an answer, or rejecting when there is none in time. */
  authorise(request: AuthorisationRequest): Promise<AuthorisationAnswer>;
  /** `refused`: it never wants this item again. The same item may come twice. */
  send(item: QueueItem): Promise<'taken' | 'refused'>;
}

/** Where sales, the queue and the torn log outlive the terminal's power. */
export interface AcceptanceStore {
  /** All of it or nothing, and durable when it resolves. Records and items of the same id are replaced. */
  write(change: StoreChange): Promise<void>;
  sale(id: string): Promise<SaleRecord | undefined>;
  /** By `at`, the oldest first; `until` excluded. */
  sales(from: number, until: number): Promise<readonly SaleRecord[]>;
  /** Records that are `open`, `asking` or `paid`, or whose ticket is out. */
  unfinished(): Promise<readonly SaleRecord[]>;
  /** The oldest first. */
  queue(): Promise<readonly QueueItem[]>;
  readonly torn: TornLogPort;
}
export interface StoreChange {
  readonly sales?: readonly SaleRecord[];
  readonly queue?: readonly QueueItem[];
  /** Ids of items that are done with. */
  readonly done?: readonly string[];
}

export interface PinWish {
  readonly for: PinFor;
  readonly amount: bigint;
  readonly triesLeft?: number;
}

export interface AcceptancePorts {
  readonly reader: CardReader;
  /** The shop's own purse, put under power for one tap; closed afterwards if it can be. */
  readonly purse: () => Promise<ApduTransport>;
  /** Whose purses are believed. */
  readonly verifier: Verifier;
  readonly config: TerminalConfig;
  readonly online: OnlinePort;
  readonly store: AcceptanceStore;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly random: (length: number) => Bytes;
  /** Minutes that local time is ahead of UTC. Default: as this runtime is set. */
  readonly utcOffsetMinutes?: number;
  /** Default: BigInt's (@sokkin/crypto). */
  readonly rsa?: RsaVerifier;
  /** What is tried in which order. */
  readonly policy?: Partial<WayPolicy>;
  /** PIN pad. For a purse: the digits; for the issuer: the enciphered block. undefined: given up. Left out: there is none. */
  readonly pin?: (wish: PinWish) => Promise<PinGiven | undefined>;
  /** For the journal of the own purse; left out: somebody else syncs it. */
  readonly backend?: BackendApi;
  /** The own purse's PIN, where it wants one to pay refunds. */
  readonly ownPin?: string;
  /** Puts itself before each EMV card: `traced` of @sokkin/terminal tells every exchange, decoded. */
  readonly overhear?: (card: ApduTransport) => ApduTransport;
}
export type PinGiven = { readonly digits: string } | { readonly block: Bytes };
