/** Statements: what moved on an account in a period, in pages and as camt.053; and a transfer as pacs.008. */
import { camt053, type LedgerTx, pacs008, type StatementEntry } from '@sokkin/issuer';
import { maySee, type Principal, visibleAccount } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';
import { visibleTransfer } from './transfers.ts';

/** What one camt.053 holds at most. */
const MOST_ENTRIES = 10_000;

export interface Period {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface StatementPage {
  readonly account: string;
  readonly from: Date;
  readonly to: Date;
  readonly opening: bigint;
  readonly closing: bigint;
  readonly entries: readonly StatementEntry[];
}

/** From `from` on, and before `to`; without them, from the account's first day until now. */
export async function statementPage(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  wish: Period & { readonly account: string; readonly limit: number; readonly cursor?: string | undefined },
): Promise<StatementPage> {
  const account = await visibleAccount(tx, who, wish.account);
  const from = wish.from === undefined ? account.createdAt : new Date(wish.from);
  const to = wish.to === undefined ? b.clock() : new Date(wish.to);
  if (to <= from) throw new Problem('validation_failed', 'The period ends before it begins.', 'to');
  const { opening, closing, after, upTo } = await tx.statements.period(account.id, from, to);
  const start = wish.cursor === undefined ? after : BigInt(wish.cursor);
  // A cursor of another period must not show what is not in this one.
  const entries = await tx.statements.entries(account.id, start < after ? after : start, upTo, wish.limit);
  return { account: account.id, from, to, opening, closing, entries };
}

export async function statementXml(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  wish: Period & { readonly account: string },
): Promise<string> {
  const page = await statementPage(b, tx, who, { ...wish, limit: MOST_ENTRIES + 1 });
  if (page.entries.length > MOST_ENTRIES)
    throw new Problem(
      'statement_too_long',
      `More than ${MOST_ENTRIES} entries: ask for a shorter period.`,
      'from',
    );
  const account = await visibleAccount(tx, who, wish.account);
  return camt053({ ...page, account }, b.clock());
}

export async function transferXml(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<string> {
  const row = await visibleTransfer(tx, who, id);
  const party = async (side: string) => {
    const account = await tx.accounts.byId(side);
    if (account === undefined) throw new Error('Bug: a posting without its account');
    const name = maySee(who, account) ? account.name : undefined;
    return { account: side, institution: account.institution, name };
  };
  return pacs008({ ...row, debtor: await party(row.from), creditor: await party(row.to) }, b.clock());
}
