/**
 * Plays one move: builds the command's bytes, has the engine run it, and holds what happened against the ghost record.
 *
 * What must hold after every move:
 * - a purse writes at most one entry, and its balance changes by exactly what that entry says;
 * - I1: sum of balances + payments and approvals in flight + cleared to shops == paid in; no payment is credited or
 *   re-credited twice, or both;
 * - I2: every payment in flight is still held, signed, by its payer;
 * - I3: a credited payment is never cancelled or re-credited;
 * - I6: an open ticket leaves the memory of its purse only by being consumed.
 */
import { type Bytes, decodeTlvs, hex } from '@sokkin/codec';
import {
  headAfter,
  INS,
  isOutgoing,
  isTicket,
  object,
  outgoingState,
  type PurseState,
  parsePayment,
  parseReceipt,
  parseTicket,
  paymentCell,
} from '@sokkin/purse';
import { creditRequest, payRequest, settleRequest, ticketRequest } from '../world.ts';
import { FROM_START, receiveSync, SYNC_NONCE } from './backend.ts';
import { ALLOWED, type CommandMove, instructionByte, type Move, paymentName, words } from './moves.ts';
import type { Memory } from './rig.ts';
import { purseSession, type Session } from './session.ts';
import {
  assertApprovals,
  judgeTap,
  markApproval,
  noteApproval,
  playClear,
  playExpire,
  REFUSED_TAPS,
  saleOf,
  type TapMove,
  tcIn,
} from './shop.ts';
import {
  type Ghost,
  inFlight,
  isUnsettled,
  type Known,
  learn,
  letter,
  memoryOf,
  type Situation,
  withMemory,
} from './situation.ts';
import type { Played, Table } from './table.ts';
import { isTapKind, tapSession } from './tap.ts';
import { type Checks, must, Violation } from './violation.ts';

/** Plays the move. `undefined`: what it is about does not exist here (a trace was shortened). */
export async function play(table: Table, s: Situation, move: Move): Promise<Played | undefined> {
  try {
    const played = await playKind(table, s, move);
    if (played !== undefined && played.situation !== s) assertSituation(table, played.situation);
    return played;
  } catch (error) {
    if (error instanceof Violation && error.trace.length === 0) {
      throw new Violation(error.invariant, error.what, [words(move)]);
    }
    throw error;
  }
}

async function playKind(table: Table, s: Situation, move: Move): Promise<Played | undefined> {
  const { kind } = move;
  if (isTapKind(kind)) return playTap(table, s, { ...move, kind });
  switch (kind) {
    case 'sync':
      return playSync(table, s, move);
    case 'clear':
      return playClear(table, s, move);
    case 'expire':
      return playExpire(s, move);
    default:
      return playCommand(table, s, { ...move, kind });
  }
}

async function playCommand(table: Table, s: Situation, move: CommandMove): Promise<Played | undefined> {
  const data = dataOf(table, s, move);
  if (data === undefined) return undefined;
  const session = purseSession(instructionByte(move.kind), data);
  if (move.answer === 'torn') return playTorn(table, s, move, session);
  const memory = memoryOf(s, move.purse);
  const { status, sw, data: answer, next } = await table.rig.run(memory, session, ALLOWED[move.kind]);
  const observed = observe(table, withMemory(s, move.purse, next), move, memory, next);
  const after = move.answer === 'seen' ? learn(observed, messageIn(observed, move, answer)) : observed;
  return { situation: after, outcome: status ?? sw.toString(16) };
}

async function playTap(table: Table, s: Situation, move: TapMove): Promise<Played | undefined> {
  const sale = saleOf(table, move.about);
  const memory = memoryOf(s, move.purse);
  if (sale === undefined || memory.emv === undefined) return undefined;
  const session = tapSession(move.kind, move.purse, sale);
  if (move.answer === 'torn') return playTorn(table, s, move, session);
  const outcome = await table.rig.run(memory, session, REFUSED_TAPS);
  const observed = observe(table, withMemory(s, move.purse, outcome.next), move, memory, outcome.next);
  const given = judgeTap(table.rig.options.checks, observed, move, memory, outcome);
  if (given === undefined) return { situation: observed, outcome: outcome.sw.toString(16) };
  const tc = move.answer === 'seen' ? tcIn(observed, move, given, outcome.data) : undefined;
  return { situation: learn(observed, tc), outcome: given.type };
}

async function playTorn(table: Table, s: Situation, move: Move, session: Session): Promise<Played> {
  const before = memoryOf(s, move.purse);
  const after = await table.rig.tear(before, session, move.cut);
  const situation = observe(table, withMemory(s, move.purse, after), move, before, after);
  return { situation, outcome: after.state.seq === before.state.seq ? 'nothing happened' : 'it happened' };
}

