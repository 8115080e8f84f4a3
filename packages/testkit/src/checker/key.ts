/**
 * When two situations are the same for every purpose.
 *
 * The abstraction drops sequence numbers, hashes, signatures, the order of cells in memory and the numbers of
 * commits, and keeps, per purse: lifecycle, balance, counters, free cells; each remembered ticket in order of
 * age, each payment, approval and receipt, with what became of it and whether it is acknowledged; what every Grant
 * not yet applied would acknowledge and settle; of a payment application its ATC (a bound) and which approval
 * RECOVER AC gives. Beside the purses: the back-end's proofs and decisions, the ghost record, and how many tickets,
 * payments and Grants were made (the bounds).
 *
 * Why that is sound: nothing else decides a command. Numbers and hashes are only compared for equality with
 * those in messages that carry the same name (tickets by number, payments by number and hash, Grants by head),
 * and order matters only among tickets (the window pushes out the oldest) and for what a Grant acknowledges. The
 * one exception is the ceiling of sequence numbers, which is 4 billion steps away and has tests of its own. Two
 * Refusals of one payment differ in where their signer stood, which SETTLE does not look at. What a payment
 * application remembers of its dealings with the issuer only colours what it says in its cryptograms: its own limits
 * are out of reach (payment-card.ts), and only the issuer's scripts could make it decide otherwise.
 */
import { isOutgoing, isReceipt, isTicket, outgoingState, type PurseState } from '@sokkin/purse';
import type { Memory } from './rig.ts';
import {
  fateKey,
  type Ghost,
  type GhostApproval,
  type GhostTicket,
  letter,
  type Situation,
} from './situation.ts';

/** Everything but what the adversary holds. */
export function situationKey(s: Situation): string {
  const grants = s.memories.map((_, i) => s.backend.grants.filter((g) => g.purse === i).length);
  const tickets = s.memories.map((_, i) => s.tickets.filter((t) => t.purse === i).length);
  return `${homecomingKey(s)}\n${grants}/${tickets}`;
}

/**
 * What the adversary holds and could still use. More of it never takes a move away, so a situation is covered by an
 * equal one in which the adversary holds at least as much.
 */
export const holdings = (s: Situation): ReadonlySet<string> =>
  new Set([...s.known.keys()].filter((name) => !isDeadGrant(s, name)));

/** What decides whether all value can come home: everything but what the adversary holds. */
export function homecomingKey(s: Situation): string {
  const ghosts = s.payments.map((p) => `${p.name}${p.credited ? '+' : ''}${p.recredited ? '-' : ''}`).sort();
  const purses = s.memories.map((m, i) => `${purseKey(m.state, i, s)}|${emvKey(m, i, s)}`);
  return [...purses, backendKey(s), ghosts.join(' '), approvalsKey(s)].join('\n');
}

