/**
 * Money from card to card over this phone, whose owner has neither: the card that is to get it is held here and gives a ticket, the other pays on
 * it, and the first one takes it.
 *
 * What must hold: nothing is asked of the payer's card before the payee's ticket is on disk, and nothing is called paid before the payment is;
 * a payment stays here, with its age, until the payee's card has taken it or given it back; torn anywhere, the same card once more goes on.
 */
import { hex } from '@sokkin/codec';
import {
  type ApduTransport,
  attempt,
  type CarriedPayment,
  cancelPayment,
  collectFrom,
  decodeCarried,
  deliver,
  encodeCarried,
  hashOfMessage,
  issueTicket,
  keepPayment,
  keepTicket,
  meet,
  type Outcome,
} from '@sokkin/terminal';
import type { CarriedMoney } from '../../keep/cards.ts';
import type { Done } from '../wallet.ts';
import type { Cards } from './cards.ts';
import { handOver, idOf, keepWord, noteCarried, stockTickets, type VisitParts } from './visit.ts';

/** Begins anew, or goes on with what was begun for the same amount. */
export async function beginCarry(cards: Cards, amount: bigint): Promise<void> {
  const left = await cards.store.draft();
  if (left?.amount === amount) return;
  await giveUp(cards);
  const reference = crypto.getRandomValues(new Uint8Array(8));
  await cards.store.keepDraft({ amount, reference, ticket: undefined, wasAsked: false });
}

/** What was begun is not gone on with. The ticket is given back to its card when that is here again. */
export async function giveUp(cards: Cards): Promise<void> {
  const left = (await cards.store.draft())?.ticket;
  const { store } = cards.wallet.parts;
  if (left !== undefined) await store.changeMailbox((box) => keepTicket(box, decodeCarried('ticket', left)));
  await cards.store.dropDraft();
  await cards.refresh();
}

/** The card that is to get the money gives its ticket. */
export async function askPayee(cards: Cards, payee: ApduTransport): Promise<Done> {
  return refreshed(cards, async () => {
    const parts = await cards.parts();
    const draft = await cards.store.draft();
    if (draft === undefined) return NOT_BEGUN;
    const met = await meet(payee, parts.verifier);
    if (met.status !== 'ok') return met;
    const { amount: maxAmount, reference } = draft;
    const ticket = await issueTicket(met.value, parts.verifier, { maxAmount, reference });
    if (ticket.status !== 'ok') return ticket;
    await cards.store.keepDraft({ ...draft, ticket: encodeCarried('ticket', ticket.value) });
    await attempt(() => handOver(parts, met.value));
    // What was asked of it before and never used goes on reserving room on it: it is given back.
    const kept = await cards.store.card(idOf(met.value));
    await attempt(() => stockTickets(parts, met.value, kept?.takes));
    return DONE;
  });
}

/** The other card pays on it. */
export async function askPayer(
  cards: Cards,
  payer: ApduTransport,
  pin: string | undefined,
): Promise<Done<CarriedMoney>> {
  return refreshed(cards, async () => {
    const parts = await cards.parts();
    const draft = await cards.store.draft();
    if (draft?.ticket === undefined) return NOT_BEGUN;
    const met = await meet(payer, parts.verifier);
    if (met.status !== 'ok') return met;
    const ticket = decodeCarried('ticket', draft.ticket);
    await cards.store.keepDraft({ ...draft, wasAsked: true });
    const wish = { ticket, amount: draft.amount, pin, again: draft.wasAsked };
    const paid = await collectFrom(met.value, parts.verifier, wish);
    if (paid.status !== 'ok') {
      // Somebody else paid on it, or the payment was finished elsewhere: the ticket is of no more use.
      if (paid.status === 'ticket_spent') await cards.store.dropDraft();
      else await cards.store.keepDraft({ ...draft, wasAsked: false });
      return paid;
    }
    const { payment } = paid.value;
    await parts.store.changeMailbox((box) => keepPayment(box, payment));
    const carried = await noteCarried(parts, payment);
    await cards.store.dropDraft();
    await attempt(() => handOver(parts, met.value));
    return { status: 'ok', value: carried };
  });
}

/** The payee's card takes it, and says so. `cancelled`: it could not, and the payer gets it back. */
export async function handToPayee(
  cards: Cards,
  payee: ApduTransport,
  id: string,
): Promise<Done<'credited' | 'cancelled'>> {
  return refreshed(cards, () =>
    withPayment(cards, id, async (parts, payment) => {
      const done = await deliver(payee, parts.verifier, { payment });
      if (done.status !== 'ok') return done;
      await keepWord(parts, done.value.receipt);
      return { status: 'ok', value: done.value.receipt.fields.outcome };
    }),
  );
}

/** The payee's card gives it back. What it has taken already stays (I3). */
export async function askBack(
  cards: Cards,
  payee: ApduTransport,
  id: string,
): Promise<Done<'credited' | 'cancelled'>> {
  return refreshed(cards, () =>
    withPayment(cards, id, async (parts, payment) => {
      const done = await cancelPayment(payee, parts.verifier, payment);
      if (done.status !== 'ok') return done;
      await keepWord(parts, done.value);
      return { status: 'ok', value: done.value.fields.outcome };
    }),
  );
}

/** The payer's card takes back what was given back, and hears what became of the rest. */
export async function returnToPayer(cards: Cards, payer: ApduTransport, id: string): Promise<Done> {
  return refreshed(cards, async () => {
    const parts = await cards.parts();
    const money = await cards.store.carriedOne(id);
    const met = await meet(payer, parts.verifier);
    if (met.status !== 'ok') return met;
    if (money === undefined || hex(met.value.chain.leaf.subjectRef) !== money.payer)
      return { status: 'not_for_this_purse' };
    const handed = await handOver(parts, met.value);
    return handed.status === 'ok' ? DONE : handed;
  });
}

async function withPayment<T>(
  cards: Cards,
  id: string,
  run: (parts: VisitParts, payment: CarriedPayment) => Promise<Outcome<T>>,
): Promise<Done<T>> {
  const parts = await cards.parts();
  const { payments } = await parts.store.mailbox();
  const payment = payments.find(({ message }) => hex(hashOfMessage(message)) === id);
  return payment === undefined ? NOT_BEGUN : run(parts, payment);
}

async function refreshed<T>(cards: Cards, run: () => Promise<Done<T>>): Promise<Done<T>> {
  try {
    return await run();
  } finally {
    await cards.refresh();
  }
}

const DONE: Done = { status: 'ok', value: undefined };
const NOT_BEGUN = {
  status: 'said',
  code: 'not_begun',
  message: 'There is nothing of the kind on this phone any more.',
} as const;
