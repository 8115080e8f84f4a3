/**
 * What people are told (invariant I2): for every outcome a sentence with the figures, and whether anything was
 * paid. English; pure. The figures come from the purse that refused (`gatherFigures`).
 */
import { describeSw, formatAmount } from '@sokkin/codec';
import { type CounterpartyClass, type Limits, type Refusal, STATUS, type Summary } from '@sokkin/purse';
import { limits, summary } from './client/read.ts';
import type { Failure } from './outcome.ts';
import type { ApduTransport } from './transport.ts';

/** How the purse stands that refused. */
export interface Figures {
  readonly summary: Summary;
  readonly limits: Limits;
}

/** What was tried when it failed: it decides how the sentence ends. */
export type Attempted = 'pay' | 'receive' | 'deliver' | 'return' | 'fund' | 'redeem' | 'sync' | 'other';

export interface Scene {
  readonly attempted: Attempted;
  /** How the purse that answered is called: "alice's card", "the card". */
  readonly purse: string;
  readonly amount?: bigint | undefined;
  /** Of whom it was to pay. */
  readonly payeeClass?: CounterpartyClass | undefined;
  readonly figures?: Figures | undefined;
  /** Minor digits of the currency; yen has none. */
  readonly decimals?: number;
}

const ENDING: Readonly<Record<Attempted, string>> = {
  pay: 'Nothing was paid.',
  receive: 'Nothing was paid.',
  deliver: 'The payment is kept, and can be delivered or refunded later.',
  return: 'The receipt is kept.',
  fund: 'Nothing was credited.',
  redeem: 'Nothing was redeemed.',
  sync: 'Nothing was lost: sync again.',
  other: 'Nothing was changed.',
};

const KINDS: Readonly<Record<CounterpartyClass, string>> = {
  0: 'a secure-element purse',
  1: 'a TEE purse',
  2: 'a software purse',
};

/** One sentence or two for a failure. */
export function tell(failure: Failure, scene: Scene): string {
  return `${reason(failure, scene)} ${ENDING[scene.attempted]}`;
}

function reason(failure: Failure, scene: Scene): string {
  switch (failure.status) {
    case 'pin_wrong': {
      const n = failure.triesLeft;
      return `The PIN is wrong: ${n === 1 ? 'one try is' : `${n} tries are`} left.`;
    }
    case 'card_error':
      return `${capital(scene.purse)} is not a purse that this program can use: it answered "${describeSw(failure.sw)}".`;
    case 'block_list_outdated':
      return failure.days === undefined
        ? 'This device has no list of blocked purses, and must have one for this: fetch it while there is a network.'
        : `This device's list of blocked purses is ${failure.days} days old, and must be newer for this: fetch it while there is a network.`;
    case 'untrusted_answer':
      return `${capital(scene.purse)} gave an answer that cannot be believed. ${failure.because}`;
    default:
      return (
        refusal(failure.status, scene) ??
        `${capital(scene.purse)} refused: ${lower(STATUS[failure.status].says)}`
      );
  }
}

/** The refusals that figures or the situation make clearer; undefined: the table's own sentence will do. */
function refusal(status: Refusal, scene: Scene): string | undefined {
  const { figures, amount } = scene;
  const who = capital(scene.purse);
  const money = (a: bigint) => formatAmount(a < 0n ? 0n : a, scene.decimals ?? 0);
  const tried = amount === undefined ? '' : `, you tried ${money(amount)}`;
  switch (status) {
    case 'wrong_lifecycle':
      return lifecycle(scene);
    case 'certificate_expired':
      return `${who} does not pay: the payee's certificate has expired. The payee must be renewed by its issuer.`;
    case 'pin_required': {
      if (figures === undefined) return `${who} needs the PIN for this.`;
      const { perPaymentWithoutPin, cumulativeWithoutPin } = figures.limits;
      const left = cumulativeWithoutPin - figures.summary.spentWithoutPin;
      return `${who} needs the PIN: without it, at most ${money(perPaymentWithoutPin)} at once and ${money(left)} more until the next PIN${tried}.`;
    }
    case 'pin_blocked':
      return `The PIN of ${scene.purse} is blocked: at its next sync the issuer can give the tries back.`;
    case 'malformed':
      return 'That is not a PIN (4 to 12 digits), or the purse could not read the command.';
    default:
      return figures === undefined ? undefined : withFigures(status, scene, figures, money, tried);
  }
}

