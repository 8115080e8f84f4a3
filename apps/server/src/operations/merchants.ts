/**
 * Merchants: shops whose terminals ask an acquirer for money, and the account that it comes to.
 *
 * What must hold: an acquirer adds and blocks its own; the account, and the one that stands for it, are the acquirer's to use; the name
 * that terminals send (field 42) is one merchant's within its acquirer. What is blocked is paid nothing new, and still gives back.
 */
import type { LedgerTx, MerchantRow, MerchantState } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { actingAccount, actingInstitution } from '../access/owned.ts';
import { mayAct, maySee, type Principal } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import { Problem } from '../problems.ts';

export interface MerchantOrder {
  readonly institution: string | undefined;
  readonly acceptor: string;
  readonly name: string;
  readonly category: string;
  readonly account: string;
  readonly reserve: string | undefined;
  readonly takesPartial: boolean;
}

export async function addMerchant(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  { institution, ...order }: MerchantOrder,
): Promise<MerchantRow> {
  const { id: acquirer, kind } = await actingInstitution(tx, who, institution);
  if (kind === 'central_bank')
    throw new Problem('not_an_acquirer', 'A central bank has no shops.', 'institution');
  await actingAccount(tx, who, order.account);
  if (order.reserve !== undefined) await actingAccount(tx, who, order.reserve, 'reserve');
  if (order.reserve === order.account)
    throw new Problem('same_account', 'The reserve stands for the account: name another.', 'reserve');
  const id = newId(b, 'mch');
  if (!(await tx.merchants.add({ id, acquirer, ...order }, b.clock())))
    throw new Problem('merchant_taken', `${acquirer} has a merchant ${order.acceptor}.`, 'acceptor');
  record(b, tx, who, 'merchant.added', id, { acquirer, account: order.account });
  return merchantPath(tx, who, id, 'see');
}

/** What is another's is not there. */
export async function merchantPath(
  tx: LedgerTx,
  who: Principal,
  id: string,
  to: 'see' | 'act',
): Promise<MerchantRow> {
  const row = await tx.merchants.byId(id);
  const may = to === 'see' ? maySee : mayAct;
  if (row === undefined || who.party !== undefined || !may(who, { institution: row.acquirer }))
    throw new Problem('not_found', `There is no merchant ${id}.`);
  return row;
}

/** Blocking again changes nothing. */
export async function setMerchantState(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
  state: MerchantState,
): Promise<MerchantRow> {
  const row = await merchantPath(tx, who, id, 'act');
  if (row.state === state) return row;
  await tx.merchants.setState(id, state);
  record(b, tx, who, state === 'blocked' ? 'merchant.blocked' : 'merchant.unblocked', id);
  return { ...row, state };
}
