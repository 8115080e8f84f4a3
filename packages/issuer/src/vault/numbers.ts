/**
 * The numbers of tokenisation: token PANs from their own ranges, token requestor identifiers, payment account references.
 *
 * What must hold: a token looks like a PAN and is none: its range is nobody's for PANs; every number of a range is as likely as any
 * other; a reference tells nothing of the account that it stands for.
 */
import { assert, type Bytes, SokkinError } from '@sokkin/codec';
import { drawDigits, withCheckDigit } from '../personalisation/pan.ts';

/** First digits of token PANs (token BIN), 6 to 10, and how many digits they have. */
export interface TokenRange {
  readonly prefix: string;
  readonly digits: number;
}

/** Fails with `bad_range` for a range that is none, or that PANs are in, too. */
export function checkRanges(ranges: readonly TokenRange[], panPrefixes: readonly string[]): void {
  const refuse = (what: string): never => {
    throw new SokkinError('bad_range', `Token ranges: ${what}.`);
  };
  if (ranges.length === 0) refuse('there is none');
  for (const { prefix, digits } of ranges) {
    if (!/^\d{6,10}$/.test(prefix)) refuse(`"${prefix}" has not 6 to 10 digits`);
    // Fewer free digits would make numbers guessable, and soon used up.
    if (!Number.isInteger(digits) || digits < prefix.length + 7 || digits > 19)
      refuse(`${digits} digits do not fit ${prefix}: 6 free ones and the check digit at least, 19 at most`);
  }
  const all = [...ranges.map(({ prefix }) => prefix), ...panPrefixes];
  const twice = all.find((one, i) => all.some((other, j) => i !== j && other.startsWith(one)));
  if (twice !== undefined) refuse(`${twice} is part of another range`);
}

/** A number that nobody may have yet, or somebody may: the caller looks. */
export function drawToken(randomBytes: (length: number) => Bytes, { prefix, digits }: TokenRange): string {
  return withCheckDigit(prefix + drawDigits(randomBytes, digits - 1 - prefix.length));
}

/** Token requestor identifier (TRID): three digits of the provider, eight of the requestor. */
export const isRequestorId = (id: string): boolean => /^\d{11}$/.test(id);

const REFERENCE_DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** Bytes from here on would make some characters more likely. */
const FAIR = 252;

/** A payment account reference (PAR): four characters of who controls the BIN, 25 drawn. 29 in all, as tag 9F24. */
export function drawReference(randomBytes: (length: number) => Bytes, controller: string): string {
  assert(/^[0-9A-Z]{4}$/.test(controller), 'a BIN controller has four capital letters and digits');
  let drawn = '';
  while (drawn.length < 25) {
    for (const byte of randomBytes(25)) if (byte < FAIR) drawn += REFERENCE_DIGITS.charAt(byte % 36);
  }
  return controller + drawn.slice(0, 25);
}
