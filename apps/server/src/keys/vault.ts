/** Secrets in the database, sealed with the vault's key: what is sealed names its key, and opens with the same context. */
import type { Bytes } from '@sokkin/codec';
import type { KeyPort } from '@sokkin/issuer';
import { VAULT } from './certify.ts';
import { newestActive } from './key-ids.ts';

/** The key that new secrets are sealed with. */
export async function vaultOf(keys: KeyPort): Promise<string> {
  const vault = newestActive(await keys.list(), VAULT);
  if (vault === undefined) throw new Error('Bug: the first ceremony makes a vault key');
  return vault;
}

export const sealInVault = async (keys: KeyPort, secret: Bytes, context: Bytes): Promise<Bytes> =>
  keys.seal(await vaultOf(keys), secret, context);
