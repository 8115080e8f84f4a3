/**
 * What a purse shows to whoever asks: data objects of GET DATA (docs/spec/card-application.md, section 4.3).
 * Fixed layouts, big-endian; amounts are u64 in minor units.
 */
import { type Bytes, decodeDate, type Epoch, encodeDate, Reader, SokkinError, Writer } from '@sokkin/codec';
import { CRYPTOGRAM_LENGTH } from './messages/approval.ts';
import { PURSE_ID_LENGTH } from './messages/header.ts';
import {
  census,
  isApproval,
  isPayment,
  isReceipt,
  isTicket,
  LIFECYCLES,
  type Lifecycle,
  type PurseState,
} from './state.ts';

/** P1-P2 of GET DATA, and tag of the answer. */
export const READOUT = {
  summary: 0xdf20,
  limits: 0xdf21,
  openPayments: 0xdf22,
  openTickets: 0xdf23,
  history: 0xdf24,
  approvals: 0xdf25,
} as const;

export interface Summary {
  readonly lifecycle: Lifecycle;
  readonly currency: number;
  readonly balance: bigint;
  /** Paid, and not yet known to have arrived: open payments and open approvals. */
  readonly pending: bigint;
  /** Reserved under the holding limit by open tickets. */
  readonly reserved: bigint;
  readonly seq: number;
  readonly ackSeq: number;
  readonly grantNo: number;
  readonly epoch: Epoch;
  readonly pinTriesLeft: number;
  readonly openTickets: number;
  readonly openPayments: number;
  readonly freeCells: number;
  readonly spentCount: number;
  readonly spent: readonly [bigint, bigint, bigint];
  readonly spentWithoutPin: bigint;
}

export function encodeSummary(state: PurseState): Bytes {
  const c = census(state);
  const w = new Writer()
    .u8(LIFECYCLES.indexOf(state.lifecycle))
    .u16(state.identity?.purse.currency ?? 0)
    .u64(state.balance)
    .u64(c.pending)
    .u64(c.reserved)
    .u32(state.seq)
    .u32(state.ackSeq)
    .u32(state.grantNo)
    // A blank purse has no date yet; 2000-01-01 is the earliest that can be written.
    .bytes(encodeDate(Math.max(state.epoch, EARLIEST)))
    .u8(state.pin?.triesLeft ?? 0)
    .u8(c.openTickets)
    .u8(c.openPayments)
    .u16(c.free)
    .u16(state.spentCount);
  for (const amount of state.spent) w.u64(amount);
  return w.u64(state.spentWithoutPin).finish();
}

const EARLIEST: Epoch = 10957;

export function parseSummary(bytes: Bytes): Summary {
  const r = new Reader(bytes, 'purse summary');
  const code = r.u8();
  const lifecycle = LIFECYCLES[code];
  if (lifecycle === undefined)
    throw new SokkinError('bad_message', `Purse summary: lifecycle ${code} is unknown`);
  const summary: Summary = {
    lifecycle,
    currency: r.u16(),
    balance: r.u64(),
    pending: r.u64(),
    reserved: r.u64(),
    seq: r.u32(),
    ackSeq: r.u32(),
    grantNo: r.u32(),
    epoch: decodeDate(r.take(6)),
    pinTriesLeft: r.u8(),
    openTickets: r.u8(),
    openPayments: r.u8(),
    freeCells: r.u16(),
    spentCount: r.u16(),
    spent: [r.u64(), r.u64(), r.u64()],
    spentWithoutPin: r.u64(),
  };
  r.end();
  return summary;
}

export interface OpenPayment {
  readonly paymentNo: number;
  readonly payee: Bytes;
  readonly ticketNo: number;
  readonly amount: bigint;
}

export function encodeOpenPayments(state: PurseState): Bytes {
  const w = new Writer();
  for (const c of state.cells) {
    if (!isPayment(c) || c.payment !== 'open') continue;
    const p = c.entry.fields;
    w.u32(p.seq).bytes(p.payee).u32(p.ticketNo).u64(p.amount);
  }
  return w.finish();
}

export const parseOpenPayments = (bytes: Bytes): OpenPayment[] =>
  readList(bytes, 'open payments', (r) => ({
    paymentNo: r.u32(),
    payee: r.take(8),
    ticketNo: r.u32(),
    amount: r.u64(),
  }));

