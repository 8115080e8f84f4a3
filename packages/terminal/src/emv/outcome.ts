/**
 * What comes of a tap (Book A, 6: outcomes and their parameters; Book B, 3.5) and what people are shown meanwhile
 * (Book A, 9: user interface requests).
 *
 * What must hold: every tap ends in exactly one outcome; all its parameters are there; message identifiers are the
 * standard's, so that any screen, lamp or tone can follow them without knowing this kernel.
 */
import type { Bytes, TsiFlag, TvrFlag } from '@sokkin/codec';

export type OutcomeName =
  | 'approved'
  | 'declined'
  | 'onlineRequest'
  | 'tryAnotherInterface'
  | 'endApplication'
  /** Entry Point takes the next combination; it never leaves a tap. */
  | 'selectNext'
  /** The card is wanted in the field again, for the same transaction. */
  | 'tryAgain';

/** Where Entry Point starts again (Book B, 2.2): A pre-processing, B a card in the field, C selection, D the kernel. */
export type Start = 'A' | 'B' | 'C' | 'D' | 'none';

/** Book A, table of message identifiers. */
export const MESSAGE = {
  approved: 0x03,
  declined: 0x07,
  enterPin: 0x09,
  processingError: 0x0f,
  removeCard: 0x10,
  welcome: 0x14,
  presentCard: 0x15,
  processing: 0x16,
  cardReadOk: 0x17,
  insertOrSwipe: 0x18,
  oneCardOnly: 0x19,
  approvedSign: 0x1a,
  authorising: 0x1b,
  tryAnotherCard: 0x1c,
  insertCard: 0x1d,
  clear: 0x1e,
  seePhone: 0x20,
  presentAgain: 0x21,
} as const;
export type MessageName = keyof typeof MESSAGE;

/** What lights and tones follow (Book A, 9). */
export type UiStatus =
  | 'notReady'
  | 'idle'
  | 'readyToRead'
  | 'processing'
  | 'cardReadSuccessfully'
  | 'processingError';

export interface UiRequest {
  readonly message: MessageName;
  /** The number of that message. */
  readonly messageId: number;
  readonly status: UiStatus;
  /** How long the message stands at least, in units of 100 ms. */
  readonly holdTime: number;
  /** The card's languages, the best first (tag 5F2D); empty: the terminal's own. */
  readonly languages: readonly string[];
  /** An amount to be shown with the message. */
  readonly value?: { readonly qualifier: 'amount'; readonly amount: bigint; readonly currency: string };
}

/** Who makes sure of the holder. `onDevice`: the holder's own device did. */
export type CvmOutcome = 'noCvm' | 'signature' | 'onlinePin' | 'onDevice' | 'none';

/** Why it ended so, for logs and for the cashier's words; stable literals. */
export type Reason =
  | 'approved_offline'
  | 'online_needed'
  | 'declined_by_card'
  | 'declined_by_terminal'
  | 'cda_failed'
  | 'not_allowed_contactless'
  | 'no_application'
  | 'card_refuses'
  | 'card_error'
  | 'card_lost'
  | 'see_phone'
  | 'recovered'
  | 'recovery_refused';

/** For logs and receipts: what neither card nor issuer asks for. */
export interface DiscretionaryData {
  readonly reason: Reason;
  /** One sentence with the book and section. */
  readonly because: string;
  /** The status word that ended it. */
  readonly sw?: number;
  readonly tvr: readonly TvrFlag[];
  readonly tsi: readonly TsiFlag[];
  /** Offline data authentication: `cda: authentic`, `dda: no-ca-key`, `none: not-performed`. */
  readonly authentication?: string;
  /** This outcome is that of a transaction whose answer was lost before. */
  readonly recovered: boolean;
  /** Another transaction, torn before, of which the card showed in this tap that it was approved. */
  readonly recoveredOther?: RecoveredTransaction;
}

export interface RecoveredTransaction {
  readonly id: string;
  readonly approved: boolean;
  readonly dataRecord: DataRecord;
}

