/**
 * FIToFICustomerCreditTransfer, pacs.008.001.08: one transfer, as institutions tell each other of it.
 *
 * What must hold: elements stand in the order of the message definition (ISO 20022, message definition report of
 * pacs.008.001.08). It tells of a transfer that is done: money moves in the ledger, never by this message.
 */
import { accountIs, agentIs, amountOf, dateTime, NOT_PROVIDED, remittance } from './parts.ts';
import { atMost, document, element, type Xml } from './xml.ts';

export interface CreditTransfer {
  readonly id: string;
  readonly amount: bigint;
  readonly at: Date;
  readonly memo: string | undefined;
  readonly endToEnd: string | undefined;
  readonly debtor: TransferParty;
  readonly creditor: TransferParty;
}

export interface TransferParty {
  readonly account: string;
  readonly institution: string;
  /** undefined: not for the reader to know. */
  readonly name: string | undefined;
}

const party = (name: string, who: TransferParty): Xml =>
  element(name, [element('Nm', atMost(140, who.name ?? NOT_PROVIDED))]);

export function pacs008(transfer: CreditTransfer, at: Date): string {
  const { debtor, creditor } = transfer;
  return document(
    'urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08',
    element('FIToFICstmrCdtTrf', [
      element('GrpHdr', [
        element('MsgId', atMost(35, transfer.id)),
        dateTime('CreDtTm', at),
        element('NbOfTxs', '1'),
        element('SttlmInf', [element('SttlmMtd', 'CLRG'), element('ClrSys', [element('Prtry', 'SOKKIN')])]),
      ]),
      element('CdtTrfTxInf', [
        element('PmtId', [
          element('EndToEndId', transfer.endToEnd ?? NOT_PROVIDED),
          element('TxId', atMost(35, transfer.id)),
        ]),
        amountOf('IntrBkSttlmAmt', transfer.amount),
        element('IntrBkSttlmDt', transfer.at.toISOString().slice(0, 10)),
        dateTime('AccptncDtTm', transfer.at),
        element('ChrgBr', 'SLEV'),
        agentIs('InstgAgt', debtor.institution),
        agentIs('InstdAgt', creditor.institution),
        party('Dbtr', debtor),
        accountIs('DbtrAcct', debtor.account),
        agentIs('DbtrAgt', debtor.institution),
        agentIs('CdtrAgt', creditor.institution),
        party('Cdtr', creditor),
        accountIs('CdtrAcct', creditor.account),
        remittance(transfer.memo),
      ]),
    ]),
  );
}
