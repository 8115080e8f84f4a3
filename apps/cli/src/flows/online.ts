/** With the back-end: bringing purses to life, funding, redeeming, syncing. */
import { SokkinError } from '@sokkin/codec';
import {
  type AssuranceName,
  type BackendApi,
  type Born,
  type Funded,
  fund,
  isCardLost,
  keepPayment,
  keepReceipt,
  MOST_HANDED_UP,
  provision,
  type Redeemed,
  receiptTaken,
  redeem,
  type Synced,
  syncPurse,
} from '@sokkin/terminal';
import type { HttpApi } from '../api/http-api.ts';
import { beginAttempt } from '../data/attempts.ts';
import { keepPaymentEvidence, keepReceiptEvidence } from '../data/evidence.ts';
import { changeMailbox, mailboxOf } from '../data/phone.ts';
import { keepAbout, type Place, personalisedPlace } from '../data/places.ts';
import { pinTrust, verifierOf } from '../data/trust.ts';
import type { Context } from '../io/context.ts';
import { refuse, type TapOptions, withTap } from './tap.ts';

export interface BirthWish {
  readonly place: Place;
  /** Id of the account. */
  readonly account: string;
  readonly assurance: AssuranceName;
  readonly pin: string;
}

/** Key, certificates, PIN, and the first Grant. */
export async function provisionFlow(
  context: Context,
  api: HttpApi,
  { place, account, assurance, pin }: BirthWish,
  options: TapOptions = {},
): Promise<Born> {
  const root = await pinTrust(context, await api.pki());
  return withTap(context, place, options, async (tapped) => {
    const born = await provision(tapped.transport, context.crypto, api, { account, assurance, pin, root });
    if (born.status !== 'ok') return refuse(born, tapped, { attempted: 'other' });
    await keepAbout(place, { account, purse: born.value.purse.subjectRef });
    return born.value;
  });
}

export async function fundFlow(
  context: Context,
  api: BackendApi,
  { place, account, amount }: { place: Place; account: string | undefined; amount: bigint },
  options: TapOptions = {},
): Promise<Funded> {
  const verifier = await verifierOf(context);
  const about = await personalisedPlace(place);
  const from = account ?? about.account;
  const attempt = await beginAttempt(context, ['fund', place.name, from, amount.toString()]);
  const request = { account: from, amount, reference: attempt.reference, key: attempt.key };
  return withTap(context, place, options, async (tapped) => {
    const done = await finishing(attempt, () => fund(tapped.transport, verifier, api, request));
    if (done.status !== 'ok') {
      await attempt.finish();
      return refuse(done, tapped, { attempted: 'fund', amount });
    }
    await attempt.finish();
    await keepPaymentEvidence(context, done.value.payment);
    await keepReceiptEvidence(context, done.value.receipt);
    return done.value;
  });
}

export async function redeemFlow(
  context: Context,
  api: BackendApi,
  wish: { place: Place; account: string | undefined; amount: bigint; pin: string | undefined },
  options: TapOptions = {},
): Promise<Redeemed> {
  const { place, amount, pin } = wish;
  const verifier = await verifierOf(context);
  const about = await personalisedPlace(place);
  const account = wish.account ?? about.account;
  const attempt = await beginAttempt(context, ['redeem', place.name, account, amount.toString()]);
  const request = { account, amount, pin, key: attempt.key, again: attempt.again };
  return withTap(context, place, options, async (tapped) => {
    const done = await finishing(attempt, () => redeem(tapped.transport, verifier, api, request));
    if (done.status !== 'ok') {
      await attempt.finish();
      return refuse(done, tapped, { attempted: 'redeem', amount });
    }
    await attempt.finish();
    await keepPaymentEvidence(context, done.value.payment);
    await keepReceiptEvidence(context, done.value.receipt);
    return done.value;
  });
}

/** A definite no of the back-end ends the attempt; a lost card or network leaves it to be finished. */
async function finishing<T>(attempt: { finish(): Promise<void> }, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const open = isCardLost(error) || (error instanceof SokkinError && error.code === 'backend_unreachable');
    if (!open && error instanceof SokkinError) await attempt.finish();
    throw error;
  }
}

/** Syncs a purse; a phone takes the messages along that it keeps for others. */
export async function syncFlow(
  context: Context,
  api: BackendApi,
  { place, phone }: { place: Place; phone: Place | undefined },
  options: TapOptions = {},
): Promise<Synced> {
  const verifier = await verifierOf(context);
  const carrier = phone ?? (place.kind === 'phone' ? place : undefined);
  const box = carrier === undefined ? undefined : await mailboxOf(carrier).load();
  const upload = {
    payments: (box?.payments ?? []).slice(0, MOST_HANDED_UP),
    receipts: (box?.receipts ?? []).slice(0, MOST_HANDED_UP),
  };
  return withTap(context, place, options, async (tapped) => {
    const done = await syncPurse(tapped.transport, verifier, api, upload);
    if (done.status !== 'ok') return refuse(done, tapped, { attempted: 'sync' });
    for (const receipt of done.value.received) await keepReceiptEvidence(context, receipt);
    if (carrier !== undefined) {
      await changeMailbox(carrier, (now) => {
        // The back-end has them now and hands them on.
        const rid = upload.receipts.reduce(receiptTaken, now);
        return [...done.value.received, ...done.value.settled].reduce(
          (b, r) => receiptTaken(keepReceipt(b, r), r),
          upload.payments.reduce(keepPayment, rid),
        );
      });
    }
    return done.value;
  });
}
