/** What each issuer has issued and got back: rows over many purses, read beside the requests. */
import type { IssuerBooks } from './issuer-books.ts';
import type { Credit } from './meeting-ports.ts';

/** An issuer's own purse. */
export interface OwnPurse {
  readonly purse: string;
  readonly institution: string;
}

export interface IssuerRows {
  /** Of every institution that is named; what is not there counts nothing. */
  books(own: readonly OwnPurse[]): Promise<readonly IssuerBooks[]>;
  /**
   * The largest credits of this institution's purses that no payer's proven journal bears out, largest first: those whose payers have
   * not synced so far, and those that their payers' journals contradict.
   */
  unborneCredits(institution: string, limit: number): Promise<readonly Credit[]>;
}
