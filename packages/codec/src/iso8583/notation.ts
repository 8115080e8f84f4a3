/**
 * The standard's notation of data elements ('n 6', 'ans..99', 'x+n 8', 'b...255') and what its letters allow.
 *
 * Source: ISO 8583:1987 and :1993, clause 4 (attribute specifications), as public documentation gives them.
 *
 * What must hold: lengths count digits, characters or octets, and never bits: a bitmap of 64 bits is 'b 8'.
 */

/**
 * n: digits. a: letters. an: letters and digits. anp: these and blanks. ns: digits and special characters.
 * ans: any printable character. b: octets. z: digits and separators of track 2 or 3. x+n: C or D before digits.
 * Blanks may fill up a and an of fixed length at the right, as the standard lets them; nowhere else in them.
 */
export type IsoKind = 'n' | 'a' | 'an' | 'anp' | 'ns' | 'ans' | 'b' | 'z' | 'x+n';

export interface IsoNotation {
  readonly kind: IsoKind;
  /** Digits, characters or octets: exactly, or at most. Of x+n the digits alone. */
  readonly most: number;
  /** Digits of the length before a variable element (LL 2, LLL 3, LLLL 4); 0 where it is fixed. */
  readonly lengthDigits: number;
}

/** One line of a version's table of elements; formats in this notation. */
export type IsoRow = readonly [number: number, name: string, format: string, role?: 'amount'];

const NOTATION = /^(n|a|an|anp|ns|ans|b|z|x\+n)( |\.{2,4})([1-9]\d{0,3})$/;
export const NOTATION_ALLOWED =
  'n, a, an, anp, ns, ans, b, z or x+n with a length ("n 6"), or with a greatest length after two to four dots ("ans..99")';

const isKind = (text: string): text is IsoKind =>
  ['n', 'a', 'an', 'anp', 'ns', 'ans', 'b', 'z', 'x+n'].includes(text);

/** The notation, or undefined where the text is none: a greatest length has no more digits than there are dots. */
export function parseNotation(text: string): IsoNotation | undefined {
  const [, kind = '', dots = '', digits = ''] = NOTATION.exec(text) ?? [];
  if (!isKind(kind)) return undefined;
  const lengthDigits = dots === ' ' ? 0 : dots.length;
  if (lengthDigits !== 0 && (digits.length > lengthDigits || kind === 'x+n')) return undefined;
  return { kind, most: Number(digits), lengthDigits };
}

const DIGIT = 1;
const LETTER = 2;
const BLANK = 4;
const SPECIAL = 8;
const SEPARATOR = 16;

/** Classes of each 7-bit character; 0 for what is not printable. */
const CLASS_OF = Uint8Array.from({ length: 128 }, (_, c) => {
  const character = String.fromCharCode(c);
  if (/[0-9]/.test(character)) return DIGIT;
  if (/[A-Za-z]/.test(character)) return LETTER;
  if (character === ' ') return BLANK;
  if (character === '=') return SPECIAL | SEPARATOR;
  return c > 0x20 && c < 0x7f ? SPECIAL : 0;
});

const CLASSES_OF: Readonly<Record<IsoKind, number>> = {
  n: DIGIT,
  a: LETTER | BLANK,
  an: DIGIT | LETTER | BLANK,
  anp: DIGIT | LETTER | BLANK,
  ns: DIGIT | SPECIAL,
  ans: DIGIT | LETTER | BLANK | SPECIAL,
  b: 0,
  z: DIGIT | SEPARATOR,
  'x+n': DIGIT,
};

/** The characters that may stand in text of a kind, filling blanks included, for `isOne`. */
export function charactersOf(kind: IsoKind): number {
  return CLASSES_OF[kind];
}

/** True if this 7-bit character is one of these. */
export function isOne(characters: number, character: number): boolean {
  return ((CLASS_OF[character] ?? 0) & characters) !== 0;
}

/** True if the blanks in such text are where this kind lets them be. */
export function blanksFit(kind: IsoKind, isFixed: boolean, text: string): boolean {
  if ((kind !== 'a' && kind !== 'an') || !text.includes(' ')) return true;
  return isFixed && !text.trimEnd().includes(' ');
}

const UNIT: Readonly<Record<IsoKind, string>> = {
  n: 'digits',
  a: 'letters',
  an: 'letters and digits',
  anp: 'letters, digits and blanks',
  ns: 'digits and special characters',
  ans: 'printable characters',
  b: 'octets',
  z: 'digits and separators "="',
  'x+n': 'digits after C or D',
};

/** What a notation asks for, in words: '6 digits', 'at most 99 printable characters'. */
export function describeNotation({ kind, most, lengthDigits }: IsoNotation): string {
  return `${lengthDigits === 0 ? '' : 'at most '}${most} ${UNIT[kind]}`;
}
