/**
 * What is done whenever a card is held to this phone, whatever else it came for: it proves that it is one, takes what waits for it here, gives
 * and takes back tickets, and is read.
 *
 * What must hold: a card is believed after it has signed a number of this phone's choice; a payment leaves this phone when the card's word on
 * it is on disk; what was done before the card left stays done.
 */
import { type Bytes, equal, hex } from '@sokkin/codec';
import {
  type ApduTransport,
  type CarriedPayment,
  type CarriedReceipt,
  type CarriedTicket,
  credit,
  dropTicket,
  due,
  hashOfMessage,
  history,
  issueTicket,
  keepReceipt,
  keepTicket,
  limits,
  type Met,
  meet,
  type Outcome,
  ok,
  receiptTaken,
  settle,
  statement,
  summary,
  type Verifier,
  voidTicket,
} from '@sokkin/terminal';
import type { CardReading, CardStore, CarriedMoney, CarriedState } from '../../keep/cards.ts';
import type { WalletStore } from '../../keep/store.ts';

export interface VisitParts {
  readonly store: WalletStore;
  readonly cards: CardStore;
  readonly verifier: Verifier;
}

/** How many payments a phone can take for a card before the card has to come. */
export const TICKETS_AHEAD = 3;
/** More than a person waits for; the rest goes with the next touch. */
const MOST_AT_ONCE = 16;

export const idOf = ({ chain }: Met): string => hex(chain.leaf.subjectRef);

/** SELECT, and a Statement over a number that nobody knew before. */
export async function meetGenuine(card: ApduTransport, { verifier }: VisitParts): Promise<Outcome<Met>> {
  const met = await meet(card, verifier);
  if (met.status !== 'ok') return met;
  const stated = await statement(met.value, verifier, verifier.crypto.randomBytes(16));
  return stated.status === 'ok' ? met : stated;
}

export interface Chores {
  /** Minor units that arrived on the card just now, and that came back to it. */
  readonly arrived: bigint;
  readonly back: bigint;
}

/** What this phone has for the card is handed over. */
export async function handOver(parts: VisitParts, met: Met): Promise<Outcome<Chores>> {
  const { store, verifier } = parts;
  const { payments, receipts } = due(await store.mailbox(), met.chain.leaf.subjectRef);
  let [arrived, back] = [0n, 0n];
  for (const payment of payments.slice(0, MOST_AT_ONCE)) {
    const receipt = await credit(met, verifier, payment);
    if (receipt.status === 'ok') {
      await keepWord(parts, receipt.value);
      if (receipt.value.fields.outcome === 'credited') arrived += payment.fields.amount;
    } else if (receipt.status === 'ticket_unknown')
      await mark(parts, hashOfMessage(payment.message), 'at_bank');
  }
  for (const receipt of receipts.slice(0, MOST_AT_ONCE)) {
    const settled = await settle(met, receipt);
    // One that it no longer knows was settled by the bank.
    if (settled.status !== 'ok' && settled.status !== 'payment_unknown') continue;
    await store.changeMailbox((box) => receiptTaken(box, receipt));
    if (receipt.fields.outcome !== 'cancelled') continue;
    await mark(parts, receipt.fields.paymentHash, 'returned');
    if (settled.status === 'ok') back += receipt.fields.amount;
  }
  return ok({ arrived, back });
}

/** The payee's word on a payment that was carried: for its payer now. */
export async function keepWord(parts: VisitParts, receipt: CarriedReceipt): Promise<void> {
  await parts.store.changeMailbox((box) => keepReceipt(box, receipt));
  const { paymentHash, outcome } = receipt.fields;
  await mark(parts, paymentHash, outcome === 'credited' ? 'arrived' : 'returning');
}

/** A payment is on this phone from now on. */
export async function noteCarried({ cards }: VisitParts, payment: CarriedPayment): Promise<CarriedMoney> {
  const id = hex(hashOfMessage(payment.message));
  const before = await cards.carriedOne(id);
  if (before !== undefined) return before;
  const { purse, payee, amount } = payment.fields;
  const at = new Date().toISOString();
  const money: CarriedMoney = {
    ...{ id, payer: hex(purse), payee: hex(payee), amount },
    ...{ at, changedAt: at, state: 'carried' },
  };
  await cards.keepCarried(money);
  return money;
}

async function mark({ cards }: VisitParts, hash: Bytes, state: CarriedState): Promise<void> {
  const before = await cards.carriedOne(hex(hash));
  if (before === undefined || before.state === state) return;
  await cards.keepCarried({ ...before, state, changedAt: new Date().toISOString() });
}

export const ticketsOf = (tickets: readonly CarriedTicket[], purse: Bytes): readonly CarriedTicket[] =>
  tickets.filter(({ fields }) => equal(fields.purse, purse));

/** As many tickets as the phone shall have for the card, each for `takes`; others are withdrawn. */
export async function stockTickets(
  { store, verifier }: VisitParts,
  met: Met,
  takes: bigint | undefined,
): Promise<Outcome<void>> {
  const here = ticketsOf((await store.mailbox()).tickets, met.chain.leaf.subjectRef);
  const isWanted = ({ fields }: CarriedTicket) => takes !== undefined && fields.maxAmount === takes;
  for (const ticket of here.filter((one) => !isWanted(one))) {
    const withdrawn = await voidTicket(met.transport, ticket.fields.seq);
    const isGone = ['ok', 'ticket_unknown', 'ticket_spent'].includes(withdrawn.status);
    if (!isGone) return withdrawn;
    await store.changeMailbox((box) => dropTicket(box, ticket));
  }
  if (takes === undefined) return ok(undefined);
  for (let n = here.filter(isWanted).length; n < TICKETS_AHEAD; n++) {
    // Its number is the same until the ticket is here, so that a card that left too early issues no other.
    const name = `ticket ${idOf(met)} ${takes}`;
    const { reference } = await store.attempt(name);
    const ticket = await issueTicket(met, verifier, { maxAmount: takes, reference });
    if (ticket.status !== 'ok') return ticket;
    await store.changeMailbox((box) => keepTicket(box, ticket.value));
    await store.finish(name);
  }
  return ok(undefined);
}

export async function readCard(card: ApduTransport): Promise<Outcome<CardReading>> {
  const [s, l, h] = [await summary(card), await limits(card), await history(card)];
  if (s.status !== 'ok') return s;
  if (l.status !== 'ok') return l;
  if (h.status !== 'ok') return h;
  return ok({ at: new Date().toISOString(), summary: s.value, limits: l.value, lines: h.value });
}
