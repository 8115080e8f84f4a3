/**
 * `syncPurse`: a purse meets the network (docs/spec/protocol.md, sections 6.5, 6.6 and 10).
 *
 *     challenge; SELECT, STATEMENT, READ JOURNAL, [REISSUE what is open]; POST sync; APPLY GRANT;
 *     CREDIT and SETTLE what was waiting
 *
 * What must hold: the journal that is sent is whole (the Statement's chain head proves it); torn anywhere, the
 * whole sync is simply done again; what was handed over is reported in one more round.
 */
import { hex } from '@sokkin/codec';
import type { CarriedPayment, CarriedReceipt, Verifier } from '../carried.ts';
import { type Met, meet, openPayments } from '../client/read.ts';
import { applyGrant, journalOf, statement } from '../client/sync.ts';
import { credit, reissue, settle } from '../client/value.ts';
import { type Failure, type Outcome, ok } from '../outcome.ts';
import type { BackendApi, SyncAnswer } from '../ports.ts';
import type { ApduTransport } from '../transport.ts';

/** What the phone hands up on the purse's way. */
export interface Upload {
  readonly payments: readonly CarriedPayment[];
  readonly receipts: readonly CarriedReceipt[];
}

export interface Synced {
  readonly acknowledgedSeq: number;
  readonly balance: bigint;
  readonly entriesSent: number;
  /** Payments that waited for this purse, with its word on each. */
  readonly received: readonly CarriedReceipt[];
  /** Payments of this purse whose outcome came in. */
  readonly settled: readonly CarriedReceipt[];
  /** What waited but was refused; it keeps waiting at the back-end. */
  readonly refused: readonly Failure[];
}

const NOTHING: Upload = { payments: [], receipts: [] };
/** The back-end takes no more of each with one sync. */
export const MOST_HANDED_UP = 64;
/** One round brings what waited, the next reports it; a third only if something came in between. */
const MOST_ROUNDS = 3;

export const purseName = (id: Uint8Array): string => `pur_${hex(id)}`;

export async function syncPurse(
  transport: ApduTransport,
  verifier: Verifier,
  api: BackendApi,
  upload: Upload = NOTHING,
): Promise<Outcome<Synced>> {
  let carried = upload;
  let sent = 0;
  const received: CarriedReceipt[] = [];
  const settled: CarriedReceipt[] = [];
  const refused: Failure[] = [];
  for (let round = 1; ; round++) {
    const done = await syncOnce(transport, verifier, api, carried);
    if (done.status !== 'ok') return done;
    const { met, answer, balance, entries } = done.value;
    sent += entries;
    const before = received.length + settled.length;
    for (const payment of answer.payments) {
      const receipt = await credit(met, verifier, payment);
      if (receipt.status === 'ok') received.push(receipt.value);
      else refused.push(receipt);
    }
    for (const receipt of answer.receipts) {
      const closed = await settle(met, receipt);
      if (closed.status === 'ok') settled.push(receipt);
      else refused.push(closed);
    }
    const progress = received.length + settled.length > before;
    if (!progress || round === MOST_ROUNDS) {
      const acknowledgedSeq = answer.acknowledgedSeq;
      return ok({ acknowledgedSeq, balance, entriesSent: sent, received, settled, refused });
    }
    carried = NOTHING;
  }
}

/**
 * The purse's open payments with their signatures: the journal has bodies only, and the back-end needs what the
 * payee's purse will verify, if it is to hand them on.
 */
async function openOnes(met: Met, verifier: Verifier): Promise<Outcome<CarriedPayment[]>> {
  const open = await openPayments(met.transport);
  if (open.status !== 'ok') return open;
  const payments: CarriedPayment[] = [];
  for (const { paymentNo } of open.value.slice(0, MOST_HANDED_UP)) {
    const payment = await reissue(met, verifier, paymentNo);
    if (payment.status !== 'ok') return payment;
    payments.push(payment.value);
  }
  return ok(payments);
}

interface Round {
  readonly met: Met;
  readonly answer: SyncAnswer;
  readonly balance: bigint;
  readonly entries: number;
}

async function syncOnce(
  transport: ApduTransport,
  verifier: Verifier,
  api: BackendApi,
  upload: Upload,
): Promise<Outcome<Round>> {
  const nonce = await api.challenge();
  const met = await meet(transport, verifier);
  if (met.status !== 'ok') return met;
  const stated = await statement(met.value, verifier, nonce);
  if (stated.status !== 'ok') return stated;
  const entries = await journalOf(transport, stated.value.fields);
  if (entries.status !== 'ok') return entries;
  const open = stated.value.fields.pending > 0n ? await openOnes(met.value, verifier) : ok([]);
  if (open.status !== 'ok') return open;
  const purse = purseName(met.value.chain.leaf.subjectRef);
  const payments = [...open.value, ...upload.payments].slice(0, MOST_HANDED_UP);
  const receipts = upload.receipts.slice(0, MOST_HANDED_UP);
  const request = { statement: stated.value.message, entries: entries.value, payments, receipts };
  const answer = await api.sync(purse, request);
  const applied = await applyGrant(transport, answer.authority, answer.grant);
  if (applied.status !== 'ok') return applied;
  const { balance } = stated.value.fields;
  return ok({ met: met.value, answer, balance, entries: entries.value.length });
}
