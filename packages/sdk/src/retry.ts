/**
 * Sends a request until there is an answer that will not change.
 *
 * What must hold: a request that might take effect twice is never repeated. One may be repeated if it changes nothing
 * (GET), if it carries an Idempotency-Key, or if the API said in a problem that it may.
 */
import { problemOf, SokkinNetworkError } from './errors.ts';

export interface RetryOptions {
  /** All in all, the first included. 5 unless told. */
  readonly attempts?: number;
  /** Of the first pause; it doubles with each further one, and up to all of it is left out at random. 200 unless told. */
  readonly firstPauseMs?: number;
  /** No pause is longer, whatever Retry-After says. 30000 unless told. */
  readonly longestPauseMs?: number;
}

export interface Sending extends RetryOptions {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Makes one attempt ready. What it throws is no failure of the network, and ends the call. */
  readonly prepare?: (attempt: Request) => Promise<void>;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

const SAFE = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);
const mayRepeat = (request: Request): boolean =>
  SAFE.has(request.method) || request.headers.has('idempotency-key');

/** Gives the last answer, good or bad. Throws if there was none. */
export async function sendUntilAnswered(request: Request, sending: Sending): Promise<Response> {
  const { attempts = 5 } = sending;
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt >= attempts;
    const one = request.clone();
    await sending.prepare?.(one);
    const tried = await tryOnce(one, sending);
    if ('response' in tried) {
      const { response } = tried;
      if (isLast || !(await isWorthRepeating(request, response))) return response;
      await sending.sleep(pauseBefore(attempt, response, sending), request.signal);
    } else {
      if (request.signal.aborted) throw tried.error;
      if (isLast || !mayRepeat(request))
        throw new SokkinNetworkError(request.method, request.url, tried.error);
      await sending.sleep(pauseBefore(attempt, undefined, sending), request.signal);
    }
  }
}

async function tryOnce(
  request: Request,
  { fetch }: Sending,
): Promise<{ readonly response: Response } | { readonly error: unknown }> {
  try {
    return { response: await fetch(request) };
  } catch (error) {
    return { error };
  }
}

async function isWorthRepeating(request: Request, response: Response): Promise<boolean> {
  if (response.ok) return false;
  const { retryable, code } = await problemOf(response);
  if (response.status === 429) return true;
  // Money that is not there does not come within seconds: the program must decide.
  if (retryable === true) return response.status >= 500 || code === 'idempotency_key_in_flight';
  return retryable === undefined && response.status >= 500 && mayRepeat(request);
}

function pauseBefore(attempt: number, response: Response | undefined, sending: Sending): number {
  const { firstPauseMs = 200, longestPauseMs = 30_000, random } = sending;
  const asked = Number(response?.headers.get('retry-after') ?? Number.NaN) * 1000;
  const own = random() * firstPauseMs * 2 ** (attempt - 1);
  // All who wait for the same second must not come back at the same moment.
  return Math.min(longestPauseMs, Number.isFinite(asked) && asked >= 0 ? asked + own : own);
}
