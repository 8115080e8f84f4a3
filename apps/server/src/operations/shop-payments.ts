/**
 * What shops asked of accounts: seen by both sides, let go by the account's side.
 *
 * What must hold: a payment is seen by who keeps the account, its owner, and the acquirer; a hold is let go by who keeps the account, or
 * when its time is over, with what it used up of its token, in one transaction.
 */
import type { LedgerTx, ReleasedHold, ShopPaymentRow } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { mayAct, maySee, type Principal } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import { Problem } from '../problems.ts';
import { type Habit, habit } from './habit.ts';

export async function shopPaymentPath(
  tx: LedgerTx,
  who: Principal,
  id: string,
  to: 'see' | 'act',
): Promise<ShopPaymentRow> {
  const row = await tx.shopPayments.byId(id);
  const owner = row && (await tx.accounts.byId(row.account));
  if (row !== undefined && owner !== undefined) {
    if (to === 'act' ? mayAct(who, owner) : maySee(who, owner)) return row;
    if (to === 'see' && who.party === undefined && maySee(who, { institution: row.acquirer })) return row;
  }
  throw new Problem('not_found', `There is no payment ${id}.`);
}

/** Lets go what is held. The shop learns of it when it captures: then whatever is there pays. */
export async function releaseHold(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
): Promise<ShopPaymentRow> {
  await shopPaymentPath(tx, who, id, 'act');
  const released = await tx.shopPayments.release([id], b.clock());
  if (released.length === 0) throw new Problem('nothing_held', `Nothing is held for ${id}.`);
  await tell(b, tx, released);
  for (const { amount } of released) record(b, tx, who, 'hold.released', id, { amount: amount.toString() });
  return shopPaymentPath(tx, who, id, 'act');
}

const AT_ONCE = 500;

/** Lets go what is held for too long; how many holds. */
export async function expireHolds(b: Backend): Promise<number> {
  let all = 0;
  for (;;) {
    const released = await b.store.write(async (tx) => {
      const due = await tx.shopPayments.due(b.clock(), AT_ONCE);
      const done = await tx.shopPayments.release(due, b.clock());
      await tell(b, tx, done);
      return { due: due.length, done: done.length };
    });
    all += released.done;
    if (released.due < AT_ONCE) return all;
  }
}

async function tell(b: Backend, tx: LedgerTx, released: readonly ReleasedHold[]): Promise<void> {
  const type = 'payment.expired';
  const accounts = new Map<string, string>();
  for (const { account } of released)
    if (!accounts.has(account)) accounts.set(account, (await tx.accounts.byId(account))?.institution ?? '');
  const sides = released.flatMap(({ account, acquirer }) => [accounts.get(account) ?? '', acquirer]);
  const listening = new Set(await tx.events.hearers(type, [...new Set(sides)]));
  const events = released.flatMap(({ id, account, merchant, acquirer, amount }) =>
    [...new Set([accounts.get(account) ?? '', acquirer])]
      .filter((institution) => listening.has(institution))
      .map((institution) => ({
        id: newId(b, 'evt'),
        ...{ type, institution, subject: id, createdAt: b.clock() },
        data: { payment: id, account, merchant, amount: amount.toString() },
      })),
  );
  if (events.length > 0) await tx.events.add(events);
}

/** Holds last for days; that one is let go a little late costs its holder a little patience. */
const SECONDS = 30;

export const holdsHabit = (b: Backend, say: (line: string) => void): Habit =>
  habit({ seconds: SECONDS, name: 'Letting go of holds', say }, () => expireHolds(b));
