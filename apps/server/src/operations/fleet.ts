/**
 * The acts that move a purse through its life: activate, PIN tries, tier, replace, retire (docs/fleet.md).
 *
 * What must hold: what ends a purse is refused while value is in it, as far as its proven journal tells, and ordered by a
 * Grant only when its newest journal says the same; a larger tier takes two; each act is in the log.
 */
import { type JournalView, type LedgerTx, type PurseRow, type Standing, valueIn } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { accountOwner, purseFor, pursePath } from '../access/owned.ts';
import type { Principal } from '../access/principal.ts';
import { type Backend, purseName } from '../backend.ts';
import { Problem } from '../problems.ts';
import { emitOfPurse } from './events.ts';
import { assertMayMove, lockPurse, stateOf } from './fleet-rules.ts';
import { tierFor } from './tiers.ts';

/** For a purse that waits for its holder. Its next Grant activates it. Asked again, nothing changes. */
export async function activate(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<void> {
  await pursePath(tx, who, id, 'act');
  const purse = await lockPurse(tx, id);
  if (stateOf(b, purse) === 'active') return;
  assertMayMove(b, purse, 'activate', who.kind === 'device' ? 'customer' : 'issuer');
  if (!purse.isHeld) return;
  await tx.fleet.setHeld(id, false);
  record(b, tx, who, 'purse.activated', purseName(id));
  await emitOfPurse(b, tx, purse, 'purse.activated');
}

/**
 * Its next Grants give the PIN its tries back, until its journal proves that one did. Asked again before any Grant has said so,
 * nothing changes; asked again after that, it is another act: the tries may be used up again, and nobody can know.
 */
export async function resetPinTries(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<void> {
  await pursePath(tx, who, id, 'act');
  const purse = await lockPurse(tx, id);
  assertMayMove(b, purse, 'reset_pin');
  const before = purse.pinReset;
  if (before !== undefined && before.givenAt === undefined && before.firstGrant === undefined) return;
  await tx.fleet.askPinReset(id, who.id, b.clock());
  record(b, tx, who, 'purse.pin_reset', purseName(id));
  await emitOfPurse(b, tx, purse, 'purse.pin_reset');
}

/** Tiers are in order: a larger number has larger limits. */
export const isRaise = (purse: PurseRow, tier: number): boolean => tier > purse.tier;

export interface TierChange {
  readonly purse: string;
  readonly tier: number;
}

export async function checkTier(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { purse: id, tier }: TierChange,
): Promise<PurseRow> {
  const purse = await purseFor(tx, who, id, 'act');
  if (purse === undefined) throw new Problem('purse_unknown', `There is no purse ${purseName(id)}.`, 'purse');
  assertMayMove(b, purse, 'tier');
  const account = await tx.accounts.byId(purse.accountId);
  if (account === undefined) throw new Error('Bug: a purse has an account');
  tierFor(account, tier);
  return purse;
}

/** The certificate keeps the tier that it was made with; the row's is the one that Grants go by. */
export async function setTier(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { purse: id, tier }: TierChange,
): Promise<void> {
  await checkTier(b, tx, who, { purse: id, tier });
  const before = await lockPurse(tx, id);
  if (before.tier === tier) return;
  await tx.fleet.setTier(id, tier);
  record(b, tx, who, 'purse.tier_changed', purseName(id), { from: before.tier, to: tier });
  await emitOfPurse(b, tx, before, 'purse.tier_changed', { from: before.tier, to: tier });
}

const viewOf = async (b: Backend, tx: LedgerTx, id: string): Promise<JournalView> => {
  const view = await tx.journals.view(id, b.currency);
  if (view === undefined) throw new Error('Bug: a registered purse has a journal');
  return view;
};

/** Only what is empty, by its proven journal; and nothing from us is on its way to it. */
export async function retire(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<void> {
  await pursePath(tx, who, id, 'act');
  const purse = await lockPurse(tx, id);
  assertMayMove(b, purse, 'retire');
  await assertEmpty(b, tx, id);
  await tx.fleet.retire(id, b.clock());
  await tx.purses.block(id, { reason: 'retired', by: who.id }, b.clock());
  record(b, tx, who, 'purse.retired', purseName(id));
  await emitOfPurse(b, tx, purse, 'purse.retired');
}

async function assertEmpty(b: Backend, tx: LedgerTx, id: string): Promise<void> {
  const value = valueIn(await viewOf(b, tx, id));
  const coming = (await tx.fundings.unsettled(id)).reduce((sum, f) => sum + f.amount, 0n);
  if (value + coming === 0n) return;
  const parts = [
    ...(value === 0n ? [] : [`holds ${value} yen or waits for what becomes of them`]),
    ...(coming === 0n ? [] : [`${coming} yen are on their way to it`]),
  ];
  throw new Problem('purse_not_empty', `The purse ${purseName(id)} ${parts.join(', and ')}.`, undefined, {
    value: (value + coming).toString(),
  });
}

/**
 * `by` came in the place of `id`: the old purse takes no more part. What it still holds comes home when it syncs, or by a
 * claim; once it is empty, its Grant ends it.
 */
export async function replace(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  by: string,
): Promise<void> {
  const [old, next] = [await pursePath(tx, who, id, 'act'), await purseFor(tx, who, by, 'act')];
  if (next === undefined) throw new Problem('purse_unknown', `There is no purse ${purseName(by)}.`, 'by');
  if (old.replacedBy === by) return;
  assertMayMove(b, old, 'replace');
  if (!['personalised', 'active'].includes(stateOf(b, next)) || by === id)
    throw new Problem(
      'purse_act_refused',
      `The purse ${purseName(by)} cannot come in the place of another.`,
      'by',
    );
  await assertSameOwner(tx, old, next);
  if (!(await tx.fleet.replace(id, by)))
    throw new Problem('purse_replaced', `${purseName(id)} or ${purseName(by)} has another in its place.`);
  if (valueIn(await viewOf(b, tx, id)) === 0n)
    await tx.purses.block(id, { reason: 'retired', by: who.id }, b.clock());
  record(b, tx, who, 'purse.replaced', purseName(id), { by: purseName(by) });
  await emitOfPurse(b, tx, old, 'purse.replaced', { by: purseName(by) });
}

async function assertSameOwner(tx: LedgerTx, old: PurseRow, next: PurseRow): Promise<void> {
  if (old.accountId === next.accountId) return;
  const [a, z] = [await accountOwner(tx, old.accountId), await accountOwner(tx, next.accountId)];
  // Of an institution's own purses, which have no party, the account must be the same.
  if (a.institution === z.institution && a.party !== undefined && a.party === z.party) return;
  throw new Problem('owner_mismatch', 'A card is replaced by one of the same owner.', 'by');
}

/**
 * What the Grant that answers a sync goes by. Of a purse that was retired or replaced, the newest journal decides: while
 * value is in it, it is let go on, so that it can bring that home; then it is blocked for everybody, and ended.
 */
export async function standingOf(
  b: Backend,
  tx: LedgerTx,
  row: PurseRow,
  view: JournalView,
): Promise<Standing> {
  const isHeld = row.isHeld;
  if (row.retiredAt === undefined && row.replacedBy === undefined)
    return { isBlocked: row.isBlocked, isHeld };
  // What was refunded is not brought home a second time.
  if ((await tx.claims.ofPurse(row.id))?.refundedAt !== undefined) return { isBlocked: true, isHeld };
  if (valueIn(view) > 0n) await tx.purses.lift(row.id, 'retired');
  else await tx.purses.block(row.id, { reason: 'retired', by: 'system' }, b.clock());
  const others = (await tx.purses.blocks(row.id)).filter(({ reason }) => reason !== 'retired');
  return { isBlocked: others.length > 0, isHeld, isLeaving: true };
}
