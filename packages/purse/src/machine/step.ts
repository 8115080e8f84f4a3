/**
 * The shape of every step of the purse machine, and how it writes the journal.
 *
 * A step is a pure function (state, verified inputs) -> Step. It decides everything; it signs nothing and
 * stores nothing. The engine around it signs the body named in `sign`, commits `state` in one atomic write,
 * and answers only then.
 */
import { assert, type Bytes, concat } from '@sokkin/codec';
import { SEQ_MAX } from '../messages/header.ts';
import { type Entry, encodeEntry, headAfter } from '../messages/journal.ts';
import type { Cell, PurseState } from '../state.ts';
import { census, reservedCells, reservedNumbers } from '../state.ts';
import type { Refusal } from '../status.ts';

/** What a step answers with, before signing. */
export type Answer =
  /** Nothing to send. */
  | { readonly kind: 'none' }
  /** The new entry of this step: body, to be signed and stored in cell `index`. */
  | { readonly kind: 'entry'; readonly index: number; readonly body: Bytes }
  /** A message signed before: the same bytes as then. */
  | { readonly kind: 'stored'; readonly message: Bytes }
  /** Something to be signed that leaves no trace: Statement, Refusal. */
  | { readonly kind: 'attestation'; readonly body: Bytes };

export type Step =
  | { readonly status: 'ok'; readonly state: PurseState; readonly answer: Answer }
  | { readonly status: Refusal };

export const refuse = (status: Refusal): Step => ({ status });
export const unchanged = (state: PurseState, answer: Answer = { kind: 'none' }): Step => ({
  status: 'ok',
  state,
  answer,
});

/** The entry without its header, which `append` fills in. */
type WithoutHeader<E> = E extends { type: infer T; fields: infer F }
  ? { readonly type: T; readonly fields: Omit<F, 'purse' | 'seq' | 'link'> }
  : never;
export type NewEntry = WithoutHeader<Entry>;

export interface Appended {
  readonly state: PurseState;
  readonly index: number;
  readonly body: Bytes;
  readonly seq: number;
}

/** The message of a cell that was signed. */
export function storedMessage(cell: Cell): Bytes {
  assert(cell.signature !== undefined, 'a travelling entry is signed before it is stored');
  return concat(cell.body, cell.signature);
}

/**
 * Writes the next entry: next sequence number, chained, in a cell that is free.
 * `old` is the committed state, because a cell that this very step frees must survive until the commit.
 */
export function append(
  old: PurseState,
  state: PurseState,
  entry: NewEntry,
  make: (base: Cell) => Cell,
): Appended {
  assert(state.identity !== undefined, 'only a personalised purse writes a journal');
  assert(state.seq < SEQ_MAX, 'sequence numbers are reserved before they are needed');
  const seq = state.seq + 1;
  const purse = state.identity.purse.subjectRef;
  const full = { type: entry.type, fields: { purse, seq, link: state.head, ...entry.fields } } as Entry;
  const body = encodeEntry(full);
  const index = freeCell(old, state);
  assert(index >= 0, 'cells are reserved before they are needed');
  const cells = state.cells.slice();
  cells[index] = make({ entry: full, body, signature: undefined } as Cell);
  return { state: { ...state, seq, head: headAfter(body), cells }, index, body, seq };
}

function freeCell(old: PurseState, state: PurseState): number {
  for (let i = 0; i < old.cells.length; i++) {
    if (old.cells[i] === undefined && state.cells[i] === undefined) return i;
  }
  return -1;
}

/** Whether one more can be opened, with room kept to finish everything that is open. */
export function roomToOpen(
  state: PurseState,
  what: 'ticket' | 'payment' | 'approval',
): 'ok' | 'journal_full' | 'sequence_exhausted' {
  const c = census(state);
  // One cell for the new entry, and one to close it unless only a Grant can.
  const cells = what === 'approval' ? 1 : 2;
  if (c.free < cells + reservedCells(c)) return 'journal_full';
  // One number for the new entry, one to close it; an exhausted purse must still take Grants that settle it: two.
  if (SEQ_MAX - state.seq < 2 + reservedNumbers(c) + 2) return 'sequence_exhausted';
  return 'ok';
}

/** The state with another cell at one place. */
export function replaceCell(state: PurseState, index: number, cell: Cell): PurseState {
  const cells = state.cells.slice();
  cells[index] = cell;
  return { ...state, cells };
}

/** The state with every cell that is in use passed through `change`. */
export function mapCells(state: PurseState, change: (cell: Cell) => Cell | undefined): PurseState {
  return { ...state, cells: state.cells.map((c) => (c === undefined ? c : change(c))) };
}
