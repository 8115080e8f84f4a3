/**
 * Devices: wallets of customers and terminals of merchants, known by the key that they were provisioned with.
 *
 * What must hold: a device is of one party, for good, and never gets beyond it; one key is one device; who registers one could
 * become it, and therefore holds all that its kind may; blocked is blocked for good.
 */
import type { DeviceKind, DeviceRow, LedgerTx, PartyRow } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { jwkOf, type PublicJwk, pointOf, thumbprint } from '../access/device-key.ts';
import { assertHandsOn, scopesFor } from '../access/grants.ts';
import { mayAct, maySee, type Principal } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import { Problem } from '../problems.ts';

const OWNER: Readonly<Record<DeviceKind, PartyRow['kind']>> = { wallet: 'customer', terminal: 'merchant' };

export async function registerDevice(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { kind, party, jwk }: { readonly kind: DeviceKind; readonly party: string; readonly jwk: PublicJwk },
): Promise<DeviceRow> {
  assertHandsOn(who, scopesFor(kind));
  // Before all else: what is no key says nothing of who there is.
  pointOf(jwk);
  const owner = await tx.institutions.party(party);
  if (owner?.status !== 'active' || !mayAct(who, { institution: owner.institution, party }))
    throw new Problem('party_unknown', `There is no customer or merchant ${party}.`, 'party');
  if (owner.kind !== OWNER[kind])
    throw new Problem('party_unknown', `A ${kind} is of a ${OWNER[kind]}; ${party} is none.`, 'party');
  const { id, jkt } = await writeDevice(b, tx, { kind, institution: owner.institution, party, jwk });
  record(b, tx, who, 'device.registered', id, { kind, party, jkt });
  return devicePath(tx, who, id, 'act');
}

export interface NewDevice {
  readonly kind: DeviceKind;
  readonly institution: string;
  readonly party: string;
  readonly jwk: PublicJwk;
}

/** For whom it is was looked at before. */
export async function writeDevice(
  b: Backend,
  tx: LedgerTx,
  { kind, institution, party, jwk }: NewDevice,
): Promise<DeviceRow> {
  const publicKey = pointOf(jwk);
  const id = newId(b, 'dev');
  // Not what was sent: base64url may be written in more than one way.
  const jkt = thumbprint(jwkOf(publicKey));
  if (!(await tx.credentials.addDevice({ id, kind, institution, party, publicKey, jkt }, b.clock())))
    throw new Problem(
      'device_key_taken',
      'A device with this key is registered: make a key of its own.',
      'jwk',
    );
  const row = await tx.credentials.device(id);
  if (row === undefined) throw new Error('Bug: a device that was written is there');
  return row;
}

export async function blockDevice(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<DeviceRow> {
  await devicePath(tx, who, id, 'act');
  await tx.credentials.block(id);
  await tx.credentials.removeTokens({ device: id });
  record(b, tx, who, 'device.blocked', id);
  return devicePath(tx, who, id, 'act');
}

export async function devicePath(
  tx: LedgerTx,
  who: Principal,
  id: string,
  to: 'see' | 'act',
): Promise<DeviceRow> {
  const device = await tx.credentials.device(id);
  const may = to === 'see' ? maySee : mayAct;
  if (device === undefined || !may(who, device)) throw new Problem('not_found', `There is no device ${id}.`);
  return device;
}
