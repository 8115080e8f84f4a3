/**
 * Where an upload meets what others have said: all of it, and nothing else of the upload path does.
 *
 * What must hold: nothing here decides whether an upload is accepted; within the transaction rows of the uploading purses alone
 * are read and written, and messages by key. What is missed here the matcher settles.
 */
import { hex } from '@sokkin/codec';
import type { Appended, JournalView, LedgerTx, OpenVerdict, SignedRow, TicketWord } from '@sokkin/issuer';
import { resolutionsFrom } from '@sokkin/issuer';
import type { Resolution } from '@sokkin/purse';
import type { Backend } from '../../backend.ts';
import { settleEarly, ticketWordsFor } from '../../matching/early.ts';
import { deliveryOf } from '../signed.ts';
import type { ReadUpload } from './read.ts';
import type { Delivery } from './upload.ts';

/** At most this many Payments, and Receipts, go out with one sync; the rest with the next. */
const DELIVERIES = 64;

/** What others' journals and messages have for one purse. */
export interface FromOthers {
  readonly resolutions: readonly Resolution[];
  readonly payments: readonly Delivery[];
  readonly receipts: readonly Delivery[];
}

/** Before the transaction: what payees have proven of the tickets that these uploads paid on, and left open. */
export function wordsFor(b: Backend, uploads: readonly ReadUpload[]): Promise<readonly TicketWord[]> {
  return ticketWordsFor(b, uploads.flatMap(paidAndOpen));
}

function paidAndOpen({ chain }: ReadUpload) {
  if (chain.verdict !== 'chained') return [];
  const open = new Map<number, { readonly payee: string; readonly ticketNo: number }>();
  for (const { entry } of chain.entries) {
    if (entry.type === 'payment') {
      const { seq, payee, ticketNo } = entry.fields;
      open.set(seq, { payee: hex(payee), ticketNo });
    } else if (entry.type === 'settle') open.delete(entry.fields.paymentNo);
  }
  return [...open.values()];
}

/** Within it, after the entries are written. */
export async function settleOwn(
  tx: LedgerTx,
  journals: readonly Appended[],
  words: readonly TicketWord[],
): Promise<void> {
  await settleEarly(tx, journals, words);
  const approving = journals.filter(({ effects }) => effects.some((e) => e.kind === 'approved'));
  if (approving.length > 0) await tx.clearings.meetAgreed(approving.map(({ view }) => hex(view.purse)));
}

/** By purse. */
export async function fromOthers(
  tx: LedgerTx,
  views: readonly JournalView[],
): Promise<ReadonlyMap<string, FromOthers>> {
  const open = await tx.uploads.openVerdicts(payersOf(views));
  const cleared = await clearedOf(tx, views);
  const messages = await tx.uploads.signedFor(views);
  const all = new Map<string, FromOthers>();
  for (const view of views) {
    const purse = hex(view.purse);
    const resolutions = resolutionsFrom([...(open.get(purse) ?? []), ...(cleared.get(purse) ?? [])]);
    const resolved = new Set(resolutions.map((r) => r.paymentNo));
    const own = messages.get(purse) ?? [];
    all.set(purse, {
      resolutions,
      payments: deliveries(own.filter((m) => m.kind === 'payment')),
      receipts: deliveries(own.filter((m) => m.kind === 'receipt' && !resolved.has(m.paymentNo))),
    });
  }
  return all;
}

/** Open approvals that shops were paid for. */
async function clearedOf(tx: LedgerTx, views: readonly JournalView[]): Promise<Map<string, OpenVerdict[]>> {
  const approving = views.filter((view) => view.openApprovals.size > 0).map((view) => hex(view.purse));
  if (approving.length === 0) return new Map();
  const found = await tx.clearings.closable(approving);
  const settled = (paymentNo: number): OpenVerdict => ({ paymentNo, verdict: 'credited' });
  return new Map([...found].map(([purse, numbers]) => [purse, numbers.map(settled)]));
}

const payersOf = (views: readonly JournalView[]): string[] =>
  views.filter((view) => view.openPayments.size > 0).map((view) => hex(view.purse));

const deliveries = (rows: readonly SignedRow[]): Delivery[] => rows.slice(0, DELIVERIES).map(deliveryOf);
