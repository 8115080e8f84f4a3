/**
 * What becomes of keys that were replaced: what is sealed under an old vault key is sealed anew, and after a minute the port
 * retires them.
 *
 * What must hold: nothing is retired while another server may not have heard of its successor; a key that still serves a
 * line is never retired; it may be cut off anywhere, and run twice.
 */
import { ROLE } from '@sokkin/crypto';
import type { CertificateRow, KeyInfo, KeyPort, LedgerStore, LedgerTx } from '@sokkin/issuer';
import { VAULT } from './certify.ts';
import { sealEmvKeysAnew, vaultOfEmvKeys } from './emv-keys.ts';
import { newestActive, parseKeyId } from './key-ids.ts';
import { areLinkKeysSealedWithOld, sealLinkKeysAnew } from './link-keys.ts';
import { type Pki, pkiOf } from './pki.ts';
import { areWebhooksSealedWithOld, sealWebhooksAnew } from './webhook-secrets.ts';

/** Servers hear of new keys within two seconds; the rest is for slow ones. */
export const GRACE_MS = 60_000;

export interface UpkeepInput {
  readonly store: LedgerStore;
  readonly keys: KeyPort;
  readonly now: Date;
}

/** Gives the ids of what was retired. */
export async function upkeep({ store, keys, now }: UpkeepInput): Promise<string[]> {
  const isIdle = await store.read(async (tx) => {
    const due = await retirable(tx, keys, now);
    return due.length === 0 && !(await isSealedWithOld(tx, keys));
  });
  if (isIdle) return [];
  return store.write(async (tx) => {
    await tx.certificates.lock();
    await sealEmvKeysAnew(keys, tx);
    await sealWebhooksAnew(keys, tx);
    await sealLinkKeysAnew(keys, tx);
    const due = await retirable(tx, keys, now);
    for (const id of due) await keys.retire(id);
    return due;
  });
}

async function isSealedWithOld(tx: LedgerTx, keys: KeyPort): Promise<boolean> {
  const vault = newestActive(await keys.list(), VAULT);
  const used = await vaultOfEmvKeys(tx);
  if (used !== undefined && used !== vault) return true;
  return (await areWebhooksSealedWithOld(keys, tx)) || (await areLinkKeysSealedWithOld(keys, tx));
}

async function retirable(tx: LedgerTx, keys: KeyPort, now: Date): Promise<string[]> {
  const rows = await tx.certificates.all();
  const pki = pkiOf(rows);
  const active = (await keys.list()).filter((key) => key.state === 'active');
  if (pki === undefined) return [];
  const inUse = keysInUse(pki);
  const old = rows.filter((row) => !inUse.has(row.key) && isReplaced(rows, row, now)).map((row) => row.key);
  return [...new Set([...old, ...oldVaults(active, now)])].filter((id) =>
    active.some((key) => key.id === id),
  );
}

function keysInUse({ rootKey, lines }: Pki): ReadonlySet<string> {
  const used = new Set([rootKey]);
  for (const { isCurrent, issuer, authority, issuerPurse } of lines) {
    used.add(authority.key).add(issuerPurse.key);
    if (isCurrent) used.add(issuer.key);
  }
  return used;
}

const isReplaced = (rows: readonly CertificateRow[], old: CertificateRow, now: Date): boolean =>
  old.role !== ROLE.root &&
  rows.some(
    (row) =>
      row.institution === old.institution &&
      row.role === old.role &&
      row.generation > old.generation &&
      row.key !== old.key &&
      now.getTime() - row.createdAt.getTime() >= GRACE_MS,
  );

function oldVaults(active: readonly KeyInfo[], now: Date): string[] {
  const newest = active.find((key) => key.id === newestActive(active, VAULT));
  if (newest === undefined || now.getTime() - newest.createdAt.getTime() < GRACE_MS) return [];
  return active.filter(({ id }) => parseKeyId(id)?.name === VAULT && id !== newest.id).map(({ id }) => id);
}