function dataOf(table: Table, s: Situation, move: CommandMove): Bytes | undefined {
  const message = s.known.get(move.about);
  const certificate = message === undefined ? undefined : table.certificates[message.of];
  switch (move.kind) {
    case 'ticket':
      return ticketRequest(move.amount, move.reference);
    case 'void':
      return numberObject(s.tickets.find((t) => t.name === move.about)?.ticketNo);
    case 'reissue':
      return numberObject(s.payments.find((p) => p.name === move.about)?.paymentNo);
    case 'pay':
      return message && certificate && payRequest(certificate, message.bytes, move.amount);
    case 'credit':
    case 'cancel':
      return message && certificate && creditRequest(certificate, message.bytes);
    case 'settle':
      return message && certificate && settleRequest(certificate, message.bytes);
    case 'grant':
      return message?.bytes;
  }
}

export function numberObject(no: number | undefined): Bytes | undefined {
  if (no === undefined) return undefined;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, no);
  return object('number', bytes);
}

async function playSync(table: Table, s: Situation, move: Move): Promise<Played> {
  const memory = memoryOf(s, move.purse);
  const statement = await table.rig.run(memory, purseSession(INS.statement, SYNC_NONCE), ALLOWED.sync);
  const journal = await table.rig.run(memory, purseSession(INS.readJournal, FROM_START), ALLOWED.sync);
  const answers = { statement: statement.data, journal: journal.data };
  const { backend, grant, bytes } = await receiveSync(table.world, s.backend, move.purse, answers);
  const known: Known = { kind: 'grant', name: grant.name, of: move.purse, bytes };
  return { situation: learn({ ...s, backend }, known), outcome: grant.name };
}

/** The message that an answer carries, by name. */
function messageIn(s: Situation, move: CommandMove, answer: Bytes): Known | undefined {
  const [value] = answer.length === 0 ? [] : decodeTlvs(answer).map((t) => t.value);
  if (value === undefined) return undefined;
  const of = move.purse;
  switch (move.kind) {
    case 'ticket': {
      const { seq } = parseTicket(value).fields;
      const ticket = s.tickets.find((t) => t.purse === of && t.ticketNo === seq);
      return ticket && { kind: 'ticket', name: ticket.name, of, bytes: value };
    }
    case 'pay':
    case 'reissue': {
      const hash = hex(headAfter(parsePayment(value).body));
      const payment = s.payments.find((p) => p.hash === hash);
      if (payment === undefined)
        throw new Violation('I1', 'a Payment left its payer, and nothing was debited');
      return { kind: 'payment', name: payment.name, of, bytes: value };
    }
    case 'credit':
    case 'cancel': {
      const { paymentHash, kind, outcome } = parseReceipt(value).fields;
      const payment = s.payments.find((p) => p.hash === hex(paymentHash));
      return payment && { kind: 'receipt', name: `${kind} ${outcome} ${payment.name}`, of, bytes: value };
    }
    default:
      return undefined;
  }
}

/** Brings the ghost record up to date with what the purse wrote, and checks the purse's arithmetic. */
function observe(table: Table, s: Situation, move: Move, before: Memory, after: Memory): Situation {
  const [old, now] = [before.state, after.state];
  // Recovery may have rewritten the same state elsewhere.
  if (after === before || (now.seq === old.seq && now.balance === old.balance)) return s;
  const { checks } = table.rig.options;
  const written = now.cells.filter((c) => c !== undefined && c.entry.fields.seq > old.seq);
  const one = now.seq === old.seq + 1 && written.length === 1;
  must(checks, 'I4', one, () => `one command wrote ${now.seq - old.seq} entries`);
  const [cell] = written;
  if (cell === undefined) return s;
  assertOpenTicketsKept(checks, old, now, cell.entry.type, move);
  const { purse } = move;
  let next = s;
  let change = 0n;
  switch (cell.entry.type) {
    case 'ticket': {
      const { seq, maxAmount } = cell.entry.fields;
      const nth = s.tickets.filter((t) => t.purse === purse).length + 1;
      const name = `${letter(purse)}.t${nth}`;
      const ticket = { name, purse, ticketNo: seq, max: maxAmount, reference: move.reference };
      next = { ...s, tickets: [...s.tickets, ticket] };
      break;
    }
    case 'payment': {
      const { seq, amount, ticketNo, payee } = cell.entry.fields;
      change = -amount;
      const payeeNo = table.certificates.findIndex((c) => hex(c.subjectRef) === hex(payee));
      const ticket = s.tickets.find((t) => t.purse === payeeNo && t.ticketNo === ticketNo)?.name ?? '?';
      const ghost: Ghost = {
        name: paymentName(s, purse, ticket, amount),
        payer: purse,
        payee: payeeNo,
        ticketNo,
        paymentNo: seq,
        amount,
        hash: hex(headAfter(cell.body)),
        credited: false,
        recredited: false,
      };
      next = { ...s, payments: [...s.payments, ghost] };
      break;
    }
    case 'receipt': {
      const { outcome, amount, paymentHash } = cell.entry.fields;
      const ghost = s.payments.find((p) => p.hash === hex(paymentHash));
      if (outcome === 'credited') {
        change = amount;
        if (ghost === undefined)
          throw new Violation('I1', 'a payment is credited that nobody was debited for');
        must(checks, 'I1', !ghost.credited, () => `${ghost.name} is credited twice`);
        must(checks, 'I1', !ghost.recredited, () => `${ghost.name} is credited, and was given back before`);
        next = mark(s, ghost, { credited: true });
      } else {
        must(
          checks,
          'I3',
          ghost?.credited !== true,
          () => `${ghost?.name} was credited and is cancelled now`,
        );
      }
      break;
    }
    case 'settle': {
      const { paymentNo, outcome } = cell.entry.fields;
      const settled = giveBack(checks, s, purse, outcome === 'cancelled' ? [paymentNo] : []);
      next = settled.situation;
      change = settled.change;
      break;
    }
    case 'grantApplied': {
      const grant = s.backend.grants.find((g) => g.name === move.about);
      const cancelled = (grant?.resolutions ?? [])
        .filter((r) => r.outcome === 'cancelled')
        .map((r) => r.paymentNo);
      const isStillOpen = (no: number) =>
        old.cells.some((c) => isOutgoing(c) && c.entry.fields.seq === no && outgoingState(c) === 'open');
      const settled = giveBack(checks, s, purse, cancelled.filter(isStillOpen));
      next = settled.situation;
      change = settled.change;
      break;
    }
    case 'approval':
      change = -cell.entry.fields.amount;
      next = noteApproval(table, s, move, cell.entry.fields);
      break;
    default:
      break;
  }
  must(checks, 'I1', now.balance === old.balance + change, () => {
    return `${letter(purse)} wrote a ${cell.entry.type} and its balance went from ${old.balance} to ${now.balance}`;
  });
  return next;
}

