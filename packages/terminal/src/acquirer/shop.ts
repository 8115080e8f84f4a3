/**
 * Who a terminal says it is, and when: what stands in every message of it to its acquirer.
 *
 * What must hold: pure; a value fits its field in the dialect that it is written for, or says which member of the shop does not.
 */
import { type IsoProfile, type IsoValue, SokkinError } from '@sokkin/codec';

/** A terminal, as its acquirer knows it. */
export interface Shop {
  /** DE 41, up to eight characters. */
  readonly terminal: string;
  /** DE 42, up to fifteen. */
  readonly merchant: string;
  /** ISO 18245, four digits: DE 18 of 1987, DE 26 of 1993. */
  readonly category: string;
  /** ISO 4217, three digits. */
  readonly currency: string;
  /** DE 32, up to eleven digits; undefined: the acquirer knows whose line it is. */
  readonly acquirer?: string | undefined;
}

/** What tells one message of a terminal from all others. */
export interface Stamp {
  /** DE 11, six digits, counted up for each new message; a repeat keeps it. */
  readonly stan: string;
  /** DE 37, twelve characters: the same in all messages on one payment. */
  readonly reference: string;
  /** `YYMMDDhhmmss` by the terminal's own clock: DE 12 (and 13 in 1987). */
  readonly local: string;
  /** `MMDDhhmmss`, UTC: DE 7. */
  readonly transmitted: string;
}

/** How the card came: DE 22. */
export type PosEntry = 'contactlessChip' | 'contactChip' | 'manual';

const ENTRY_1987: Readonly<Record<PosEntry, string>> = {
  // Contactless chip, contact chip, keyed; third digit: no PIN can be entered
  contactlessChip: '072',
  contactChip: '052',
  manual: '012',
};
/** Input capability, holder's and card's; attended, present; input mode; nobody verified; output as printed text. */
const ENTRY_1993: Readonly<Record<PosEntry, string>> = {
  contactlessChip: 'M00101M00140',
  contactChip: '500101500140',
  manual: '600101600140',
};

/** Fields that the dialect does not have are left out: it is the acquirer's to say what it wants. */
export type Fields = Record<number, IsoValue>;

/** What every message of the shop carries. */
export function shopFields(profile: IsoProfile, shop: Shop, stamp: Stamp): Fields {
  const { local, transmitted, stan, reference } = stamp;
  const when: Fields = is1987(profile)
    ? { 12: local.slice(6), 13: local.slice(2, 6), 18: shop.category }
    : { 12: local, 26: shop.category };
  return known(profile, {
    ...when,
    7: transmitted,
    11: stan,
    ...(shop.acquirer === undefined ? {} : { 32: shop.acquirer }),
    37: reference,
    41: filled(profile, 41, shop.terminal),
    42: filled(profile, 42, shop.merchant),
  });
}

export const entryField = (profile: IsoProfile, entry: PosEntry): Fields => {
  const value = is1987(profile) ? ENTRY_1987[entry] : ENTRY_1993[entry];
  return known(profile, { 22: value.padStart(profile.fields[22]?.most ?? 0, '0') });
};

export const is1987 = ({ version }: IsoProfile): boolean => version === '1987';

/** Without the fields that the dialect does not have. */
export const known = (profile: IsoProfile, fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).filter(([number]) => profile.fields[Number(number)] !== undefined),
  );

/** Identifications are filled up with blanks on the wire. */
function filled(profile: IsoProfile, field: number, text: string): string {
  const format = profile.fields[field];
  if (format === undefined) return text;
  if (text === '' || text.length > format.most || !/^[ -~]+$/.test(text))
    throw new SokkinError(
      'bad_shop',
      `"${text}" cannot be field ${field} (${format.name}): it has up to ${format.most} printable characters.`,
    );
  return format.prefix === undefined ? text.padEnd(format.most) : text;
}
