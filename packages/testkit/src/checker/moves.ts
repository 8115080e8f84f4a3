/**
 * What can be done in a situation: every purse command with every message that the adversary holds, every tap of a
 * shop's terminal, and what the honest back-end does: sync, paying for a TC, giving up on one. A move is told in words, and can be replayed from them.
 */
import { INS, type Instruction, type Refusal } from '@sokkin/purse';
import { fateKey, letter, type MessageKind, type Situation } from './situation.ts';
import { isTapKind, type Sale, TAP_KINDS, type TapKind } from './tap.ts';

/** One command of the purse. */
export type CommandKind = 'ticket' | 'void' | 'pay' | 'credit' | 'cancel' | 'settle' | 'reissue' | 'grant';
export type MoveKind = CommandKind | TapKind | 'sync' | 'clear' | 'expire';

export interface Move {
  readonly kind: MoveKind;
  /** The purse that gets the command, or that the TC or approval is of. */
  readonly purse: number;
  /** Name of the message, ticket, payment, sale or approval that it is about. */
  readonly about: string;
  /** Of a payment; of a ticket its maximum. */
  readonly amount: bigint;
  /** Reference of a ticket. */
  readonly reference: number;
  /** Whether the answer reaches the adversary, is lost on its way, or never leaves, because power goes. */
  readonly answer: 'seen' | 'lost' | 'torn';
  /** Where power goes: a number that is taken modulo the bytes written. */
  readonly cut: number;
}

export interface CommandMove extends Move {
  readonly kind: CommandKind;
}

export const INSTRUCTION: Readonly<Record<CommandKind, Instruction>> = {
  ticket: 'issueTicket',
  void: 'voidTicket',
  pay: 'pay',
  credit: 'credit',
  cancel: 'cancel',
  settle: 'settle',
  reissue: 'reissue',
  grant: 'applyGrant',
};
export const instructionByte = (kind: CommandKind): number => INS[INSTRUCTION[kind]];

/** What a command may be refused with while all messages are genuine; anything else is a fault. */
export const ALLOWED: Readonly<Record<CommandKind | 'sync', ReadonlySet<Refusal>>> = {
  ticket: new Set(['ticket_window_full', 'journal_full', 'over_holding_limit', 'reference_reused']),
  void: new Set(['ticket_unknown', 'ticket_spent']),
  pay: new Set([
    'own_purse',
    'over_ticket_maximum',
    'insufficient_balance',
    'outgoing_window_full',
    'journal_full',
    'ticket_spent',
  ]),
  credit: new Set(['not_for_this_purse', 'ticket_unknown']),
  cancel: new Set(['not_for_this_purse', 'ticket_unknown']),
  settle: new Set(['not_for_this_purse', 'payment_unknown']),
  reissue: new Set(['payment_unknown']),
  sync: new Set(),
  grant: new Set(['not_for_this_purse', 'grant_stale', 'grant_mismatch', 'journal_full']),
};

/** How far a run goes. Within these bounds it is exhaustive. */
export interface Bounds {
  /** Tickets that each purse may issue. */
  readonly tickets: readonly number[];
  /** Payments that each purse may make. */
  readonly payments: readonly number[];
  /** Grants that the back-end may sign for each purse. */
  readonly grants: readonly number[];
  /** Of one payment, 1 to this. */
  readonly amount: bigint;
  /** Most of a ticket. */
  readonly maximum: bigint;
  /** EMV transactions that each card may begin. */
  readonly taps: readonly number[];
  /** What a shop's terminal has to sell; any card may buy any of it, as often as it is tapped. */
  readonly sales: readonly Sale[];
}

const BASE = { about: '', amount: 0n, reference: 0, answer: 'seen', cut: 0 } as const;

