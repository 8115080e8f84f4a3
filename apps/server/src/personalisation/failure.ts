/** Why a session with a card failed: expected outcomes, each with a stable code and a sentence. */
import { SokkinError } from '@sokkin/codec';
import { STATUS } from '@sokkin/purse';
import { type DomainFailure, type Failure, tellDomain } from '@sokkin/terminal';
import { Problem } from '../problems.ts';

const SAYS = {
  no_domain: 'The card has no security domain: it cannot be personalised over a secure channel.',
  wrong_card: 'This is another card than the one that was named.',
  wrong_keys: 'The card does not hold the keys that belong to its serial number.',
  card_locked: 'The card is locked.',
  card_refused: 'The card refused.',
  card_answered_wrong: 'The card gave an answer that cannot be believed.',
  card_of_another: 'The card belongs to a purse that was ordered otherwise.',
  superseded: 'Another session with this card was begun: this one has ended.',
  expired: 'The card did not answer in time: begin a new session.',
  refused: 'The back-end refused.',
  server_failed: 'The back-end failed: begin a new session. The log tells more.',
} as const;
export type CardFailureCode = keyof typeof SAYS;
export const CARD_FAILURE_CODES = Object.keys(SAYS) as [CardFailureCode, ...CardFailureCode[]];

export class CardFailure extends SokkinError<CardFailureCode> {
  constructor(code: CardFailureCode, says: string = SAYS[code], cause?: unknown) {
    super(code, says, cause === undefined ? {} : { cause });
  }
}

/** What an error that ended a session means to whoever holds the card. */
export function failureOf(error: unknown): CardFailure {
  if (error instanceof CardFailure) return error;
  if (error instanceof Problem) return new CardFailure('refused', error.message, error);
  return new CardFailure('server_failed', SAYS.server_failed, error);
}

type Answered<T> = { readonly status: 'ok'; readonly value: T } | DomainFailure | Failure;

/** The value of an outcome that went well; throws what it was otherwise. */
export function believed<T>(outcome: Answered<T>): T {
  if (outcome.status === 'ok') return outcome.value;
  throw cardFailure(outcome);
}

function cardFailure(failure: DomainFailure | Failure): CardFailure {
  switch (failure.status) {
    case 'no_domain':
    case 'wrong_keys':
      return new CardFailure(failure.status);
    case 'unknown_card':
      return new CardFailure('wrong_card');
    case 'untrusted_answer':
      return new CardFailure('card_answered_wrong', `${SAYS.card_answered_wrong} ${failure.because}`);
    case 'refused':
    case 'level_not_supported':
    case 'too_long':
    case 'channel_closed':
      return new CardFailure('card_refused', tellDomain(failure));
    case 'card_error':
    case 'pin_wrong':
    case 'block_list_outdated':
      return new CardFailure('card_refused');
    default:
      return new CardFailure('card_refused', STATUS[failure.status].says);
  }
}
