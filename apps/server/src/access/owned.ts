/**
 * Things, for who may see them and for who may act on them.
 *
 * What must hold: the answer about what is another's is, to the letter, the answer about what is not there. What an address
 * names is then `not_found`; what a field of the body names has the problem of its own kind.
 */
import {
  type AccountRow,
  type AlertRow,
  type CardRow,
  CENTRAL_BANK,
  type FundingRow,
  type InstitutionRow,
  type LedgerTx,
  type Owner,
  type PurseRow,
  type RedemptionRow,
} from '@sokkin/issuer';
import { Problem } from '../problems.ts';
import { homeOf, mayAct, maySee, type Owned, type Principal } from './principal.ts';

/** `see`: to read. `act`: to move its money or to change it. */
type For = 'see' | 'act';
const may: Readonly<Record<For, (who: Principal, owned: Owned) => boolean>> = { see: maySee, act: mayAct };

/** An account that a field of the request names: of a customer or institution, and the principal's to act on. */
export async function actingAccount(
  tx: LedgerTx,
  who: Principal,
  id: string,
  param = 'account',
): Promise<AccountRow> {
  return onlineAccount(tx, who, id, 'act', param);
}

/** The same for who may see it: who gives somebody money need not own them. */
export async function payableAccount(
  tx: LedgerTx,
  who: Principal,
  id: string,
  param = 'account',
): Promise<AccountRow> {
  return onlineAccount(tx, who, id, 'see', param);
}

async function onlineAccount(
  tx: LedgerTx,
  who: Principal,
  id: string,
  to: For,
  param: string,
): Promise<AccountRow> {
  const account = await tx.accounts.byId(id);
  if (account === undefined || !may[to](who, account))
    throw new Problem('account_unknown', `There is no account ${id}.`, param);
  if (account.kind !== 'online') throw new Problem('account_not_online', `${account.name}.`, param);
  return account;
}

/** Whose account it is. */
export async function accountOwner(tx: LedgerTx, id: string): Promise<Owner> {
  const account = await tx.accounts.byId(id);
  if (account === undefined) throw new Error('Bug: a purse, funding or redemption has its account');
  return account;
}

/** The purse, if there is one and the principal may. One that lives on a device is no other device's. */
export async function purseFor(
  tx: LedgerTx,
  who: Principal,
  id: string,
  to: For,
): Promise<PurseRow | undefined> {
  const purse = await tx.purses.byId(id);
  if (purse === undefined) return undefined;
  return mayOnPurse(who, purse, await accountOwner(tx, purse.accountId), to) ? purse : undefined;
}

export function mayOnPurse(
  who: Principal,
  { device }: Pick<PurseRow, 'device'>,
  owner: Owned,
  to: For,
): boolean {
  if (!may[to](who, owner)) return false;
  return who.kind !== 'device' || device === undefined || device === who.id;
}

/** A device that a field of the request names, to live on which a purse of this account is made. */
export async function assertDevice(
  tx: LedgerTx,
  { institution, party }: AccountRow,
  device: string | undefined,
): Promise<void> {
  if (device === undefined) return;
  const row = await tx.credentials.device(device);
  const isOwners = row?.status === 'active' && row.institution === institution && row.party === party;
  if (!isOwners)
    throw new Problem('device_unknown', `The account's owner has no device ${device}.`, 'device');
}

export async function pursePath(tx: LedgerTx, who: Principal, id: string, to: For): Promise<PurseRow> {
  const purse = await purseFor(tx, who, id, to);
  if (purse === undefined) throw new Problem('not_found', `There is no purse ${id}.`);
  return purse;
}

export async function fundingPath(tx: LedgerTx, who: Principal, id: string, to: For): Promise<FundingRow> {
  const funding = await tx.fundings.byId(id);
  if (funding === undefined || !may[to](who, await accountOwner(tx, funding.accountId)))
    throw new Problem('not_found', `There is no funding ${id}.`);
  return funding;
}

export async function redemptionPath(
  tx: LedgerTx,
  who: Principal,
  id: string,
  to: For,
): Promise<RedemptionRow> {
  const redemption = await tx.redemptions.byId(id);
  if (redemption === undefined || !may[to](who, await accountOwner(tx, redemption.accountId)))
    throw new Problem('not_found', `There is no redemption ${id}.`);
  return redemption;
}

/** Chips are their institution's; a card is, with its purse, its account's. */
export async function cardPath(
  tx: LedgerTx,
  who: Principal,
  serial: string,
  to: For,
  param?: string,
): Promise<CardRow> {
  const card = await tx.cards.bySerial(serial);
  if (card === undefined || !may[to](who, await cardOwner(tx, card)))
    throw new Problem('not_found', `There is no card ${serial}.`, param);
  return card;
}

export async function cardOwner(tx: LedgerTx, { institution, purse }: CardRow): Promise<Owner> {
  if (purse === undefined) return { institution };
  const row = await tx.purses.byId(purse);
  if (row === undefined) throw new Error('Bug: a card has the purse that it names');
  return { institution, party: (await accountOwner(tx, row.accountId)).party };
}

/** An alert is the owner's of the purse that it is about; the central bank's, if that is nobody's. */
export async function alertPath(tx: LedgerTx, who: Principal, id: string, to: For): Promise<AlertRow> {
  const alert = await tx.alerts.byId(id);
  const purse = alert && (await tx.purses.byId(alert.purse));
  const owner = purse === undefined ? { institution: CENTRAL_BANK } : await accountOwner(tx, purse.accountId);
  if (alert === undefined || !may[to](who, owner)) throw new Problem('not_found', `There is no alert ${id}.`);
  return alert;
}

/** An institution that a field of the request names, or the principal's own, for it to act on. */
export async function actingInstitution(
  tx: LedgerTx,
  who: Principal,
  id: string = homeOf(who),
): Promise<InstitutionRow> {
  const row = await tx.institutions.byId(id);
  if (row === undefined || !mayAct(who, { institution: id }))
    throw new Problem('institution_unknown', `There is no institution ${id}.`, 'institution');
  return row;
}
