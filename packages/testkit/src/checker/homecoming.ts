/**
 * Liveness: from wherever one is, honest people bring all value into balances, or to the shops that it was paid to.
 *
 * First what needs no network: each open payment is re-issued by its payer, shown to its payee, and the answer
 * shown to the payer. A payee may answer `ticket_unknown` (the ticket has left its window): such a payment is the
 * back-end's, and honest syncs must settle it: payees first, then payers. So is every approval: a TC that a shop holds
 * is presented, all others are cancelled when their time is over, and the purse's next Grant says so.
 */
import { isOutgoing, outgoingState } from '@sokkin/purse';
import type { Move } from './moves.ts';
import { play } from './play.ts';
import { tcName } from './shop.ts';
import { inFlight, isUnsettled, type Situation } from './situation.ts';
import type { Table } from './table.ts';
import { must, Violation } from './violation.ts';

/** How the value came home. */
export type Homecoming = 'in balances' | 'by messages' | 'by the back-end';

const MOVE = { about: '', amount: 0n, reference: 0, answer: 'seen', cut: 0 } as const;

export interface Home {
  readonly way: Homecoming;
  readonly situation: Situation;
  /** What was done to get there. */
  readonly moves: readonly Move[];
}

export async function bringHome(table: Table, start: Situation): Promise<Home> {
  try {
    return await homeward(table, start);
  } catch (error) {
    if (!(error instanceof Violation) || error.invariant === 'liveness') throw error;
    const trace = ['(on the way home)', ...error.trace];
    throw new Violation(error.invariant, error.what, trace, { cause: error });
  }
}

async function homeward(table: Table, start: Situation): Promise<Home> {
  const moves: Move[] = [];
  const go = async (at: Situation, move: Move): Promise<Situation> => {
    moves.push(move);
    return (await play(table, at, move))?.situation ?? at;
  };
  let s = start;
  if (isHome(s)) return { way: 'in balances', situation: s, moves };
  let stranded = 0;
  for (const p of start.payments) {
    if (!isOpen(s, p.payer, p.paymentNo)) continue;
    s = await go(s, { ...MOVE, kind: 'reissue', purse: p.payer, about: p.name });
    s = await go(s, { ...MOVE, kind: 'credit', purse: p.payee, about: p.name });
    const word = [...s.known.values()].find((k) => k.kind === 'receipt' && k.name.endsWith(` ${p.name}`));
    if (word === undefined) stranded++;
    else s = await go(s, { ...MOVE, kind: 'settle', purse: p.payer, about: word.name });
  }
  if (isHome(s)) return { way: 'by messages', situation: s, moves };
  const shopping = start.approvals.filter((a) => isOpen(start, a.purse, a.approvalNo));
  must(
    table.rig.options.checks,
    'liveness',
    stranded + shopping.length > 0,
    () => `messages alone do not bring ${flying(s)} home`,
  );
  for (const a of shopping) s = await go(s, { ...MOVE, kind: 'clear', purse: a.purse, about: tcName(a) });
  for (let round = 0; round < 2; round++) {
    for (let purse = 0; purse < s.memories.length; purse++) {
      s = await go(s, { ...MOVE, kind: 'sync', purse });
      const grants = s.backend.grants.filter((g) => g.purse === purse);
      const newest = grants[grants.length - 1];
      if (newest !== undefined) s = await go(s, { ...MOVE, kind: 'grant', purse, about: newest.name });
    }
    for (const a of shopping) s = await go(s, { ...MOVE, kind: 'expire', purse: a.purse, about: a.name });
  }
  must(
    table.rig.options.checks,
    'liveness',
    isHome(s),
    () => `not even the back-end brings ${flying(s)} home`,
  );
  return { way: 'by the back-end', situation: s, moves };
}

/** What has left a balance and did not arrive, or that its purse does not know to have arrived. */
const onTheWay = (s: Situation): readonly { readonly name: string }[] => [
  ...s.payments.filter((p) => inFlight(p) || isOpen(s, p.payer, p.paymentNo)),
  ...s.approvals.filter((a) => isUnsettled(a) || isOpen(s, a.purse, a.approvalNo)),
];

const isHome = (s: Situation): boolean => onTheWay(s).length === 0;

function isOpen(s: Situation, purse: number, number: number): boolean {
  const cells = s.memories[purse]?.state.cells ?? [];
  return cells.some((c) => isOutgoing(c) && c.entry.fields.seq === number && outgoingState(c) === 'open');
}

const flying = (s: Situation): string =>
  onTheWay(s)
    .map(({ name }) => name)
    .join(', ');
