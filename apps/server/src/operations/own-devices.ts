/**
 * What customers do with their own devices, from one of them: see them, add one, give one up, and take a purse over from one that was given up.
 *
 * What must hold: a customer reaches devices and purses of their own alone; a code is good once, and only its newest; who is given up is
 * blocked in the transaction in which its purses are reported; a purse moves only from a device that is blocked.
 */
import { type DeviceRow, type LedgerTx, type PartyRow, type PurseRow, worthOf } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import type { PublicJwk } from '../access/device-key.ts';
import { ALL_SCOPES, mayAct, type Principal } from '../access/principal.ts';
import { type Backend, purseName } from '../backend.ts';
import { Problem } from '../problems.ts';
import { purseWorth } from './claims/books.ts';
import { capFor, claimsNow, daysAfter } from './claims/policy.ts';
import { report } from './claims/report.ts';
import { blockDevice, devicePath, registerDevice } from './devices.ts';
import { emit } from './events.ts';
import { stateOf } from './fleet-rules.ts';
import { hashOfCode, newCode } from './one-time-codes.ts';

/** More than anybody has; a customer with more sees the oldest ones here, and their institution the others. */
const MOST = 100;
/** For how long a code waits: the one on a slip of paper at home, for when the phone is gone, must outlive the phone. */
export const MOST_CODE_DAYS = 400;

/** The customer whose device asks. */
function partyOf({ kind, party, institution }: Principal): {
  readonly party: string;
  readonly institution: string;
} {
  if (kind !== 'device' || party === undefined)
    throw new Problem('forbidden', 'Only a device has devices of its own; institutions use /v1/devices.');
  return { party, institution };
}

export interface OwnPurse {
  readonly row: PurseRow;
  readonly state: ReturnType<typeof stateOf>;
  /** What would be refunded today. */
  readonly refundable: bigint;
  readonly claim: string | undefined;
}
export interface OwnDevice {
  readonly row: DeviceRow;
  readonly purses: readonly OwnPurse[];
}

export async function ownDevices(b: Backend, tx: LedgerTx, who: Principal): Promise<OwnDevice[]> {
  const of = { ...partyOf(who), device: undefined };
  const devices = await tx.credentials.devices({ limit: MOST, after: undefined, of });
  const purses = await tx.purses.list({ limit: MOST, after: undefined, of });
  const policy = await claimsNow(tx);
  const shown: OwnDevice[] = [];
  for (const row of devices) {
    const own: OwnPurse[] = [];
    for (const purse of purses.filter(({ device }) => device === row.id)) {
      const [worth, cap] = [worthOf(await purseWorth(b, tx, purse.id)), capFor(policy, purse)];
      const claim = (await tx.claims.ofPurse(purse.id))?.id;
      own.push({ row: purse, state: stateOf(b, purse), refundable: worth < cap ? worth : cap, claim });
    }
    shown.push({ row, purses: own });
  }
  return shown;
}

export interface MadeCode {
  readonly code: string;
  readonly expiresAt: Date;
}

/** By a device of the customer. */
export const makeOwnCode = (b: Backend, tx: LedgerTx, who: Principal, days: number): Promise<MadeCode> =>
  writeCode(b, tx, who, partyOf(who).party, days);

/** By who may register devices: after they have seen who asks. */
export async function makeCodeFor(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  party: string,
  days: number,
): Promise<MadeCode> {
  const row = await tx.institutions.party(party);
  if (row === undefined || !mayAct(who, { institution: row.institution, party: row.id }))
    throw new Problem('not_found', `There is no customer or merchant ${party}.`);
  assertCustomer(row);
  return writeCode(b, tx, who, party, days);
}

function assertCustomer({ kind, id, status }: PartyRow): void {
  if (kind !== 'customer' || status !== 'active')
    throw new Problem('party_unknown', `Codes are for customers that are not closed; ${id} is none.`);
}

