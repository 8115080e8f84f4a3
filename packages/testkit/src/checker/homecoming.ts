/**
 * Liveness: from wherever one is, honest people bring all value into balances.
 *
 * First what needs no network: each open payment is re-issued by its payer, shown to its payee, and the answer
 * shown to the payer. A payee may answer `ticket_unknown` (the ticket has left its window): such a payment is the
 * back-end's, and honest syncs must settle it: payees first, then payers.
 */
import { isPayment } from '@sokkin/purse';
import type { Move } from './moves.ts';
import { play, type Table } from './play.ts';
import { inFlight, type Situation } from './situation.ts';
import { must, Violation } from './violation.ts';

/** How the value came home. */
export type Homecoming = 'in balances' | 'by messages' | 'by the back-end';

const MOVE = { about: '', amount: 0n, reference: 0, answer: 'seen', cut: 0 } as const;

export async function bringHome(table: Table, start: Situation): Promise<Homecoming> {
  try {
    return await homeward(table, start);
  } catch (error) {
    if (!(error instanceof Violation) || error.invariant === 'liveness') throw error;
    const trace = ['(on the way home)', ...error.trace];
    throw new Violation(error.invariant, error.what, trace, { cause: error });
  }
}

async function homeward(table: Table, start: Situation): Promise<Homecoming> {
  if (isHome(start)) return 'in balances';
  let s = start;
  let stranded = 0;
  for (const p of start.payments) {
    if (!isOpen(s, p.payer, p.paymentNo)) continue;
    s = await done(table, s, { ...MOVE, kind: 'reissue', purse: p.payer, about: p.name });
    s = await done(table, s, { ...MOVE, kind: 'credit', purse: p.payee, about: p.name });
    const word = [...s.known.values()].find((k) => k.kind === 'receipt' && k.name.endsWith(` ${p.name}`));
    if (word === undefined) stranded++;
    else s = await done(table, s, { ...MOVE, kind: 'settle', purse: p.payer, about: word.name });
  }
  if (isHome(s)) return 'by messages';
  must(
    table.rig.options.checks,
    'liveness',
    stranded > 0,
    () => `messages alone do not bring ${flying(s)} home`,
  );
  for (let round = 0; round < 2; round++) {
    for (let purse = 0; purse < s.memories.length; purse++) {
      s = await done(table, s, { ...MOVE, kind: 'sync', purse });
      const grants = s.backend.grants.filter((g) => g.purse === purse);
      const newest = grants[grants.length - 1];
      if (newest !== undefined)
        s = await done(table, s, { ...MOVE, kind: 'grant', purse, about: newest.name });
    }
  }
  must(
    table.rig.options.checks,
    'liveness',
    isHome(s),
    () => `not even the back-end brings ${flying(s)} home`,
  );
  return 'by the back-end';
}

async function done(table: Table, s: Situation, move: Move): Promise<Situation> {
  const played = await play(table, s, move);
  return played?.situation ?? s;
}

const isHome = (s: Situation): boolean =>
  !s.payments.some(inFlight) && !s.payments.some((p) => isOpen(s, p.payer, p.paymentNo));

function isOpen(s: Situation, purse: number, paymentNo: number): boolean {
  const cells = s.memories[purse]?.state.cells ?? [];
  return cells.some((c) => isPayment(c) && c.entry.fields.seq === paymentNo && c.payment === 'open');
}

const flying = (s: Situation): string =>
  s.payments
    .filter((p) => inFlight(p) || isOpen(s, p.payer, p.paymentNo))
    .map((p) => p.name)
    .join(', ');
