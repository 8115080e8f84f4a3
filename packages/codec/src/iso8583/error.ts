/**
 * How an ISO 8583 message is refused: the project's error class with the place and what belongs there.
 *
 * What must hold: the sentence names the field, the octet and what was expected, and never a value: messages
 * hold card numbers, tracks and PIN blocks, and errors end in logs.
 */
import { type CodecCode, SokkinError } from '../errors.ts';

/** What can be wrong with a message, beside what can be wrong with any bytes. */
export type IsoCode = CodecCode | 'bad_mti' | 'bad_bitmap' | 'bad_frame' | 'unknown_field' | 'missing_field';

/** A place in a message: a field or a subfield, or a part before the fields. */
export interface IsoPlace {
  /** Number of the field; undefined in the header, the MTI, the bitmap and the frame. */
  readonly field: number | undefined;
  /** In words: 'field 4', 'field 48.limit', 'MTI'. */
  readonly path: string;
}

export class IsoError extends SokkinError<IsoCode> {
  readonly field: number | undefined;
  readonly path: string;
  /** Octet from the start of the message, header included; undefined where there are no octets yet. */
  readonly offset: number | undefined;
  readonly expected: string;

  constructor(
    code: IsoCode,
    place: IsoPlace,
    offset: number | undefined,
    wrong: string,
    expected: string,
    options?: { cause?: unknown },
  ) {
    const at = offset === undefined ? '' : ` at octet ${offset}`;
    super(code, `ISO 8583 ${place.path}${at}: ${wrong}. Expected: ${expected}.`, options);
    this.field = place.field;
    this.path = place.path;
    this.offset = offset;
    this.expected = expected;
  }
}

/** Inside this folder: refuse what is being read at this octet, or what is to be written (no octet). */
export function refuse(
  code: IsoCode,
  place: IsoPlace,
  offset: number | undefined,
  wrong: string,
  expected: string,
  options?: { cause?: unknown },
): never {
  throw new IsoError(code, place, offset, wrong, expected, options);
}

/** The parts of a message that are no fields. */
export const PLACE = {
  frame: { field: undefined, path: 'frame' },
  header: { field: undefined, path: 'header' },
  mti: { field: undefined, path: 'MTI' },
  bitmap: { field: undefined, path: 'bitmap' },
  message: { field: undefined, path: 'message' },
} as const satisfies Record<string, IsoPlace>;

/** '1 octet', '2 octets'. */
export function octetCount(count: number): string {
  return `${count} octet${count === 1 ? '' : 's'}`;
}
