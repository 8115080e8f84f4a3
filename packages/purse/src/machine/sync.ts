/** Meeting the network: Statement out, Grant in (docs/spec/protocol.md, sections 6.5 and 6.6). */
import { assert, type Bytes, equal } from '@sokkin/codec';
import type { Grant, Order } from '../messages/grant.ts';
import { SEQ_MAX } from '../messages/header.ts';
import { type CounterpartyClass, LOWEST_CLASS } from '../messages/limits.ts';
import { encodeStatement } from '../messages/statement.ts';
import {
  cellBySeq,
  census,
  isOutgoing,
  isPayment,
  isTicket,
  type Lifecycle,
  type OutgoingCell,
  type PurseState,
  reservedCells,
  reservedNumbers,
} from '../state.ts';
import { addTo, closeOutgoing } from './spend.ts';
import { append, refuse, type Step, unchanged } from './step.ts';
import { freeCells } from './ticket.ts';

export function statement(state: PurseState, nonce: Bytes): Step {
  if (state.identity === undefined) return refuse('wrong_lifecycle');
  const { reserved, pending } = census(state);
  const openTickets = state.cells
    .flatMap((c) => (isTicket(c) && c.ticket === 'open' ? [c.entry.fields.seq] : []))
    .sort((a, b) => a - b);
  const body = encodeStatement({
    purse: state.identity.purse.subjectRef,
    seq: state.seq,
    link: state.head,
    currency: state.identity.purse.currency,
    balance: state.balance,
    pending,
    reserved,
    ackSeq: state.ackSeq,
    grantNo: state.grantNo,
    epoch: state.epoch,
    nonce,
    openTickets,
  });
  return unchanged(state, { kind: 'attestation', body });
}

/** A Grant whose signature and chain (an authority of this purse's own issuer) were verified. */
export interface GrantRequest {
  readonly grant: Grant;
  /** SHA-256 of the Grant's body. */
  readonly grantHash: Bytes;
}

/** Applies a Grant in one write. The same Grant again changes nothing (I4); an older one is refused. */
export function applyGrant(old: PurseState, { grant, grantHash }: GrantRequest): Step {
  if (old.identity === undefined) return refuse('wrong_lifecycle');
  if (!equal(grant.purse, old.identity.purse.subjectRef)) return refuse('not_for_this_purse');
  // Before the lifecycle: the Grant that terminates a purse is repeated like any other.
  if (grant.grantNo === old.grantNo && equal(grantHash, old.grantHash)) return unchanged(old);
  if (old.lifecycle === 'terminated') return refuse('wrong_lifecycle');
  if (grant.grantNo <= old.grantNo || grant.ackSeq < old.ackSeq) return refuse('grant_stale');
  const acknowledged = headAt(old, grant.ackSeq);
  if (acknowledged === undefined || !equal(acknowledged, grant.ackHead)) return refuse('grant_mismatch');
  const settled = grant.resolutions.reduce((s, r) => closeOutgoing(s, r.paymentNo, r.outcome), old);
  // What the Grant itself settles needs no number and no cell any more.
  if (SEQ_MAX - old.seq < reservedNumbers(census(settled)) + 1) return refuse('sequence_exhausted');
  const state: PurseState = freeCells({
    ...settled,
    lifecycle: afterOrder(old.lifecycle, grant.order),
    pin:
      grant.resetPinTries && old.pin !== undefined && !grantedSince(old, grant.ackSeq)
        ? { ...old.pin, triesLeft: old.profile.pinTries }
        : old.pin,
    // Time only moves forward, and only by what the issuer signed.
    epoch: Math.max(old.epoch, grant.epoch),
    ackSeq: grant.ackSeq,
    grantNo: grant.grantNo,
    grantHash,
    limits: grant.limits,
    blocked: grant.blocked,
    ...spentSince(old, grant.ackSeq),
  });
  const fields = { grantNo: grant.grantNo, grantHash };
  const added = append(old, state, { type: 'grantApplied', fields }, (base) => base);
  // A Grant that acknowledges too little would use up the room that the next one needs.
  const after = census(added.state);
  if (after.free < reservedCells(after)) return refuse('journal_full');
  return { status: 'ok', state: added.state, answer: { kind: 'none' } };
}

/** The chain head after entry `seq`, for every seq a Grant may still acknowledge. */
function headAt(state: PurseState, seq: number): Bytes | undefined {
  if (seq === state.seq) return state.head;
  return cellBySeq(state, seq + 1)?.entry.fields.link;
}

/**
 * Whether a Grant was applied after entry `seq`. An authority says in Grant after Grant that the tries are given back, until
 * the journal proves it: whoever has kept several of them gets the tries once, not once for each.
 */
const grantedSince = (state: PurseState, seq: number): boolean =>
  state.cells.some((c) => c?.entry.type === 'grantApplied' && c.entry.fields.seq > seq);

function afterOrder(lifecycle: Lifecycle, order: Order): Lifecycle {
  switch (order) {
    case 'none':
      return lifecycle;
    case 'activate':
      return 'active';
    case 'block':
      return 'blocked';
    case 'terminate':
      return 'terminated';
  }
}

/** What still counts against the limits: payments and approvals that the Grant did not see. */
function spentSince(state: PurseState, ackSeq: number): Pick<PurseState, 'spent' | 'spentCount'> {
  let spent: [bigint, bigint, bigint] = [0n, 0n, 0n];
  let spentCount = 0;
  for (const cell of state.cells) {
    if (!isOutgoing(cell) || cell.entry.fields.seq <= ackSeq) continue;
    const counted = countedAs(cell);
    if (counted === undefined) continue;
    spent = addTo(spent, counted, cell.entry.fields.amount);
    spentCount++;
  }
  return { spent, spentCount };
}

const countedAs = (cell: OutgoingCell): CounterpartyClass | undefined =>
  isPayment(cell) ? cell.counted : LOWEST_CLASS;

/** Entries after `from`, oldest first, for reading the journal. All since the last acknowledged are there. */
export function journalAfter(state: PurseState, from: number): readonly Bytes[] {
  assert(from >= 0, 'a sequence number is never negative');
  return state.cells
    .flatMap((c) => (c !== undefined && c.entry.fields.seq > Math.max(from, state.ackSeq) ? [c] : []))
    .sort((a, b) => a.entry.fields.seq - b.entry.fields.seq)
    .map((c) => c.body);
}