/** Every move, both ways; those that the bounds forbid, or that have no message yet, are left out. */
export function movesOf(s: Situation, bounds: Bounds): Move[] {
  const moves: Move[] = [];
  const both = (move: Omit<Move, 'answer'>) => {
    moves.push({ ...move, answer: 'seen' }, { ...move, answer: 'lost' });
  };
  const held = (kind: MessageKind) => [...s.known.values()].filter((k) => k.kind === kind);
  for (let purse = 0; purse < s.memories.length; purse++) {
    const mine = s.tickets.filter((t) => t.purse === purse);
    const issued = mine.length;
    if (issued < (bounds.tickets[purse] ?? 0)) {
      both({ ...BASE, kind: 'ticket', purse, amount: bounds.maximum, reference: issued + 1 });
    }
    for (const t of mine) {
      // Asking again gives the ticket if its answer was lost; one that is known is asked for in `Rig` already.
      if (!s.known.has(t.name) && isRemembered(s, purse, t.ticketNo)) {
        moves.push({ ...BASE, kind: 'ticket', purse, amount: t.max, reference: t.reference });
      }
      moves.push({ ...BASE, kind: 'void', purse, about: t.name });
    }
    const paid = s.payments.filter((p) => p.payer === purse).length;
    if (paid < (bounds.payments[purse] ?? 0)) {
      for (const t of held('ticket')) {
        for (let amount = 1n; amount <= bounds.amount; amount++)
          both({ ...BASE, kind: 'pay', purse, about: t.name, amount });
      }
    }
    for (const p of s.payments.filter((p) => p.payer === purse)) {
      if (!s.known.has(p.name)) moves.push({ ...BASE, kind: 'reissue', purse, about: p.name });
    }
    for (const p of held('payment')) {
      both({ ...BASE, kind: 'credit', purse, about: p.name });
      both({ ...BASE, kind: 'cancel', purse, about: p.name });
    }
    for (const r of held('receipt')) moves.push({ ...BASE, kind: 'settle', purse, about: r.name });
    if (s.backend.grants.filter((g) => g.purse === purse).length < (bounds.grants[purse] ?? 0)) {
      moves.push({ ...BASE, kind: 'sync', purse });
    }
    for (const g of held('grant')) moves.push({ ...BASE, kind: 'grant', purse, about: g.name });
    moves.push(...tapsOf(s, purse, bounds));
  }
  for (const tc of held('tc')) moves.push({ ...BASE, kind: 'clear', purse: tc.of, about: tc.name });
  for (const a of s.approvals) {
    const isKnown = s.backend.approvals.has(`${a.purse}:${a.approvalNo}`);
    if (isKnown && !s.backend.fates.has(fateKey(a.purse, a.atc, a.cryptogram)))
      moves.push({ ...BASE, kind: 'expire', purse: a.purse, about: a.name });
  }
  return moves;
}

/** Only a lost TC makes a difference; other answers are worth nothing to anybody. */
const LOSES: ReadonlySet<TapKind> = new Set(['sell', 'unable']);

function tapsOf(s: Situation, purse: number, { taps, sales }: Bounds): Move[] {
  const begun = s.memories[purse]?.emv?.atc;
  if (begun === undefined || begun >= (taps[purse] ?? 0)) return [];
  return sales.flatMap(({ name: about }) =>
    TAP_KINDS.flatMap((kind): Move[] => {
      const seen = { ...BASE, kind, purse, about };
      return LOSES.has(kind) ? [seen, { ...seen, answer: 'lost' }] : [seen];
    }),
  );
}

const isRemembered = (s: Situation, purse: number, ticketNo: number): boolean =>
  s.memories[purse]?.state.cells.some(
    (c) => c !== undefined && 'ticket' in c && c.entry.fields.seq === ticketNo && c.ticket !== 'forgotten',
  ) ?? false;

/** A line for a trace. */
export function words(move: Move, outcome = ''): string {
  const purse = letter(move.purse);
  const lost = { seen: '', lost: ', answer lost', torn: `, power cut (${move.cut})` }[move.answer];
  const end = outcome === '' ? lost : `${lost}: ${outcome}`;
  const { kind } = move;
  if (isTapKind(kind)) return `${purse} in the shop, ${TAP_WORDS[kind]} for ${move.about}${end}`;
  switch (kind) {
    case 'ticket':
      return `${purse} ISSUE TICKET at most ${move.amount}, reference ${move.reference}${end}`;
    case 'pay':
      return `${purse} PAY ${move.amount} on ${move.about}${end}`;
    case 'sync':
      return `${purse} shows Statement and journal, the back-end signs a Grant${end}`;
    case 'clear':
      return `the shop presents ${move.about}${end}`;
    case 'expire':
      return `the time to present the TC of ${move.about} is over${end}`;
    default:
      return `${purse} ${INSTRUCTION[kind].toUpperCase()} ${move.about}${end}`;
  }
}

const TAP_WORDS: Readonly<Record<TapKind, string>> = {
  decline: 'GENERATE AC (AAC)',
  sell: 'GENERATE AC (TC)',
  ask: 'GENERATE AC (ARQC)',
  unable: 'GENERATE AC (ARQC), then (TC) with Y3',
  online: 'GENERATE AC (ARQC), then (TC) with the approval of the issuer',
  recover: 'RECOVER AC',
};

/** The name of a payment made on a ticket; the second one of the same payer and amount gets a mark. */
export function paymentName(s: Situation, payer: number, ticket: string, amount: bigint): string {
  const name = `${letter(payer)}>${ticket}/${amount}`;
  const same = s.payments.filter((p) => p.name === name || p.name.startsWith(`${name}'`)).length;
  return name + "'".repeat(same);
}
