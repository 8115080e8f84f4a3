/**
 * Transfers between online accounts, many at a time.
 *
 * What must hold: the orders of a batch are decided one after the other, each on the balances that the ones before it
 * left, exactly as if each had come alone; an order whose name was used before moves nothing.
 */
import { type AccountBalance, move, post } from './ledger.ts';

/** What somebody wants moved. `reference` names it: the same name never moves money twice. */
export interface TransferOrder {
  /** `trf_...` */
  readonly reference: string;
  readonly from: string;
  readonly to: string;
  /** Minor units, above zero. */
  readonly amount: bigint;
  readonly memo: string | undefined;
  readonly endToEnd: string | undefined;
  readonly asker: Asker;
}

export interface Asker {
  readonly id: string;
  /** Whether they may know of an account of this owner. */
  readonly maySee: (owner: AccountOwner) => boolean;
  /** Whether they may spend from it. */
  readonly mayUse: (owner: AccountOwner) => boolean;
}

export interface AccountOwner {
  readonly institution: string;
  readonly party: string | undefined;
}

export type BookAccount = AccountBalance & AccountOwner;

/** A transfer that was done before, as far as an order can be compared with it. */
export interface KeptTransfer {
  readonly reference: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly memo: string | undefined;
  readonly endToEnd: string | undefined;
  readonly at: Date;
}

export type TransferRefusal =
  | { readonly status: 'key_reused' }
  | { readonly status: 'account_unknown'; readonly side: 'from' | 'to' }
  | { readonly status: 'account_not_online'; readonly side: 'from' | 'to' }
  | { readonly status: 'same_account' }
  | { readonly status: 'insufficient_funds'; readonly available: bigint }
  | { readonly status: 'balance_too_large' };

export type TransferResult =
  | {
      readonly status: 'done';
      readonly at: Date;
      /**
       * The balances that it left, or leaves if it is only tried out; undefined: it was done before. The payee's only
       * where the asker may see it.
       */
      readonly after: { readonly from: bigint; readonly to: bigint | undefined } | undefined;
    }
  | TransferRefusal;

/** A transfer that the batch does, to be written. */
export interface TransferDone {
  readonly order: TransferOrder;
  readonly fromAfter: bigint;
  readonly toAfter: bigint;
}

export interface DecidedBatch {
  /** In the order of the orders. */
  readonly results: readonly TransferResult[];
  readonly done: readonly TransferDone[];
  /** Of the accounts that changed. */
  readonly balances: ReadonlyMap<string, bigint>;
}

export function decideTransfers(
  accounts: ReadonlyMap<string, BookAccount>,
  kept: ReadonlyMap<string, KeptTransfer>,
  orders: readonly TransferOrder[],
  at: Date,
): DecidedBatch {
  const book = new Map(accounts);
  const known = new Map(kept);
  const done: TransferDone[] = [];
  const balances = new Map<string, bigint>();
  const results = orders.map((order): TransferResult => {
    const before = known.get(order.reference);
    if (before !== undefined) return repeated(before, order);
    const decided = decide(book, order);
    if (!('done' in decided)) return decided;
    const { from, to, done: item } = decided;
    book.set(from.id, { ...from, balance: item.fromAfter }).set(to.id, { ...to, balance: item.toAfter });
    balances.set(from.id, item.fromAfter).set(to.id, item.toAfter);
    known.set(order.reference, { ...order, at });
    done.push(item);
    const seen = order.asker.maySee(to) ? item.toAfter : undefined;
    return { status: 'done', at, after: { from: item.fromAfter, to: seen } };
  });
  return { results, done, balances };
}

const repeated = (before: KeptTransfer, order: TransferOrder): TransferResult => {
  const same =
    before.from === order.from &&
    before.to === order.to &&
    before.amount === order.amount &&
    before.memo === order.memo &&
    before.endToEnd === order.endToEnd;
  return same ? { status: 'done', at: before.at, after: undefined } : { status: 'key_reused' };
};

type Decided = { readonly from: BookAccount; readonly to: BookAccount; readonly done: TransferDone };

function decide(book: ReadonlyMap<string, BookAccount>, order: TransferOrder): Decided | TransferRefusal {
  const from = book.get(order.from);
  // Somebody else's account is answered as one that is not there.
  if (from === undefined || !order.asker.mayUse(from)) return { status: 'account_unknown', side: 'from' };
  const to = book.get(order.to);
  if (to === undefined) return { status: 'account_unknown', side: 'to' };
  if (from.kind !== 'online') return { status: 'account_not_online', side: 'from' };
  if (to.kind !== 'online') return { status: 'account_not_online', side: 'to' };
  if (from.id === to.id) return { status: 'same_account' };
  const posted = post(book, move('transfer', order.reference, from.id, to.id, order.amount));
  switch (posted.status) {
    case 'ok': {
      const fromAfter = posted.balances.get(from.id) ?? from.balance;
      const toAfter = posted.balances.get(to.id) ?? to.balance;
      return { from, to, done: { order, fromAfter, toAfter } };
    }
    case 'insufficient_funds':
      return { status: 'insufficient_funds', available: posted.available };
    case 'balance_too_large':
      return { status: 'balance_too_large' };
    case 'account_unknown':
      return { status: 'account_unknown', side: posted.account === from.id ? 'from' : 'to' };
  }
}
