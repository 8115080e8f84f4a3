/**
 * Secrets of webhooks, as they lie in the database: sealed with the vault's key, each for its webhook alone.
 *
 * What must hold: what is put under another key is what was there; a secret that is replaced meanwhile is left alone, and
 * comes next time; one that is lost keeps nothing else from going on.
 */
import { type Bytes, SokkinError, utf8 } from '@sokkin/codec';
import type { KeyPort, LedgerTx } from '@sokkin/issuer';
import { headOf } from './envelope.ts';
import { sealInVault, vaultOf } from './vault.ts';

export const sealWebhookSecret = (keys: KeyPort, webhook: string, secret: Bytes): Promise<Bytes> =>
  sealInVault(keys, secret, utf8(webhook));

/** undefined: no key opens it any more. Keys that are away are a failure, and come back. */
export const openWebhookSecret = (
  keys: KeyPort,
  webhook: string,
  sealed: Bytes,
): Promise<Bytes | undefined> =>
  keys.open(sealed, utf8(webhook)).catch((error: unknown) => {
    if (error instanceof SokkinError && LOST.has(error.code)) return undefined;
    throw error;
  });
const LOST: ReadonlySet<string> = new Set(['sealed_damaged', 'key_unknown']);

export async function areWebhooksSealedWithOld(keys: KeyPort, tx: LedgerTx): Promise<boolean> {
  return (await tx.webhooks.sealedOtherwise(headOf(await vaultOf(keys)), 1)).length > 0;
}

/** Beyond this, the next round goes on. */
const AT_ONCE = 1000;

/** Puts them under the newest vault key. */
export async function sealWebhooksAnew(keys: KeyPort, tx: LedgerTx): Promise<void> {
  for (const webhook of await tx.webhooks.sealedOtherwise(headOf(await vaultOf(keys)), AT_ONCE)) {
    const anew = async (sealed: Bytes): Promise<Bytes> => {
      const secret = await openWebhookSecret(keys, webhook.id, sealed);
      return secret === undefined ? sealed : sealWebhookSecret(keys, webhook.id, secret);
    };
    const { secret, oldSecret } = webhook;
    await tx.webhooks.sealAnew(webhook, {
      secret: await anew(secret),
      oldSecret: oldSecret && (await anew(oldSecret)),
    });
  }
}
