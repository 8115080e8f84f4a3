/**
 * What time it is, as the back-end has it: a phone's clock may be wrong, and a sandbox's may be moved.
 *
 * What must hold: without a network the last thing that was heard holds; a `Date` that is no date changes nothing.
 */
import { keep, kept } from '@sokkin/ui';

const KEY = 'sokkin.ahead';
const DAY_MS = 86_400_000;
/** A `Date` header has whole seconds, and was a while on its way. */
const NOISE_MS = 15_000;

let ahead = Number(kept(KEY) ?? 0) || 0;

export const bankNow = (): number => Date.now() + ahead;
/** Days since 1970, as certificates and purses count. */
export const bankToday = (): number => Math.floor(bankNow() / DAY_MS);

export function hearTime(response: Response): Response {
  const off = Date.parse(response.headers.get('date') ?? '') - bankNow();
  if (Math.abs(off) > NOISE_MS) {
    ahead += off;
    keep(KEY, ahead.toString());
  }
  return response;
}
