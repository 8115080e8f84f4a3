/**
 * What can come of speaking with a security domain: expected outcomes as literals, as everywhere in the terminal. Its
 * status words are not the purse's: 6982 asks for the keys here, and never for a PIN.
 */
import { describeSw } from '@sokkin/codec';

export type DomainFailure =
  /** There is no security domain on the card. */
  | { readonly status: 'no_domain' }
  /** No keys are known for this card. */
  | { readonly status: 'unknown_card' }
  /** The card has other keys, or is not the one it says: it could not prove itself. */
  | { readonly status: 'wrong_keys' }
  /** The card cannot protect messages as asked for. */
  | { readonly status: 'level_not_supported' }
  /** The card says no. Below R-MAC, and for every error, this is a word that anyone in between can have said. */
  | { readonly status: 'refused'; readonly sw: number }
  /** More data than STORE DATA can count blocks of. */
  | { readonly status: 'too_long' }
  /** The answer does not parse, or its MAC is wrong; the channel is closed. */
  | { readonly status: 'untrusted_answer'; readonly because: string }
  /** The channel was closed by an untrusted answer before: open it anew. */
  | { readonly status: 'channel_closed' };

export type DomainOutcome<T> = { readonly status: 'ok'; readonly value: T } | DomainFailure;

export const done = <T>(value: T): DomainOutcome<T> => ({ status: 'ok', value });
export const untrustedAnswer = (because: string): DomainFailure => ({ status: 'untrusted_answer', because });

/** One sentence for people. */
export function tellDomain(failure: DomainFailure): string {
  switch (failure.status) {
    case 'no_domain':
      return 'The card has no security domain: it cannot be personalised over a secure channel.';
    case 'unknown_card':
      return 'No keys are known for this card.';
    case 'wrong_keys':
      return 'The card does not hold the keys that belong to its serial number.';
    case 'level_not_supported':
      return 'The card cannot protect its messages as was asked for.';
    case 'refused':
      return `The card refused: ${describeSw(failure.sw)}.`;
    case 'too_long':
      return 'The data is more than one personalisation can carry.';
    case 'untrusted_answer':
      return `The card gave an answer that cannot be believed. ${failure.because}`;
    case 'channel_closed':
      return 'The secure channel is closed: open it anew.';
  }
}
