/**
 * Signed messages on their way from the phones that hand them in to the purses that have to know of them.
 *
 * What must hold: an upload writes what it hands in among its own purse's rows, and finds what is for its purse there; what is between
 * is done beside the requests, row by row by key, any number of times with the same end.
 */
import type { SignedRow } from './upload-ports.ts';

export interface Handed {
  /** The purse with whose upload it came. */
  readonly by: string;
  readonly row: SignedRow;
}

/** Whom it is for, and about which of its tickets or payments. */
export const addresseeOf = ({ kind, payer, paymentNo, payee, ticketNo }: SignedRow) =>
  kind === 'payment' ? { purse: payee, number: ticketNo } : { purse: payer, number: paymentNo };

export interface MailboxRows {
  handIn(handed: readonly Handed[]): Promise<void>;
  /** What was not delivered yet, of these purses' uploads; of all where none are named. */
  handedIn(limit: number, purses?: readonly string[]): Promise<readonly Handed[]>;
  /** With who signed them, where they are evidence. */
  keep(rows: readonly SignedRow[]): Promise<void>;
  /** With whom they are for. */
  post(rows: readonly SignedRow[]): Promise<void>;
  delivered(handed: readonly Handed[]): Promise<void>;
  /** What is for these purses about tickets and payments that their journals have closed. */
  clear(purses: readonly string[]): Promise<void>;
}