/** Elements by tag, for DE 55, clearing and receipts. */
export type DataRecord = ReadonlyMap<number, Bytes>;

export interface ContactlessOutcome {
  readonly outcome: OutcomeName;
  readonly start: Start;
  /** What the issuer's answer brings back to the card; nothing without issuer update processing. */
  readonly onlineResponseData: 'none';
  readonly cvm: CvmOutcome;
  readonly uiRequestOnOutcome: UiRequest;
  readonly uiRequestOnRestart?: UiRequest;
  readonly dataRecord?: DataRecord;
  readonly discretionary: DiscretionaryData;
  readonly alternateInterface: 'contact' | 'none';
  readonly receipt: boolean;
  /** How long the field stays off before a restart, in units of 100 ms; undefined: it stays on. */
  readonly fieldOffRequest?: number;
  /** Units of 100 ms within which the card should leave; 0: it need not. */
  readonly removalTimeout: number;
}

export function uiRequest(
  message: MessageName,
  status: UiStatus,
  more: Partial<Pick<UiRequest, 'holdTime' | 'languages' | 'value'>> = {},
): UiRequest {
  return { message, messageId: MESSAGE[message], status, holdTime: 0, languages: [], ...more };
}

/** Parameters that most outcomes share. */
export const QUIET = {
  start: 'none',
  onlineResponseData: 'none',
  cvm: 'none',
  alternateInterface: 'none',
  receipt: false,
  removalTimeout: 0,
} as const;

/** How long an error stands before the reader asks again: 1.3 s, as readers in the field do. */
export const ERROR_HOLD = 13;

export const noVerdict = (
  reason: Reason,
  because: string,
  more: Partial<DiscretionaryData> = {},
): DiscretionaryData => ({ reason, because, tvr: [], tsi: [], recovered: false, ...more });

/** Nothing more can be done with this card here (Book B, 3.5). */
export const endApplication = (discretionary: DiscretionaryData): ContactlessOutcome => ({
  ...QUIET,
  outcome: 'endApplication',
  uiRequestOnOutcome: uiRequest('tryAnotherCard', 'processingError', { holdTime: ERROR_HOLD }),
  discretionary,
});

/** Nothing here that this terminal takes: another card may be tried at once (Book B, 3.3.2.7). */
export const noApplication = (discretionary: DiscretionaryData): ContactlessOutcome => ({
  ...QUIET,
  outcome: 'endApplication',
  uiRequestOnOutcome: uiRequest('tryAnotherCard', 'readyToRead'),
  discretionary,
});

/** Selection goes on with what is left (Book B, 3.5: Select Next starts at C). */
export const selectNext = (discretionary: DiscretionaryData): ContactlessOutcome => ({
  ...QUIET,
  outcome: 'selectNext',
  start: 'C',
  uiRequestOnOutcome: uiRequest('processing', 'processing'),
  discretionary,
});

/** The card is wanted again (Book B, 3.5: Try Again starts at B). */
export const tryAgain = (
  message: 'presentAgain' | 'seePhone',
  discretionary: DiscretionaryData,
): ContactlessOutcome => ({
  ...QUIET,
  outcome: 'tryAgain',
  start: 'B',
  uiRequestOnOutcome: uiRequest(message, 'processingError', { holdTime: ERROR_HOLD }),
  uiRequestOnRestart: uiRequest(message, 'readyToRead'),
  discretionary,
  fieldOffRequest: ERROR_HOLD,
});

/** Not without contacts, or not at all (Book B, 3.1.1.13 and 3.5). */
export const tryAnotherInterface = (
  hasContacts: boolean,
  discretionary: DiscretionaryData,
): ContactlessOutcome => ({
  ...QUIET,
  outcome: 'tryAnotherInterface',
  uiRequestOnOutcome: uiRequest(hasContacts ? 'insertOrSwipe' : 'tryAnotherCard', 'processingError', {
    holdTime: ERROR_HOLD,
  }),
  discretionary,
  alternateInterface: hasContacts ? 'contact' : 'none',
});
