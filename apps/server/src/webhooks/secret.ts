/**
 * Secrets of webhooks, and what is signed with them (Standard Webhooks 1.0).
 *
 * What must hold: a secret leaves this server when it is made, and never again; while one is being replaced both sign, so
 * that the receiver may change over at any moment. This is the one place that turns stored octets into a key.
 */
import { createHmac } from 'node:crypto';
import type { WebhookRow } from '@sokkin/issuer';

export const SECRET_BYTES = 32;
/** As long as the old one goes on signing. */
export const OVERLAP_MS = 24 * 3_600_000;

export const showSecret = (secret: Uint8Array): string => `whsec_${Buffer.from(secret).toString('base64')}`;

const signature = (secret: Uint8Array, signed: string): string =>
  `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`;

/** `at` decides about the old secret, `timestampS` is what the receiver sees. */
export function signedHeaders(
  webhook: Pick<WebhookRow, 'secret' | 'oldSecret' | 'oldSecretUntil'>,
  { id, timestampS, body, at }: { id: string; timestampS: number; body: string; at: Date },
): Record<string, string> {
  const { secret, oldSecret, oldSecretUntil } = webhook;
  const isOverlap = oldSecret !== undefined && oldSecretUntil !== undefined && oldSecretUntil > at;
  const secrets = isOverlap ? [secret, oldSecret] : [secret];
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': secrets.map((s) => signature(s, `${id}.${timestampS}.${body}`)).join(' '),
  };
}
