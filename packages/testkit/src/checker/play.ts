/**
 * Plays one move: builds the command's bytes, has the engine run it, and holds what happened against the ghost record.
 *
 * What must hold after every move:
 * - a purse writes at most one entry, and its balance changes by exactly what that entry says;
 * - I1: sum of balances + payments in flight == paid in; no payment is credited or re-credited twice, or both;
 * - I2: every payment in flight is still held, signed, by its payer;
 * - I3: a credited payment is never cancelled or re-credited;
 * - I6: an open ticket leaves the memory of its purse only by being consumed.
 */
import { type Bytes, command, decodeTlvs, encodeCommand, hex } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import {
  CLA,
  headAfter,
  INS,
  isTicket,
  object,
  type PurseState,
  parsePayment,
  parseReceipt,
  parseTicket,
  paymentCell,
} from '@sokkin/purse';
import { creditRequest, payRequest, settleRequest, ticketRequest, type World } from '../world.ts';
import { FROM_START, receiveSync, SYNC_NONCE } from './backend.ts';
import { ALLOWED, instructionByte, type Move, paymentName, words } from './moves.ts';
import type { Memory, Rig } from './rig.ts';
import {
  type Ghost,
  inFlight,
  type Known,
  learn,
  letter,
  memoryOf,
  type Situation,
  withMemory,
} from './situation.ts';
import { type Checks, must, Violation } from './violation.ts';

export interface Table {
  readonly rig: Rig;
  readonly world: World;
  readonly certificates: readonly Certificate[];
  /** What the issuer paid in, minor units. */
  readonly paidIn: bigint;
}

export interface Played {
  readonly situation: Situation;
  readonly outcome: string;
}

/** Plays the move. `undefined`: what it is about does not exist here (a trace was shortened). */
export async function play(table: Table, s: Situation, move: Move): Promise<Played | undefined> {
  try {
    if (move.kind === 'sync') return await playSync(table, s, move);
    const data = dataOf(table, s, move);
    if (data === undefined) return undefined;
    const apdu = apduOf(instructionByte(move.kind), data);
    const memory = memoryOf(s, move.purse);
    if (move.answer === 'torn') return await playTorn(table, s, move, apdu);
    const { status, sw, data: answer, next } = await table.rig.run(memory, apdu, ALLOWED[move.kind]);
    const observed = observe(table, withMemory(s, move.purse, next), move, memory, next);
    const after =
      move.answer === 'seen' ? learn(observed, messageIn(table, observed, move, answer)) : observed;
    assertSituation(table, after);
    return { situation: after, outcome: status ?? sw.toString(16) };
  } catch (error) {
    if (error instanceof Violation && error.trace.length === 0) {
      throw new Violation(error.invariant, error.what, [words(move)]);
    }
    throw error;
  }
}

async function playTorn(table: Table, s: Situation, move: Move, apdu: Bytes): Promise<Played> {
  const before = memoryOf(s, move.purse);
  const after = await table.rig.tear(before, apdu, move.cut);
  const situation = observe(table, withMemory(s, move.purse, after), move, before, after);
  assertSituation(table, situation);
  return { situation, outcome: after.state.seq === before.state.seq ? 'nothing happened' : 'it happened' };
}

export const apduOf = (ins: number, data: Bytes): Bytes =>
  encodeCommand(command(CLA.purse, ins, 0, 0, data, 65536), { extended: true });

function dataOf(table: Table, s: Situation, move: Move): Bytes | undefined {
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
    case 'sync':
      return undefined;
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
  const statement = await table.rig.run(memory, apduOf(INS.statement, SYNC_NONCE), ALLOWED.sync);
  const journal = await table.rig.run(memory, apduOf(INS.readJournal, FROM_START), ALLOWED.sync);
  const answers = { statement: statement.data, journal: journal.data };
  const { backend, grant, bytes } = await receiveSync(table.world, s.backend, move.purse, answers);
  const known: Known = { kind: 'grant', name: grant.name, of: move.purse, bytes };
  return { situation: learn({ ...s, backend }, known), outcome: grant.name };
}

/** The message that an answer carries, by name. */
function messageIn(_: Table, s: Situation, move: Move, answer: Bytes): Known | undefined {
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
      const stillOpen = cancelled.filter((no) => paymentCell(old, no)?.payment === 'open');
      const settled = giveBack(checks, s, purse, stillOpen);
      next = settled.situation;
      change = settled.change;
      break;
    }
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
  const flying = s.payments.filter(inFlight).reduce((sum, p) => sum + p.amount, 0n);
  must(checks, 'I1', balances + flying === table.paidIn, () => {
    return `balances ${balances} and in flight ${flying} are not the ${table.paidIn} paid in`;
  });
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
