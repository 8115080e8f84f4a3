/**
 * What is a card's own: the order for one, as it comes from the back-end.
 *
 * What must hold: an order that passes `checkOrder` can be prepared; each refusal is `bad_order` and names the
 * member, never its value, as PANs and PINs stay out of logs.
 */
import { type Bytes, type Epoch, epochOfIso, isoOfEpoch, SokkinError } from '@sokkin/codec';
import { lastDayOf, type Month, type RsaKeyPair } from '@sokkin/crypto';
import type { EmvIssuer } from './emv-issuer.ts';
import { hasCheckDigit } from './pan.ts';
import { type CardProfile, hasOfflinePin } from './profile.ts';

export interface CardOrder {
  /** 12 to 19 digits. */
  readonly pan: string;
  /** Two digits: which card of this PAN. */
  readonly sequence: string;
  /** YYMM: it holds to the last day of that month. */
  readonly expiry: string;
  /** From that day on. */
  readonly effective: Epoch;
  /** As embossed: 2 to 26 printable characters. */
  readonly holderName?: string;
  /** Of the card's certificate, 3 bytes; unique under the issuer's key. */
  readonly serial: Bytes;
  /** Payment account reference: 29 capital letters and digits. */
  readonly par?: string;
  /** 4 to 12 digits. */
  readonly pin?: string;
  /** The card's RSA key, if it was made before; else a new one is. */
  readonly key?: RsaKeyPair;
  /** For profiles with limited-use keys only: the first of them. */
  readonly limitedUse?: { readonly number: number; readonly uses: number };
}

const refuse = (what: string): never => {
  throw new SokkinError('bad_order', `Card order: ${what}.`);
};

export function checkOrder(order: CardOrder, issuer: EmvIssuer, profile: CardProfile): void {
  if (issuer.cipher !== profile.control.cipher)
    refuse(`the issuer's master keys are for ${issuer.cipher}, the profile is for ${profile.control.cipher}`);
  if (!/^\d{12,19}$/.test(order.pan) || !hasCheckDigit(order.pan))
    refuse('pan has 12 to 19 digits, the last of them the check digit (ISO/IEC 7812-1)');
  if (!order.pan.startsWith(issuer.identifier)) refuse("pan begins with the issuer's identifier");
  if (!/^\d\d$/.test(order.sequence)) refuse('sequence has two digits');
  if (lastDayOf(monthOf(order.expiry)) === undefined) refuse('expiry is a month, YYMM');
  if (order.effective > expiryDay(order)) refuse('effective lies after expiry');
  if (order.holderName !== undefined && !/^[ -~]{2,26}$/.test(order.holderName))
    refuse('holderName has 2 to 26 printable ASCII characters');
  if (order.serial.length !== 3) refuse('serial has 3 bytes');
  if (order.par !== undefined && !/^[0-9A-Z]{29}$/.test(order.par))
    refuse('par has 29 capital letters and digits');
  if (order.pin !== undefined && !/^\d{4,12}$/.test(order.pin)) refuse('pin has 4 to 12 digits');
  if (order.pin === undefined && hasOfflinePin(profile))
    refuse('pin is missing, and the CVM list asks for it');
  checkLimitedUse(order, profile);
}

function checkLimitedUse({ limitedUse }: CardOrder, { control }: CardProfile): void {
  if (control.limitedUseOnly !== (limitedUse !== undefined))
    refuse(
      control.limitedUseOnly ? 'limitedUse is missing' : 'limitedUse is for profiles with limitedUseOnly',
    );
  if (limitedUse === undefined) return;
  const { number, uses } = limitedUse;
  if (!Number.isInteger(number) || number < 1 || number > 0xffff) refuse('limitedUse.number is 1 to 65535');
  if (!Number.isInteger(uses) || uses < 1 || uses > 0xff) refuse('limitedUse.uses is 1 to 255');
}

/** YYMM as certificates write it, MMYY. */
export const monthOf = (expiry: string): Month => expiry.slice(2) + expiry.slice(0, 2);

/** The last day of a checked order. */
export function expiryDay({ expiry }: Pick<CardOrder, 'expiry'>): Epoch {
  return lastDayOf(monthOf(expiry)) ?? refuse('expiry is a month, YYMM');
}

/** YYMMDD, as format n of tags 5F24 and 5F25. */
export const yymmdd = (day: Epoch): string => isoOfEpoch(day).slice(2).replaceAll('-', '');

/** The day of six digits; two-digit years up to 49 are of this century (Book 4, 6.7.3). */
export function dayOf(digits: string): Epoch {
  const [yy = '', mm = '', dd = ''] = digits.match(/../g) ?? [];
  return epochOfIso(`${Number(yy) < 50 ? '20' : '19'}${yy}-${mm}-${dd}`);
}
