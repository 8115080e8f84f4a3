/**
 * One sale at the reader: what happens next, as a table of phases. Pure: no clock, no reader, no store.
 *
 * What must hold:
 * - every input in every phase has an answer; a sale ends once, and after that nothing changes;
 * - a card whose answer was lost is spoken to in the same language first when the next card comes: it alone can tell what it
 *   did, and with one balance behind both languages the other one could debit it twice;
 * - giving up is heard between taps only: a card that is being read may pay, and then the sale is paid.
 */
import type { ContactlessOutcome, DataRecord, Failure, OutcomeName } from '@sokkin/terminal';
import { type Language, reasonOfKernel, reasonOfPurse, type WayPolicy } from './policy.ts';
import type { AuthorisationAnswer, PinGiven } from './ports.ts';
import type {
  AcceptanceEvent,
  DeclineReason,
  Hint,
  PinFor,
  PurseTap,
  ReceiptData,
  SaleResult,
} from './types.ts';

export type Phase = 'ready' | 'waiting' | 'purse' | 'emv' | 'pin' | 'issuer' | 'over';

export interface SaleState {
  readonly phase: Phase;
  readonly sale: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly policy: WayPolicy;
  /** Languages that this amount can be paid in here. */
  readonly spoken: readonly Language[];
  /** Those not yet tried on the card in the field. */
  readonly left: readonly Language[];
  /** The language of a card whose answer was lost. */
  readonly torn: Language | undefined;
  /** Nobody knows whether a purse has paid on the ticket. */
  readonly purseTorn: boolean;
  readonly hasPinPad: boolean;
  readonly pin: PinGiven | undefined;
  readonly pinFor: PinFor;
  /** Why the purse of this card refused, if EMV comes to nothing. */
  readonly refusal: Failure | undefined;
  /** Of `issuer` and of a PIN for it. */
  readonly asked: DataRecord | undefined;
  readonly isGivenUp: boolean;
}

export type Input =
  | { readonly kind: 'start' }
  | { readonly kind: 'card' }
  | { readonly kind: 'purse'; readonly tap: PurseTap }
  | { readonly kind: 'emv'; readonly outcome: ContactlessOutcome; readonly receipt: ReceiptData | undefined }
  | { readonly kind: 'pin'; readonly given: PinGiven | undefined }
  | {
      readonly kind: 'issuer';
      readonly answer: AuthorisationAnswer | 'none';
      readonly receipt: ReceiptData | undefined;
    }
  | { readonly kind: 'give_up' }
  | { readonly kind: 'reader_failed'; readonly detail: string };

export type Effect =
  /** Let go of the card that is there, if any, and wait for the next one. */
  | { readonly do: 'wait' }
  | { readonly do: 'tap_purse'; readonly again: boolean; readonly pin: string | undefined }
  | { readonly do: 'tap_emv' }
  | { readonly do: 'ask_pin'; readonly for: PinFor; readonly triesLeft?: number }
  | { readonly do: 'ask_issuer'; readonly record: DataRecord; readonly pin: PinGiven | undefined }
  | { readonly do: 'end'; readonly result: SaleResult }
  /** Nothing: the input came too late, or is kept in mind. */
  | { readonly do: 'nothing' };

export interface Step {
  readonly state: SaleState;
  readonly events: readonly AcceptanceEvent[];
  readonly effect: Effect;
}

export interface NewSale {
  readonly sale: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly policy: WayPolicy;
  readonly spoken: readonly Language[];
  readonly hasPinPad: boolean;
  /** Of a sale that was begun before a reload: a card may have paid, and in this language. */
  readonly torn: Language | undefined;
  readonly purseTorn: boolean;
}

export const newSale = ({ spoken, policy, torn, ...sale }: NewSale): SaleState => ({
  ...sale,
  policy,
  phase: 'ready',
  spoken: policy.order.filter((language) => spoken.includes(language)),
  left: [],
  torn: torn !== undefined && spoken.includes(torn) ? torn : undefined,
  pin: undefined,
  pinFor: 'purse',
  refusal: undefined,
  asked: undefined,
  isGivenUp: false,
});

/** What an input means in a phase; absent: it comes too late. */
type Row = { readonly [K in Input['kind']]?: (state: SaleState, input: Extract<Input, { kind: K }>) => Step };

const TABLE: Readonly<Record<Phase, Row>> = {
  ready: { start, give_up: cancelled, reader_failed: failed },
  waiting: { card: cardCame, give_up: cancelled, reader_failed: failed },
  purse: { purse: afterPurse, give_up: laterCancelled, reader_failed: failed },
  emv: { emv: afterEmv, give_up: laterCancelled, reader_failed: failed },
  pin: { pin: afterPin, give_up: cancelled, reader_failed: failed },
  issuer: { issuer: afterIssuer, give_up: laterCancelled },
  over: {},
};