const mark = (s: Situation, ghost: Ghost, what: Partial<Ghost>): Situation => ({
  ...s,
  payments: s.payments.map((p) => (p === ghost ? { ...p, ...what } : p)),
});

function giveBack(
  checks: Checks,
  s: Situation,
  purse: number,
  numbers: readonly number[],
): { situation: Situation; change: bigint } {
  let situation = s;
  let change = 0n;
  for (const no of numbers) {
    const approval = situation.approvals.find((a) => a.purse === purse && a.approvalNo === no);
    if (approval !== undefined) {
      must(checks, 'I3', !approval.cleared, () => `${approval.name} was paid to the shop and is given back`);
      must(checks, 'I1', !approval.recredited, () => `${approval.name} is given back twice`);
      change += approval.amount;
      situation = markApproval(situation, approval, { recredited: true });
      continue;
    }
    const ghost = situation.payments.find((p) => p.payer === purse && p.paymentNo === no);
    if (ghost === undefined) throw new Violation('I1', `payment ${no} is given back and was never made`);
    must(checks, 'I3', !ghost.credited, () => `${ghost.name} was credited and is given back to its payer`);
    must(checks, 'I1', !ghost.recredited, () => `${ghost.name} is given back twice`);
    change += ghost.amount;
    situation = mark(situation, ghost, { recredited: true });
  }
  return { situation, change };
}

function assertOpenTicketsKept(
  checks: Checks,
  old: PurseState,
  now: PurseState,
  wrote: string,
  move: Move,
): void {
  const open = (state: PurseState) =>
    state.cells.flatMap((c) => (isTicket(c) && c.ticket === 'open' ? [c.entry.fields.seq] : []));
  const left = new Set(open(now));
  const gone = open(old).filter((no) => !left.has(no)).length;
  const may = wrote === 'receipt' || wrote === 'void' ? 1 : 0;
  must(
    checks,
    'I6',
    gone <= may,
    () => `${letter(move.purse)} forgot an open ticket when it wrote a ${wrote}`,
  );
}

/** What must hold wherever one is. */
export function assertSituation(table: Table, s: Situation): void {
  const { checks } = table.rig.options;
  const balances = s.memories.reduce((sum, m) => sum + m.state.balance, 0n);
  const sumOf = (all: readonly { readonly amount: bigint }[]) =>
    all.reduce((sum, { amount }) => sum + amount, 0n);
  const flying = sumOf(s.payments.filter(inFlight)) + sumOf(s.approvals.filter(isUnsettled));
  const cleared = sumOf(s.approvals.filter((a) => a.cleared));
  must(checks, 'I1', balances + flying + cleared === table.paidIn, () => {
    return `balances ${balances}, in flight ${flying}, with shops ${cleared}: not the ${table.paidIn} paid in`;
  });
  assertApprovals(checks, s);
  for (const p of s.payments.filter(inFlight)) {
    const cell = paymentCell(memoryOf(s, p.payer).state, p.paymentNo);
    const held = cell?.signature !== undefined && hex(headAfter(cell.body)) === p.hash;
    must(checks, 'I2', held, () => `${p.name} is in flight, and its payer can not show it any more`);
    must(
      checks,
      'I2',
      cell?.payment === 'open',
      () => `${p.name} is in flight, and its payer takes it for done`,
    );
  }
}
