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
import type { IsoProfile } from './profile.ts';

const FIELD_OCTETS = 8;
const LEAST_CODE = 4;

/** Computes a code of 4 to 8 octets: a retail MAC or a CMAC, cut as the parties agreed. */
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
  const unsigned = { ...message, fields: fields.set(field, new Uint8Array(FIELD_OCTETS)) };
  const code = mac(isoMacInput(profile, unsigned));
  return { ...message, fields: new Map(fields).set(field, padded(code)) };
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
  const input = isoMacInput(profile, message);
  return code instanceof Uint8Array && equal(code, padded(mac(input))) ? 'valid' : 'invalid';
}

function coveredOctets(profile: IsoProfile, message: IsoMessage, octets: Bytes): Bytes {
  const field = macField(profile, message.fields.keys());
  const format = profile.fields[field];
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
  assert(format?.kind === 'b' && format.most === FIELD_OCTETS, 'a profile has 8 octets for the code');
  const end = octets.length - (format.coding === 'hex' ? 2 : 1) * FIELD_OCTETS;
  return octets.subarray(profile.macCoversHeader ? 0 : (profile.header?.octets ?? 0), end);
}

/** Where the code stands in a message with these fields. */
function macField(profile: IsoProfile, fields: Iterable<number>): number {
  const hasSecond = profile.alwaysSecondary || [...fields].some((field) => field > FIELD_MAC_PRIMARY);
  return hasSecond ? FIELD_MAC_SECONDARY : FIELD_MAC_PRIMARY;
}

function padded(code: Bytes): Bytes {
  assert(code.length >= LEAST_CODE && code.length <= FIELD_OCTETS, () => `a code of ${code.length} octets`);
  const out = new Uint8Array(FIELD_OCTETS);
  out.set(code);
  return out;
}
