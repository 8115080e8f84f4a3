/** The shapes of events, webhooks and deliveries. */
import type { DeliveryRow, EventRow, WebhookRow } from '@sokkin/issuer';
import { z } from 'zod';
import { EVENT_TYPES, type EventType } from '../operations/events.ts';
import type { WebhookWithSecret } from '../operations/webhooks.ts';
import { showSecret } from '../webhooks/secret.ts';
import * as s from './schemas.ts';

const isEventType = (name: string): name is EventType => Object.hasOwn(EVENT_TYPES, name);
const TYPES = Object.keys(EVENT_TYPES).filter(isEventType);

export const webhookId = s.id('whk');
export const deliveryId = s.id('dlv');
export const eventId = s.id('evt');
export const eventType = z.enum(TYPES);

export const event = z
  .object({
    id: eventId,
    type: z.string(),
    institution: s.id('ins'),
    subject: z.string().describe('The id of what it happened to'),
    data: z.record(z.string(), z.unknown()),
    created_at: s.time,
  })
  .meta({ id: 'Event' });

export const newWebhook = z
  .strictObject({
    url: z.string().max(2000).describe('https; in the sandbox http on this machine will do, too'),
    types: z.array(eventType).max(TYPES.length).default([]).describe('Left out: all'),
  })
  .meta({ examples: [{ url: 'https://psp.example/sokkin', types: ['funding.credited'] }] });

export const webhook = z
  .object({
    id: webhookId,
    institution: s.id('ins'),
    url: z.string(),
    types: z.array(z.string()).describe('Empty: all'),
    status: z.enum(['active', 'disabled', 'deleted']),
    failing_since: s.time.nullable().describe('Since when every delivery has failed'),
    old_secret_until: s.time.nullable().describe('Until when the secret before signs, too'),
    created_at: s.time,
  })
  .meta({ id: 'Webhook' });

export const webhookWithSecret = webhook
  .extend({
    secret: z.string().optional().describe('whsec_ and base64. Shown once: not when the answer is repeated'),
  })
  .meta({ id: 'WebhookWithSecret' });

export const delivery = z
  .object({
    id: deliveryId,
    webhook: webhookId,
    event: eventId,
    event_type: z.string(),
    status: z.enum(['waiting', 'delivered', 'failed']),
    attempts: z.int(),
    next_at: s.time.nullable().describe('Of the next attempt'),
    last_at: s.time.nullable(),
    last_status: z.int().nullable().describe('What the endpoint answered; null: it did not'),
    last_says: z.string().nullable().describe('The beginning of its answer, or why there was none'),
    created_at: s.time,
  })
  .meta({ id: 'Delivery' });

const isoOrNull = (at: Date | undefined): string | null => at?.toISOString() ?? null;

export const showEvent = (e: EventRow) => ({
  id: e.id,
  type: e.type,
  institution: e.institution,
  subject: e.subject,
  data: { ...e.data },
  created_at: e.createdAt.toISOString(),
});

export const showWebhook = (w: WebhookRow) => ({
  id: w.id,
  institution: w.institution,
  url: w.url,
  types: [...w.types],
  status: w.status,
  failing_since: isoOrNull(w.failingSince),
  old_secret_until: isoOrNull(w.oldSecretUntil),
  created_at: w.createdAt.toISOString(),
});

export const showWithSecret = (w: WebhookWithSecret): z.infer<typeof webhookWithSecret> => ({
  ...showWebhook(w),
  secret: showSecret(w.shown),
});

/** What is kept of an answer that had a secret. */
export const withoutSecret = ({
  secret: _,
  ...kept
}: z.infer<typeof webhookWithSecret>): z.infer<typeof webhookWithSecret> => kept;

export const showDelivery = (d: DeliveryRow) => ({
  id: d.id,
  webhook: d.webhook,
  event: d.event,
  event_type: d.eventType,
  status: d.status,
  attempts: d.attempts,
  next_at: d.status === 'waiting' ? d.nextAt.toISOString() : null,
  last_at: isoOrNull(d.lastAt),
  last_status: d.lastStatus ?? null,
  last_says: d.lastSays ?? null,
  created_at: d.createdAt.toISOString(),
});
