/**
 * The decision on a message that asks for money: number, token, chip, merchant, account, funds, in this order.
 *
 * What must hold: the first thing that is wrong is the reason; nothing reaches the book that is not allowed, and the book alone
 * decides on funds and repeats; a repeat is answered before anything is checked, so that it has the answer that it had.
 */
import type { ChipDecision } from '../emv/decide.ts';
import type { EntryMode } from '../emv/rules.ts';
import { checkDomain, refusalOfLife, type TokenDomain, type TokenUse } from '../vault/domain.ts';
import type { TokenLife } from '../vault/lifecycle.ts';
import { type AcceptanceBook, applyMessage, type BookMessage, type BookStep } from './book.ts';
import type { AcceptanceOutcome } from './outcome.ts';

export interface AuthorisationRequest {
  readonly key: string;
  readonly fingerprint: string;
  readonly wants: 'hold' | 'pay';
  readonly amount: bigint;
  /** ISO 4217, three digits. */
  readonly currency: string;
  readonly merchant: string;
  readonly terminal: string;
  readonly device: string | undefined;
  readonly entry: EntryMode;
  /** What the issuer makes of the chip data; undefined: there is none. */
  readonly chip: ChipDecision | undefined;
  /** Whether less than the amount will do. */
  readonly partial: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface AuthorisationFacts {
  /** What the number stands for. */
  readonly number:
    | {
        readonly kind: 'token';
        readonly life: TokenLife;
        readonly domain: TokenDomain;
        readonly use: TokenUse;
      }
    | { readonly kind: 'pan' }
    | { readonly kind: 'unknown' };
  readonly merchant: 'open' | 'blocked' | 'unknown';
  readonly account: 'open' | 'blocked' | 'unknown';
  /** ISO 4217, three digits. */
  readonly currency: string;
}

export interface AuthorisationPolicy {
  /** Milliseconds that a hold lasts. */
  readonly holdFor: number;
  /** Ways in which a PAN, which has no domain of its own, may come without a genuine cryptogram. */
  readonly withoutChip: ReadonlySet<EntryMode>;
}

/** Seven days; nothing without a chip. */
export const DEFAULT_AUTHORISATION_POLICY: AuthorisationPolicy = {
  holdFor: 7 * 86_400_000,
  withoutChip: new Set(),
};

export interface Authorisation extends BookStep {
  /** What the token is used up by: 0 where nothing was approved, and where it is a repeat. */
  readonly used: TokenUse;
}

const NOTHING_USED: TokenUse = { total: 0n, count: 0 };

export function authorise(
  policy: AuthorisationPolicy,
  book: AcceptanceBook,
  facts: AuthorisationFacts,
  request: AuthorisationRequest,
): Authorisation {
  const { key, fingerprint, wants: kind, amount, partial, at } = request;
  const message: BookMessage = { key, fingerprint, kind, amount, partial, expiresAt: at + policy.holdFor };
  const isKnown = book.replies.has(key);
  const refusal = isKnown ? undefined : refusalOf(policy, facts, request);
  if (refusal !== undefined) return { ...refuse(book, message, refusal), used: NOTHING_USED };
  const step = applyMessage(book, message);
  const used = step.usedChange === 0n ? NOTHING_USED : { total: step.usedChange, count: 1 };
  return { ...step, used };
}

/** Refused before the book is asked, and remembered as answered. */
function refuse(
  book: AcceptanceBook,
  { key, fingerprint, kind }: BookMessage,
  outcome: AcceptanceOutcome,
): BookStep {
  const replies = new Map(book.replies).set(key, { fingerprint, outcome, approved: 0n, kind });
  return { book: { ...book, replies }, outcome, approved: 0n, moved: 0n, usedChange: 0n, isRepeat: false };
}

function refusalOf(
  policy: AuthorisationPolicy,
  { number, merchant, account, currency }: AuthorisationFacts,
  request: AuthorisationRequest,
): AcceptanceOutcome | undefined {
  if (number.kind === 'unknown') return 'card_unknown';
  if (request.amount <= 0n) return 'amount_invalid';
  const ofChip = request.chip?.decision === 'approve' ? undefined : request.chip?.reasons[0];
  const ofNumber = number.kind === 'token' ? refusalOfToken(number, request) : refusalOfPan(policy, request);
  if (ofNumber !== undefined || ofChip !== undefined) return ofNumber ?? ofChip;
  if (merchant !== 'open') return merchant === 'unknown' ? 'merchant_unknown' : 'merchant_blocked';
  if (account !== 'open') return account === 'unknown' ? 'account_unknown' : 'account_blocked';
  return currency === request.currency ? undefined : 'currency_unsupported';
}

function refusalOfToken(
  { life, domain, use }: Extract<AuthorisationFacts['number'], { kind: 'token' }>,
  request: AuthorisationRequest,
): AcceptanceOutcome | undefined {
  const ofLife = refusalOfLife(life);
  if (ofLife !== undefined) return ofLife;
  const wrong = request.chip?.reasons.some((r) => r === 'cryptogram_wrong' || r === 'cryptogram_missing');
  const cryptogram = request.chip === undefined ? 'none' : wrong ? 'wrong' : 'genuine';
  return checkDomain(domain, use, { ...request, cryptogram })?.outcome;
}

const refusalOfPan = (
  { withoutChip }: AuthorisationPolicy,
  { chip, entry }: AuthorisationRequest,
): AcceptanceOutcome | undefined =>
  chip === undefined && !withoutChip.has(entry) ? 'cryptogram_missing' : undefined;
