/**
 * A contactless terminal: the edge around the pure entry point and kernel, where commands go out, time and chance come in,
 * and the torn log is written down.
 *
 * What must hold: an approval is always written down somewhere: the torn log is saved before a command leaves that could
 * make a card approve, and forgets it after `record` is done. So whatever is switched off in between, the card can be
 * asked again. Nothing is ever sent twice on the terminal's own account.
 */
import { type Bytes, type CommandApdu, decodeResponse, encodeCommand, SokkinError } from '@sokkin/codec';
import type { Awaitable, RsaVerifier } from '@sokkin/crypto';
import { type ApduTransport, isCardLost } from '../transport.ts';
import type { TerminalConfig } from './config/types.ts';
import {
  type Prepared,
  preProcess,
  type Transaction,
  type TransactionType,
} from './entry-point/preprocess.ts';
import { beginTap, type TapEffect, type TapEvent, tapStep } from './entry-point/tap.ts';
import type { TerminalTime } from './kernel/env.ts';
import type { CardAnswer } from './kernel/machine.ts';
import type { TornLog } from './kernel/torn.ts';
import { type ContactlessOutcome, type RecoveredTransaction, type UiRequest, uiRequest } from './outcome.ts';

/** Where the torn log outlives the terminal's power. */
export interface TornLogPort {
  load(): Awaitable<TornLog>;
  save(log: TornLog): Awaitable<void>;
}

export interface ContactlessPorts {
  /** `rsaPublicOperation` of @sokkin/crypto will do. */
  readonly rsa: RsaVerifier;
  readonly randomBytes: (length: number) => Bytes;
  readonly clock: () => TerminalTime;
  readonly torn: TornLogPort;
  /**
   * Writes down what came of it, before the torn log forgets it. If it rejects, so does the tap, and the next tap of the
   * card brings the same again: what is recorded twice has the same `id` and cryptogram.
   */
  readonly record?: (found: Recorded) => Awaitable<void>;
  /** What the payer shall see now. */
  readonly onUi?: (request: UiRequest) => void;
  /** Puts itself between the terminal and each card: `traced` tells every exchange, decoded. */
  readonly overhear?: (card: ApduTransport) => ApduTransport;
}

export type Recorded =
  | { readonly kind: 'outcome'; readonly id: string; readonly outcome: ContactlessOutcome }
  /** Another transaction, torn before and found approved in this tap. */
  | { readonly kind: 'recovered'; readonly recovered: RecoveredTransaction };

/** What may be left out has its usual value: a purchase, without cash, with a network. */
export type PaymentRequest = Pick<Transaction, 'id' | 'amount'> & Partial<Transaction>;

/** A transaction that a card is waited for. */
export interface Payment {
  readonly transaction: Transaction;
  readonly uiRequest: UiRequest;
  /**
   * A card is in the field. After `tryAgain`, or after a failure, the same payment takes another tap; after any other
   * outcome, or while one is under way, a tap is refused with `payment_over`: nobody pays twice by a slip of the caller.
   */
  tap(transport: ApduTransport): Promise<ContactlessOutcome>;
}

export interface ContactlessTerminal {
  /** Start A. Fails with `bad_transaction`. */
  begin(
    request: PaymentRequest,
  ):
    | { readonly status: 'ready'; readonly payment: Payment }
    | { readonly status: 'ended'; readonly outcome: ContactlessOutcome };
}

export function contactlessTerminal(config: TerminalConfig, ports: ContactlessPorts): ContactlessTerminal {
  return {
    begin(request) {
      const transaction = readRequest(request);
      const found = preProcess(config, transaction);
      if ('outcome' in found) {
        ports.onUi?.(found.outcome.uiRequestOnOutcome);
        return { status: 'ended', outcome: found.outcome };
      }
      const { currency } = config;
      const value = { qualifier: 'amount', amount: transaction.amount, currency } as const;
      const prompt = uiRequest('presentCard', 'readyToRead', { value });
      ports.onUi?.(prompt);
      const { combinations } = found;
      const run = (card: ApduTransport) => runTap(config, ports, transaction, combinations, card);
      return { status: 'ready', payment: { transaction, uiRequest: prompt, tap: untilOver(run) } };
    },
  };
}

