/**
 * Paying and being paid where two purses never answer each other: each message goes one way, in codes on a screen or in an NFC tag.
 *
 *     payee: request (Ticket, amount)     payer: Payment     payee: Receipt
 *
 * What must hold: every step may be done again, from the start as well, and nothing is paid twice: the ticket of a request is on disk before it is shown,
 * and asked to pay on it again the purse gives the same Payment; nothing is believed but what was verified down to the root.
 */
import { type Bytes, equal, SokkinError } from '@sokkin/codec';
import {
  answers,
  areListed,
  believePayment,
  believeReceipt,
  believeTicket,
  type CarriedPayment,
  type CarriedReceipt,
  cancel,
  collect,
  decodeCarried,
  deliverTo,
  encodeCarried,
  encodeRequest,
  type Failure,
  hashOfMessage,
  issueTicket,
  keepPayment,
  keepReceipt,
  meet,
  openTickets,
  settle,
  type TagRequestShown,
} from '@sokkin/terminal';
import type { WalletStore } from '../keep/store.ts';
import type { Done, Wallet } from './wallet.ts';

/**
 * Payee: what to show so that `amount` is paid. The same as long as it was not paid. `isGoingOn`: with what was begun before; if that came to its end
 * meanwhile, nothing is begun in its place, which would be paid once more.
 */
export const askFor = (wallet: Wallet, amount: bigint, isGoingOn: boolean): Promise<Done<Bytes>> =>
  inWords(async () => {
    const { store, purse } = wallet.parts;
    const name = attemptOf(amount);
    const verifier = await wallet.verifier();
    return purse.use(async (transport) => {
      const met = await meet(transport, verifier);
      if (met.status !== 'ok') return met;
      let attempt = await store.attempt(name);
      if (isGoingOn && !attempt.again) return finished(store, name);
      if (attempt.ticket !== undefined) {
        const ticket = decodeCarried('ticket', attempt.ticket);
        const open = await openTickets(transport);
        if (open.status !== 'ok') return open;
        if (open.value.some(({ ticketNo }) => ticketNo === ticket.fields.seq))
          return ok(encodeRequest(ticket, amount));
        // It was paid since, over another way.
        const spent = await finished(store, name);
        if (isGoingOn) return spent;
        attempt = await store.attempt(name);
      }
      const { reference, key } = attempt;
      const issued = await issueTicket(met.value, verifier, { maxAmount: amount, reference });
      if (issued.status !== 'ok') return issued;
      await store.keepAttempt({ name, reference, key, ticket: encodeCarried('ticket', issued.value) });
      return ok(encodeRequest(issued.value, amount));
    });
  });

async function finished(store: WalletStore, name: string): Promise<Failure> {
  await store.finish(name);
  return { status: 'ticket_spent' };
}

/** As receiving over a tap names it: what was begun one way is finished the other. */
const attemptOf = (amount: bigint): string => `receive ${amount}`;

export interface Taken {
  readonly amount: bigint;
  readonly outcome: 'credited' | 'cancelled';
  /** For the payer: shown until it has read it. */
  readonly receipt: Bytes;
}

/** Payee: takes the payment that was shown to it. */
export const takePayment = (wallet: Wallet, shown: CarriedPayment): Promise<Done<Taken>> =>
  inWords(async () => {
    const { store, purse } = wallet.parts;
    const verifier = await wallet.verifier();
    const believed = await believePayment(verifier, shown.chain, shown.message);
    if (believed.status !== 'ok') return believed;
    const payment = believed.value;
    const done = await purse.use(async (transport) => {
      const met = await meet(transport, verifier);
      if (met.status !== 'ok') return met;
      if (!equal(met.value.chain.leaf.subjectRef, payment.fields.payee))
        return { status: 'not_for_this_purse' } as const;
      await store.changeMailbox((box) => keepPayment(box, payment));
      // It has left its payer already: so it goes back, with this purse's word for it.
      if (areListed(verifier, payment.chain.leaf)) return cancel(met.value, verifier, payment);
      const delivered = await deliverTo(met.value, verifier, { payment });
      return delivered.status === 'ok' ? ok(delivered.value.receipt) : delivered;
    });
    if (done.status !== 'ok') return done;
    const receipt = done.value;
    await store.changeMailbox((box) => keepReceipt(box, receipt));
    await store.finish(attemptOf(payment.fields.amount));
    await wallet.refresh();
    const { outcome, amount } = receipt.fields;
    return ok({ amount, outcome, receipt: encodeCarried('receipt', receipt) });
  });

/** Payer: whether what was shown asks for money on behalf of a purse that can be believed. */
export const believeRequest = (wallet: Wallet, { ticket, amount }: TagRequestShown): Promise<Done<bigint>> =>
  inWords(async () => {
    const believed = await believeTicket(await wallet.verifier(), ticket.chain, ticket.message);
    if (believed.status !== 'ok') return believed;
    return amount <= ticket.fields.maxAmount ? ok(amount) : { status: 'malformed' };
  });

export interface Given {
  readonly payment: CarriedPayment;
  /** To show to the payee. */
  readonly shown: Bytes;
}

/** Payer: pays, or gives once more what was paid on it before. */
export const payOn = (
  wallet: Wallet,
  { ticket, amount }: TagRequestShown,
  pin: string | undefined,
): Promise<Done<Given>> =>
  inWords(async () => {
    const verifier = await wallet.verifier();
    const paid = await wallet.parts.purse.use((t) =>
      collect(t, verifier, { ticket, amount, pin, again: true }),
    );
    await wallet.refresh();
    if (paid.status !== 'ok') return paid;
    const { payment } = paid.value;
    return ok({ payment, shown: encodeCarried('payment', payment) });
  });

/** Whether a receipt that was shown is about this payment. */
export const isAbout = (receipt: CarriedReceipt, { fields, message }: CarriedPayment): boolean =>
  answers(receipt.fields, fields, hashOfMessage(message));

/** Payer: hands the payee's word to its purse. */
export const closePayment = (wallet: Wallet, shown: CarriedReceipt): Promise<Done<Omit<Taken, 'receipt'>>> =>
  inWords(async () => {
    const verifier = await wallet.verifier();
    const believed = await believeReceipt(verifier, shown.chain, shown.message);
    if (believed.status !== 'ok') return believed;
    const settled = await wallet.parts.purse.use(async (transport) => {
      const met = await meet(transport, verifier);
      return met.status === 'ok' ? settle(met.value, believed.value) : met;
    });
    await wallet.refresh();
    if (settled.status !== 'ok') return settled;
    const { amount, outcome } = believed.value.fields;
    return ok({ amount, outcome });
  });

const ok = <T>(value: T): { readonly status: 'ok'; readonly value: T } => ({ status: 'ok', value });

/** What may be expected to fail, as a value. */
export async function inWords<T>(run: () => Promise<Done<T>>): Promise<Done<T>> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    return { status: 'said', code: error.code, message: error.message };
  }
}
