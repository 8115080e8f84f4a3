/**
 * Keys of acquirers' links, as they lie in the database: sealed with the vault's key, each for its link alone.
 *
 * What must hold: what is put under another key is what was there; one that is lost keeps nothing else from going on.
 */
import { type Bytes, SokkinError, utf8 } from '@sokkin/codec';
import type { KeyPort, LedgerTx } from '@sokkin/issuer';
import { headOf } from './envelope.ts';
import { sealInVault, vaultOf } from './vault.ts';

export const sealLinkKey = (keys: KeyPort, link: string, key: Bytes): Promise<Bytes> =>
  sealInVault(keys, key, utf8(link));

/** Fails as `open` of the key port does. */
export const openLinkKey = (keys: KeyPort, link: string, sealed: Bytes): Promise<Bytes> =>
  keys.open(sealed, utf8(link));

export async function areLinkKeysSealedWithOld(keys: KeyPort, tx: LedgerTx): Promise<boolean> {
  return (await tx.acquirerLinks.sealedOtherwise(headOf(await vaultOf(keys)), 1)).length > 0;
}

/** Beyond this, the next round goes on. */
const AT_ONCE = 1000;
const LOST: ReadonlySet<string> = new Set(['sealed_damaged', 'key_unknown']);

/** Puts them under the newest vault key. */
export async function sealLinkKeysAnew(keys: KeyPort, tx: LedgerTx): Promise<void> {
  for (const { id, mac } of await tx.acquirerLinks.sealedOtherwise(headOf(await vaultOf(keys)), AT_ONCE)) {
    if (mac === undefined) continue;
    try {
      const key = await openLinkKey(keys, id, mac.sealed);
      await tx.acquirerLinks.sealAnew(id, mac.sealed, await sealLinkKey(keys, id, key));
    } catch (error) {
      if (!(error instanceof SokkinError) || !LOST.has(error.code)) throw error;
    }
  }
}
