/** What a receipt shows, from what came of a tap. A card's number never stands on one: its last four digits do. */
import { hex } from '@sokkin/codec';
import { type CarriedPayment, type DataRecord, purseName, type TerminalConfig } from '@sokkin/terminal';
import type { ReceiptData, SaleRecord, Way } from './types.ts';

type Where = Pick<TerminalConfig, 'currency' | 'exponent' | 'merchantName' | 'terminalId'>;

const TAG = { pan: 0x5a, aid: 0x84, ownAid: 0x9f06, cryptogram: 0x9f26 } as const;

const common = (config: Where, { kind, id, amount }: SaleRecord, at: number) => ({
  ...{ kind, sale: id, amount, at },
  currency: config.currency,
  exponent: config.exponent,
  merchant: config.merchantName,
  terminal: config.terminalId,
});

/** `payment`: that of the other side; its amount is what was paid. */
export const purseReceipt = (
  config: Where,
  record: SaleRecord,
  other: Uint8Array,
  { fields }: CarriedPayment,
  at: number,
): ReceiptData => ({
  ...common(config, record, at),
  amount: fields.amount,
  way: 'purse',
  from: purseName(other),
  signature: false,
});

interface Emv {
  readonly way: Exclude<Way, 'purse'>;
  readonly at: number;
  readonly signature: boolean;
  readonly approval?: string;
}

export function emvReceipt(
  config: Where,
  record: SaleRecord,
  data: DataRecord,
  { way, at, signature, approval }: Emv,
): ReceiptData {
  const aid = data.get(TAG.aid) ?? data.get(TAG.ownAid);
  const cryptogram = data.get(TAG.cryptogram);
  return {
    ...common(config, record, at),
    way,
    from: masked(data),
    signature,
    ...(approval !== undefined && { approval }),
    ...(aid !== undefined && { aid: hex(aid) }),
    ...(cryptogram !== undefined && { cryptogram: hex(cryptogram) }),
  };
}

const SHOWN_DIGITS = 4;
/** Tag 5A is padded with F on its right (Book 3, 4.3: format cn). */
function masked(data: DataRecord): string {
  const digits = hex(data.get(TAG.pan) ?? new Uint8Array(0)).replace(/f+$/, '');
  return `**** ${digits.slice(-SHOWN_DIGITS)}`;
}

/** For a printer of fixed width, and for a screen reader: one fact a line. */
export function receiptLines(receipt: ReceiptData, money: (amount: bigint) => string): readonly string[] {
  const { merchant, terminal, sale, way, from, approval, aid, cryptogram, signature } = receipt;
  const sign = receipt.kind === 'refund' ? '-' : '';
  return [
    merchant,
    `Terminal ${terminal}`,
    `${new Date(receipt.at).toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    `${receipt.kind === 'refund' ? 'Refund' : 'Sale'} ${sale}`,
    `${sign}${money(receipt.amount)}`,
    `${WAYS[way]} ${from}`,
    ...(approval === undefined ? [] : [`Approval ${approval}`]),
    ...(aid === undefined ? [] : [`AID ${aid.toUpperCase()}`]),
    ...(cryptogram === undefined ? [] : [`Cryptogram ${cryptogram.toUpperCase()}`]),
    ...(signature ? ['Signature: ____________________'] : []),
  ];
}

const WAYS: Readonly<Record<Way, string>> = {
  purse: 'CBDC purse',
  emv_offline: 'Card, offline',
  emv_online: 'Card, online',
};
