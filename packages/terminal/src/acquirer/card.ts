/**
 * What a card gave to the terminal, as fields of a message: number, dates, track, chip data.
 *
 * What must hold: chip data is exactly what the cryptogram was made over and what issuers look at besides; the track goes into
 * requests only, since nothing that is kept may hold one.
 */
import {
  type Bytes,
  DE55_TABLES,
  type De55Use,
  digitsOf,
  hex,
  type IsoProfile,
  type IsoTlv,
  type IsoValue,
  SokkinError,
  selectDe55,
  writeDe55,
} from '@sokkin/codec';
import { TAG } from '../emv/tags.ts';
import { entryField, type Fields, known, type PosEntry } from './shop.ts';

/** A card that was read: its elements by tag, as the kernel records them. */
export interface ReadCard {
  readonly entry: PosEntry;
  readonly data: ReadonlyMap<number, Bytes>;
}

const TRACK2 = 0x57;
const CASHBACK = 0x9f03;

export function cardFields(profile: IsoProfile, card: ReadCard, use: Exclude<De55Use, 'response'>): Fields {
  const { data, entry } = card;
  const [expiry, sequence, track] = [data.get(TAG.expiry), data.get(TAG.sequence), data.get(TRACK2)];
  const hasTrack = use === 'request' && track !== undefined;
  return known(profile, {
    ...entryField(profile, entry),
    2: panOf(data),
    ...(expiry === undefined ? {} : { 14: hex(expiry).slice(0, 4) }),
    ...(sequence === undefined ? {} : { 23: hex(sequence).padStart(3, '0') }),
    ...(hasTrack ? { 35: trackText(track) } : {}),
    55: chipValue(profile, data, use),
  });
}

/** Digits, from 5A or else from track 2. */
export function panOf(data: ReadonlyMap<number, Bytes>): string {
  const pan = data.get(TAG.pan);
  if (pan !== undefined) return digitsOf(pan);
  const track = data.get(TRACK2);
  const number = track === undefined ? undefined : trackText(track).split('=')[0];
  if (number !== undefined && number !== '') return number;
  throw new SokkinError(
    'no_card_number',
    'The chip data has no card number (tags 5A, 57). Read the card again.',
  );
}

const trackText = (track: Bytes): string => hex(track).toUpperCase().replace(/F+$/, '').replace('D', '=');

/** DE 55 as the dialect has it: data objects, or their octets. */
function chipValue(
  profile: IsoProfile,
  data: ReadonlyMap<number, Bytes>,
  use: Exclude<De55Use, 'response'>,
): IsoValue {
  const table = DE55_TABLES[use];
  const whole = data.has(CASHBACK) ? data : new Map([...data, [CASHBACK, new Uint8Array(6)] as const]);
  const chosen = selectDe55(table, whole);
  if (profile.fields[55]?.content?.form !== 'ber-tlv') return writeDe55(table, chosen);
  // Through the writer, so that what cannot be DE 55 is refused here and not by the acquirer
  writeDe55(table, chosen);
  return [...chosen.elements].map(([tag, value]): IsoTlv => ({ tag, value }));
}