async function writeCode(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  party: string,
  days: number,
): Promise<MadeCode> {
  const code = newCode(b);
  const createdAt = b.clock();
  const expiresAt = daysAfter(createdAt, days);
  await tx.ownDevices.putCode({ party, hash: hashOfCode(code), madeBy: who.id, createdAt, expiresAt });
  record(b, tx, who, 'device.code_made', party, { expires_at: expiresAt.toISOString() });
  return { code, expiresAt };
}

export interface Joined {
  readonly device: DeviceRow;
  /** Its money outside of purses; undefined: the customer has no account. */
  readonly account: string | undefined;
}

/** Whoever has the code is believed to be its customer: the key becomes a wallet of theirs. */
export async function join(
  b: Backend,
  tx: LedgerTx,
  { code, jwk }: { readonly code: string; readonly jwk: PublicJwk },
): Promise<Joined> {
  const taken = await tx.ownDevices.takeCode(hashOfCode(code));
  const party = taken && (await tx.institutions.party(taken.party));
  if (taken === undefined || party === undefined || taken.expiresAt <= b.clock() || party.status !== 'active')
    throw new Problem('device_code_unknown', 'There is no such code, or it was used, or is too old.', 'code');
  const { institution } = party;
  const giver: Principal = {
    ...{ kind: 'device', id: taken.madeBy, institution, reach: 'own', party: party.id, scopes: ALL_SCOPES },
  };
  const device = await registerDevice(b, tx, giver, { kind: 'wallet', party: party.id, jwk });
  await emit(b, tx, { type: 'device.joined', institution, subject: device.id, data: { party: party.id } });
  const of = { institution, party: party.id, device: undefined };
  const [account] = await tx.accounts.list({ limit: 1, after: undefined, of });
  return { device, account: account?.id };
}

export type GivenUpKind = 'lost' | 'stolen' | 'broken';

/** Blocks the device, and reports what lives on it: it is refunded on the dates that the claims give. Answers their ids. */
export async function giveUp(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { device, kind }: { readonly device: string; readonly kind: GivenUpKind },
): Promise<string[]> {
  const own = partyOf(who);
  await devicePath(tx, who, device, 'act');
  if (device === who.id)
    throw new Problem(
      'device_is_own',
      `${device} is the device that asks: it would hear of nothing any more.`,
    );
  await blockDevice(b, tx, who, device);
  const claims: string[] = [];
  const purses = await tx.purses.list({ limit: MOST, after: undefined, of: { ...own, device: undefined } });
  for (const purse of purses.filter((one) => one.device === device)) {
    const claim = await tx.claims.ofPurse(purse.id);
    if (claim !== undefined) claims.push(claim.id);
    else if (purse.retiredAt === undefined)
      claims.push((await report(b, tx, who, { purse: purse.id, kind })).id);
  }
  const data = { party: own.party, kind, claims };
  await emit(b, tx, { type: 'device.given_up', institution: own.institution, subject: device, data });
  return claims;
}

/** A phone was found and has joined anew: the purse in it lives on this device from now on. Its next sync proves that it is here. */
export async function takeOver(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<void> {
  const { party, institution } = partyOf(who);
  const purse = await tx.purses.lock(id);
  const account = purse && (await tx.accounts.byId(purse.accountId));
  if (purse === undefined || !mayAct(who, { institution: account?.institution, party: account?.party }))
    throw new Problem('not_found', `There is no purse ${purseName(id)}.`);
  if (purse.device === who.id) return;
  const before = purse.device === undefined ? undefined : await tx.credentials.device(purse.device);
  if (before?.status !== 'blocked')
    throw new Problem(
      'purse_act_refused',
      `The purse ${purseName(id)} lives on a device that is not given up.`,
    );
  await tx.ownDevices.movePurse(id, who.id);
  record(b, tx, who, 'purse.moved', purseName(id), { from: before.id, party, institution });
}
