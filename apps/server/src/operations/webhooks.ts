/**
 * Whom to tell, and the log of telling them.
 *
 * What must hold: an institution sets its own webhooks, and sees its own deliveries; a secret is shown when it is made,
 * and never again; who is told of what, or anew, is in the log of privileged acts, without the address.
 */
import type { Bytes } from '@sokkin/codec';
import type { DeliveryRow, LedgerTx, WebhookRow } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { homeOf, mayAct, maySee, type Principal } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import { sealWebhookSecret } from '../keys/webhook-secrets.ts';
import { Problem } from '../problems.ts';
import { refusedUrl } from '../webhooks/address.ts';
import { OVERLAP_MS, SECRET_BYTES } from '../webhooks/secret.ts';
import type { EventType } from './events.ts';

/** `shown`: its secret, unsealed, which is shown now. */
export type WebhookWithSecret = WebhookRow & { readonly shown: Bytes };

const MOST_WEBHOOKS = 20;
const MOST_REPLAYED = 10_000;

export async function addWebhook(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { url, types }: { readonly url: string; readonly types: readonly EventType[] },
): Promise<WebhookWithSecret> {
  const refused = refusedUrl(url, b.mode);
  if (refused !== undefined) throw new Problem('webhook_url_refused', refused, 'url');
  const institution = homeOf(who);
  if ((await tx.webhooks.count(institution)) >= MOST_WEBHOOKS)
    throw new Problem('too_many_webhooks', `An institution has ${MOST_WEBHOOKS} webhooks at most.`);
  const id = newId(b, 'whk');
  const shown = b.crypto.randomBytes(SECRET_BYTES);
  const secret = await sealWebhookSecret(b.keys, id, shown);
  await tx.webhooks.add({ id, institution, url, types: [...new Set(types)], secret }, b.clock());
  record(b, tx, who, 'webhook.added', id, { types: types.length === 0 ? 'all' : types.join(' ') });
  return { ...found(await tx.webhooks.byId(id), id), shown };
}

function found(row: WebhookRow | undefined, id: string): WebhookRow {
  if (row === undefined || row.status === 'deleted')
    throw new Problem('not_found', `There is no webhook ${id}.`);
  return row;
}

export async function visibleWebhook(tx: LedgerTx, who: Principal, id: string): Promise<WebhookRow> {
  const row = found(await tx.webhooks.byId(id), id);
  if (who.party !== undefined || !maySee(who, row))
    throw new Problem('not_found', `There is no webhook ${id}.`);
  return row;
}

export async function ownWebhook(tx: LedgerTx, who: Principal, id: string): Promise<WebhookRow> {
  const row = await visibleWebhook(tx, who, id);
  if (!mayAct(who, row)) throw new Problem('not_found', `There is no webhook ${id}.`);
  return row;
}

async function activeWebhook(tx: LedgerTx, who: Principal, id: string): Promise<WebhookRow> {
  const row = await ownWebhook(tx, who, id);
  if (row.status !== 'active')
    throw new Problem(
      'webhook_disabled',
      'The webhook failed for too long and is disabled: resume it first.',
    );
  return row;
}

const STATUS_ACTS = { active: 'webhook.resumed', deleted: 'webhook.deleted' } as const;

export async function setWebhookStatus(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  status: keyof typeof STATUS_ACTS,
): Promise<WebhookRow> {
  const row = await ownWebhook(tx, who, id);
  await tx.webhooks.setStatus(id, status);
  record(b, tx, who, STATUS_ACTS[status], id);
  return { ...row, status };
}

/** With its new secret; the one before signs for a day more. */
export async function rotateSecret(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
): Promise<WebhookWithSecret> {
  await ownWebhook(tx, who, id);
  const shown = b.crypto.randomBytes(SECRET_BYTES);
  const oldUntil = new Date(b.clock().getTime() + OVERLAP_MS);
  await tx.webhooks.setSecret(id, await sealWebhookSecret(b.keys, id, shown), oldUntil);
  record(b, tx, who, 'webhook.secret_rotated', id);
  return { ...found(await tx.webhooks.byId(id), id), shown };
}

/** A test delivery, to this webhook alone. */
export async function ping(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<DeliveryRow> {
  const { institution } = await activeWebhook(tx, who, id);
  const [event, delivery, at] = [newId(b, 'evt'), newId(b, 'dlv'), b.clock()];
  const type: EventType = 'webhook.ping';
  await tx.events.add(
    [{ id: event, institution, type, subject: id, data: { webhook: id }, createdAt: at }],
    'told',
  );
  await tx.deliveries.add({ id: delivery, event, webhook: id }, at);
  return visibleDelivery(tx, who, delivery);
}

export async function visibleDelivery(tx: LedgerTx, who: Principal, id: string): Promise<DeliveryRow> {
  const row = await tx.deliveries.byId(id);
  const webhook = row && (await tx.webhooks.byId(row.webhook));
  if (row === undefined || webhook === undefined || who.party !== undefined || !maySee(who, webhook))
    throw new Problem('not_found', `There is no delivery ${id}.`);
  return row;
}

/** Now, whatever became of it before. */
export async function retryDelivery(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
): Promise<DeliveryRow> {
  const { webhook } = await visibleDelivery(tx, who, id);
  await activeWebhook(tx, who, webhook);
  await tx.deliveries.retry(id, b.clock());
  return visibleDelivery(tx, who, id);
}

/** How many events are sent again. */
export async function replay(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  since: Date,
): Promise<number> {
  await activeWebhook(tx, who, id);
  const events = await tx.deliveries.replay(id, since, b.clock(), MOST_REPLAYED);
  record(b, tx, who, 'webhook.replayed', id, { events });
  return events;
}
