/** Paying with both purses within reach: phone to phone, card to phone, phone to card. */
import {
  type Kept,
  keepPayment,
  keepReceipt,
  type Outcome,
  type PaidDirect,
  payDirect,
  receiptTaken,
} from '@sokkin/terminal';
import { beginAttempt, type OpenAttempt } from '../data/attempts.ts';
import { keepPaymentEvidence, keepReceiptEvidence, paymentName } from '../data/evidence.ts';
import { changeMailbox } from '../data/phone.ts';
import type { Place } from '../data/places.ts';
import type { Tear } from '../data/purse-file.ts';
import { verifierOf } from '../data/trust.ts';
import type { Context } from '../io/context.ts';
import { Refused, refuse, type TapCost, withTap } from './tap.ts';

export interface DirectPayment {
  readonly from: Place;
  readonly to: Place;
  readonly amount: bigint;
  readonly pin?: string | undefined;
  readonly tear?: (Tear & { readonly side: 'payer' | 'payee' }) | undefined;
  readonly extended?: boolean | undefined;
  readonly onCost?: ((cost: TapCost) => void) | undefined;
}

export interface DirectDone {
  readonly id: string;
  readonly amount: bigint;
  readonly paid: 'now' | 'before';
  readonly outcome: 'credited' | 'cancelled';
  readonly settled: boolean;
  /** The payment was begun by an earlier, torn run. */
  readonly again: boolean;
}

export async function payFlow(context: Context, p: DirectPayment): Promise<DirectDone> {
  const { from, to, amount, pin, extended, onCost } = p;
  const verifier = await verifierOf(context, ...[to, from].filter((place) => place.kind === 'phone'));
  const attempt = await beginAttempt(context, ['pay', from.name, to.name, amount.toString()]);
  // The phone that keeps what is on its way: the payee's own, or the one that the payee's card is tapped on.
  const keeper = to.kind === 'phone' ? to : from;
  let debited = attempt.debited;
  const keep = async (kept: Kept): Promise<void> => {
    if (kept.kind === 'payment') debited = true;
    await keepStep(context, keeper, attempt, kept);
  };
  const tearOf = (side: 'payer' | 'payee') => (p.tear?.side === side ? p.tear : undefined);
  const payeeTap = { tear: tearOf('payee'), extended, onCost };
  const payerTap = { tear: tearOf('payer'), extended, onCost };
  return withTap(context, to, payeeTap, (payee) =>
    withTap(context, from, payerTap, async (payer) => {
      const { reference, ticket, again } = attempt;
      const request = { amount, reference, pin, ticket, again, keep };
      const done = await payDirect(payer.transport, payee.transport, verifier, request);
      if (done.status !== 'ok') {
        if (done.status === 'ticket_spent' && attempt.again) return finishedSince(attempt, p);
        if (!debited) await attempt.finish();
        const side = done.by === 'payee' ? payee : payer;
        const attempted = debited ? 'deliver' : done.by === 'payee' ? 'receive' : 'pay';
        return refuse(done, side, { attempted, amount });
      }
      return finish(keeper, attempt, done);
    }),
  );
}

async function finishedSince(attempt: OpenAttempt, { from, to }: DirectPayment): Promise<never> {
  await attempt.finish();
  throw new Refused(
    'finished_since',
    `This payment was begun on ${attempt.begun.slice(0, 16)} and has been finished since, by a sync or another tap: look at ${from.name} and ${to.name}. To pay once more, run the command again.`,
  );
}

async function keepStep(context: Context, keeper: Place, attempt: OpenAttempt, kept: Kept): Promise<void> {
  switch (kept.kind) {
    case 'ticket':
      return attempt.keepTicket(kept.ticket);
    case 'payment':
      await attempt.markDebited();
      await keepPaymentEvidence(context, kept.payment);
      await changeMailbox(keeper, (box) => keepPayment(box, kept.payment));
      return;
    case 'receipt':
      await keepReceiptEvidence(context, kept.receipt);
      await changeMailbox(keeper, (box) => keepReceipt(box, kept.receipt));
      return;
  }
}

async function finish(
  keeper: Place,
  attempt: OpenAttempt,
  done: Extract<Outcome<PaidDirect>, { status: 'ok' }>,
): Promise<DirectDone> {
  const { payment, paid, receipt, settled } = done.value;
  const isSettled = settled.status === 'ok';
  if (isSettled) await changeMailbox(keeper, (box) => receiptTaken(box, receipt));
  await attempt.finish();
  return {
    id: paymentName(payment),
    amount: payment.fields.amount,
    paid,
    outcome: receipt.fields.outcome,
    settled: isSettled,
    again: attempt.again,
  };
}
