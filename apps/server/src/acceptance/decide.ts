/**
 * One message after the other, each on what the ones before it left: the rules of packages/issuer/src/acceptance, and the money that
 * goes with them.
 *
 * What must hold: money moves from the account to its merchant's and back, and nowhere else; a message that comes again has the answer
 * that it had, and its card and chip are not even looked at; a cryptogram is counted once, whatever becomes of its message.
 */
import {
  type AcceptanceBook,
  type AcceptanceOutcome,
  type AtcRules,
  type Authorisation,
  type AuthorisationPolicy,
  type AuthorisationRequest,
  authorise,
  type BookReply,
  type ChipDecision,
  countCryptogram,
  NEW_ATC_STATE,
} from '@sokkin/issuer';
import { approvalCodeOf, type BatchState, keyPlace, paymentId, refusing } from './batch-state.ts';
import { judgeChip } from './chip.ts';
import { followUp, originalOf } from './follow-up.ts';
import { countUse, type Decided, type DeskItem, declined, keepReply, keepStep, shown } from './keep.ts';

export interface DeskRules {
  readonly policy: AuthorisationPolicy;
  readonly atc: AtcRules;
  /** ISO 4217, three digits. */
  readonly currency: string;
}

export const cardOf = ({ instrument, request }: DeskItem): string =>
  `${instrument.id}:${request.card.sequence}`;

export function decideItem(rules: DeskRules, state: BatchState, item: DeskItem): Decided {
  const { request, instrument } = item;
  switch (request.kind) {
    case 'hold':
    case 'pay':
      return ask(rules, state, item, request.kind, request.amount);
    case 'balance':
      return inquire(rules, state, item);
    case 'capture': {
      const { otherwise, amount, said } = request;
      const { payments, replies } = state.book(instrument.account);
      const original = originalOf(state, instrument.account, request);
      const isKnown = original !== undefined && (payments.has(original) || replies.has(original));
      // What it was the first time, it is again.
      const isAsk = payments.has(said.key) || !isKnown;
      return otherwise !== undefined && isAsk
        ? ask(rules, state, item, otherwise, amount)
        : followUp(state, item, request);
    }
    case 'reverse':
    case 'refund':
      return followUp(state, item, request);
  }
}

function ask(
  rules: DeskRules,
  state: BatchState,
  item: DeskItem,
  wants: 'hold' | 'pay',
  amount: bigint,
): Decided {
  const { request, instrument, merchant } = item;
  const { key, fingerprint, currency, entry, terminal, stan, rrn, acquirer } = request.said;
  const { account } = instrument;
  const book = state.book(account);
  const message = { key, fingerprint, kind: wants };
  const refusal = book.replies.has(key) ? undefined : refusalBeforehand(item);
  if (refusal !== undefined) return keepReply(state, item, message, refusing(book, message, refusal));
  const { used, ...step } = decideAsk(rules, state, item, { wants, amount }, book);
  if (merchant === undefined || step.approved === 0n || step.isRepeat)
    return keepReply(state, item, message, step);
  if (step.moved < 0n && !state.hasRoom(merchant.account, -step.moved))
    return keepReply(state, item, message, refusing(book, message, 'payee_full'));
  countUse(state, item, used.total, used.count);
  const id = paymentId(account, key);
  const about = { acquirer, instrument: instrument.id, terminal, stan, rrn, moves: 0 };
  keepStep(state, account, merchant, step, {
    key,
    about: { ...about, id, merchant: merchant.id },
    made: { entry, currency, amount, approvalCode: approvalCodeOf(account, key) },
    kind: 'purchase',
  });
  return shown(account, key, step);
}

/** What keeps this card, or this pair of accounts, from paying at all. */
function refusalBeforehand({ instrument, merchant }: DeskItem): AcceptanceOutcome | undefined {
  if (instrument.refusal !== undefined) return instrument.refusal;
  return merchant?.account === instrument.account ? 'not_permitted' : undefined;
}