function purseKey(state: PurseState, purse: number, s: Situation): string {
  const cells = state.cells.filter((c) => c !== undefined);
  const acked = (seq: number) => (seq <= state.ackSeq ? 'k' : 'u');
  const nameOf = (seq: number) => outgoing(s).get(`${purse}:${seq}`)?.name ?? `old${seq}`;
  const tickets = cells
    .filter(isTicket)
    .sort((a, b) => a.entry.fields.seq - b.entry.fields.seq)
    .map((c) => `${ticketName(s, purse, c.entry.fields.seq)}${c.ticket}${acked(c.entry.fields.seq)}`);
  const paid = cells
    .filter(isOutgoing)
    .map((c) => `${nameOf(c.entry.fields.seq)}${outgoingState(c)}${acked(c.entry.fields.seq)}`);
  const receipts = cells.filter(isReceipt).map((c) => {
    const { ticketNo, outcome, paymentNo, seq } = c.entry.fields;
    return `${ticketName(s, purse, ticketNo)}#${outcome}#${paymentNo === 0 ? '' : shortPayer(c.entry.fields.payer)}${acked(seq)}`;
  });
  const others = cells.filter((c) => !isTicket(c) && !isOutgoing(c) && !isReceipt(c));
  const pending = s.backend.grants
    .filter((g) => g.purse === purse && g.grantNo > state.grantNo)
    .map((g) => {
      const covered = cells.filter((c) => c.entry.fields.seq <= g.ackSeq).map((c) => `${c.entry.type}`);
      const coveredNames = cells
        .filter((c) => c.entry.fields.seq <= g.ackSeq && (isTicket(c) || isOutgoing(c)))
        .map((c) => (isTicket(c) ? ticketName(s, purse, c.entry.fields.seq) : nameOf(c.entry.fields.seq)));
      const settles = g.resolutions.map((r) => `${nameOf(r.paymentNo)}${r.outcome}`);
      return `G[${covered.sort()};${coveredNames.sort()};${settles.sort()};${g.ackSeq >= state.ackSeq}]`;
    });
  return [
    state.lifecycle,
    state.balance,
    state.spent,
    state.spentCount,
    state.spentWithoutPin,
    state.cells.length - cells.length,
    tickets,
    paid.sort(),
    receipts.sort(),
    others
      .map((c) => acked(c.entry.fields.seq))
      .sort()
      .join(''),
    pending,
  ].join('|');
}

function backendKey(s: Situation): string {
  const consumed = [...s.backend.consumed]
    .map(([where, what]) => `${ticketNameAt(s, where)}=${what.credited === undefined ? '' : what.name}`)
    .sort();
  return consumed.join(' ');
}

/** A Grant that can never be applied any more, or that was applied last: showing it changes nothing. */
function isDeadGrant(s: Situation, name: string): boolean {
  const grant = s.backend.grants.find((g) => g.name === name);
  return grant !== undefined && grant.grantNo <= (s.memories[grant.purse]?.state.grantNo ?? 0);
}

/** What the payment application will do next: count on, and give one approval again. */
function emvKey({ emv }: Memory, purse: number, s: Situation): string {
  if (emv === undefined) return '';
  const last = s.approvals.find((a) => a.purse === purse && a.atc === emv.approval?.atc);
  return `${emv.atc} ${last?.name}`;
}

/** Each approval: what became of it, what the back-end knows, what it decided. */
function approvalsKey(s: Situation): string {
  const { approvals, fates } = s.backend;
  return s.approvals
    .map((a) => {
      const isKnown = approvals.has(`${a.purse}:${a.approvalNo}`);
      const fate = fates.get(fateKey(a.purse, a.atc, a.cryptogram));
      return `${a.name}${a.recredited ? '-' : ''}${isKnown ? 'k' : ''}${fate ?? ''}`;
    })
    .sort()
    .join(' ');
}

type Outgoing = Ghost | GhostApproval;
const byNumber = new WeakMap<Situation, Map<string, Outgoing>>();
function outgoing(s: Situation): Map<string, Outgoing> {
  let map = byNumber.get(s);
  if (map === undefined) {
    const payments = s.payments.map((p) => [`${p.payer}:${p.paymentNo}`, p] as const);
    const approvals = s.approvals.map((a) => [`${a.purse}:${a.approvalNo}`, a] as const);
    map = new Map<string, Outgoing>([...payments, ...approvals]);
    byNumber.set(s, map);
  }
  return map;
}

const ticketMaps = new WeakMap<readonly GhostTicket[], Map<string, string>>();
function ticketNameAt(s: Situation, where: string): string {
  let map = ticketMaps.get(s.tickets);
  if (map === undefined) {
    map = new Map(s.tickets.map((t) => [`${t.purse}:${t.ticketNo}`, t.name]));
    ticketMaps.set(s.tickets, map);
  }
  return map.get(where) ?? 'funding';
}
const ticketName = (s: Situation, purse: number, no: number): string => ticketNameAt(s, `${purse}:${no}`);
const shortPayer = (payer: Uint8Array): string => letter((payer[7] ?? 0) - FIRST_PURSE);

/** Purse A has this number; the letters follow. */
export const FIRST_PURSE = 10;
