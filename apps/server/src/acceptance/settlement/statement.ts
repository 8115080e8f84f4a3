/**
 * What stands behind a merchant's day: its payments, and the entries of its account.
 *
 * What must hold: the camt.053 of a day begins where that of the day before ended, at an entry of the account.
 */
import { camt053, type LedgerTx, type SettledMovement } from '@sokkin/issuer';
import type { Backend } from '../../backend.ts';
import { Problem } from '../../problems.ts';
import type { MerchantDay } from './view.ts';

/** What one statement holds at most. */
const MOST_ENTRIES = 10_000;

export async function allMovements(tx: LedgerTx, day: MerchantDay): Promise<SettledMovement[]> {
  const scope = { acquirer: day.acquirer, day: day.day, merchant: day.merchant.id };
  const rows = await tx.settlement.movements(scope, undefined, MOST_ENTRIES + 1);
  if (rows.length > MOST_ENTRIES) throw tooLong();
  return rows;
}

const tooLong = (): Problem =>
  new Problem('statement_too_long', `More than ${MOST_ENTRIES} entries: take them page by page.`, 'day');

export async function camtOfDay(b: Backend, tx: LedgerTx, day: MerchantDay): Promise<string> {
  const { merchant, acquirer, openedAt: from, closedAt: to = b.clock() } = day;
  const account = await tx.accounts.byId(merchant.account);
  if (account === undefined) throw new Error('Bug: a merchant has its account');
  const range = await tx.settlement.range(acquirer, day.day, merchant.account);
  const entries = await tx.statements.entries(account.id, range.after, range.upTo, MOST_ENTRIES + 1);
  if (entries.length > MOST_ENTRIES) throw tooLong();
  return camt053({ account, from, to, opening: range.opening, closing: range.closing, entries }, b.clock());
}
