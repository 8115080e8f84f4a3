/**
 * The CBDC ledger of the back-end: double entry.
 *
 * What must hold: the postings of a transfer add up to zero; an account that has a floor never goes below it, nor below what is
 * held on it for shops: that is not spent by anything but the payment that it is held for.
 * The central bank's account is the only one without a floor: its balance is minus what was ever issued, so
 * that all balances together are zero at any time.
 */
import { assert } from '@sokkin/codec';

export type AccountKind = 'central_bank' | 'online' | 'offline_float' | 'destroyed';

/** The institutions that every ledger has: the central bank, and the issuer that its first key ceremony makes. */
export const CENTRAL_BANK = 'ins_central_bank';
export const FIRST_ISSUER = 'ins_first_issuer';

/** The accounts that every ledger has. */
export const SYSTEM_ACCOUNTS = {
  centralBank: {
    id: 'acc_central_bank',
    kind: 'central_bank',
    name: 'Central bank: issued',
    institution: CENTRAL_BANK,
  },
  float: {
    id: 'acc_offline_float',
    kind: 'offline_float',
    name: 'Offline float: in purses and between them',
    institution: CENTRAL_BANK,
  },
  destroyed: {
    id: 'acc_destroyed',
    kind: 'destroyed',
    name: 'Taken back and destroyed',
    institution: CENTRAL_BANK,
  },
} as const;

export type TransferKind =
  | 'issuance'
  | 'destruction'
  | 'funding'
  | 'funding_returned'
  | 'redemption'
  | 'transfer'
  | 'reversal'
  /** Float to account: what a lost purse held. */
  | 'refund'
  /** Back into the float, because the purse had paid after all. */
  | 'late_payment'
  /** To who stood for a late payment that was none. */
  | 'late_payment_returned'
  /** Float to merchant: a TC that was cleared. */
  | 'clearing'
  /** Float to the purse's account: an approval whose TC is too old to come. */
  | 'approval_lapsed'
  /** Loss account to float: for a TC that its purse's journal denies. */
  | 'clearing_loss'
  /** Merchant to acquirer, at the cut-over. */
  | 'settlement_fee'
  /** Account to merchant: what a shop's terminal asked for. */
  | 'purchase'
  /** Merchant to account: the shop took it back as if it had never been, or gave back what it had sold. */
  | 'purchase_reversed'
  | 'purchase_refund';

export interface Posting {
  readonly account: string;
  /** Minor units; positive: the account's balance grows. */
  readonly amount: bigint;
}

export interface Transfer {
  readonly kind: TransferKind;
  /** What it is for: the id of the issuance, funding, redemption. */
  readonly reference: string;
  readonly postings: readonly Posting[];
  readonly note?: TransferNote;
}

/** What is kept with a transfer that somebody asked for. */
export interface TransferNote {
  readonly memo?: string | undefined;
  /** The number (not the name) of the transfer that this one takes back. */
  readonly reverses?: bigint | undefined;
  readonly askedBy: string;
}

export interface AccountBalance {
  readonly id: string;
  readonly kind: AccountKind;
  readonly balance: bigint;
  /** Of the balance: kept for payments that shops were promised. Minor units. */
  readonly held: bigint;
}

/** What a 64-bit column holds. */
export const MAX_BALANCE = 2n ** 63n - 1n;

/** Minor units; undefined: no floor. */
export const floorOf = (kind: AccountKind): bigint | undefined => (kind === 'central_bank' ? undefined : 0n);

/** Moves an amount from one account to another. */
export function move(
  kind: TransferKind,
  reference: string,
  from: string,
  to: string,
  amount: bigint,
): Transfer {
  assert(amount > 0n, 'a transfer moves something');
  assert(from !== to, 'a transfer moves between two accounts');
  return {
    kind,
    reference,
    postings: [
      { account: from, amount: -amount },
      { account: to, amount },
    ],
  };
}

export type Posted =
  | { readonly status: 'ok'; readonly balances: ReadonlyMap<string, bigint> }
  /** `available`: what could be taken, without what is held. */
  | { readonly status: 'insufficient_funds'; readonly account: string; readonly available: bigint }
  | { readonly status: 'balance_too_large'; readonly account: string }
  | { readonly status: 'account_unknown'; readonly account: string };

/** The balances after a transfer, or why it cannot be. */
export function post(accounts: ReadonlyMap<string, AccountBalance>, transfer: Transfer): Posted {
  let sum = 0n;
  const balances = new Map<string, bigint>();
  for (const { account, amount } of transfer.postings) {
    const row = accounts.get(account);
    if (row === undefined) return { status: 'account_unknown', account };
    sum += amount;
    balances.set(account, (balances.get(account) ?? row.balance) + amount);
  }
  assert(sum === 0n, 'the postings of a transfer add up to zero');
  for (const [account, balance] of balances) {
    if (balance > MAX_BALANCE || balance < -MAX_BALANCE) return { status: 'balance_too_large', account };
    const row = accounts.get(account);
    const floor = row === undefined ? undefined : floorOf(row.kind);
    if (row !== undefined && floor !== undefined && balance < floor + row.held) {
      return { status: 'insufficient_funds', account, available: row.balance - row.held };
    }
  }
  return { status: 'ok', balances };
}
