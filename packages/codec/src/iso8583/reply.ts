/**
 * Answering a message, and finding the question to an answer.
 *
 * What must hold: a response has the MTI of its request's answer, the header turned round, and every field that
 * the profile repeats as the request had it; a request and its response, and its repeats, have one key, and two
 * requests that differ in a field of the key have two.
 */

import { type Bytes, concat } from '../bytes.ts';
import { assert } from '../errors.ts';
import type { IsoMessage, IsoValue } from './message.ts';
import { responseMti } from './mti.ts';
import type { IsoHeader, IsoProfile } from './profile.ts';

/**
 * The response to a request or an advice: repeated fields, and those given here, which come first. Asking for a
 * response to what gets none (`responseMti` is undefined) is a bug.
 */
export function respondIso(
  profile: IsoProfile,
  request: IsoMessage,
  given: Readonly<Record<number, IsoValue>>,
): IsoMessage {
  const mti = responseMti(request.mti);
  assert(mti !== undefined, 'a response and a notification get no response');
  const fields = new Map<number, IsoValue>();
  for (const number of profile.echo[mti.class]) {
    const value = request.fields.get(number);
    if (value !== undefined) fields.set(number, value);
  }
  for (const [number, value] of Object.entries(given)) fields.set(Number(number), value);
  return { header: replyHeader(profile.header, request.header), mti, fields };
}

/** TPDU: an octet, then the addresses of destination and originator, two octets each. */
function replyHeader(header: IsoHeader | undefined, octets: Bytes | undefined): Bytes | undefined {
  if (header?.reply !== 'tpdu' || octets === undefined) return octets;
  return concat(octets.subarray(0, 1), octets.subarray(3, 5), octets.subarray(1, 3));
}

/**
 * A text that a request, its repeats and its response have in common: class, request or advice, and the profile's
 * fields (`match`), absent ones as absent. A host that gives numbers of its own (37) in responses needs a profile
 * without these in `match`.
 */
export function isoMatchingKey(profile: IsoProfile, { mti, fields }: IsoMessage): string {
  const isAdvice = mti.function === 'advice' || mti.function === 'advice-response';
  const parts = profile.match.map((number) => {
    const value = fields.get(number);
    assert(value === undefined || typeof value === 'string' || typeof value === 'bigint', 'keys are text');
    return value === undefined ? `${number}` : `${number}=${JSON.stringify(value.toString())}`;
  });
  return [
    mti.class,
    isAdvice ? 'advice' : mti.function === 'notification' ? 'notification' : 'request',
    ...parts,
  ].join(' ');
}
