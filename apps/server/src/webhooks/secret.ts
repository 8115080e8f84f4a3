/**
 * Secrets of webhooks, and what is signed with them (Standard Webhooks 1.0).
 *
 * What must hold: a secret leaves this server when it is made, and never again; while one is being replaced both sign, so
 * that the receiver may change over at any moment. It lies in the database sealed; this is the one place that opens it.
 */
import { createHmac } from 'node:crypto';
import type { KeyPort, WebhookRow } from '@sokkin/issuer';
import { openWebhookSecret } from '../keys/webhook-secrets.ts';

export const SECRET_BYTES = 32;
/** As long as the old one goes on signing. */
export const OVERLAP_MS = 24 * 3_600_000;

export const showSecret = (secret: Uint8Array): string => `whsec_${Buffer.from(secret).toString('base64')}`;

const signature = (secret: Uint8Array, signed: string): string =>
  `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`;

/** undefined: the secret is lost. `at` decides about the old secret, `timestampS` is what the receiver sees. */
export async function signedHeaders(
  keys: KeyPort,
  webhook: Pick<WebhookRow, 'id' | 'secret' | 'oldSecret' | 'oldSecretUntil'>,
  { id, timestampS, body, at }: { id: string; timestampS: number; body: string; at: Date },
): Promise<Record<string, string> | undefined> {
  const { secret, oldSecret, oldSecretUntil } = webhook;
  const isOverlap = oldSecret !== undefined && oldSecretUntil !== undefined && oldSecretUntil > at;
  const sealed = isOverlap ? [secret, oldSecret] : [secret];
  const [newest, ...more] = await Promise.all(sealed.map((s) => openWebhookSecret(keys, webhook.id, s)));
  if (newest === undefined) return undefined;
  const secrets = [newest, ...more.filter((s) => s !== undefined)];
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': secrets.map((s) => signature(s, `${id}.${timestampS}.${body}`)).join(' '),
  };
}