function decideAsk(
  rules: DeskRules,
  state: BatchState,
  item: DeskItem,
  { wants, amount }: { readonly wants: 'hold' | 'pay'; readonly amount: bigint },
  book: AcceptanceBook,
): Authorisation {
  const { merchant, request } = item;
  const { key, fingerprint, currency, terminal, entry, at } = request.said;
  const wish: AuthorisationRequest = {
    ...{ key, fingerprint, wants, amount, currency, terminal, entry, at, device: undefined },
    merchant: merchant?.id ?? '',
    chip: book.replies.has(key) ? undefined : judge(rules, state, item, amount),
    partial: merchant?.takesPartial === true,
  };
  return authorise(rules.policy, book, factsOf(rules, state, item), wish);
}

function factsOf({ currency }: DeskRules, state: BatchState, item: DeskItem) {
  const { merchant, instrument } = item;
  const account = state.account(instrument.account);
  return {
    number: numberOf(state, item),
    merchant: merchant === undefined ? 'unknown' : merchant.isOpen ? 'open' : 'blocked',
    account: account === undefined ? 'unknown' : account.blocked ? 'blocked' : 'open',
    currency,
  } as const;
}

function numberOf(state: BatchState, { instrument: { kind, domain }, request }: DeskItem) {
  if (kind === 'pan') return { kind } as const;
  const now = state.tokens.get(request.card.number);
  return domain === undefined || now === undefined
    ? ({ kind: 'unknown' } as const)
    : ({ kind, domain, ...now } as const);
}

/** Counts the cryptogram, too. Undefined: there is no chip data. */
function judge(
  { atc }: DeskRules,
  state: BatchState,
  item: DeskItem,
  amount: bigint,
): ChipDecision | undefined {
  const { checked, request, instrument } = item;
  if (checked === undefined) return undefined;
  const card = cardOf(item);
  const place = `${instrument.account} ${card}`;
  const before = state.counters.get(place) ?? NEW_ATC_STATE;
  const { entry } = request.said;
  const key = checked.keyNumber === undefined ? undefined : keyPlace(place, checked.keyNumber);
  const uses = key === undefined ? 0 : (state.keyUses.get(key) ?? 0);
  const { decision, isCounted } = judgeChip(atc, { state: before, uses }, checked, { entry, amount });
  if (isCounted && checked.finding.verdict === 'genuine') {
    const { cryptogram } = checked.finding;
    const given = { atc: checked.atc, type: 'arqc', cryptogram } as const;
    state.counters.set(place, countCryptogram({ ...atc, ahead: FARTHEST }, before, given).state);
    if (key !== undefined) state.keyUses.set(key, uses + 1);
    const { atc: number, keyNumber } = checked;
    state.seen.push({ account: instrument.account, card, atc: number, asked: cryptogram, keyNumber });
  }
  return decision;
}

/** Whoever judged has let it pass, however far ahead it is. */
const FARTHEST = 0xffff;

/** Said again, it has the answer that it had, whatever the account has by then: its card's counter is used up. */
function inquire(rules: DeskRules, state: BatchState, item: DeskItem): Decided {
  const { key, fingerprint } = item.request.said;
  const { account } = item.instrument;
  const book = state.book(account);
  const before = book.replies.get(key);
  if (before !== undefined) return before.fingerprint === fingerprint ? told(before) : declined('duplicate');
  const answer = judgeInquiry(rules, state, item, book);
  const reply = { ...answer, fingerprint, kind: 'balance' } as const;
  const nothing = { moved: 0n, usedChange: 0n, isRepeat: false };
  const replies = new Map(book.replies).set(key, reply);
  keepReply(state, item, { key }, { book: { ...book, replies }, ...answer, ...nothing });
  return told(reply);
}

type InquiryAnswer = Pick<BookReply, 'outcome' | 'approved'>;

/** By the rules of one minor unit that is asked for, and not taken. */
function judgeInquiry(
  rules: DeskRules,
  state: BatchState,
  item: DeskItem,
  book: AcceptanceBook,
): InquiryAnswer {
  const { account, refusal } = item.instrument;
  if (refusal !== undefined) return { outcome: refusal, approved: 0n };
  const { outcome } = decideAsk(rules, state, item, { wants: 'hold', amount: 1n }, book);
  const isAllowed = outcome === 'approved' || outcome === 'insufficient_funds';
  return isAllowed ? { outcome: 'approved', approved: state.available(account) } : { outcome, approved: 0n };
}

const told = ({ outcome, approved }: InquiryAnswer): Decided => ({
  ...declined(outcome),
  available: outcome === 'approved' ? approved : undefined,
});
