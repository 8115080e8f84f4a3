/**
 * Asking for money, and paying what somebody asked for.
 *
 * What must hold: a request is a ticket of its asker's purse, so that it is paid once at the most, to that purse alone, and up to its amount, whatever
 * becomes of the link; one that was taken back or is too old is void, and what was paid on it meanwhile comes back.
 */
import { equal, hex, SokkinError } from '@sokkin/codec';
import { type Certificate, ROLE } from '@sokkin/crypto';
import { verifyShownChain } from '@sokkin/purse';
import {
  believeTicket,
  collect,
  decodeCarried,
  encodeCarried,
  fetchTicket,
  keepPayment,
  meet,
  select,
  type Verifier,
  voidTicket,
} from '@sokkin/terminal';
import type { MoneyRequest } from '../keep/people-store.ts';
import { keepPaymentProof } from '../keep/proofs.ts';
import { MOST_NAME, MOST_NOTE, type ShownContact, type ShownRequest, tidy } from './links.ts';
import { requestId } from './people.ts';
import { bankNow } from './time.ts';
import type { Done, Undone, Wallet } from './wallet.ts';

const DAY_MS = 86_400_000;
const REFERENCE_LENGTH = 8;

export const isOpen = ({ state, until }: MoneyRequest): boolean =>
  state === 'open' && Date.parse(until) > bankNow();

export interface Asking {
  readonly amount: bigint;
  readonly note: string;
  /** How the asker wants to be called by who is asked; may be empty. */
  readonly from: string;
  readonly days: number;
}

export function askFor(wallet: Wallet, { amount, note, from, days }: Asking): Promise<Done<MoneyRequest>> {
  return wallet.trying(async () => {
    const { purse, people } = wallet.parts;
    const verifier = await wallet.verifier();
    const reference = crypto.getRandomValues(new Uint8Array(REFERENCE_LENGTH));
    const made = await purse.use((t) => fetchTicket(t, verifier, { maxAmount: amount, reference }));
    if (made.status !== 'ok') return made;
    const ticket = made.value;
    const [payee, ticketNo] = [hex(ticket.fields.purse), ticket.fields.seq];
    const request: MoneyRequest = {
      ...{ id: requestId(payee, ticketNo), by: 'mine', amount, payee, ticketNo, state: 'open' },
      from: tidy(from).slice(0, MOST_NAME),
      note: tidy(note).slice(0, MOST_NOTE),
      ticket: encodeCarried('ticket', ticket),
      askedAt: new Date(bankNow()).toISOString(),
      until: new Date(bankNow() + days * DAY_MS).toISOString(),
    };
    await people.store.put('requests', request);
    await people.refresh();
    await wallet.refresh();
    return { status: 'ok', value: request };
  });
}

/** For its link. */
export function shownOf({ ticket, from, note, until }: MoneyRequest): ShownRequest {
  const { message, chain } = decodeCarried('ticket', ticket);
  return { ticket: message, purse: chain.leaf, from, note, until: new Date(until) };
}

/** Of the issuers that the back-end named. */
function issuerOf({ trust }: Verifier, { issuerRef }: Certificate): Certificate {
  const known = trust.knownIssuers.find(({ subjectRef }) => equal(subjectRef, issuerRef));
  if (known !== undefined) return known;
  throw new SokkinError('issuer_unknown', 'This purse is of an issuer that this wallet does not know.');
}

/** Keeps what somebody asked for. Nothing is paid. */
export function takeRequest(wallet: Wallet, shown: ShownRequest): Promise<Done<MoneyRequest>> {
  return wallet.trying(async () => {
    const { people } = wallet.parts;
    const verifier = await wallet.verifier();
    const chain = { issuer: issuerOf(verifier, shown.purse), leaf: shown.purse };
    const believed = await believeTicket(verifier, chain, shown.ticket);
    if (believed.status !== 'ok') return believed;
    const { fields } = believed.value;
    const [payee, ticketNo] = [hex(fields.purse), fields.seq];
    const id = requestId(payee, ticketNo);
    const before = await people.store.one('requests', id);
    if (before !== undefined) return { status: 'ok', value: before };
    const request: MoneyRequest = {
      ...{ id, by: 'theirs', amount: fields.maxAmount, payee, ticketNo, state: 'open' },
      ...{ note: shown.note, from: shown.from, ticket: encodeCarried('ticket', believed.value) },
      askedAt: new Date(bankNow()).toISOString(),
      until: shown.until.toISOString(),
    };
    await people.store.put('requests', request);
    await people.refresh();
    return { status: 'ok', value: request };
  });
}

