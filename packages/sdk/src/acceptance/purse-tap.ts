/**
 * A purse pays the shop's own purse: Ticket before the tap, Payment in it, Receipt as soon as the own purse has credited.
 *
 *     own: SELECT, ISSUE TICKET   |   payer: SELECT, PAY   own: SELECT, CREDIT   payer: SETTLE
 *
 * What must hold: the Payment is durable before the own purse is shown it, so wherever power goes the sale can be brought
 * to its end without the payer; the ticket stays the same until it was used, so nobody is debited twice for one sale; it is
 * withdrawn when the sale ends otherwise, so that a payment on it that turns up later goes back to its payer.
 */
import {
  type ApduTransport,
  areListed,
  type CardInField,
  type CarriedPayment,
  type CarriedReceipt,
  type CarriedTicket,
  collectFrom,
  decodeCarried,
  deliver,
  encodeCarried,
  type Failure,
  fetchTicket,
  isCardLost,
  issueTicket,
  type Met,
  meet,
  settle,
  type Verifier,
  voidTicket,
} from '@sokkin/terminal';
import { purseReceipt } from './receipt.ts';
import { isFailure, type Scene } from './scene.ts';
import type { PurseTap, SaleRecord } from './types.ts';

const REFERENCE_BYTES = 8;

/** The record with a ticket for its amount; without one if the own purse gives none now (it is full, or not there). */
export async function withTicket(scene: Scene, before: SaleRecord): Promise<SaleRecord> {
  if (before.ticket !== undefined) return before;
  const reference = before.reference ?? scene.random(REFERENCE_BYTES);
  const record = await scene.keep({ ...before, reference, ticketIsOut: true });
  try {
    const wish = { maxAmount: record.amount, reference };
    const ticket = await scene.own((purse) => fetchTicket(purse, scene.verifier, wish));
    if (ticket.status !== 'ok') return scene.keep({ ...record, ticketIsOut: false });
    return scene.keep({ ...record, ticket: encodeCarried('ticket', ticket.value) });
  } catch (error) {
    if (isFailure(error)) return record;
    throw error;
  }
}

export interface PurseWish {
  readonly again: boolean;
  readonly pin: string | undefined;
}

/** What the tap came to, and the record as it was written. */
export async function tapPurse(
  scene: Scene,
  card: CardInField,
  record: SaleRecord,
  wish: PurseWish,
): Promise<{ readonly tap: PurseTap; readonly record: SaleRecord }> {
  if (record.ticket === undefined) throw new Error('Bug: a purse is asked to pay without a ticket');
  const ticket = decodeCarried('ticket', record.ticket);
  const asked = await askPayer(scene, card, ticket, record, wish);
  if (asked.is === 'torn') return { tap: asked, record: await scene.keep({ ...record, isTorn: true }) };
  if (asked.is !== 'collected') return { tap: asked, record };
  const { payment, met, paid } = asked;
  const paidRecord = await scene.keep({
    ...record,
    state: 'paid',
    payment: encodeCarried('payment', payment),
  });
  const credited = await creditOwn(scene, paidRecord);
  if (credited.is === 'kept') return { tap: credited, record: paidRecord };
  await toPayer(met, credited.word);
  if (credited.is === 'returned') return { tap: { is: 'returned' }, record: credited.record };
  return { tap: { is: 'paid', paid, receipt: credited.receipt }, record: credited.record };
}

type Asked =
  | Exclude<PurseTap, { is: 'paid' | 'kept' | 'returned' }>
  | {
      readonly is: 'collected';
      readonly payment: CarriedPayment;
      readonly met: Met;
      readonly paid: 'now' | 'before';
    };

async function askPayer(
  { verifier }: Scene,
  card: CardInField,
  ticket: CarriedTicket,
  { amount }: SaleRecord,
  { again, pin }: PurseWish,
): Promise<Asked> {
  try {
    const met = await meet(card, verifier);
    if (met.status !== 'ok')
      return isOtherCard(met) ? { is: 'not_a_purse' } : { is: 'refused', failure: met };
    if (areListed(verifier, met.value.chain.leaf))
      return { is: 'refused', failure: { status: 'counterparty_blocked' } };
    const collected = await collectFrom(met.value, verifier, { ticket, amount, pin, again });
    if (collected.status === 'ok') return { is: 'collected', met: met.value, ...collected.value };
    if (collected.status === 'pin_required') return { is: 'wants_pin' };
    if (collected.status === 'pin_wrong') return { is: 'wants_pin', triesLeft: collected.triesLeft };
    return { is: 'refused', failure: collected };
  } catch (error) {
    if (isFailure(error)) return { is: 'torn' };
    throw error;
  }
}

