/**
 * What is open in a journal, in one value beside its newest entry: so that a view is one row.
 *
 * What must hold: what comes out is what went in; what was written for another entry than the newest (by a process that
 * does not know of it) is not used. Layout, big-endian:
 *
 *   format (1) = 1, entry (4), last ATC (1 + 2), then three lists, each with its count (2):
 *   tickets: number (4), maximum (8); payments: number (4), payee (8), ticket (4), amount (8), hash (32);
 *   approvals: number (4), ATC (2), amount (8), cryptogram (8)
 */
import { type Bytes, Reader, Writer } from '@sokkin/codec';
import type { JournalView } from '@sokkin/issuer';
import { CRYPTOGRAM_LENGTH, HASH_LENGTH, PURSE_ID_LENGTH } from '@sokkin/purse';

export type OpenItems = Pick<JournalView, 'openTickets' | 'openPayments' | 'openApprovals' | 'lastAtc'>;

const FORMAT = 1;

export function encodeOpenItems(view: OpenItems & Pick<JournalView, 'seq'>): Bytes {
  const { lastAtc } = view;
  const w = new Writer()
    .u8(FORMAT)
    .u32(view.seq)
    .u8(lastAtc === undefined ? 0 : 1)
    .u16(lastAtc ?? 0);
  w.u16(view.openTickets.size);
  for (const t of view.openTickets.values()) w.u32(t.ticketNo).u64(t.maxAmount);
  w.u16(view.openPayments.size);
  for (const p of view.openPayments.values())
    w.u32(p.paymentNo).bytes(p.payee).u32(p.ticketNo).u64(p.amount).bytes(p.hash);
  w.u16(view.openApprovals.size);
  for (const a of view.openApprovals.values())
    w.u32(a.approvalNo).u16(a.atc).u64(a.amount).bytes(a.cryptogram);
  return w.finish();
}

/** undefined: it is not of this entry. */
export function decodeOpenItems(bytes: Bytes, seq: number): OpenItems | undefined {
  const r = new Reader(bytes, 'stored open items');
  if (r.u8() !== FORMAT || r.u32() !== seq) return undefined;
  const hasAtc = r.u8() === 1;
  const atc = r.u16();
  const openTickets = listOf(r, () => {
    const ticketNo = r.u32();
    return [ticketNo, { ticketNo, maxAmount: r.u64() }];
  });
  const openPayments = listOf(r, () => {
    const paymentNo = r.u32();
    const payee = r.take(PURSE_ID_LENGTH);
    const [ticketNo, amount] = [r.u32(), r.u64()];
    return [paymentNo, { paymentNo, payee, ticketNo, amount, hash: r.take(HASH_LENGTH) }];
  });
  const openApprovals = listOf(r, () => {
    const approvalNo = r.u32();
    const [approvalAtc, amount] = [r.u16(), r.u64()];
    const cryptogram = r.take(CRYPTOGRAM_LENGTH);
    return [approvalNo, { approvalNo, atc: approvalAtc, amount, cryptogram }];
  });
  r.end();
  return { openTickets, openPayments, openApprovals, lastAtc: hasAtc ? atc : undefined };
}

function listOf<T>(r: Reader, read: () => [number, T]): ReadonlyMap<number, T> {
  return new Map(Array.from({ length: r.u16() }, read));
}
