/**
 * Being paid: this wallet is the reader, the payer's card or phone is held to it.
 *
 * What must hold: torn anywhere, holding the same card or phone once more finishes it, and debits at most once; after the page was
 * closed in the middle, too. What the tap yields is on disk before the next step.
 */
import { SokkinError } from '@sokkin/codec';
import {
  type ApduTransport,
  type CarriedReceipt,
  decodeCarried,
  encodeCarried,
  isCardLost,
  type Kept,
  keepPayment,
  keepReceipt,
  type PaidDirect,
  payDirect,
  receiptTaken,
  returnReceipt,
  type Sided,
} from '@sokkin/terminal';
import { type Wire, waitForCard } from '@sokkin/web';
import { keepPaymentProof, keepReceiptProof } from '../keep/proofs.ts';
import type { Done, Wallet } from './wallet.ts';

export type TapState = 'waiting' | 'reading' | 'lost';

export interface ReceiveWish {
  /** Minor units. */
  readonly amount: bigint;
  /** The payer's, typed on this screen. */
  readonly pin?: string | undefined;
  /** What was begun before is gone on with. If it came to its end meanwhile, nothing is begun in its place: that would be paid twice. */
  readonly isGoingOn?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onState: (state: TapState) => void;
}

export interface Received {
  readonly amount: bigint;
  readonly outcome: 'credited' | 'cancelled';
  /** The payer left before it could hear of it. undefined: it knows. */
  readonly unheard: CarriedReceipt | undefined;
}

/** Goes on until it is known what became of it, somebody says no, or `signal` stops it (`no_card`). */
export async function receive(wallet: Wallet, wire: Wire, wish: ReceiveWish): Promise<Done<Received>> {
  const { amount, signal, onState } = wish;
  for (let state: TapState = 'waiting'; ; state = 'lost') {
    onState(state);
    const payer = await waitForCard(wire, signal);
    onState('reading');
    try {
      // What was torn and came to its end by a sync meanwhile is not begun anew either.
      const isGoingOn = wish.isGoingOn === true || state === 'lost';
      const done = await tap(wallet, payer, { ...wish, isGoingOn });
      if (done.status !== 'ok') return done;
      const { receipt, settled } = done.value;
      const unheard = settled.status === 'ok' ? undefined : receipt;
      return { status: 'ok', value: { amount, outcome: receipt.fields.outcome, unheard } };
    } catch (error) {
      if (!isCardLost(error)) throw error;
    } finally {
      await payer.close?.();
      await wallet.refresh();
    }
  }
}

/** One tap. */
async function tap(
  wallet: Wallet,
  payer: ApduTransport,
  { amount, pin, isGoingOn }: ReceiveWish,
): Promise<Sided<PaidDirect>> {
  const { store, purse, people } = wallet.parts;
  const name = `receive ${amount}`;
  const attempt = await store.attempt(name);
  if (isGoingOn === true && !attempt.again) {
    await store.finish(name);
    return { status: 'ticket_spent' };
  }
  let left = attempt;
  const keep = async (kept: Kept): Promise<void> => {
    if (kept.kind === 'ticket') left = { ...left, ticket: encodeCarried('ticket', kept.ticket) };
    if (kept.kind === 'payment') {
      await keepPaymentProof(people.store, kept.payment);
      left = { ...left, debited: true };
      await store.changeMailbox((box) => keepPayment(box, kept.payment));
    }
    if (kept.kind === 'receipt') await keepReceiptProof(people.store, kept.receipt);
    if (kept.kind === 'receipt') await store.changeMailbox((box) => keepReceipt(box, kept.receipt));
    else await store.keepAttempt({ ...left });
  };
  const verifier = await wallet.verifier();
  const ticket = attempt.ticket === undefined ? undefined : decodeCarried('ticket', attempt.ticket);
  const request = { amount, reference: attempt.reference, pin, again: attempt.again, ticket, keep };
  const done = await purse.use((payee) => payDirect(payer, payee, verifier, request));
  if (done.status === 'ok') {
    if (done.value.settled.status === 'ok') await forget(wallet, done.value.receipt);
    await people.paidBy(done.value.receipt);
    await store.finish(name);
  } else if (left.debited !== true || done.status === 'ticket_spent') await store.finish(name);
  return done;
}

/** Tells the payer what became of its payment, as soon as it is held here again. False: `signal` stopped it; it goes with the next sync. */
export async function tellPayer(
  wallet: Wallet,
  wire: Wire,
  receipt: CarriedReceipt,
  signal: AbortSignal,
): Promise<boolean> {
  const verifier = await wallet.verifier();
  for (;;) {
    try {
      const payer = await waitForCard(wire, signal);
      const told = await returnReceipt(payer, verifier, receipt).finally(() => payer.close?.());
      if (told.status !== 'ok') continue;
      await forget(wallet, receipt);
      return true;
    } catch (error) {
      if (wasStopped(error)) return false;
      if (!isCardLost(error)) throw error;
    }
  }
}

const forget = (wallet: Wallet, receipt: CarriedReceipt): Promise<void> =>
  wallet.parts.store.changeMailbox((box) => receiptTaken(box, receipt));

/** Nobody held anything to it before it was stopped. */
export const wasStopped = (error: unknown): boolean =>
  error instanceof SokkinError && error.code === 'no_card';
