/**
 * What a terminal remembers of its payments, and how each may go on.
 *
 * What must hold: pure; a payment has one standing at a time; whatever was sent and not answered ends as `reversing`; sums of a
 * day are those of payments that are known to stand.
 */
import { type Bytes, hex, type IsoMessage } from '@sokkin/codec';
import { TAG } from '../emv/tags.ts';
import { panOf, type ReadCard } from './card.ts';
import type { Stamp } from './shop.ts';
import { addAuthorisation, addTotal, type DayTotals, NO_TOTALS } from './totals.ts';

export type TillKind = 'pay' | 'hold' | 'refund' | 'offline' | 'capture';

/**
 * open: sent, and no answer yet. approved (whole or in part), declined: as answered. reversing: to be taken back, and not yet taken as
 * such by the acquirer; reversed: taken. queued: an advice, or a refund without an answer, that waits for the line; sent: taken. refused: an advice, or a reversal, that
 * the acquirer will never take: a person has to look at it.
 */
export type TillStanding =
  | 'open'
  | 'approved'
  | 'declined'
  | 'reversing'
  | 'reversed'
  | 'queued'
  | 'sent'
  | 'refused';

/** What a receipt shows of the card. */
export interface ShownCard {
  /** All but the last four digits as stars. */
  readonly pan: string;
  readonly label: string;
  /** Hexadecimal. */
  readonly aid: string;
  readonly holder: 'none' | 'signature' | 'device';
}

export interface TillEntry {
  /** DE 37. */
  readonly reference: string;
  readonly kind: TillKind;
  readonly standing: TillStanding;
  readonly asked: bigint;
  /** What stands of it: approved, less what was taken back. */
  readonly stands: bigint;
  /** It was known to be approved before it was taken back: the day's totals show both. */
  readonly wasApproved: bigint;
  readonly approvalCode: string | undefined;
  /** DE 39 of the last answer, and its meaning. */
  readonly code: string | undefined;
  readonly meaning: string | undefined;
  readonly card: ShownCard;
  /** `YYMMDDhhmmss` */
  readonly local: string;
  /** What was sent, without track and chip data; of an advice, all of it. */
  readonly message: IsoMessage;
  /** While it is `reversing`: the message that takes it back, and what is left then. */
  readonly undo:
    | { readonly message: IsoMessage; readonly left: bigint; readonly wasSent: boolean }
    | undefined;
  /** An offline approval: what names it, if the same tap is brought twice. */
  readonly cryptogram: string | undefined;
  /** Of a hold: what was taken of it. Of a capture, a refund: the reference of its hold, of its payment. */
  readonly of: string | undefined;
  /** The shop's own name for it, where it has given one. */
  readonly name?: string | undefined;
}

export interface TillSale {
  readonly card: ReadCard;
  readonly amount: bigint;
  readonly holder: ShownCard['holder'];
  /** The shop's own name for it. */
  readonly name?: string | undefined;
}

export interface TillState {
  /** The last DE 11. */
  readonly stan: number;
  readonly batch: number;
  /** Of this batch, the oldest first. */
  readonly entries: readonly TillEntry[];
}

export const EMPTY_TILL: TillState = { stan: 0, batch: 1, entries: [] };
export const MOST_STAN = 999_999;

/** Messages that are kept hold neither track nor chip data, PIN or code; an advice needs its chip data. */
const NEVER_KEPT: readonly number[] = [35, 36, 45, 52, 64, 128];
export function keptOf(message: IsoMessage, keepsChip: boolean): IsoMessage {
  const dropped = keepsChip ? NEVER_KEPT : [...NEVER_KEPT, 55];
  return { ...message, fields: new Map([...message.fields].filter(([n]) => !dropped.includes(n))) };
}

export function changed(
  state: TillState,
  reference: string,
  kind: TillKind,
  change: Partial<TillEntry>,
): TillState {
  const entries = state.entries.map((e) =>
    e.reference === reference && e.kind === kind ? { ...e, ...change } : e,
  );
  return { ...state, entries };
}

export const entryOf = (state: TillState, reference: string): TillEntry | undefined =>
  state.entries.find((e) => e.reference === reference && e.kind !== 'capture');

const GIVEN: readonly TillStanding[] = ['open', 'queued', 'approved'];

/** What was given back of a payment, or may yet turn out to have been. */
export const givenBack = ({ entries }: TillState, reference: string): bigint =>
  entries
    .filter((e) => e.kind === 'refund' && e.of === reference && GIVEN.includes(e.standing))
    .reduce((sum, e) => sum + e.asked, 0n);

/** Whatever still has to reach the acquirer. */
export const waiting = (state: TillState): readonly TillEntry[] =>
  state.entries.filter((e) => ['open', 'reversing', 'queued'].includes(e.standing));

/** Totals of what is settled with the acquirer; what waits is not in them. */
export function totalsOf(state: TillState): DayTotals {
  return state.entries.reduce(addEntry, NO_TOTALS);
}

function addEntry(totals: DayTotals, entry: TillEntry): DayTotals {
  const { kind, standing, wasApproved, stands } = entry;
  if (wasApproved === 0n || standing === 'queued' || standing === 'refused') return totals;
  if (kind === 'hold') return addAuthorisation(totals);
  const isCredit = kind === 'refund';
  const paid = addTotal(totals, isCredit ? 'credits' : 'debits', wasApproved);
  const back = wasApproved - stands;
  return back === 0n ? paid : addTotal(paid, isCredit ? 'creditReversals' : 'debitReversals', back);
}

/** After the day was closed: what still waits goes over into the next batch. */
export const nextBatch = (state: TillState): TillState => ({
  ...state,
  batch: state.batch + 1,
  entries: state.entries.filter(
    (e) =>
      waiting(state).includes(e) || (e.kind === 'hold' && e.standing === 'approved' && e.of === undefined),
  ),
});

export const isSameTap = (entry: TillEntry, cryptogram: string): boolean => entry.cryptogram === cryptogram;

export function newEntry(
  stamp: Stamp,
  kind: TillKind,
  asked: bigint,
  card: ShownCard,
  message: IsoMessage,
  more: Partial<TillEntry>,
): TillEntry {
  return {
    ...{
      reference: stamp.reference,
      kind,
      standing: 'open',
      asked,
      stands: 0n,
      wasApproved: 0n,
      card,
      message,
    },
    ...{
      approvalCode: undefined,
      code: undefined,
      meaning: undefined,
      undo: undefined,
      cryptogram: undefined,
    },
    ...{ local: stamp.local, of: undefined },
    ...more,
  };
}

const LABEL = 0x50;

export function shownOf({ card: { data }, holder }: TillSale): ShownCard {
  const pan = panOf(data);
  const text = (bytes: Bytes | undefined): string => String.fromCharCode(...(bytes ?? []));
  return {
    pan: pan.slice(-4).padStart(pan.length, '*'),
    label: text(data.get(LABEL)),
    aid: hex(data.get(TAG.dfName) ?? data.get(TAG.terminalAid) ?? new Uint8Array(0)),
    holder,
  };
}
