/**
 * The messages of an ordinary terminal: sale, hold, capture, refund, reversal, what was approved offline.
 *
 * Source: ISO 8583:1987 and :1993 as public descriptions of acquirers' messages have them; docs/pos.md lists every field.
 *
 * What must hold: pure; a reversal, a repeat and a capture name their original as it was sent; nothing but the MTI differs between
 * a message and its repeat.
 */
import {
  amountOf,
  formatMti,
  type IsoMessage,
  type IsoProfile,
  isoMessage,
  isRepeat,
  type Mti,
  textOf,
} from '@sokkin/codec';
import { cardFields, type ReadCard } from './card.ts';
import { entryField, type Fields, is1987, known, type Shop, type Stamp, shopFields } from './shop.ts';

/** What a message asks for: `pay` moves the money, `hold` only keeps it for a `capture`. */
export type SaleKind = 'pay' | 'hold';

const PROCESSING = { purchase: '000000', refund: '200000' } as const;

export interface Writing {
  readonly profile: IsoProfile;
  readonly shop: Shop;
}

export interface Sale {
  readonly kind: SaleKind;
  readonly stamp: Stamp;
  readonly card: ReadCard;
  readonly amount: bigint;
}

/** 0100, 0200. */
export function saleRequest({ profile, shop }: Writing, { kind, stamp, card, amount }: Sale): IsoMessage {
  const fields = {
    ...moneyFields(profile, shop, PROCESSING.purchase, amount),
    ...shopFields(profile, shop, stamp),
    ...cardFields(profile, card, 'request'),
    ...functionOf(profile, kind === 'hold' ? '100' : '200', '00'),
  };
  return message(profile, kind === 'hold' ? '100' : '200', fields);
}

/** 0200: an amount of a payment goes back to the card's account. The card is not asked: the payment names it. */
export function refundRequest(
  { profile, shop }: Writing,
  paid: IsoMessage,
  { stamp, amount }: { stamp: Stamp; amount: bigint },
): IsoMessage {
  return message(profile, '200', {
    ...moneyFields(profile, shop, PROCESSING.refund, amount),
    ...shopFields(profile, shop, stamp),
    ...carried(profile, paid, [2, 14, 23]),
    ...entryField(profile, 'manual'),
    ...functionOf(profile, '200', '00'),
    ...originalFields(profile, paid),
  });
}

/** 0220: takes what a 0100 held, or a part of it. */
export function captureAdvice(
  { profile, shop }: Writing,
  held: IsoMessage,
  { stamp, amount, approvalCode }: { stamp: Stamp; amount: bigint; approvalCode: string | undefined },
): IsoMessage {
  const isWhole = amountOf(held, 4) === amount;
  return message(profile, '220', {
    ...moneyFields(profile, shop, PROCESSING.purchase, amount),
    ...shopFields(profile, shop, { ...stamp, reference: textOf(held, 37) ?? stamp.reference }),
    ...carried(profile, held, [2, 14, 22, 23]),
    ...functionOf(profile, isWhole ? '201' : '202', '06'),
    ...(approvalCode === undefined ? {} : known(profile, { 38: approvalCode })),
    ...originalFields(profile, held),
  });
}

/** 0220 with the TC of an approval that the card gave offline. */
export function offlineAdvice({ profile, shop }: Writing, sale: Omit<Sale, 'kind'>): IsoMessage {
  const { stamp, card, amount } = sale;
  return message(profile, '220', {
    ...moneyFields(profile, shop, PROCESSING.purchase, amount),
    ...shopFields(profile, shop, stamp),
    ...cardFields(profile, card, 'advice'),
    ...functionOf(profile, '200', '00'),
    // Approved by the chip: Y1 of 1987; 1993 has no digits for it, and the chip data says it
    ...(is1987(profile) ? known(profile, { 39: 'Y1' }) : {}),
  });
}

/**
 * 0400: what may have been approved did not happen; with `left`, only so much of it did.
 * DE 90 and 95 of 1987, DE 56 and 30 of 1993.
 */
export function reversalRequest(
  { profile, shop }: Writing,
  original: IsoMessage,
  { stamp, left = 0n, reason }: { stamp: Stamp; left?: bigint; reason: 'noAnswer' | 'cancelled' },
): IsoMessage {
  const amount = amountOf(original, 4) ?? 0n;
  const digits = (value: bigint): string => value.toString().padStart(12, '0');
  const replacement = `${digits(left)}${digits(0n)}C00000000C00000000`;
  const isPartial = left > 0n;
  const amounts: Fields = is1987(profile)
    ? { 4: amount, ...(isPartial ? { 95: replacement } : {}) }
    : { 4: isPartial ? left : amount, ...(isPartial ? { 30: `${digits(amount)}${digits(0n)}` } : {}) };
  const why: Fields = is1987(profile)
    ? {}
    : { 24: isPartial ? '401' : '400', 25: reason === 'noAnswer' ? '4021' : '4000' };
  return message(profile, '400', {
    ...shopFields(profile, shop, { ...stamp, reference: textOf(original, 37) ?? stamp.reference }),
    ...carried(profile, original, [2, 3, 14, 22, 23, 49]),
    ...known(profile, { ...amounts, ...why }),
    ...originalFields(profile, original),
  });
}

/** The same message, said again because no answer came: 0400 becomes 0401. */
export function repeatOf(asked: IsoMessage): IsoMessage {
  const mti: Mti = isRepeat(asked.mti) ? asked.mti : { ...asked.mti, origin: 'acquirer-repeat' };
  return { ...asked, mti };
}

const message = (profile: IsoProfile, type: string, fields: Fields): IsoMessage =>
  isoMessage(`${is1987(profile) ? '0' : '1'}${type}`, fields, headerOf(profile));

/** Its beginning as the profile says, and zeros: addresses of a TPDU are the line's. */
export function headerOf({ header }: IsoProfile): Uint8Array | undefined {
  if (header === undefined) return undefined;
  const octets = new Uint8Array(header.octets);
  octets.set(header.begins);
  return octets;
}

const moneyFields = (profile: IsoProfile, { currency }: Shop, code: string, amount: bigint): Fields =>
  known(profile, { 3: code, 4: amount, 49: currency });

/** DE 24 of 1993 says what 1987 says by DE 25. */
const functionOf = (profile: IsoProfile, code1993: string, condition1987: string): Fields =>
  known(profile, is1987(profile) ? { 25: condition1987 } : { 24: code1993 });

function carried(profile: IsoProfile, from: IsoMessage, numbers: readonly number[]): Fields {
  const found = numbers.flatMap((n) => {
    const value = from.fields.get(n);
    return value === undefined ? [] : [[n, value] as const];
  });
  return known(profile, Object.fromEntries(found));
}

/** DE 90 of 1987: MTI, STAN, transmission, acquirer, forwarder. DE 56 of 1993: MTI, STAN, local time, acquirer. */
export function originalFields(profile: IsoProfile, original: IsoMessage): Fields {
  const mti = formatMti({ ...original.mti, origin: 'acquirer' });
  const stan = textOf(original, 11) ?? '000000';
  const acquirer = textOf(original, 32) ?? '';
  const data = is1987(profile)
    ? `${mti}${stan}${textOf(original, 7) ?? ''}${acquirer.padStart(11, '0')}${'0'.repeat(11)}`
    : `${mti}${stan}${textOf(original, 12) ?? ''}${String(acquirer.length).padStart(2, '0')}${acquirer}`;
  return known(profile, is1987(profile) ? { 90: data } : { 56: data });
}
