/**
 * Orders of cards: what was ordered for whom, which chip was taken for it, what became of it (docs/fleet.md).
 *
 * What must hold: an item becomes one card, however often its personalisation is cut off and begun again, by whoever;
 * what is personalised for an item is what the item says.
 */
import {
  type AccountRow,
  type Activation,
  type CardOrderRow,
  type LedgerTx,
  type NewOrderItem,
  type OrderCounts,
  type OrderItemRow,
  type PurseAssurance,
  tierNumber,
} from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { actingAccount, purseFor } from '../access/owned.ts';
import { homeOf, mayAct, maySee, type Principal } from '../access/principal.ts';
import { type Backend, newId, purseName } from '../backend.ts';
import { Problem } from '../problems.ts';
import { profileOf } from './cards.ts';
import { emit } from './events.ts';
import { replace } from './fleet.ts';
import { assertMayMove, stateOf } from './fleet-rules.ts';
import { tierFor } from './tiers.ts';

export interface CardOrderWish {
  readonly profile: string;
  readonly assurance: PurseAssurance;
  readonly activation: Activation;
  readonly items: readonly WishedItem[];
}

/** `tier`: left out, the lowest that the account has. */
export interface WishedItem extends Omit<NewOrderItem, 'tier'> {
  readonly tier: number | undefined;
}

export interface ShownOrder extends CardOrderRow {
  readonly counts: OrderCounts;
}

export async function orderCards(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { items: wished, ...wish }: CardOrderWish,
): Promise<ShownOrder> {
  profileOf(b, wish.profile);
  const accounts = new Map<string, AccountRow>();
  for (const { account } of wished)
    if (!accounts.has(account)) accounts.set(account, await actingAccount(tx, who, account));
  const items = wished.map((item) => {
    const account = accounts.get(item.account);
    if (account === undefined) throw new Error('Bug: each account was looked up');
    return { ...item, tier: tierFor(account, item.tier) };
  });
  for (const item of items) await assertReplaceable(b, tx, who, item);
  const id = newId(b, 'ord');
  await tx.cardOrders.add({ ...wish, id, institution: homeOf(who), createdBy: who.id }, items, b.clock());
  record(b, tx, who, 'card_order.made', id, { items: items.length });
  return orderPath(tx, who, id, 'act');
}

async function assertReplaceable(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { replaces, account }: NewOrderItem,
): Promise<void> {
  if (replaces === undefined) return;
  const old = await purseFor(tx, who, replaces, 'act');
  if (old === undefined)
    throw new Problem('purse_unknown', `There is no purse ${purseName(replaces)}.`, 'items');
  if (old.accountId !== account)
    throw new Problem('owner_mismatch', `${purseName(replaces)} is of another account.`, 'items');
  assertMayMove(b, old, 'renew');
}

export async function orderPath(
  tx: LedgerTx,
  who: Principal,
  id: string,
  to: 'see' | 'act',
): Promise<ShownOrder> {
  const order = await tx.cardOrders.byId(id);
  const may = to === 'see' ? maySee : mayAct;
  // A customer's or merchant's device has no part in it.
  if (order === undefined || who.party !== undefined || !may(who, order))
    throw new Problem('not_found', `There is no order ${id}.`);
  return { ...order, counts: await tx.cardOrders.counts(id) };
}

export interface ItemOfOrder {
  readonly order: string;
  readonly item: number;
}

/** What is about to be personalised for it, on which chip. */
export interface ItemCard {
  readonly serial: string;
  readonly account: string;
  readonly tier: number;
  readonly profile: string;
  readonly assurance: PurseAssurance;
}

/** Takes the chip for the item: the same one again goes on where it stopped. */
export async function takeItem(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { order: id, item: no }: ItemOfOrder,
  card: ItemCard,
): Promise<void> {
  const order = await orderPath(tx, who, id, 'act');
  const item = await tx.cardOrders.lockItem(id, no);
  if (item === undefined) throw new Problem('order_item_state', `The order ${id} has no item ${no}.`, 'item');
  if (item.state !== 'ordered' && item.state !== 'in_personalisation') throw wrongState(item);
  const differs = (['account', 'tier'] as const).find((field) => item[field] !== card[field]);
  const wrong = differs ?? (['profile', 'assurance'] as const).find((field) => order[field] !== card[field]);
  if (wrong !== undefined)
    throw new Problem('order_item_differs', `Item ${no} of ${id} says another ${wrong}.`, wrong);
  const isTaken = item.serial !== undefined && item.serial !== card.serial;
  if (isTaken || !(await tx.cardOrders.take(id, no, card.serial, b.clock())))
    throw new Problem(
      'order_item_taken',
      isTaken
        ? `Item ${no} of ${id} is being personalised on the chip ${item.serial}.`
        : `The chip ${card.serial} was taken for another item.`,
      'item',
    );
}

const wrongState = ({ order, item, state }: OrderItemRow): Problem =>
  new Problem('order_item_state', `Item ${item} of ${order} is ${state.replaceAll('_', ' ')}.`, 'item');

