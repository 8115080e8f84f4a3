/**
 * What a shop's terminal and the back-end do with a card's approvals, held against the ghost record.
 *
 * What must hold:
 * - I1: a TC that took its amount from the balance leaves only after that was written down;
 * - I2: it has exactly one journal entry with its ATC and cryptogram, however often it was recovered; an ARQC, an AAC
 *   and a TC that the issuer approved online have none;
 * - I3: no approval is both paid to the shop and given back;
 * - atc: from GET PROCESSING OPTIONS on memory holds the next ATC, and the cryptogram is made with it.
 */
import { type Bytes, hex, SW } from '@sokkin/codec';
import type { Approval } from '@sokkin/purse';
import { clear, expire } from './clearing.ts';
import { type Move, words } from './moves.ts';
import type { Memory, Outcome } from './rig.ts';
import { fateKey, type GhostApproval, type Known, letter, memoryOf, type Situation } from './situation.ts';
import type { Played, Table } from './table.ts';
import { type Cryptogram, cryptogramIn, type Sale, type TapKind } from './tap.ts';
import { type Checks, must, Violation } from './violation.ts';

export interface TapMove extends Move {
  readonly kind: TapKind;
}

export const saleOf = (table: Table, name: string): Sale | undefined =>
  table.sales.find((sale) => sale.name === name);

/** The answers that a terminal may get to what it asked for; a TC is one that debits, but after `online`. */
const MAY_ANSWER: Readonly<Record<TapKind, readonly Cryptogram['type'][]>> = {
  decline: ['aac'],
  sell: ['tc', 'arqc'],
  ask: ['arqc'],
  unable: ['tc', 'aac'],
  online: ['tc'],
  recover: ['tc'],
};

/** What RECOVER AC is refused with when the card remembers no such approval: conditions not satisfied. */
export const REFUSED_TAPS: ReadonlySet<string> = new Set([SW.conditionsNotSatisfied.toString(16)]);

/** Notes the approval that a tap wrote. */
export function noteApproval(table: Table, s: Situation, move: Move, fields: Approval): Situation {
  const { checks } = table.rig.options;
  const { purse } = move;
  const sale = saleOf(table, move.about);
  const mayDebit = move.kind === 'sell' || move.kind === 'unable';
  must(checks, 'I2', mayDebit, () => `${words(move)}: an approval is written, and none was to be had`);
  must(checks, 'I1', fields.amount === sale?.amount, () => `${move.about} is approved over ${fields.amount}`);
  const before = s.approvals.filter((a) => a.purse === purse);
  const isNext = before.every((a) => a.atc < fields.atc);
  must(checks, 'I2', isNext, () => `ATC ${fields.atc} of ${letter(purse)} is debited a second time`);
  const name = `${letter(purse)}.${move.about}`;
  const again = before.filter((a) => a.name === name || a.name.startsWith(`${name}'`)).length;
  const ghost: GhostApproval = {
    name: name + "'".repeat(again),
    purse,
    approvalNo: fields.seq,
    amount: fields.amount,
    atc: fields.atc,
    cryptogram: hex(fields.cryptogram),
    cleared: false,
    recredited: false,
  };
  return { ...s, approvals: [...s.approvals, ghost] };
}

