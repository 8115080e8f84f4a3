/**
 * The message authentication code in field 64 or 128: what it covers, how it is set and checked.
 *
 * Source: ISO 8583, field 64 and 128 (the last field of the message); ANSI X9.19 and ISO 16609 for codes shorter than
 * the field: at the left, zeros after.
 *
 * What must hold: the code covers every octet from the MTI (or the header, where the profile says so) up to its own field,
 * bitmap included, and nothing may follow it. Which function computes it, under which key, is the caller's.
 */
import { type Bytes, equal } from '../bytes.ts';
import { assert } from '../errors.ts';
import { FIELD_MAC_PRIMARY, FIELD_MAC_SECONDARY } from './dictionary.ts';
import { type IsoPlace, refuse } from './error.ts';
import { encodeIso } from './iso-codec.ts';
import type { IsoMessage } from './message.ts';
import type { IsoFormat, IsoProfile } from './profile.ts';

const LEAST_CODE = 4;

/** Computes a code of 4 octets up to those of its field (8): a retail MAC or a CMAC, cut as the parties agreed. */
export type MacFunction = (input: Bytes) => Bytes;

/**
 * The octets that the code of this message covers. The message must have its code in the last field that it can
 * be in: 128 with a second bitmap, else 64 (`missing_field`, `unknown_field` otherwise).
 */
export function isoMacInput(profile: IsoProfile, message: IsoMessage): Bytes {
  return coveredOctets(profile, message, encodeIso(profile, message));
}

/** The message with its code in field 64, or in 128 if a field beyond 64 makes a second bitmap. */
export function withIsoMac(profile: IsoProfile, message: IsoMessage, mac: MacFunction): IsoMessage {
  const fields = new Map(message.fields);
  fields.delete(FIELD_MAC_PRIMARY);
  fields.delete(FIELD_MAC_SECONDARY);
  const field = macField(profile, fields.keys());
  const { most } = macFormat(profile, field);
  const unsigned = { ...message, fields: fields.set(field, new Uint8Array(most)) };
  const code = mac(isoMacInput(profile, unsigned));
  return { ...message, fields: new Map(fields).set(field, padded(code, most)) };
}

/** Whether the message's code is what `mac` computes; `absent` if it has none. */
export function checkIsoMac(
  profile: IsoProfile,
  message: IsoMessage,
  mac: MacFunction,
): 'valid' | 'invalid' | 'absent' {
  const field = macField(profile, message.fields.keys());
  const isPresent = [FIELD_MAC_PRIMARY, FIELD_MAC_SECONDARY].some((f) => message.fields.has(f));
  if (!isPresent) return 'absent';
  const code = message.fields.get(field);
  const expected = padded(mac(isoMacInput(profile, message)), macFormat(profile, field).most);
  return code instanceof Uint8Array && equal(code, expected) ? 'valid' : 'invalid';
}

function coveredOctets(profile: IsoProfile, message: IsoMessage, octets: Bytes): Bytes {
  const field = macField(profile, message.fields.keys());
  const place: IsoPlace = { field, path: `field ${field}` };
  const other = field === FIELD_MAC_SECONDARY ? FIELD_MAC_PRIMARY : FIELD_MAC_SECONDARY;
  if (!message.fields.has(field))
    return refuse('missing_field', place, undefined, 'there is no code', 'the code in the last field');
  if (message.fields.has(other))
    return refuse(
      'unknown_field',
      { field: other, path: `field ${other}` },
      undefined,
      'a second code',
      'one',
    );
  const { coding, most } = macFormat(profile, field);
  const end = octets.length - (coding === 'hex' ? 2 * most : most);
  return octets.subarray(profile.macCoversHeader ? 0 : (profile.header?.octets ?? 0), end);
}

/** Where the code stands in a message with these fields. */
function macField(profile: IsoProfile, fields: Iterable<number>): number {
  const hasSecond = profile.alwaysSecondary || [...fields].some((field) => field > FIELD_MAC_PRIMARY);
  return hasSecond ? FIELD_MAC_SECONDARY : FIELD_MAC_PRIMARY;
}

/** The format of the code's field: octets of a fixed number, or the dialect has no code there. */
function macFormat(profile: IsoProfile, field: number): IsoFormat {
  const format = profile.fields[field];
  if (format?.kind === 'b' && format.prefix === undefined && format.content === undefined) return format;
  const place: IsoPlace = { field, path: `field ${field}` };
  return refuse(
    'unknown_field',
    place,
    undefined,
    `no code in profile ${profile.name}`,
    'a format such as b 8',
  );
}

function padded(code: Bytes, most: number): Bytes {
  assert(code.length >= LEAST_CODE && code.length <= most, () => `a code of ${code.length} octets`);
  const out = new Uint8Array(most);
  out.set(code);
  return out;
}
