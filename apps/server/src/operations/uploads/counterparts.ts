/**
 * Where an upload meets what others have said: all of it, and nothing else of the upload path does. Whoever prepares it in the
 * background changes this file alone.
 *
 * What must hold: nothing here decides whether an upload is accepted.
 */
import { type LedgerTx, outcomeOfVerdict, resolutionsFrom } from '@sokkin/issuer';
import type { Resolution } from '@sokkin/purse';
import type { Backend } from '../../backend.ts';
import { detect } from '../detect.ts';
import { settleFunding } from '../funding.ts';
import { takeProvenRedemption } from '../redemption.ts';
import { deliveryOf } from '../signed.ts';
import type { Delivery } from './upload.ts';

/** At most this many Payments, and Receipts, go out with one sync; the rest with the next. */
const DELIVERIES = 64;

/** What others' journals and messages have for one purse. */
export interface FromOthers {
  readonly resolutions: readonly Resolution[];
  readonly payments: readonly Delivery[];
  readonly receipts: readonly Delivery[];
}

/** What these journals settle between their purses and the issuer: fundings taken or refused, redemptions paid. */
export async function settleOwn(b: Backend, tx: LedgerTx, purses: readonly string[]): Promise<void> {
  for (const purse of purses) await settleOne(b, tx, purse);
}

async function settleOne(b: Backend, tx: LedgerTx, purse: string): Promise<void> {
  for (const funding of await tx.fundings.unsettled(purse)) {
    const outcome = outcomeOfVerdict(funding.verdict);
    if (outcome === undefined) continue;
    const locked = await tx.fundings.lock(funding.id);
    if (locked?.status === 'paid') await settleFunding(b, tx, locked, outcome);
  }
  for (const { id, paymentNo } of await tx.redemptions.payable(purse)) {
    const [entry] = await tx.journals.entries(purse, paymentNo - 1, 1);
    if (entry !== undefined) await takeProvenRedemption(b, tx, id, entry.body, entry.hash);
  }
}

export async function fromOthers(tx: LedgerTx, purse: string): Promise<FromOthers> {
  const resolutions = resolutionsFrom(await tx.payments.openWithVerdicts(purse));
  const resolved = new Set(resolutions.map((r) => r.paymentNo));
  const receipts = (await tx.payments.receiptsFor(purse, DELIVERIES)).filter(
    (r) => !resolved.has(r.paymentNo),
  );
  return {
    resolutions,
    payments: (await tx.payments.deliverable(purse, DELIVERIES)).map(deliveryOf),
    receipts: receipts.map(deliveryOf),
  };
}

/** After the transaction of the uploads, so that of two purses that sync at once at least the later one sees both. */
export async function detectAfter(
  b: Backend,
  accepted: readonly { readonly purse: string; readonly signers: readonly string[] }[],
): Promise<void> {
  for (const { purse, signers } of accepted) await b.store.write((tx) => detect(b, tx, purse, signers));
}
