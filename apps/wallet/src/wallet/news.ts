/**
 * What a wallet tells its holder by itself, out of what it knows.
 *
 * What must hold: pure but for the browser's own notification; each thing has a name by which it is told once; nothing is told of what its
 * holder has just seen happen.
 */
import type { Epoch } from '@sokkin/codec';
import { kept } from '@sokkin/ui';
import type { News } from '../keep/people-store.ts';
import type { MoneyRecord } from '../keep/store.ts';
import { bankNow, bankToday } from './time.ts';
import type { View } from './view.ts';

export type Found = Omit<News, 'at' | 'isRead'>;

const DAY_MS = 86_400_000;
/** A wallet that was not online for so long is told so. A choice: as long as a block list may be old (docs/spec/block-list.md). */
export const SYNC_DAYS = 7;
/** As long before its last day as the back-end tells institutions. */
export const CERTIFICATE_DAYS = 60;
/** Of a limit, in hundredths. */
const NEAR = 80n;

export function newsIn(view: View): Found[] {
  return [...view.records.flatMap(ofRecord), ...ofLimits(view), ...ofTime(view)];
}

function ofRecord({ id, kind, state, amount, at, changedAt }: MoneyRecord): Found[] {
  if (!id.startsWith('out') || at === changedAt) return [];
  if (state === 'cancelled') return [{ id: `back-${id}`, kind: 'money_back', amount, about: id }];
  return state === 'credited' && kind === 'paid'
    ? [{ id: `arrived-${id}`, kind: 'arrived', amount, about: id }]
    : [];
}

/** Of what may be paid until the next sync, the least that is left. */
export function isLimitNear({ purse, limits }: Pick<View, 'purse' | 'limits'>): boolean {
  if (purse === undefined || limits === undefined) return false;
  const { cumulative } = limits.byClass[2];
  const isNear = (used: bigint, most: bigint) => most > 0n && used * 100n >= most * NEAR;
  return isNear(purse.spent[2], cumulative) || isNear(BigInt(purse.spentCount), BigInt(limits.count));
}

function ofLimits(view: View): Found[] {
  if (!isLimitNear(view)) return [];
  return [{ id: `limit-${view.syncedAt?.toISOString() ?? 'never'}`, kind: 'limit_near' }];
}

export const isSyncDue = ({ syncedAt }: Pick<View, 'syncedAt'>): boolean =>
  syncedAt !== undefined && bankNow() - syncedAt.getTime() > SYNC_DAYS * DAY_MS;

export const daysLeft = (lastDay: Epoch): number => lastDay - bankToday();
export const dayOf = (epoch: Epoch): Date => new Date(epoch * DAY_MS);

function ofTime(view: View): Found[] {
  const found: Found[] = [];
  if (isSyncDue(view)) found.push({ id: `sync-${view.syncedAt?.toISOString()}`, kind: 'sync_due' });
  const { lastDay } = view;
  if (lastDay !== undefined && daysLeft(lastDay) <= CERTIFICATE_DAYS)
    found.push({ id: `certificate-${lastDay}`, kind: 'certificate', due: dayOf(lastDay).toISOString() });
  return found;
}

export const NOTIFY = 'sokkin.wallet.notify';

/** By the browser, where its holder allowed it and does not look at the wallet. */
export async function notify(title: string, body: string, tag: string): Promise<void> {
  if (kept(NOTIFY) !== 'yes' || globalThis.Notification?.permission !== 'granted') return;
  if (document.visibilityState === 'visible' && document.hasFocus()) return;
  const shown = { body, tag, icon: './icon.svg' };
  const worker = await navigator.serviceWorker?.getRegistration();
  if (worker !== undefined) await worker.showNotification(title, shown);
  else new Notification(title, shown);
}