/** One tap at a time, and none after an outcome that is final. */
function untilOver(run: Payment['tap']): Payment['tap'] {
  let state: 'open' | 'busy' | 'over' = 'open';
  return async (transport) => {
    if (state !== 'open') {
      const why = state === 'busy' ? 'A tap is under way: wait for its outcome.' : 'Begin another payment.';
      throw new SokkinError('payment_over', `This payment takes no tap now. ${why}`);
    }
    state = 'busy';
    try {
      const outcome = await run(transport);
      state = outcome.outcome === 'tryAgain' ? 'open' : 'over';
      return outcome;
    } finally {
      if (state === 'busy') state = 'open';
    }
  };
}

const MOST_AMOUNT = 999_999_999_999n;

function readRequest(request: PaymentRequest): Transaction {
  const refuse = (text: string): never => {
    throw new SokkinError('bad_transaction', text);
  };
  const type: TransactionType = request.type ?? 'purchase';
  const { id, amount, other = 0n, forceOnline = false, hasNetwork = true } = request;
  if (id === '') refuse('A transaction needs a name of its own (id).');
  if (amount < 0n || amount > MOST_AMOUNT) refuse(`An amount has 0 to ${MOST_AMOUNT} minor units.`);
  if (other < 0n || other > amount) refuse('The cash part (other) lies between 0 and the amount.');
  if ((type === 'cashback') !== other > 0n) refuse('A cash part goes with type cashback, and with no other.');
  return { id, amount, other, type, forceOnline, hasNetwork };
}

async function runTap(
  config: TerminalConfig,
  ports: ContactlessPorts,
  transaction: Transaction,
  combinations: readonly Prepared[],
  transport: ApduTransport,
): Promise<ContactlessOutcome> {
  const env = { rsa: ports.rsa, config, transaction, combinations, time: ports.clock() };
  const card = ports.overhear?.(transport) ?? transport;
  let saved = await ports.torn.load();
  let step = beginTap(saved);
  let told: RecoveredTransaction | undefined;
  ports.onUi?.(uiRequest('processing', 'processing'));
  for (;;) {
    if (step.kind === 'end') {
      const { outcome } = step;
      await ports.record?.({ kind: 'outcome', id: transaction.id, outcome });
      if (step.torn !== saved) await ports.torn.save(step.torn);
      ports.onUi?.(outcome.uiRequestOnOutcome);
      // Book B, 3.2.1.2: shown while the card is waited for again, after the hold time of the first
      if (outcome.uiRequestOnRestart !== undefined) ports.onUi?.(outcome.uiRequestOnRestart);
      return outcome;
    }
    if (step.recovered !== undefined && step.recovered !== told) {
      told = step.recovered;
      await ports.record?.({ kind: 'recovered', recovered: told });
    }
    if (step.torn !== saved) await ports.torn.save(step.torn);
    saved = step.torn;
    step = tapStep(env, step.state, step.torn, await carryOut(step.effect, card, ports));
  }
}

async function carryOut(effect: TapEffect, card: ApduTransport, ports: ContactlessPorts): Promise<TapEvent> {
  return effect.kind === 'chance'
    ? { kind: 'chance', bytes: ports.randomBytes(effect.bytes) }
    : { kind: 'answer', answer: await transmit(card, effect.apdu) };
}

/** Without contacts an answer comes whole: at most 256 bytes of data and the status word (Book 1, 9.4.2). */
const MOST_ANSWER = 258;

async function transmit(card: ApduTransport, apdu: CommandApdu): Promise<CardAnswer> {
  let bytes: Bytes;
  try {
    bytes = await card.transmit(encodeCommand(apdu, { extended: false }));
  } catch (error) {
    if (isCardLost(error)) return 'lost';
    throw error;
  }
  if (bytes.length > MOST_ANSWER) return 'garbled';
  try {
    return decodeResponse(bytes);
  } catch (error) {
    if (error instanceof SokkinError) return 'garbled';
    throw error;
  }
}

/** A torn log in memory: for tests, and for terminals that are never switched off in the middle. */
export function memoryTornLog(): TornLogPort {
  let log: TornLog = [];
  return {
    load: () => log,
    save(next) {
      log = next;
    },
  };
}
