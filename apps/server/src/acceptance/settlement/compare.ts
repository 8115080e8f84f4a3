/**
 * What an acquirer says that it has, held against what the ledger has.
 *
 * What must hold: the same message again has the same answer, whatever was paid since; of a terminal, a batch goes from its last
 * comparison to this one, whether that was in balance or not, because a terminal empties its memory either way; of a merchant or an
 * acquirer it is a business day.
 */
import {
  type BatchTotals,
  type ComparedTotals,
  compareTotals,
  type LedgerTx,
  type SettlingMerchant,
  totalsOf,
} from '@sokkin/issuer';
import type { Backend } from '../../backend.ts';
import { emit } from '../../operations/events.ts';
import { Problem } from '../../problems.ts';
import { calendarNow } from './days.ts';

/** What an acquirer says that it has. */
export interface StatedTotals {
  readonly acquirer: string;
  /** The same for a message and its repeats. */
  readonly key: string;
  readonly merchant: SettlingMerchant | undefined;
  /** Field 41; of a merchant alone. */
  readonly terminal: string | undefined;
  /** undefined: the day that is open. */
  readonly day: number | undefined;
  readonly totals: BatchTotals;
}

export async function compare(b: Backend, tx: LedgerTx, stated: StatedTotals): Promise<ComparedTotals> {
  const { acquirer, key, merchant, terminal, totals: theirs } = stated;
  const calendar = await calendarNow(b, tx, acquirer);
  const before = await tx.settlement.comparedByKey(acquirer, key);
  if (before !== undefined) return before;
  const day = stated.day ?? calendar.day;
  const batch = await batchOf(tx, stated);
  const scope = { acquirer, day, merchant: merchant?.id, terminal, between: batch?.between };
  const ours = totalsOf(await tx.settlement.sums(scope));
  const isInBalance = compareTotals(theirs, ours).length === 0;
  const row = { acquirer, key, day, merchant: merchant?.id, terminal, theirs, ours, isInBalance };
  const compared = { ...row, upTo: batch?.upTo, at: b.clock() };
  await tx.settlement.addCompared(compared);
  if (!isInBalance) await tellOf(b, tx, compared);
  return compared;
}

/** The same of somebody who names the merchant as terminals do. */
export async function compareStated(
  b: Backend,
  tx: LedgerTx,
  { acceptor, ...stated }: Omit<StatedTotals, 'merchant'> & { readonly acceptor: string | undefined },
): Promise<ComparedTotals> {
  if (stated.terminal !== undefined && acceptor === undefined)
    throw new Problem('validation_failed', 'A terminal is one of a card acceptor.', 'card_acceptor');
  const merchant =
    acceptor === undefined ? undefined : await tx.settlement.merchantOf(stated.acquirer, acceptor);
  if (acceptor !== undefined && merchant === undefined)
    throw new Problem('merchant_unknown', `There is no card acceptor ${acceptor}.`, 'card_acceptor');
  return compare(b, tx, { ...stated, merchant });
}

/** Where the terminal's batch begins and ends; undefined: it is no terminal's. */
async function batchOf(tx: LedgerTx, { acquirer, merchant, terminal, day }: StatedTotals) {
  if (merchant === undefined || terminal === undefined || day !== undefined) return undefined;
  const accounts = [merchant.account, ...(merchant.reserve === undefined ? [] : [merchant.reserve])];
  const last = await tx.settlement.lastBatch(acquirer, merchant.id, terminal);
  // What is paid from here on is the next batch's, also while this one is added up.
  const upTo = await tx.settlement.ends(accounts);
  const between = Object.fromEntries(
    accounts.map((account) => [account, { after: last?.upTo?.[account] ?? 0n, upTo: upTo[account] ?? 0n }]),
  );
  return { between, upTo };
}

async function tellOf(b: Backend, tx: LedgerTx, compared: ComparedTotals): Promise<void> {
  const { acquirer, day, merchant = null, terminal = null, theirs, ours } = compared;
  const parts = compareTotals(theirs, ours).map(({ part }) => part);
  const data = { acquirer, day, merchant, terminal, parts };
  await emit(b, tx, { type: 'settlement.out_of_balance', institution: acquirer, subject: acquirer, data });
}
