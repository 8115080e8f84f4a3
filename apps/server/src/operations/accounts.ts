/** Accounts, and money coming into being and going out of it. */
import {
  type AccountRow,
  type LedgerTx,
  move,
  type Posted,
  SYSTEM_ACCOUNTS,
  type Transfer,
} from '@sokkin/issuer';
import { actingInstitution } from '../access/owned.ts';
import { type Principal, visibleAccount } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import { Problem } from '../problems.ts';
import { emit, emitOfAccount } from './events.ts';
import { nameAccount } from './identity-records.ts';

export interface AccountRequest {
  readonly name: string;
  /** Left out: the principal's own. */
  readonly institution: string | undefined;
  /** The customer or merchant whose it will be; undefined: the institution's own. */
  readonly party: string | undefined;
  /** For purses of nobody in particular. */
  readonly isAnonymous: boolean;
}

export async function createAccount(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  request: AccountRequest,
): Promise<AccountRow> {
  const { name, party, isAnonymous } = request;
  if (isAnonymous && party !== undefined)
    throw new Problem(
      'anonymous_with_party',
      'An anonymous account has no party: leave one of the two out.',
      'party',
    );
  const { id: institution } = await actingInstitution(tx, who, request.institution);
  await assertParty(tx, institution, party);
  const id = newId(b, 'acc');
  // What a customer calls it is not the ledger's to know.
  if (party !== undefined) await nameAccount(b, tx, party, { id, name });
  const row = { id, kind: 'online' as const, name: party ?? name, institution, party, isAnonymous };
  await tx.accounts.add(row, b.clock());
  const data = { account: id, institution, ...(party === undefined ? {} : { party }) };
  await emit(b, tx, { type: 'account.created', institution, subject: id, data });
  return visibleAccount(tx, who, id);
}

/** The party is one of the institution's. */
async function assertParty(tx: LedgerTx, institution: string, party: string | undefined): Promise<void> {
  if (party === undefined) return;
  const row = await tx.institutions.party(party);
  if (row?.institution !== institution || row.status !== 'active')
    throw new Problem('party_unknown', `There is no customer or merchant ${party}.`, 'party');
}

export interface MoneyOrder {
  /** Of the issuance or destruction. */
  readonly id: string;
  readonly account: string;
  readonly amount: bigint;
}

/** Runs when two have agreed to it (proposals.ts). */
export async function issue(b: Backend, tx: LedgerTx, { id, account, amount }: MoneyOrder): Promise<void> {
  await postOrRefuse(b, tx, move('issuance', id, SYSTEM_ACCOUNTS.centralBank.id, account, amount));
  const data = { issuance: id, account, amount: amount.toString() };
  await emitOfAccount(b, tx, account, { type: 'issuance.done', subject: id, data });
}

/** Runs when two have agreed to it (proposals.ts). */
export async function destroy(b: Backend, tx: LedgerTx, { id, account, amount }: MoneyOrder): Promise<void> {
  await postOrRefuse(b, tx, move('destruction', id, account, SYSTEM_ACCOUNTS.destroyed.id, amount));
  const data = { destruction: id, account, amount: amount.toString() };
  await emitOfAccount(b, tx, account, { type: 'destruction.done', subject: id, data });
}

export async function postOrRefuse(b: Backend, tx: LedgerTx, transfer: Transfer): Promise<void> {
  const posted: Posted = await tx.accounts.post(transfer, b.clock());
  switch (posted.status) {
    case 'ok':
      return;
    case 'insufficient_funds':
      throw new Problem(
        'insufficient_funds',
        `The account has ${posted.available}, which is not enough.`,
        'amount',
      );
    case 'balance_too_large':
      throw new Problem('balance_too_large', 'The ledger cannot hold that much.', 'amount');
    case 'account_unknown':
      throw new Problem('account_unknown', `There is no account ${posted.account}.`, 'account');
  }
}
