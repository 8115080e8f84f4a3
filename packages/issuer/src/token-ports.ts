/**
 * The rows of the token vault within a transaction of the back-end: those of `VaultStore`, and what the API and the decisions on
 * payments need beside them.
 *
 * What must hold: what is used up under a token is written in the transaction of the payment that uses it; many numbers are read, and
 * many uses written, in one statement each.
 */
import type { OwnedPage } from './access-ports.ts';
import type { CardApplication } from './card-application.ts';
import type { TokenUse } from './vault/domain.ts';
import type { PanIndex } from './vault/envelope.ts';
import type { LinkRow, TokenRow, VaultStore } from './vault/vault-ports.ts';

/** Who may have tokens made. */
export interface RequestorRow {
  /** `trq_` and the token requestor identifier (TRID), which tokens carry. */
  readonly id: string;
  readonly institution: string;
  readonly name: string;
  readonly status: 'active' | 'closed';
  readonly createdAt: Date;
}

export interface TokenWithLink {
  readonly token: TokenRow;
  readonly link: LinkRow;
}

export const requestorName = (trid: string): string => `trq_${trid}`;
export const tridOf = (id: string): string => id.slice('trq_'.length);

/** By how much a token is used up further; negative where a payment is taken back. */
export interface UseChange {
  readonly number: string;
  readonly change: TokenUse;
}

/** A payment card of ours. */
export interface OwnCard {
  readonly serial: string;
  readonly state: 'manufactured' | 'personalised';
  readonly application: CardApplication;
  readonly purse: string;
}

export interface TokenFilter {
  readonly link?: string | undefined;
  readonly account?: string | undefined;
  /** TRID. */
  readonly requestor?: string | undefined;
}

export interface VaultRows extends VaultStore {
  /**
   * Those of these numbers that are tokens. `forUse`: nobody else changes them, their use included, until the transaction ends; locked in
   * the order of their numbers, after the accounts.
   */
  resolve(numbers: readonly string[], forUse?: boolean): Promise<ReadonlyMap<string, TokenWithLink>>;
  linksOfPans(indexes: readonly PanIndex[]): Promise<LinkRow[]>;
  /** Each token once. */
  addUse(changes: readonly UseChange[]): Promise<void>;
  /** Held until the transaction ends: one at a time links a card, whatever keys it finds it by. */
  lockPan(indexes: readonly PanIndex[]): Promise<void>;
  tokenById(id: string): Promise<TokenRow | undefined>;
  tokens(page: OwnedPage, filter?: TokenFilter): Promise<TokenRow[]>;
  links(page: OwnedPage, filter?: Pick<TokenFilter, 'account'>): Promise<LinkRow[]>;
  /** Of all accounts of a customer or merchant; not those that are removed. */
  linksOfParty(party: string): Promise<LinkRow[]>;
  /** `taken`: the identifier is another's. */
  addRequestor(row: RequestorRow): Promise<'added' | 'taken'>;
  requestor(id: string): Promise<RequestorRow | undefined>;
  closeRequestor(id: string): Promise<void>;
  requestors(page: OwnedPage): Promise<RequestorRow[]>;
}
