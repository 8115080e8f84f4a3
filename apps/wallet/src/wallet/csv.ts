/** Records as CSV (RFC 4180), for spreadsheets. What must hold: no field can become a formula or break its line. */
import type { MoneyRecord } from '../keep/store.ts';

const COLUMNS = ['at', 'kind', 'amount', 'state', 'counterparty', 'id'] as const;

export function csvOf(records: readonly MoneyRecord[]): string {
  const lines = records.map((record) => COLUMNS.map((column) => field(String(record[column]))).join(','));
  return `${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}

const field = (text: string): string => {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};
