/**
 * BankToCustomerStatement, camt.053.001.08: what moved on an account, with its balance before and after.
 *
 * What must hold: elements stand in the order of the message definition (ISO 20022, message definition report of
 * camt.053.001.08); opening balance plus entries is the closing balance.
 */
import type { TransferKind } from '../ledger.ts';
import { accountIs, amountOf, CURRENCY, creditOrDebit, dateTime, NOT_PROVIDED, remittance } from './parts.ts';
import { atMost, document, element, type Xml } from './xml.ts';

export interface StatementEntry {
  readonly id: string;
  readonly kind: TransferKind;
  /** The name of what moved the money: `trf_...`, `fnd_...`. */
  readonly reference: string;
  readonly amount: bigint;
  readonly at: Date;
  readonly memo: string | undefined;
  readonly endToEnd: string | undefined;
  /** The account on the other side. */
  readonly counterpart: string;
}

export interface Statement {
  readonly account: { readonly id: string; readonly name: string };
  readonly from: Date;
  readonly to: Date;
  readonly opening: bigint;
  readonly closing: bigint;
  readonly entries: readonly StatementEntry[];
}

export function camt053(statement: Statement, at: Date): string {
  const { account, from, to, entries } = statement;
  const name = `${account.id}-${to.getTime().toString(36)}`;
  return document(
    'urn:iso:std:iso:20022:tech:xsd:camt.053.001.08',
    element('BkToCstmrStmt', [
      element('GrpHdr', [element('MsgId', atMost(35, name)), dateTime('CreDtTm', at)]),
      element('Stmt', [
        element('Id', atMost(35, name)),
        dateTime('CreDtTm', at),
        element('FrToDt', [dateTime('FrDtTm', from), dateTime('ToDtTm', to)]),
        accountIs('Acct', account.id, [element('Ccy', CURRENCY), element('Nm', atMost(70, account.name))]),
        balance('OPBD', statement.opening, from),
        balance('CLBD', statement.closing, to),
        ...entries.map((entry) => entryIs(account.id, entry)),
      ]),
    ]),
  );
}

const balance = (code: 'OPBD' | 'CLBD', amount: bigint, at: Date): Xml =>
  element('Bal', [
    element('Tp', [element('CdOrPrtry', [element('Cd', code)])]),
    amountOf('Amt', amount),
    creditOrDebit(amount),
    element('Dt', [dateTime('DtTm', at)]),
  ]);

function entryIs(account: string, entry: StatementEntry): Xml {
  const [debtor, creditor] = entry.amount < 0n ? [account, entry.counterpart] : [entry.counterpart, account];
  return element('Ntry', [
    element('NtryRef', entry.id),
    amountOf('Amt', entry.amount),
    creditOrDebit(entry.amount),
    entry.kind === 'reversal' ? element('RvslInd', 'true') : undefined,
    element('Sts', [element('Cd', 'BOOK')]),
    element('BookgDt', [dateTime('DtTm', entry.at)]),
    element('ValDt', [dateTime('DtTm', entry.at)]),
    element('AcctSvcrRef', atMost(35, entry.reference)),
    element('BkTxCd', [element('Prtry', [element('Cd', entry.kind)])]),
    element('NtryDtls', [
      element('TxDtls', [
        element('Refs', [
          element('AcctSvcrRef', atMost(35, entry.reference)),
          element('EndToEndId', entry.endToEnd ?? NOT_PROVIDED),
        ]),
        amountOf('Amt', entry.amount),
        creditOrDebit(entry.amount),
        element('RltdPties', [accountIs('DbtrAcct', debtor), accountIs('CdtrAcct', creditor)]),
        remittance(entry.memo),
      ]),
    ]),
  ]);
}
