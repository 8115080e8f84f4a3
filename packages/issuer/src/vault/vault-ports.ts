/**
 * What the token vault needs of a store.
 *
 * What must hold (the suite `vaultStoreConformance` of the testkit): an id, a token number, a reference and an index value are taken
 * once; a row changes only for whoever saw its latest version; what was stored is read back the same.
 */
import type { TokenDomain, TokenUse } from './domain.ts';
import type { PanIndex, SealedPan } from './envelope.ts';
import type { TokenLife } from './lifecycle.ts';

export type LinkStatus =
  | 'active'
  /** The card, or the account as it stands for tokens, pays nothing until it is active again. */
  | 'blocked'
  /** For good; the PAN is gone. */
  | 'removed';

/** What may be shown of the card whose PAN a link has. */
export interface LinkedCard {
  readonly lastFour: string;
  /** The last month in which it pays, YYMM; undefined: not told. */
  readonly expiry: string | undefined;
}

/** What tokens stand for: an account, perhaps with the PAN of a card that its holder has already. */
export interface LinkRow {
  /** `lnk_...` */
  readonly id: string;
  readonly account: string;
  /** Payment account reference: 29 characters, the same for all tokens of it. */
  readonly reference: string;
  readonly pan: SealedPan | undefined;
  /** Of a link with a PAN, and of one that had one. */
  readonly card: LinkedCard | undefined;
  readonly status: LinkStatus;
  readonly createdAt: Date;
  /** From 1, one more with each change. */
  readonly version: number;
}

export interface TokenRow {
  /** `tok_...` */
  readonly id: string;
  /** The number that terminals see: 13 to 19 digits. */
  readonly number: string;
  readonly link: string;
  /** 11 digits. */
  readonly requestor: string;
  readonly life: TokenLife;
  readonly domain: TokenDomain;
  readonly use: TokenUse;
  /** How sure the provider is of who asked, 00 to 99 (token assurance). */
  readonly assurance: number;
  readonly createdAt: Date;
  readonly version: number;
}

export interface VaultStore {
  /** `taken`: the id, the reference or the index value is somebody's already. */
  addLink(row: LinkRow): Promise<'added' | 'taken'>;
  link(id: string): Promise<LinkRow | undefined>;
  /** The link whose PAN has one of these index values. */
  linkOfPan(indexes: readonly PanIndex[]): Promise<LinkRow | undefined>;
  /** Replaces the row that has the version before; false: it has another by now. */
  saveLink(row: LinkRow): Promise<boolean>;
  /** At most so many links with a PAN that was sealed or indexed under other keys than these. */
  staleLinks(
    current: { readonly sealing: string; readonly indexing: string },
    most: number,
  ): Promise<LinkRow[]>;
  /** `taken`: the id or the number is somebody's already. */
  addToken(row: TokenRow): Promise<'added' | 'taken'>;
  token(number: string): Promise<TokenRow | undefined>;
  saveToken(row: TokenRow): Promise<boolean>;
  tokensOfLink(link: string): Promise<TokenRow[]>;
}
