/**
 * A message of ISO 8583 between a terminal and its acquirer, every field with its number, its name and its value.
 *
 * What must hold: card numbers are shown as receipts show them; tracks, PINs and codes are named, and not shown. Octets that are no message
 * are shown as such.
 */
import {
  type Bytes,
  decodeTlvs,
  dissectIso,
  emvElement,
  formatMti,
  hex,
  type IsoMessage,
  type IsoProfile,
  type IsoTlv,
  type IsoValue,
  SokkinError,
} from '@sokkin/codec';

export interface IsoLine {
  /** `DE 4`; a data element within 55 has its tag. */
  readonly field: string;
  readonly name: string;
  readonly value: string;
  readonly depth: number;
}

export interface IsoPart {
  /** `0200`. */
  readonly mti: string;
  readonly lines: readonly IsoLine[];
  readonly length: number;
}

export interface IsoHeard {
  readonly asked: IsoPart;
  /** undefined: no answer came. */
  readonly answered: IsoPart | undefined;
  /** Response code, DE 39, where there is one. */
  readonly code: string | undefined;
}

const PAN = 2;
const CHIP = 55;
const RESPONSE = 39;
/** Tracks, PIN, and what protects them. */
const SECRET: ReadonlySet<number> = new Set([35, 36, 45, 52]);
const HIDDEN = '(not shown)';
/** Tags within DE 55 that say the same as fields that are hidden or shortened. */
const PAN_TAGS: ReadonlySet<number> = new Set([0x57, 0x5a]);

export function isoPart(profile: IsoProfile, octets: Bytes): IsoPart {
  try {
    const { message, pieces } = dissectIso(profile, octets);
    const names = new Map(
      pieces.flatMap((piece) => (piece.field === undefined ? [] : [[piece.field, piece.name]])),
    );
    return { mti: formatMti(message.mti), length: octets.length, lines: linesOf(profile, message, names) };
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    const line = { field: '?', name: error.message, value: hex(octets), depth: 0 };
    return { mti: '?', length: octets.length, lines: [line] };
  }
}

function linesOf(
  profile: IsoProfile,
  { fields }: IsoMessage,
  names: ReadonlyMap<number, string>,
): readonly IsoLine[] {
  return [...fields].flatMap(([number, value]) => {
    const name = names.get(number) ?? profile.fields[number]?.name ?? '';
    const line = { field: `DE ${number}`, name, value: shown(number, value), depth: 0 };
    return [line, ...insideOf(number, value)];
  });
}

function shown(number: number, value: IsoValue): string {
  if (SECRET.has(number)) return HIDDEN;
  if (number === PAN && typeof value === 'string') return masked(value);
  if (typeof value === 'string') return value.trimEnd();
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return number === CHIP ? `${value.length} octets` : hex(value);
  if (value instanceof Map) return `${value.size} parts`;
  if (Array.isArray(value)) return `${value.length} data objects`;
  return 'sign' in value ? `${value.sign}${value.amount}` : '';
}

function insideOf(number: number, value: IsoValue): readonly IsoLine[] {
  if (value instanceof Uint8Array) return number === CHIP ? chipLines(decodeTlvs(value)) : [];
  if (value instanceof Map)
    return [...value].map(([name, part]) => ({ field: '', name, value: shown(0, part), depth: 1 }));
  return Array.isArray(value) ? chipLines(value as readonly IsoTlv[]) : [];
}

const chipLines = (objects: readonly { readonly tag: number; readonly value: Bytes }[]): readonly IsoLine[] =>
  objects.map(({ tag, value }) => ({
    field: tag.toString(16).toUpperCase(),
    name: emvElement(tag)?.name ?? '',
    value: PAN_TAGS.has(tag) ? HIDDEN : hex(value),
    depth: 1,
  }));

/** As receipts show it. */
const masked = (pan: string): string => pan.slice(-4).padStart(pan.length, '*');

/** Of a message and what came back. */
export function isoHeard(profile: IsoProfile, asked: Bytes, answered: Bytes | undefined): IsoHeard {
  const answer = answered && isoPart(profile, answered);
  const code = answer?.lines.find(({ field }) => field === `DE ${RESPONSE}`)?.value;
  return { asked: isoPart(profile, asked), answered: answer, code };
}