/** In the transaction that enrols the purse of a chip: it may have to wait for its holder. */
export async function holdIfOrdered(tx: LedgerTx, serial: string, purse: string): Promise<void> {
  const item = await tx.cardOrders.bySerial(serial);
  const order = item && (await tx.cardOrders.byId(item.order));
  if (order?.activation === 'by_holder') await tx.fleet.setHeld(purse, true);
}

/** In the transaction that ends the personalisation of a chip. */
export async function finishItem(b: Backend, tx: LedgerTx, serial: string, purse: string): Promise<void> {
  const item = await tx.cardOrders.bySerial(serial);
  if (item?.state !== 'in_personalisation') return;
  await tx.cardOrders.personalised(item.order, item.item, purse, b.clock());
  const counts = await tx.cardOrders.counts(item.order);
  if (counts.ordered + counts.in_personalisation === 0) await tellChange(b, tx, item.order);
}

/** The chip is broken or lost: the item takes another. What was begun on the old one cannot go on. */
export async function releaseItem(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  { item: no, reason }: { readonly item: number; readonly reason: string },
): Promise<OrderItemRow> {
  await orderPath(tx, who, id, 'act');
  const item = await tx.cardOrders.lockItem(id, no);
  if (item === undefined) throw new Problem('order_item_state', `The order ${id} has no item ${no}.`, 'item');
  if (item.state !== 'in_personalisation' || item.serial === undefined) throw wrongState(item);
  await tx.cards.begin(item.serial);
  await tx.cardOrders.release(id, no, reason, b.clock());
  record(b, tx, who, 'card_order.item_released', id, { item: no, chip: item.serial });
  return (await tx.cardOrders.lockItem(id, no)) ?? item;
}

/** Those of `only`, or all that can be. */
export async function cancelItems(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  only: readonly number[] | undefined,
): Promise<ShownOrder> {
  await orderPath(tx, who, id, 'act');
  await moveAll(b, tx, id, ['ordered', 'cancelled'], only);
  record(b, tx, who, 'card_order.cancelled', id, only === undefined ? {} : { items: only.join(' ') });
  await tellChange(b, tx, id);
  return orderPath(tx, who, id, 'act');
}

/** With a card that is delivered, the one that it replaces is over, unless something else has ended it before. */
export async function deliverItems(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  only: readonly number[] | undefined,
): Promise<ShownOrder> {
  const { counts } = await orderPath(tx, who, id, 'act');
  const ready = await tx.cardOrders.items(
    id,
    { after: undefined, limit: counts.personalised },
    'personalised',
  );
  await moveAll(b, tx, id, ['personalised', 'delivered'], only);
  for (const { item, replaces, purse } of ready) {
    if (replaces === undefined || purse === undefined || only?.includes(item) === false) continue;
    const old = await purseFor(tx, who, replaces, 'act');
    const isOver = old === undefined || ['replaced', 'retired'].includes(stateOf(b, old));
    if (!isOver) await replace(b, tx, who, replaces, purse);
  }
  record(b, tx, who, 'card_order.delivered', id, only === undefined ? {} : { items: only.join(' ') });
  await tellChange(b, tx, id);
  return orderPath(tx, who, id, 'act');
}

async function moveAll(
  b: Backend,
  tx: LedgerTx,
  id: string,
  [from, to]: readonly ['ordered', 'cancelled'] | readonly ['personalised', 'delivered'],
  only: readonly number[] | undefined,
): Promise<void> {
  const wanted = only && new Set(only);
  const moved = await tx.cardOrders.move(id, from, to, wanted && [...wanted], b.clock());
  if (moved === (wanted?.size ?? moved) && moved > 0) return;
  throw new Problem(
    'order_item_state',
    `Not all of these items of ${id} are ${from}: nothing was changed.`,
    'items',
  );
}

async function tellChange(b: Backend, tx: LedgerTx, id: string): Promise<void> {
  const order = await tx.cardOrders.byId(id);
  if (order === undefined) throw new Error('Bug: an order that was changed is there');
  const data = { order: id, ...(await tx.cardOrders.counts(id)) };
  await emit(b, tx, { type: 'card_order.changed', institution: order.institution, subject: id, data });
}

/** A card takes one certificate in its life: what renews it is a new card, on order, that comes in its place. */
export async function renew(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  { profile, activation }: Pick<CardOrderWish, 'profile' | 'activation'>,
): Promise<ShownOrder> {
  const old = await purseFor(tx, who, id, 'act');
  if (old === undefined) throw new Problem('not_found', `There is no purse ${id}.`);
  assertMayMove(b, old, 'renew');
  const { accountId: account, assurance, isAnonymous } = old;
  // What was certified before tiers had names is of the basic tier.
  const tier = isAnonymous ? old.tier : Math.max(old.tier, tierNumber('basic'));
  return orderCards(b, tx, who, {
    profile,
    assurance,
    activation,
    items: [{ account, tier, replaces: id }],
  });
}