/** No purse application, or something under its name that is none: nothing was asked of it yet. */
const isOtherCard = ({ status }: Failure): boolean =>
  status === 'card_error' || status === 'untrusted_answer' || status === 'not_found';

type Credited =
  | Extract<PurseTap, { is: 'kept' }>
  | {
      readonly is: 'paid' | 'returned';
      readonly word: CarriedReceipt;
      readonly record: SaleRecord;
      readonly receipt: Extract<PurseTap, { is: 'paid' }>['receipt'];
    };

/** Shows the payment of the record to the own purse, which credits it or sends it back. Repeating it changes nothing. */
export async function creditOwn(scene: Scene, record: SaleRecord): Promise<Credited> {
  if (record.payment === undefined) throw new Error('Bug: there is no payment to be credited');
  const payment = decodeCarried('payment', record.payment);
  const receipt = purseReceipt(scene.config, record, payment.fields.purse, payment, scene.clock());
  const word = await handIn(scene, payment);
  if (word === undefined) return { is: 'kept', receipt };
  const { reference: _, ticket: __, payment: ___, ...bare } = record;
  const used = { ...bare, ticketIsOut: false, isTorn: false };
  if (word.fields.outcome !== 'credited')
    return { is: 'returned', word, receipt, record: await scene.keep({ ...used, state: 'open' }) };
  const approved: SaleRecord = { ...used, state: 'approved', way: 'purse', receipt, payment: record.payment };
  const item = {
    ...({ id: `journal:${record.id}`, kind: 'journal', sale: record.id, amount: receipt.amount } as const),
    at: scene.clock(),
    receipt: encodeCarried('receipt', word),
  };
  await scene.store.write({ sales: [approved], queue: [item] });
  return { is: 'paid', word, receipt, record: approved };
}

async function handIn(scene: Scene, payment: CarriedPayment): Promise<CarriedReceipt | undefined> {
  try {
    const delivered = await scene.own((purse) => deliver(purse, scene.verifier, { payment }));
    return delivered.status === 'ok' ? delivered.value.receipt : undefined;
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}

/** An extra: the payer's purse learns it otherwise at its next sync. */
async function toPayer(met: Met, word: CarriedReceipt): Promise<void> {
  try {
    await settle(met, word, 'seen');
  } catch (error) {
    if (!isCardLost(error) && !isFailure(error)) throw error;
  }
}

/** The sale ended without the ticket: nobody shall be credited on it any more. Where it fails, `resume` tries again. */
export async function withdrawTicket(scene: Scene, record: SaleRecord): Promise<SaleRecord> {
  if (!record.ticketIsOut) return record;
  try {
    const isWithdrawn = await scene.own((purse) => withdraw(scene, purse, record));
    return isWithdrawn ? scene.keep({ ...record, ticketIsOut: false }) : record;
  } catch (error) {
    if (isFailure(error)) return record;
    throw error;
  }
}

async function withdraw({ verifier }: Scene, purse: ApduTransport, record: SaleRecord): Promise<boolean> {
  const met = await meet(purse, verifier);
  if (met.status !== 'ok') return false;
  const ticketNo = await ticketNoOf(met.value, verifier, record);
  if (ticketNo === undefined) return false;
  const { status } = await voidTicket(purse, ticketNo);
  return status === 'ok' || status === 'ticket_unknown' || status === 'ticket_spent';
}

/** Asked for again where its answer was lost: the same reference gives the same ticket. */
async function ticketNoOf(
  own: Met,
  verifier: Verifier,
  { ticket, reference, amount }: SaleRecord,
): Promise<number | undefined> {
  if (ticket !== undefined) return decodeCarried('ticket', ticket).fields.seq;
  if (reference === undefined) return undefined;
  const again = await issueTicket(own, verifier, { maxAmount: amount, reference });
  return again.status === 'ok' ? again.value.fields.seq : undefined;
}
