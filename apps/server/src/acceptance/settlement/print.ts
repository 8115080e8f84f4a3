/**
 * A merchant's day, and an acquirer's, on paper and as CSV (RFC 4180).
 *
 * What must hold: every figure is one of the API's; a name that begins like a formula is quoted as text, so that a spreadsheet does not
 * run it.
 */
import type { MovementKind, SettledMovement } from '@sokkin/issuer';
import type { AcquirerDay, MerchantDay } from './view.ts';
import { owedAfter } from './view.ts';

const NAMES: Readonly<Record<MovementKind, string>> = {
  purchase: 'payment',
  clearing: 'payment (offline)',
  purchase_reversed: 'reversal',
  purchase_refund: 'refund',
};
const isOut = (kind: MovementKind): boolean => kind === 'purchase_reversed' || kind === 'purchase_refund';
const signed = ({ kind, amount }: SettledMovement): bigint => (isOut(kind) ? -amount : amount);

function cell(value: string | number | bigint | undefined): string {
  const text = String(value ?? '');
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const csv = (rows: readonly (readonly (string | number | bigint | undefined)[])[]): string =>
  rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');

export const movementsCsv = (movements: readonly SettledMovement[]): string =>
  csv([
    ['time', 'what', 'amount', 'payment', 'terminal', 'reference', 'transfer'],
    ...movements.map((m) => [
      ...[m.at.toISOString(), NAMES[m.kind], signed(m), m.payment],
      ...[m.terminal, m.reference, m.number],
    ]),
  ]);

export const acquirerCsv = (day: AcquirerDay): string =>
  csv([
    [
      ...['business_date', 'merchant', 'payments', 'payments_amount', 'offline', 'offline_amount'],
      ...['reversals', 'reversals_amount', 'refunds', 'refunds_amount', 'fee', 'fee_paid', 'fee_owed'],
    ],
    ...day.positions.map((p) => {
      const { purchase, clearing, purchase_reversed: reversed, purchase_refund: refund } = p.sums;
      return [
        ...[day.businessDate, p.merchant, purchase.count, purchase.amount, clearing.count, clearing.amount],
        ...[reversed.count, reversed.amount, refund.count, refund.amount, p.fee, p.feePaid, owedAfter(p)],
      ];
    }),
  ]);

const WIDTH = 60;
const grouped = (amount: bigint): string => amount.toString().replace(/\B(?=(\d{3})+$)/g, ',');
const line = (left: string, right: string): string =>
  `${left}${' '.repeat(Math.max(1, WIDTH - left.length - right.length))}${right}\n`;

/** A page for people: sums first, then every payment. */
export function merchantText(day: MerchantDay, movements: readonly SettledMovement[]): string {
  const { merchant, position, businessDate, closedAt, status } = day;
  const { purchase, clearing, purchase_reversed: reversed, purchase_refund: refund } = position.sums;
  const counted = (name: string, { count, amount }: typeof purchase, sign = 1n): string =>
    line(`  ${name} (${count})`, `${grouped(sign * amount)} JPY`);
  const end = closedAt === undefined ? 'still open' : `closed ${closedAt.toISOString()}`;
  return [
    `${merchant.name}, card acceptor ${merchant.acceptor}\n`,
    `Day ${day.day}, ${businessDate}: ${end}\n\n`,
    counted('Payments', purchase),
    counted('Payments approved offline', clearing),
    counted('Reversals', reversed, -1n),
    counted('Refunds', refund, -1n),
    `  ${'-'.repeat(WIDTH - 2)}\n`,
    line('  Paid to your account', `${grouped(day.net)} JPY`),
    '\n',
    line('  Fee of this day', `${grouped(position.fee)} JPY`),
    position.owedBefore > 0n ? line('  Owed from before', `${grouped(position.owedBefore)} JPY`) : '',
    status === 'settled' ? line('  Taken from your account', `${grouped(position.feePaid)} JPY`) : '',
    status === 'settled' ? line('  Still owed', `${grouped(owedAfter(position))} JPY`) : '',
    '\n',
    ...movements.map((m) =>
      line(`  ${m.at.toISOString().slice(0, 19)}  ${NAMES[m.kind]}  ${m.terminal ?? ''}`, grouped(signed(m))),
    ),
  ].join('');
}
