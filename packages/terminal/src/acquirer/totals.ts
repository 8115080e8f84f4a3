/**
 * The day's totals of a terminal, and the message that closes it (0500).
 *
 * What must hold: counts and sums are those of what was approved; a reversal counts beside what it reverses and takes nothing from it
 * (ISO 8583, fields 74 to 97); sums do not overflow.
 */
import { type IsoMessage, type IsoProfile, isoMessage } from '@sokkin/codec';
import { headerOf, type Writing } from './messages.ts';
import { type Fields, is1987, known, type Stamp, shopFields } from './shop.ts';

export interface Total {
  readonly count: number;
  readonly amount: bigint;
}

/** Seen from the merchant: debits are what cards paid, credits what they got back. */
export interface DayTotals {
  readonly debits: Total;
  readonly debitReversals: Total;
  readonly credits: Total;
  readonly creditReversals: Total;
  /** Questions that were approved without moving money. */
  readonly authorisations: number;
}

const NOTHING: Total = { count: 0, amount: 0n };
export const NO_TOTALS: DayTotals = {
  debits: NOTHING,
  debitReversals: NOTHING,
  credits: NOTHING,
  creditReversals: NOTHING,
  authorisations: 0,
};

export type DayEntry = keyof Omit<DayTotals, 'authorisations'>;

export function addTotal(totals: DayTotals, entry: DayEntry, amount: bigint): DayTotals {
  const { count, amount: before } = totals[entry];
  return { ...totals, [entry]: { count: count + 1, amount: before + amount } };
}

export const addAuthorisation = (totals: DayTotals): DayTotals => ({
  ...totals,
  authorisations: totals.authorisations + 1,
});

/** What the merchant gets; below zero: what it owes. */
export const netOf = ({ debits, debitReversals, credits, creditReversals }: DayTotals): bigint =>
  debits.amount - debitReversals.amount - credits.amount + creditReversals.amount;

/** 0500: the acquirer compares these totals with its own. */
export function closeRequest({ profile, shop }: Writing, stamp: Stamp, totals: DayTotals): IsoMessage {
  const net = netOf(totals);
  const fields: Fields = {
    ...shopFields(profile, shop, stamp),
    ...totalFields(profile, totals),
    ...known(profile, {
      50: shop.currency,
      // What the acquirer is to pay is a credit of the terminal's side
      97: { sign: net < 0n ? 'D' : 'C', amount: net < 0n ? -net : net },
      ...(is1987(profile) ? {} : { 24: '500', 28: stamp.local.slice(0, 6) }),
    }),
  };
  // Not fields of reconciliation
  delete fields[18];
  delete fields[26];
  return isoMessage(`${is1987(profile) ? '0' : '1'}500`, fields, headerOf(profile));
}

function totalFields(profile: IsoProfile, totals: DayTotals): Fields {
  const number = (count: number): string => count.toString().padStart(10, '0');
  return known(profile, {
    74: number(totals.credits.count),
    75: number(totals.creditReversals.count),
    76: number(totals.debits.count),
    77: number(totals.debitReversals.count),
    81: number(totals.authorisations),
    86: totals.credits.amount,
    87: totals.creditReversals.amount,
    88: totals.debits.amount,
    89: totals.debitReversals.amount,
  });
}
