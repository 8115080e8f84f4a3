/**
 * The application file locator, tag 94 (Book 3, 10.2): which records the terminal reads, and which of them are
 * signed.
 *
 * What must hold: entries that read name records that can exist; the signed ones are the first of their entry.
 */
import { type Bytes, concat } from '../bytes.ts';
import { fail } from '../errors.ts';
import { Reader } from '../reader.ts';

export interface AflEntry {
  /** Short file identifier, 1 to 30. */
  readonly sfi: number;
  readonly first: number;
  readonly last: number;
  /** Records from `first` on that offline data authentication covers. */
  readonly authenticated: number;
}

export function encodeAfl(entries: readonly AflEntry[]): Bytes {
  return concat(...entries.map((e) => Uint8Array.of(e.sfi << 3, e.first, e.last, e.authenticated)));
}

/** `bad_length` unless it is whole entries, `bad_value` for one that contradicts itself. */
export function parseAfl(bytes: Bytes): AflEntry[] {
  if (bytes.length === 0 || bytes.length % 4 !== 0)
    fail('bad_length', `AFL: ${bytes.length} bytes are no entries of 4`);
  const r = new Reader(bytes, 'AFL');
  const entries: AflEntry[] = [];
  while (r.remaining > 0) {
    const [file, first, last, authenticated] = [r.u8(), r.u8(), r.u8(), r.u8()];
    const sfi = file >> 3;
    if ((file & 7) !== 0 || sfi < 1 || sfi > 30)
      fail('bad_value', `AFL: no short file identifier in ${file}`);
    if (first < 1 || last < first) fail('bad_value', `AFL: records ${first} to ${last} of file ${sfi}`);
    if (authenticated > last - first + 1)
      fail('bad_value', `AFL: ${authenticated} signed records of ${last - first + 1}`);
    entries.push({ sfi, first, last, authenticated });
  }
  return entries;
}
