/**
 * Captures, reversals and refunds: which payment they are about, and what becomes of it.
 *
 * What must hold: only the merchant whose payment it is changes it; money goes back from who got it, or from who stands for them, and
 * where neither has it, nothing is changed: a reversal may be sent again until it goes through, a refund is refused.
 */
import { type AcceptanceOutcome, applyMessage, type BookMessage } from '@sokkin/issuer';
import { type BatchState, type PaymentAbout, paymentId, refusing } from './batch-state.ts';
import {
  countUse,
  type Decided,
  type DeskItem,
  declined,
  giverOf,
  keepReply,
  keepStep,
  type PurchaseKind,
  remember,
  type ShopMerchant,
  shown,
} from './keep.ts';
import type { FollowUp } from './request.ts';

/** The key of the payment, if it is known or could still come; undefined: it cannot be told which one. */
export function originalOf(
  state: BatchState,
  account: string,
  { original, said, kind }: FollowUp,
): string | undefined {
  const { payments, replies } = state.book(account);
  const { key, stan } = original;
  // A reversal that names a trace number is of that message alone: the slip's number is that of its sale and its refunds, too.
  const rrn = kind === 'reverse' && stan !== undefined ? undefined : original.rrn;
  if (key !== undefined && (payments.has(key) || replies.has(key))) return key;
  const named = state.keyNamed(
    account,
    (about) =>
      about.acquirer === said.acquirer &&
      about.terminal === said.terminal &&
      ((rrn !== undefined && about.rrn === rrn) || (stan !== undefined && about.stan === stan)),
  );
  return named ?? key;
}

function messageOf({ said, ...request }: FollowUp, original: string): BookMessage {
  const { key, fingerprint } = said;
  switch (request.kind) {
    case 'capture':
      return { key, fingerprint, original, kind: 'capture', amount: request.amount, last: request.last };
    case 'reverse':
      return { key, fingerprint, original, kind: 'reverse', keep: request.keep };
    case 'refund':
      return { key, fingerprint, original, kind: 'refund', amount: request.amount };
  }
}

const MOVES: Readonly<Record<FollowUp['kind'], PurchaseKind>> = {
  capture: 'purchase',
  reverse: 'purchase_reversed',
  refund: 'purchase_refund',
};

export function followUp(state: BatchState, item: DeskItem, request: FollowUp): Decided {
  const { merchant, instrument } = item;
  const { account } = instrument;
  const book = state.book(account);
  const original = originalOf(state, account, request);
  const isRepeat = book.replies.has(request.said.key);
  if (original === undefined && !isRepeat) return declined('original_unknown');
  const message = messageOf(request, original ?? '');
  const about = original === undefined ? undefined : state.about(account, original);
  if (!isRepeat && about?.merchant !== undefined && about.merchant !== merchant?.id)
    return keepReply(state, item, message, refusing(book, message, 'original_mismatch'));
  const step = applyMessage(book, message);
  const after = original === undefined ? undefined : step.book.payments.get(original);
  const isChanged = original !== undefined && after !== undefined && after !== book.payments.get(original);
  if (!isChanged || merchant === undefined || about?.merchant === undefined) {
    const tombstone = tombstoneOf(paymentId(account, original ?? ''), request);
    return keepReply(state, item, message, step, original === undefined ? {} : { original, tombstone });
  }
  const missing = missingMoney(state, merchant, message.kind, step.moved);
  // Not remembered: its repeat may find the money.
  if (missing === 'issuer_unavailable') return declined(missing);
  if (missing !== undefined) return keepReply(state, item, message, refusing(book, message, missing));
  if (instrument.id === about.instrument && step.usedChange !== 0n)
    countUse(state, item, step.usedChange, after.held + after.captured === 0n ? -1 : 0);
  const kind = MOVES[request.kind];
  const transfer = keepStep(state, account, merchant, step, { key: original, about, made: undefined, kind });
  remember(state, item, message, step, { payment: original, transfer });
  return shown(account, message.key, step);
}

/** Of a payment that can never come any more. */
const tombstoneOf = (id: string, { said }: FollowUp): PaymentAbout => ({
  ...{ id, merchant: undefined, acquirer: said.acquirer, instrument: '', terminal: said.terminal },
  ...{ stan: '', rrn: undefined, moves: 0 },
});

/** Why the other side of the money cannot be. */
function missingMoney(
  state: BatchState,
  merchant: ShopMerchant,
  kind: BookMessage['kind'],
  moved: bigint,
): AcceptanceOutcome | undefined {
  if (moved < 0n) return state.hasRoom(merchant.account, -moved) ? undefined : 'payee_full';
  if (moved === 0n || giverOf(state, merchant, moved) !== undefined) return undefined;
  return kind === 'reverse' ? 'issuer_unavailable' : 'insufficient_funds';
}
