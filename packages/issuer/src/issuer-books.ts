/**
 * Has an issuer got back more than it gave out?
 *
 * Purses of several issuers pay each other, so what an issuer is answerable for is what it paid into its purses, and what
 * came to them from other issuers' purses; less what it got back, and what went to others' purses. Between issuers a payment counts
 * when both journals prove it: so no issuer is charged with what another one's purse invents.
 *
 * What must hold: while secure elements are honest and everything has synced, `coverOf` is what the issuer's purses hold
 * and what is on its way, and never below zero. Before that it may be, by what came from purses of others that have not synced.
 */
export interface IssuerBooks {
  readonly institution: string;
  /** Paid by its own purses to those that it certified, and not taken back. */
  readonly issued: bigint;
  /** Came from other issuers' purses, by both journals. */
  readonly received: bigint;
  /** Credited by its own purses. */
  readonly redeemed: bigint;
  /** Went to other issuers' purses, by both journals. */
  readonly sent: bigint;
  /** Offline approvals of its cards that were cleared, less what a loss account gave back. */
  readonly cleared: bigint;
  /** Written off for lost and expired purses. */
  readonly refunded: bigint;
}

/** What must be out there still, in its purses and on its way to them. */
export const coverOf = ({ issued, received, redeemed, sent, cleared, refunded }: IssuerBooks): bigint =>
  issued + received - redeemed - sent - cleared - refunded;