export function step(state: SaleState, input: Input): Step {
  const row = TABLE[state.phase];
  switch (input.kind) {
    case 'start':
      return row.start?.(state, input) ?? nothing(state);
    case 'card':
      return row.card?.(state, input) ?? nothing(state);
    case 'purse':
      return row.purse?.(state, input) ?? nothing(state);
    case 'emv':
      return row.emv?.(state, input) ?? nothing(state);
    case 'pin':
      return row.pin?.(state, input) ?? nothing(state);
    case 'issuer':
      return row.issuer?.(state, input) ?? nothing(state);
    case 'give_up':
      return row.give_up?.(state, input) ?? nothing(state);
    case 'reader_failed':
      return row.reader_failed?.(state, input) ?? nothing(state);
  }
}

const nothing = (state: SaleState): Step => ({ state, events: [], effect: { do: 'nothing' } });

// ---- between taps ----

function start(state: SaleState): Step {
  if (state.spoken.length > 0) return wait(state, state.torn === undefined ? 'present' : 'tap_again');
  return declined(state, 'amount_not_allowed', 'Neither a purse nor an EMV card can pay this amount here.');
}

function wait(state: SaleState, hint: Hint): Step {
  if (state.isGivenUp) return cancelled(state);
  const { amount, currency } = state;
  return {
    state: { ...state, phase: 'waiting', left: [], refusal: undefined },
    events: [{ kind: 'waiting', hint, amount, currency, lights: 'readyToRead' }],
    effect: { do: 'wait' },
  };
}

function cardCame(state: SaleState): Step {
  const { torn, spoken } = state;
  const left = torn === undefined ? spoken : [torn, ...spoken.filter((language) => language !== torn)];
  const tried = tryNext({ ...state, left });
  const seen = [
    { kind: 'card_seen', lights: 'processing' },
    { kind: 'keep_still', lights: 'processing' },
  ] as const;
  return { ...tried, events: [...seen, ...tried.events] };
}

/** The next language that was not tried on this card; when there is none, what the card has refused with. */
function tryNext(state: SaleState): Step {
  const [next, ...left] = state.left;
  if (next === undefined) {
    if (state.refusal === undefined) return wait(state, 'other_card');
    return declined(state, reasonOfPurse(state.refusal), state.refusal.status);
  }
  return next === 'purse'
    ? tapPurse({ ...state, left })
    : { state: { ...state, phase: 'emv', left }, events: [], effect: { do: 'tap_emv' } };
}

function tapPurse(state: SaleState): Step {
  const { purseTorn: again, pin } = state;
  const digits = pin !== undefined && 'digits' in pin ? pin.digits : undefined;
  return {
    state: { ...state, phase: 'purse' },
    events: [],
    effect: { do: 'tap_purse', again, pin: digits },
  };
}

// ---- a purse ----

function afterPurse(state: SaleState, { tap }: Extract<Input, { kind: 'purse' }>): Step {
  switch (tap.is) {
    case 'paid':
      return approved(state, tap.paid, tap.receipt);
    case 'kept':
      return end(state, { status: 'kept', sale: state.sale, receipt: tap.receipt });
    case 'returned':
      return wait({ ...state, torn: undefined, purseTorn: false }, 'tap_again');
    case 'torn':
      return wait({ ...state, torn: 'purse', purseTorn: true }, 'tap_again');
    case 'not_a_purse':
      return tryNext(state);
    case 'wants_pin':
      return wantsPin(state, tap.triesLeft);
    case 'refused':
      return refused(state, tap.failure);
  }
}

function wantsPin(state: SaleState, triesLeft: number | undefined): Step {
  if (!state.hasPinPad) return refused(state, { status: 'pin_required' });
  return askPin({ ...state, pinFor: 'purse' }, triesLeft);
}

function askPin(state: SaleState, triesLeft?: number): Step {
  const wish = { for: state.pinFor, ...(triesLeft !== undefined && { triesLeft }) };
  return {
    state: { ...state, phase: 'pin' },
    events: [{ kind: 'enter_pin', ...wish, lights: 'processing' }],
    effect: { do: 'ask_pin', ...wish },
  };
}

function refused(state: SaleState, failure: Failure): Step {
  const mayTryEmv = state.policy.emvAfter.has(failure.status) && state.left.includes('emv');
  if (mayTryEmv) return tryNext({ ...state, refusal: failure });
  return declined(state, reasonOfPurse(failure), failure.status);
}

