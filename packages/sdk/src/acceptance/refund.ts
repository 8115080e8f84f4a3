/**
 * Money back, in full or in part, to what has paid: to the same purse in a tap, to an EMV card by a message to its issuer.
 *
 *     the payer's purse: SELECT, ISSUE TICKET   own: SELECT, PAY   the payer's purse: CREDIT   own: SETTLE
 *
 * What must hold: all refunds of a sale together never pass its amount; to no other purse; what was torn is finished by the
 * same refund (same `id`) with the ticket and the payment that were kept, and debits the own purse once.
 */
import {
  type CardInField,
  decodeCarried,
  encodeCarried,
  type Kept,
  meet,
  payDirect,
  purseName,
} from '@sokkin/terminal';
import { itemOf } from './emv-tap.ts';
import { type EventStream, eventStream } from './events.ts';
import { reasonOfPurse } from './policy.ts';
import { purseReceipt } from './receipt.ts';
import { isFailure, type Scene } from './scene.ts';
import { lightsOf, type Session, stopper } from './session.ts';
import type { AcceptanceEvent, DeclineReason, Hint, SaleRecord, SaleResult } from './types.ts';

export interface RefundParts {
  readonly sale: SaleRecord;
  readonly refund: SaleRecord;
}

export function startRefund(scene: Scene, parts: RefundParts, after: Promise<unknown>): Session {
  const events: EventStream<AcceptanceEvent> = eventStream();
  const stop = stopper();
  let isOver = false;
  const run = async (): Promise<SaleResult> => {
    try {
      await after;
      const result =
        parts.sale.way === 'purse'
          ? await toPurse(scene, parts, events, stop.signal)
          : await toIssuer(scene, parts);
      isOver = true;
      events.push({ kind: 'ended', result, lights: lightsOf(result) });
      events.end();
      return result;
    } catch (error) {
      isOver = true;
      events.end(error);
      throw error;
    }
  };
  const result = run();
  result.catch(() => undefined);
  return { id: parts.refund.id, events, result, isOver: () => isOver, cancel: stop.stop };
}

/** No card is needed: the issuer knows it by the sale. */
async function toIssuer(scene: Scene, { sale, refund }: RefundParts): Promise<SaleResult> {
  const { way, receipt: sold } = sale;
  if (way === undefined || sold === undefined) throw new Error('Bug: a sale without a receipt is refunded');
  const at = scene.clock();
  const receipt = {
    ...sold,
    kind: 'refund',
    sale: refund.id,
    amount: refund.amount,
    at,
    signature: false,
  } as const;
  const item = { ...itemOf('refund', refund, at), of: sale.id };
  const done: SaleRecord = { ...refund, state: 'approved', way, receipt };
  await scene.store.write({ sales: [done, lessOf(sale, refund)], queue: [item] });
  return { status: 'approved', sale: refund.id, way, paid: 'now', receipt };
}

const lessOf = (sale: SaleRecord, { amount }: SaleRecord): SaleRecord => ({
  ...sale,
  refunded: sale.refunded + amount,
});

async function toPurse(
  scene: Scene,
  { sale, refund }: RefundParts,
  events: EventStream<AcceptanceEvent>,
  signal: ReturnType<typeof stopper>['signal'],
): Promise<SaleResult> {
  let record = refund;
  let hint: Hint = refund.isTorn ? 'tap_again' : 'present';
  for (;;) {
    const { amount } = refund;
    events.push({ kind: 'waiting', hint, amount, currency: scene.config.currency, lights: 'readyToRead' });
    let card: CardInField;
    try {
      card = await scene.reader.next(signal);
    } catch (error) {
      if (!isFailure(error)) throw error;
      if (!signal.aborted) return declined(scene, record, 'reader_failed', error.message);
      return giveUp(scene, record);
    }
    events.push({ kind: 'card_seen', lights: 'processing' });
    try {
      const tapped = await tapPayee(scene, card, sale, record);
      record = tapped.record;
      if ('result' in tapped) {
        events.push({ kind: 'remove_card', lights: 'cardReadSuccessfully' });
        return tapped.result;
      }
      hint = tapped.hint;
    } finally {
      await card.close();
    }
  }
}

type Tapped = { readonly record: SaleRecord } & ({ readonly hint: Hint } | { readonly result: SaleResult });

async function tapPayee(
  scene: Scene,
  card: CardInField,
  sale: SaleRecord,
  before: SaleRecord,
): Promise<Tapped> {
  const { verifier, ownPin: pin } = scene;
  let record = before;
  const keep = async (kept: Kept): Promise<void> => {
    if (kept.kind === 'ticket')
      record = await scene.keep({ ...record, isTorn: true, ticket: encodeCarried('ticket', kept.ticket) });
    if (kept.kind === 'payment')
      record = await scene.keep({ ...record, payment: encodeCarried('payment', kept.payment) });
  };
  const { amount, reference = scene.random(8) } = record;
  try {
    const met = await meet(card, verifier);
    if (met.status !== 'ok') return { record, hint: 'other_card' };
    if (purseName(met.value.chain.leaf.subjectRef) !== sale.receipt?.from)
      return { record, hint: 'same_card' };
    record = await scene.keep({ ...record, reference });
    const ticket = record.ticket === undefined ? undefined : decodeCarried('ticket', record.ticket);
    const again = ticket !== undefined;
    const paid = await scene.own((own) =>
      payDirect(own, card, verifier, { amount, reference, ticket, again, pin, keep }),
    );
    if (paid.status !== 'ok') {
      const result = await declined(
        scene,
        record,
        reasonOfPurse(paid),
        `${paid.by ?? 'payer'}: ${paid.status}`,
      );
      return { record, result };
    }
    const { payment, paid: when } = paid.value;
    const { payee } = payment.fields;
    const receipt = purseReceipt(scene.config, record, payee, payment, scene.clock());
    // In the day on which it was paid, and not in one that was closed since.
    const ended = { at: receipt.at, state: 'approved', way: 'purse', isTorn: false } as const;
    const done: SaleRecord = { ...record, ...ended, receipt };
    const item = { ...itemOf('journal', record, scene.clock()), receipt: undefined };
    await scene.store.write({ sales: [done, lessOf(sale, record)], queue: [item] });
    return {
      record: done,
      result: { status: 'approved', sale: record.id, way: 'purse', paid: when, receipt },
    };
  } catch (error) {
    if (isFailure(error)) return { record, hint: 'tap_again' };
    throw error;
  }
}

async function declined(
  scene: Scene,
  record: SaleRecord,
  reason: DeclineReason,
  detail: string,
): Promise<SaleResult> {
  const mayComeBack = record.payment !== undefined;
  await scene.keep({ ...record, state: 'declined', reason });
  return { status: 'declined', sale: record.id, reason, detail, mayComeBack };
}

/** What the own purse has paid already stays open: the same refund goes on with it. */
async function giveUp(scene: Scene, record: SaleRecord): Promise<SaleResult> {
  if (!record.isTorn) await scene.keep({ ...record, state: 'cancelled' });
  return { status: 'cancelled', sale: record.id, mayComeBack: record.isTorn };
}