/** Keeps somebody under the name that they go by, once their purse is seen to be one. */
export function takeContact(wallet: Wallet, { name, purse }: ShownContact): Promise<Done> {
  return wallet.trying(async () => {
    const verifier = await wallet.verifier();
    const { crypto, trust } = verifier;
    const chain = { issuer: issuerOf(verifier, purse), leaf: purse };
    const verdict = await verifyShownChain(crypto, trust, chain, [ROLE.purse], 'refuse_expired');
    if (verdict !== 'ok') return { status: verdict };
    await wallet.parts.people.call(hex(purse.subjectRef), name);
    return DONE;
  });
}

/** What others need to know me again. */
export function myContact(wallet: Wallet, name: string): Promise<Done<ShownContact>> {
  return wallet.trying(async () => {
    const verifier = await wallet.verifier();
    const met = await wallet.parts.purse.use((t) => meet(t, verifier));
    if (met.status !== 'ok') return met;
    return { status: 'ok', value: { name, purse: met.value.chain.leaf } };
  });
}

/** Pays it out of this purse; the payment reaches its payee through the back-end, or at the next tap. Asked again, nothing is paid twice. */
export function payRequest(wallet: Wallet, request: MoneyRequest, pin: string | undefined): Promise<Done> {
  return wallet.trying(async () => {
    const { store, purse, people } = wallet.parts;
    if (!isOpen(request)) return OVER;
    const verifier = await wallet.verifier();
    const ticket = decodeCarried('ticket', request.ticket);
    const wish = { ticket, amount: request.amount, pin, again: true };
    const paid = await purse.use((t) => collect(t, verifier, wish));
    if (paid.status !== 'ok') return paid;
    const { payment } = paid.value;
    await store.changeMailbox((box) => keepPayment(box, payment));
    await keepPaymentProof(people.store, payment);
    await people.store.put('requests', { ...request, state: 'paid' });
    await wallet.refresh();
    await noteOn(wallet, payment.fields.seq, request.note);
    await people.refresh();
    // It has left the purse; that it goes on its way may wait.
    void wallet.sync();
    return DONE;
  });
}

const OVER: Undone = { status: 'said', code: 'request_over', message: 'This request is not open any more.' };
const DONE: Done = { status: 'ok', value: undefined };

/** What it was for stands beside the record, in this wallet alone. */
async function noteOn(wallet: Wallet, paymentNo: number, note: string): Promise<void> {
  const { store } = wallet.parts;
  const record = await store.record(`out-${String(paymentNo).padStart(10, '0')}`);
  if (record === undefined || note === '') return;
  await store.keepRecord({ ...record, note });
  await wallet.refresh();
}

/** Takes one back: its ticket is void, and serves nobody any more. */
export function cancelRequest(wallet: Wallet, request: MoneyRequest): Promise<Done> {
  return wallet.trying(async () => {
    const { purse, people } = wallet.parts;
    if (request.by === 'mine') {
      const gone = await purse.use(async (t) => {
        const selected = await select(t);
        return selected.status === 'ok' ? voidTicket(t, request.ticketNo) : selected;
      });
      // Paid meanwhile; or so old that the purse does not remember it.
      if (gone.status === 'ticket_spent') {
        await people.store.put('requests', { ...request, state: 'paid' });
        await people.refresh();
        return gone;
      }
      if (gone.status !== 'ok' && gone.status !== 'ticket_unknown') return gone;
    }
    await people.store.put('requests', { ...request, state: 'cancelled' });
    await people.refresh();
    await wallet.refresh();
    return DONE;
  });
}

/** Those that nobody paid in time give their room in the purse back. */
export async function endOldRequests(wallet: Wallet): Promise<void> {
  const old = (await wallet.parts.people.store.all('requests')).filter(
    (one) => one.by === 'mine' && one.state === 'open' && !isOpen(one),
  );
  for (const request of old) await cancelRequest(wallet, request);
}

/** So that a tap with exactly this amount is paid on the ticket that was handed out before. */
export async function prepareTap({ parts: { store } }: Wallet, request: MoneyRequest): Promise<void> {
  const name = `receive ${request.amount}`;
  const before = await store.attempt(name);
  if (before.debited === true)
    throw new SokkinError('tap_open', 'Another tap for this amount is not finished yet.');
  const { key, reference } = before;
  await store.keepAttempt({ name, key, reference, ticket: request.ticket, isRequest: true });
}
