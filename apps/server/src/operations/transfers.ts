/**
 * Transfers between accounts: asked for, tried out, taken back.
 *
 * What must hold: a caller spends from accounts of its own alone, and is told nothing of others; a key names one
 * transfer, whether it came alone or in a batch.
 */
import { hash } from 'node:crypto';
import {
  type Asker,
  type LedgerTx,
  move,
  type TransferOrder,
  type TransferRefusal,
  type TransferResult,
  type TransferRow,
} from '@sokkin/issuer';
import { mayAct, maySee, type Principal } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import { Problem } from '../problems.ts';
import { WriterBusy } from '../store/transfer-writer.ts';
import { postOrRefuse } from './accounts.ts';
import { emitReversal } from './events.ts';

/** What a caller wants, as it came. */
export interface TransferWish {
  readonly from: string;
  readonly to: string;
  readonly amount: string;
  readonly memo?: string | undefined;
  readonly reference?: string | undefined;
}

/**
 * The name of the transfer that this caller's key stands for: repeated keys meet in the index of names. Part of a
 * SHA-256 is enough, since a caller can only collide with itself; ISO 20022 leaves 35 characters for it.
 */
export const transferName = (who: Principal, key: string): string =>
  `trf_${hash('sha256', `${who.id}\n${key}`, 'hex').slice(0, 24)}`;

export const askerOf = (who: Principal): Asker => ({
  id: who.id,
  maySee: (owner) => maySee(who, owner),
  mayUse: (owner) => mayAct(who, owner),
});

export const orderOf = (asker: Asker, reference: string, wish: TransferWish): TransferOrder => ({
  reference,
  from: wish.from,
  to: wish.to,
  amount: BigInt(wish.amount),
  memo: wish.memo,
  endToEnd: wish.reference,
  asker,
});

/** On disk when it resolves; or, for a dry run, what would happen. */
export async function transfer(
  b: Backend,
  orders: readonly TransferOrder[],
  dryRun: boolean,
): Promise<readonly TransferResult[]> {
  try {
    return await (dryRun ? b.transfers.tryOut(orders) : b.transfers.submit(orders));
  } catch (error) {
    if (!(error instanceof WriterBusy)) throw error;
    throw new Problem('overloaded', 'More transfers wait than this server takes: send the same again later.');
  }
}

/** Why an order was refused, in the words of the API. */
export function refusalProblem(refusal: TransferRefusal, order: TransferOrder): Problem {
  switch (refusal.status) {
    case 'key_reused':
      return new Problem('idempotency_key_reused', 'This key belongs to another transfer: use a new one.');
    case 'account_unknown':
      return new Problem('account_unknown', `There is no account ${order[refusal.side]}.`, refusal.side);
    case 'account_not_online':
      return new Problem('account_not_online', `${order[refusal.side]}.`, refusal.side);
    case 'same_account':
      return new Problem('same_account', `${order.from} is on both sides.`, 'to');
    case 'insufficient_funds':
      return new Problem(
        'insufficient_funds',
        `The account has ${refusal.available}, which is not enough.`,
        'amount',
      );
    case 'balance_too_large':
      return new Problem('balance_too_large', 'The ledger cannot hold that much.', 'amount');
  }
}

/** The transfer, if the caller may see one of its accounts. */
export async function visibleTransfer(tx: LedgerTx, who: Principal, id: string): Promise<TransferRow> {
  const row = await tx.transfers.byId(id);
  if (row !== undefined) {
    const sides = [await tx.accounts.byId(row.from), await tx.accounts.byId(row.to)];
    if (sides.some((account) => account !== undefined && maySee(who, account))) return row;
  }
  throw new Problem('not_found', `There is no transfer ${id}.`);
}

/** Sends a transfer back, or a part of it: a new transfer, which whoever keeps the payee's account may order. */
export async function reverse(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  wish: { readonly id: string; readonly amount: bigint | undefined; readonly reason: string },
): Promise<TransferRow> {
  const row = await visibleTransfer(tx, who, wish.id);
  if (row.kind !== 'transfer')
    throw new Problem('transfer_not_reversible', `${row.id} is a reversal itself.`);
  const payee = await tx.accounts.byId(row.to);
  if (payee === undefined || !mayAct(who, payee))
    throw new Problem('forbidden', 'Only who keeps the account that was paid may send the money back.');
  const rest = await tx.transfers.lockRest(row);
  const amount = wish.amount ?? rest;
  if (amount > rest || rest === 0n)
    throw new Problem('reversal_too_large', `Of this transfer, ${rest} is left.`, 'amount');
  const id = newId(b, 'trf');
  const note = { memo: wish.reason, reverses: row.number, askedBy: who.id };
  await postOrRefuse(b, tx, { ...move('reversal', id, row.to, row.from, amount), note });
  const done = await visibleTransfer(tx, who, id);
  const payer = await tx.accounts.byId(row.from);
  await emitReversal(b, tx, done, [payee, ...(payer === undefined ? [] : [payer])]);
  return done;
}