function withFigures(
  status: Refusal,
  scene: Scene,
  { summary: s, limits: l }: Figures,
  money: (a: bigint) => string,
  tried: string,
): string | undefined {
  const who = capital(scene.purse);
  const kind = scene.payeeClass === undefined ? 'this kind of payee' : KINDS[scene.payeeClass];
  const row = scene.payeeClass === undefined ? undefined : l.byClass[scene.payeeClass];
  const spent = scene.payeeClass === undefined ? 0n : s.spent[scene.payeeClass];
  switch (status) {
    case 'insufficient_balance':
      return `${who} holds ${money(s.balance)}${tried}.`;
    case 'over_holding_limit': {
      const full = `${who} is full: it may hold ${money(l.holding - s.balance - s.reserved)} more${tried}.`;
      return s.reserved > 0n ? `${full} (${money(s.reserved)} is reserved for tickets that are out.)` : full;
    }
    case 'over_payment_limit':
      return row && `${who} may pay at most ${money(row.perPayment)} at once to ${kind}${tried}.`;
    case 'over_cumulative_limit':
      return (
        row && `${who} may pay ${money(row.cumulative - spent)} more to ${kind} before its next sync${tried}.`
      );
    case 'over_count_limit':
      return `${who} has made its ${l.count} payments until the next sync: sync it first.`;
    case 'outgoing_window_full':
      return `${who} has as much on its way as it can keep track of (${s.openPayments} payments wait for receipts): hand in receipts, or sync it.`;
    case 'ticket_window_full':
      return `${who} has ${s.openTickets} tickets out and issues no more: be paid on one, or withdraw one, first.`;
    case 'journal_full':
      return `The journal of ${scene.purse} is full (${s.freeCells} places are kept for what is open): sync it first.`;
    default:
      return undefined;
  }
}

function lifecycle({ purse, figures }: Scene): string {
  const who = capital(purse);
  switch (figures?.summary.lifecycle) {
    case 'blank':
      return `${who} is blank: personalise it first.`;
    case 'personalised':
      return `${who} is not yet active: sync it once.`;
    case 'blocked':
      return `${who} is blocked by its issuer: it can be synced, but not pay or be paid.`;
    case 'terminated':
      return `${who} was terminated by its issuer.`;
    case 'active':
    case undefined:
      return `${who} is not in a state that allows this.`;
  }
}

/** The figures a sentence needs, from the purse that refused; undefined if it is gone or tells nothing. */
export async function gatherFigures(transport: ApduTransport): Promise<Figures | undefined> {
  try {
    const s = await summary(transport);
    if (s.status !== 'ok') return undefined;
    const l = await limits(transport);
    return l.status === 'ok' ? { summary: s.value, limits: l.value } : undefined;
  } catch {
    // The card has left meanwhile: the sentence does without figures.
    return undefined;
  }
}

/** What is said of a torn tap. */
export const TORN = 'The card left too early. Tap it again: nothing is paid twice, and nothing is lost.';

/** What became of a payment, from the payer's view (I2). `refundBy`: ISO date, if the scheme promises one. */
export function fate(
  state: 'open' | 'credited' | 'cancelled',
  amount: bigint,
  options: { decimals?: number; refundBy?: string } = {},
): string {
  const money = formatAmount(amount, options.decimals ?? 0);
  switch (state) {
    case 'credited':
      return `Paid: ${money} has arrived.`;
    case 'cancelled':
      return `Refunded: ${money} is back.`;
    case 'open': {
      const end = options.refundBy === undefined ? 'when both purses have synced' : `by ${options.refundBy}`;
      return `On its way: ${money} is kept for the payee. Tap again to deliver it; if it never arrives, it will be refunded ${end}.`;
    }
  }
}

/** What became of a payment that the card approved offline at an EMV terminal (I2). */
export function shopFate(
  state: 'open' | 'credited' | 'cancelled',
  amount: bigint,
  options: { decimals?: number } = {},
): string {
  const money = formatAmount(amount, options.decimals ?? 0);
  switch (state) {
    case 'credited':
      return `Paid in a shop: the shop has its ${money}.`;
    case 'cancelled':
      return `Refunded: the shop never took its ${money}, and it is back.`;
    case 'open':
      return `Paid in a shop, not cleared yet: ${money} is kept for the shop; if the shop never takes it, it will be refunded at a sync.`;
  }
}

const capital = (s: string): string => s.charAt(0).toUpperCase() + s.slice(1);
const lower = (s: string): string => s.charAt(0).toLowerCase() + s.slice(1);