export interface OpenTicket {
  readonly ticketNo: number;
  readonly maxAmount: bigint;
  readonly reference: Bytes;
}

export function encodeOpenTickets(state: PurseState): Bytes {
  const w = new Writer();
  for (const c of state.cells) {
    if (!isTicket(c) || c.ticket !== 'open') continue;
    const t = c.entry.fields;
    w.u32(t.seq).u64(t.maxAmount).bytes(t.reference);
  }
  return w.finish();
}

export const parseOpenTickets = (bytes: Bytes): OpenTicket[] =>
  readList(bytes, 'open tickets', (r) => ({ ticketNo: r.u32(), maxAmount: r.u64(), reference: r.take(8) }));

/** An offline EMV approval that no Grant has settled yet. */
export interface OpenApproval {
  readonly approvalNo: number;
  readonly atc: number;
  readonly amount: bigint;
  readonly cryptogram: Bytes;
}

export function encodeOpenApprovals(state: PurseState): Bytes {
  const w = new Writer();
  for (const c of state.cells) {
    if (!isApproval(c) || c.approval !== 'open') continue;
    const a = c.entry.fields;
    w.u32(a.seq).u16(a.atc).u64(a.amount).bytes(a.cryptogram);
  }
  return w.finish();
}

export const parseOpenApprovals = (bytes: Bytes): OpenApproval[] =>
  readList(bytes, 'open approvals', (r) => ({
    approvalNo: r.u32(),
    atc: r.u16(),
    amount: r.u64(),
    cryptogram: r.take(CRYPTOGRAM_LENGTH),
  }));

/** One line of the last transactions, newest first. */
export interface HistoryLine {
  /** `shop`: approved offline at an EMV terminal. */
  readonly kind: 'paid' | 'received' | 'refused' | 'shop';
  readonly seq: number;
  /** Eight zero bytes in a shop: a terminal has no purse. */
  readonly counterparty: Bytes;
  readonly amount: bigint;
  /** What became of it. */
  readonly state: 'open' | 'credited' | 'cancelled';
}

/** The most lines of one answer. */
const HISTORY_LINES = 10;
const KINDS = ['paid', 'received', 'refused', 'shop'] as const;
const NOBODY: Bytes = new Uint8Array(PURSE_ID_LENGTH);
const STATES = ['open', 'credited', 'cancelled'] as const;

export function encodeHistory(state: PurseState): Bytes {
  const lines = state.cells.flatMap((c): HistoryLine[] => {
    if (isPayment(c)) {
      const { seq, payee, amount } = c.entry.fields;
      return [{ kind: 'paid', seq, counterparty: payee, amount, state: c.payment }];
    }
    if (isApproval(c)) {
      const { seq, amount } = c.entry.fields;
      return [{ kind: 'shop', seq, counterparty: NOBODY, amount, state: c.approval }];
    }
    if (isReceipt(c)) {
      const { seq, payer, amount, outcome } = c.entry.fields;
      return [
        {
          kind: outcome === 'credited' ? 'received' : 'refused',
          seq,
          counterparty: payer,
          amount,
          state: outcome,
        },
      ];
    }
    return [];
  });
  const w = new Writer();
  for (const line of lines.sort((a, b) => b.seq - a.seq).slice(0, HISTORY_LINES)) {
    w.u8(KINDS.indexOf(line.kind))
      .u32(line.seq)
      .bytes(line.counterparty)
      .u64(line.amount)
      .u8(STATES.indexOf(line.state));
  }
  return w.finish();
}

export const parseHistory = (bytes: Bytes): HistoryLine[] =>
  readList(bytes, 'history', (r) => {
    const kind = KINDS[r.u8()];
    const [seq, counterparty, amount] = [r.u32(), r.take(8), r.u64()];
    const state = STATES[r.u8()];
    if (kind === undefined || state === undefined)
      throw new SokkinError('bad_message', 'History: a code is unknown');
    return { kind, seq, counterparty, amount, state };
  });

function readList<T>(bytes: Bytes, what: string, read: (r: Reader) => T): T[] {
  const r = new Reader(bytes, what);
  const items: T[] = [];
  while (r.remaining > 0) items.push(read(r));
  return items;
}
