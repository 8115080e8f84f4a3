/**
 * Purses that pay and receive more than anybody can.
 *
 * What must hold: what is met is counted once, in the transaction that marks it as met. A card has no clock: what a purse
 * did since it was last met is held against all the days since then. It is a suspicion: that the purse made these payments it has
 * signed, in how many days is our word.
 */
import { hex } from '@sokkin/codec';
import type { Due, Facts, HistoryFile, LedgerTx, PurseDay, PurseDays } from '@sokkin/issuer';
import { type Backend, dayOf, newId, purseName } from '../backend.ts';
import { raiseAlert } from '../operations/alerts.ts';
import { blockingInForce } from '../operations/blocking.ts';
import { namedChain } from './findings.ts';

/** A purse that has done nothing before may have had so many days for it. */
const FIRST_DAYS = 30;
/** The newest entries that an alert shows, at most. */
const SHOWN = 1_000;

/** `due` are those that this transaction has marked. */
export async function countDays(b: Backend, tx: LedgerTx, due: readonly Due[], facts: Facts): Promise<void> {
  const days = daysOf(due, facts, dayOf(b.clock()));
  if (days.length === 0) return;
  const { velocity } = (await blockingInForce(tx)).document;
  const newest = new Map(due.map((d) => [d.purse, d]));
  for (const all of await tx.matcher.addDays(days)) {
    const had = all.before === undefined ? FIRST_DAYS : all.day - all.before;
    const [count, amount] = [velocity.count_per_day * had, BigInt(velocity.amount_per_day) * BigInt(had)];
    const met = newest.get(all.purse);
    if (met !== undefined && (all.count > count || all.amount > amount))
      await raiseVelocity(b, tx, all, { days: had, met });
  }
}

function daysOf(due: readonly Due[], { paid, credits }: Facts, day: number): PurseDay[] {
  const sums = new Map(due.filter((d) => !d.isIssuer).map((d) => [d.purse, { count: 0, amount: 0n }]));
  const add = (purse: string, amount: bigint): void => {
    const sum = sums.get(purse);
    if (sum === undefined) return;
    sum.count++;
    sum.amount += amount;
  };
  for (const p of paid) add(p.payer, p.amount);
  for (const c of credits) add(c.payee, c.amount);
  return [...sums].flatMap(([purse, sum]) => (sum.count === 0 ? [] : [{ purse, day, ...sum }]));
}

async function raiseVelocity(
  b: Backend,
  tx: LedgerTx,
  all: PurseDays,
  { days, met }: { readonly days: number; readonly met: Due },
): Promise<void> {
  const history = await newestEntries(tx, met);
  await raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: 'velocity',
    severity: 'suspected',
    purse: all.purse,
    subject: `${all.purse}/${all.day}`,
    says: `The purse has paid and received ${all.count} times, ${all.amount} in all, within ${days} days: more than the policy believes.`,
    evidence: {
      ...{ purse: purseName(all.purse), days, count: all.count, amount: all.amount.toString() },
      certificates: { root: hex(b.pki.root.bytes), ...(await namedChain(b, tx, 'purse', all.purse)) },
      histories: history === undefined ? {} : { purse: history },
    },
  });
}

/** The last entries of what was met now, up to the Statement that covers them. */
async function newestEntries(tx: LedgerTx, { purse, after, upTo }: Due): Promise<HistoryFile | undefined> {
  const sync = await tx.purses.syncCovering(purse, upTo);
  if (sync === undefined) return undefined;
  const from = Math.max(after, sync.seq - SHOWN);
  const entries = await tx.journals.entries(purse, from, sync.seq - from);
  return { kind: 'statement', message: hex(sync.statement), entries: entries.map((e) => hex(e.body)) };
}
