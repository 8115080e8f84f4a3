/**
 * The totals of a reconciliation message (0500, 0520), in either version, and what is told in the answer.
 *
 * What must hold: what does not come is zero; what comes is whole and bounded, or names the field that is wrong; a net amount that is
 * not the sum of its parts is wrong, because nobody could say what it is compared with.
 */
import type { IsoMessage, IsoValue, IsoVersion } from '@sokkin/codec';
import { type BatchTotals, type CountedSum, netOf } from '@sokkin/issuer';

/** Fields of the number and of the amount of each part. */
const FIELDS = {
  credits: [74, 86],
  creditReversals: [75, 87],
  debits: [76, 88],
  debitReversals: [77, 89],
} as const satisfies Record<keyof BatchTotals, readonly [number, number]>;
const NET = 97;
const [ACCEPTOR, TERMINAL] = [42, 41];
/** Settlement code of 1987: in balance, out of balance. */
const SETTLEMENT_CODE = 66;
const MOST_COUNT = 9_999_999_999;

export interface ReadTotals {
  readonly totals: BatchTotals;
  readonly acceptor: string | undefined;
  readonly terminal: string | undefined;
}

/** The number of the field that is wrong, else. */
export function readTotals({ fields }: IsoMessage): ReadTotals | { readonly wrongField: number } {
  const wrong: number[] = [];
  const digits = (field: number): bigint => {
    const value = fields.get(field) ?? 0n;
    if (typeof value === 'bigint') return value;
    if (typeof value === 'string' && /^\d{1,18}$/.test(value)) return BigInt(value);
    wrong.push(field);
    return 0n;
  };
  const sum = ([number, amount]: readonly [number, number]): CountedSum => {
    const count = digits(number);
    if (count > MOST_COUNT) wrong.push(number);
    return { count: Number(count), amount: digits(amount) };
  };
  const totals: BatchTotals = {
    credits: sum(FIELDS.credits),
    creditReversals: sum(FIELDS.creditReversals),
    debits: sum(FIELDS.debits),
    debitReversals: sum(FIELDS.debitReversals),
  };
  if (!agrees(fields.get(NET), totals)) wrong.push(NET);
  const [wrongField] = wrong;
  if (wrongField !== undefined) return { wrongField };
  return { totals, acceptor: textOf(fields.get(ACCEPTOR)), terminal: textOf(fields.get(TERMINAL)) };
}

/** C: the merchant's side has it to get. */
function agrees(net: IsoValue | undefined, totals: BatchTotals): boolean {
  if (net === undefined) return true;
  if (typeof net !== 'object' || !('sign' in net)) return false;
  const signed = net.sign === 'C' ? net.amount : -net.amount;
  return signed === netOf(totals);
}

/** A dialect may cut the field into parts. */
function textOf(value: IsoValue | undefined): string | undefined {
  const parts = value instanceof Map ? [...value.values()] : [value];
  const text = parts.every((part) => typeof part === 'string') ? parts.join('').trimEnd() : '';
  return text === '' ? undefined : text;
}

/** What the answer says beside DE 39, which has codes of its own for it in 1993 alone. */
export const totalsFields = (version: IsoVersion, isInBalance: boolean): Record<number, IsoValue> =>
  version === '1987' ? { [SETTLEMENT_CODE]: isInBalance ? '1' : '2' } : {};
