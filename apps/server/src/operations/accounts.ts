/** Accounts, and money coming into being and going out of it. */
import {
  type AccountRow,
  FIRST_ISSUER,
  type LedgerTx,
  move,
  type Posted,
  SYSTEM_ACCOUNTS,
  type Transfer,
} from '@sokkin/issuer';
import { type Backend, newId } from '../backend.ts';
import { Problem } from '../problems.ts';

export async function createAccount(b: Backend, tx: LedgerTx, name: string) {
  const id = newId(b, 'acc');
  await tx.accounts.add({ id, kind: 'online', name, institution: FIRST_ISSUER }, b.clock());
  return getAccount(tx, id);
}

export async function getAccount(tx: LedgerTx, id: string) {
  const account = await tx.accounts.byId(id);
  if (account === undefined) throw new Problem('not_found', `There is no account ${id}.`);
  return account;
}

export async function issue(b: Backend, tx: LedgerTx, account: string, amount: bigint): Promise<string> {
  await assertOnline(tx, account);
  const id = newId(b, 'iss');
  await postOrRefuse(b, tx, move('issuance', id, SYSTEM_ACCOUNTS.centralBank.id, account, amount));
  return id;
}

export async function destroy(b: Backend, tx: LedgerTx, account: string, amount: bigint): Promise<string> {
  await assertOnline(tx, account);
  const id = newId(b, 'dst');
  await postOrRefuse(b, tx, move('destruction', id, account, SYSTEM_ACCOUNTS.destroyed.id, amount));
  return id;
}

/** The account exists, and belongs to a customer. */
export async function assertOnline(tx: LedgerTx, id: string, param = 'account'): Promise<AccountRow> {
  const account = await tx.accounts.byId(id);
  if (account === undefined) throw new Problem('account_unknown', `There is no account ${id}.`, param);
  if (account.kind !== 'online') throw new Problem('account_not_online', `${account.name}.`, param);
  return account;
}

export async function postOrRefuse(b: Backend, tx: LedgerTx, transfer: Transfer): Promise<void> {
  const posted: Posted = await tx.accounts.post(transfer, b.clock());
  switch (posted.status) {
    case 'ok':
      return;
    case 'insufficient_funds':
      throw new Problem(
        'insufficient_funds',
        `The account holds ${posted.balance}, which is not enough.`,
        'amount',
      );
    case 'balance_too_large':
      throw new Problem('balance_too_large', 'The ledger cannot hold that much.', 'amount');
    case 'account_unknown':
      throw new Problem('account_unknown', `There is no account ${posted.account}.`, 'account');
  }
}