// ---- an EMV card ----

type Emv = Extract<Input, { kind: 'emv' }>;
const EMV: Readonly<Record<OutcomeName, (state: SaleState, input: Emv) => Step>> = {
  approved: (state, { outcome, receipt }) =>
    receipt === undefined
      ? declined(state, 'card_refuses', outcome.discretionary.because)
      : approved(state, outcome.discretionary.recovered ? 'before' : 'now', receipt),
  declined: (state, { outcome: { discretionary } }) =>
    declined(state, reasonOfKernel(discretionary.reason), discretionary.because),
  onlineRequest: toIssuer,
  tryAgain: (state, { outcome }) => {
    const isPhone = outcome.discretionary.reason === 'see_phone';
    return wait({ ...state, torn: 'emv' }, isPhone ? 'see_phone' : 'tap_again');
  },
  endApplication: tryNext,
  tryAnotherInterface: (state, { outcome: { discretionary } }) =>
    state.left.length > 0
      ? tryNext(state)
      : declined(state, reasonOfKernel(discretionary.reason), discretionary.because),
  // Never leaves a tap (Book B, 3.5.1).
  selectNext: tryNext,
};

function afterEmv(state: SaleState, input: Emv): Step {
  return EMV[input.outcome.outcome](state, input);
}

function toIssuer(state: SaleState, { outcome }: Emv): Step {
  const { dataRecord, cvm } = outcome;
  if (dataRecord === undefined) return declined(state, 'card_refuses', 'The kernel gave no data record.');
  const asking: SaleState = { ...state, asked: dataRecord, torn: undefined };
  if (cvm !== 'onlinePin') return askIssuer(asking, undefined);
  if (state.hasPinPad) return askPin({ ...asking, pinFor: 'issuer' });
  return declined(state, 'pin_needed', 'The issuer wants a PIN, and there is no PIN pad.');
}

function askIssuer(state: SaleState, pin: PinGiven | undefined): Step {
  if (state.asked === undefined) throw new Error('Bug: the issuer is asked about nothing');
  return {
    state: { ...state, phase: 'issuer' },
    events: [
      { kind: 'remove_card', lights: 'cardReadSuccessfully' },
      { kind: 'asking_issuer', lights: 'processing' },
    ],
    effect: { do: 'ask_issuer', record: state.asked, pin },
  };
}

// ---- people and the issuer ----

function afterPin(state: SaleState, { given }: Extract<Input, { kind: 'pin' }>): Step {
  if (given === undefined) return cancelled(state);
  return state.pinFor === 'issuer' ? askIssuer(state, given) : tapPurse({ ...state, pin: given });
}

function afterIssuer(state: SaleState, { answer, receipt }: Extract<Input, { kind: 'issuer' }>): Step {
  if (answer === 'none') return declined(state, 'issuer_unreachable', 'The issuer did not answer.');
  if (answer.status === 'declined') return declined(state, 'declined_by_issuer', answer.code);
  if (receipt === undefined) throw new Error('Bug: an approval without a receipt');
  return approved(state, 'now', receipt);
}

// ---- the end ----

function approved(state: SaleState, paid: 'now' | 'before', receipt: ReceiptData): Step {
  return end(state, { status: 'approved', sale: state.sale, way: receipt.way, paid, receipt });
}

function declined(state: SaleState, reason: DeclineReason, detail: string): Step {
  const { sale, purseTorn: mayComeBack } = state;
  return end(state, { status: 'declined', sale, reason, detail, mayComeBack });
}

function cancelled(state: SaleState): Step {
  return end(state, { status: 'cancelled', sale: state.sale, mayComeBack: state.purseTorn });
}

function laterCancelled(state: SaleState): Step {
  return nothing({ ...state, isGivenUp: true });
}

function failed(state: SaleState, { detail }: Extract<Input, { kind: 'reader_failed' }>): Step {
  return declined(state, 'reader_failed', detail);
}

function end(state: SaleState, result: SaleResult): Step {
  const wasRead = state.phase === 'purse' || state.phase === 'emv' || state.phase === 'pin';
  const lights = result.status === 'declined' ? 'processingError' : 'cardReadSuccessfully';
  return {
    state: { ...state, phase: 'over' },
    events: [
      ...(wasRead ? [{ kind: 'remove_card', lights: 'cardReadSuccessfully' } as const] : []),
      { kind: 'ended', result, lights: result.status === 'cancelled' ? 'idle' : lights },
    ],
    effect: { do: 'end', result },
  };
}
