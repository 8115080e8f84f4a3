/** Elements that several ISO 20022 messages share. Yen has no decimals: amounts are whole numbers. */
import { atMost, element, type Xml } from './xml.ts';

export const CURRENCY = 'JPY';
/** What ISO 20022 writes where a payer gave no reference of its own. */
export const NOT_PROVIDED = 'NOTPROVIDED';

export const amountOf = (name: string, amount: bigint): Xml =>
  element(name, (amount < 0n ? -amount : amount).toString(), { Ccy: CURRENCY });
export const creditOrDebit = (amount: bigint): Xml => element('CdtDbtInd', amount < 0n ? 'DBIT' : 'CRDT');
export const dateTime = (name: string, at: Date): Xml => element(name, at.toISOString());
/** An account by our own name of it. */
export const accountIs = (name: string, id: string, more: readonly Xml[] = []): Xml =>
  element(name, [element('Id', [element('Othr', [element('Id', id)])]), ...more]);
export const agentIs = (name: string, institution: string): Xml =>
  element(name, [element('FinInstnId', [element('Othr', [element('Id', atMost(35, institution))])])]);
export const remittance = (memo: string | undefined): Xml | undefined =>
  memo === undefined ? undefined : element('RmtInf', [element('Ustrd', atMost(140, memo))]);