/** Holds the answer to a tap against the ghost record. `s`: with what the tap wrote noted. */
export function judgeTap(
  checks: Checks,
  s: Situation,
  move: TapMove,
  before: Memory,
  outcome: Outcome,
): Cryptogram | undefined {
  const next = (before.emv?.atc ?? 0) + 1;
  const isCounted = outcome.answered.slice(1).every(({ emv }) => emv?.atc === next);
  must(checks, 'atc', isCounted, () => `an answer left before ATC ${next} was in memory`);
  if (outcome.sw !== SW.ok) return undefined;
  const given = cryptogramIn(outcome.data);
  const { type, atc, debited } = given;
  const isOwn = move.kind === 'recover' || atc === next;
  must(checks, 'atc', isOwn, () => `a cryptogram carries ATC ${atc}, and ${next} was due`);
  must(
    checks,
    'status',
    MAY_ANSWER[move.kind].includes(type),
    () => `${words(move)} is answered with ${type}`,
  );
  const isOnline = move.kind === 'online';
  must(checks, 'I2', debited === (type === 'tc' && !isOnline), () => {
    return `${words(move)} is answered with ${type}, and says that it was ${debited ? '' : 'not '}debited`;
  });
  const entries = s.approvals.filter((a) => a.purse === move.purse && a.atc === atc);
  const own = entries.filter((a) => a.cryptogram === given.cryptogram);
  if (debited && own.length === 0) throw new Violation('I1', 'a TC left its card, and nothing was debited');
  const expected = debited ? 1 : 0;
  must(checks, 'I2', entries.length === expected && own.length === expected, () => {
    return `the ${type} with ATC ${atc} of ${letter(move.purse)} has ${entries.length} journal entries`;
  });
  return given;
}

/** The TC that the terminal now holds, if it got one that is worth money. */
export function tcIn(s: Situation, move: TapMove, given: Cryptogram, bytes: Bytes): Known | undefined {
  if (!given.debited) return undefined;
  const approval = s.approvals.find((a) => a.purse === move.purse && a.cryptogram === given.cryptogram);
  return approval && { kind: 'tc', name: tcName(approval), of: move.purse, bytes };
}

export const tcName = (approval: GhostApproval): string => `TC ${approval.name}`;

/** The shop presents a TC, the very bytes that it got. */
export function playClear(table: Table, s: Situation, move: Move): Played | undefined {
  const tc = s.known.get(move.about);
  if (tc === undefined) return undefined;
  const { atc, cryptogram } = cryptogramIn(tc.bytes);
  const backend = clear(s.backend, fateKey(tc.of, atc, cryptogram));
  if (backend === undefined) return { situation: s, outcome: 'not paid: it was decided on before' };
  const ghost = s.approvals.find((a) => tcName(a) === move.about);
  if (ghost === undefined) throw new Violation('I1', `${move.about} is paid, and nobody was debited for it`);
  const { checks } = table.rig.options;
  must(checks, 'I3', !ghost.recredited, () => `${ghost.name} is paid to the shop, and was given back before`);
  must(checks, 'I1', !ghost.cleared, () => `${ghost.name} is paid to the shop twice`);
  return { situation: markApproval({ ...s, backend }, ghost, { cleared: true }), outcome: 'paid' };
}

/** The time to present the TC of this approval is over. */
export function playExpire(s: Situation, move: Move): Played | undefined {
  const ghost = s.approvals.find((a) => a.name === move.about);
  if (ghost === undefined || !s.backend.approvals.has(`${ghost.purse}:${ghost.approvalNo}`)) return undefined;
  const backend = expire(s.backend, fateKey(ghost.purse, ghost.atc, ghost.cryptogram));
  return backend === undefined
    ? { situation: s, outcome: 'it was decided on before' }
    : { situation: { ...s, backend }, outcome: 'cancelled' };
}

export const markApproval = (
  s: Situation,
  ghost: GhostApproval,
  what: Partial<GhostApproval>,
): Situation => ({
  ...s,
  approvals: s.approvals.map((a) => (a === ghost ? { ...a, ...what } : a)),
});

/** I2: what is neither paid to the shop nor given back stands in the card's journal, open. */
export function assertApprovals(checks: Checks, s: Situation): void {
  for (const a of s.approvals) {
    const cell = memoryOf(s, a.purse).state.cells.find((c) => c?.entry.fields.seq === a.approvalNo);
    const state = cell !== undefined && 'approval' in cell ? cell.approval : undefined;
    const expected = a.recredited ? 'cancelled' : a.cleared ? 'open, or credited' : 'open';
    const isIn = state === undefined ? a.recredited || a.cleared : expected.includes(state);
    must(checks, 'I2', isIn, () => `${a.name} stands in its purse as ${state}, and should be ${expected}`);
  }
}
