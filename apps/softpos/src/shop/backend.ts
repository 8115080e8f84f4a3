/**
 * This terminal at the back-end: its own key authorises every call.
 *
 * What must hold: whatever fails is `backend_unreachable` (the same may be asked again) or `backend_refused`, with a sentence; enrolling again
 * with the same key is the same terminal.
 */

import { SokkinError } from '@sokkin/codec';
import {
  type Authorize,
  createClient,
  deviceAuthorize,
  newDeviceKey,
  SokkinApiError,
  SokkinNetworkError,
} from '@sokkin/sdk';
import * as read from '@sokkin/sdk/json';
import { backendOver } from '@sokkin/sdk/wallet';
import type { BackendApi } from '@sokkin/terminal';
import { isSwitchedOff } from '@sokkin/ui';
import { getAbout, putAbout, type ShopDatabase } from '../keep/database.ts';
import type { About, Registered } from '../keep/rows.ts';

/** The server that this page came from. */
export const home = (): string => location.origin;

const RETRY = { attempts: 2 };
const PATIENCE_MS = 8_000;

/** Without a bound of its own: the caller's signal is one. */
export async function fetchOn(request: Request): Promise<Response> {
  if (isSwitchedOff()) throw new TypeError('The network is switched off.');
  return fetch(request);
}
const fetchSoon = (request: Request): Promise<Response> =>
  fetchOn(new Request(request, { signal: AbortSignal.timeout(PATIENCE_MS) }));
const CALLS = { retry: RETRY, fetch: fetchSoon };

export interface ShopBackend {
  readonly taps: BackendApi;
  readonly authorize: Authorize;
  /** `etag`: of the one that is kept. undefined: it is the newest. */
  configuration(etag: string | undefined): Promise<Found | undefined>;
}
export interface Found {
  readonly etag: string;
  readonly text: string;
}

type DeviceKept = About['device'];

export function shopBackend({ device }: Registered, { key, jwk }: DeviceKept): ShopBackend {
  const url = home();
  const authorize = deviceAuthorize({ device, jwk, key }, { url, fetch: fetchSoon });
  const client = createClient({ url, credentials: authorize, ...CALLS });
  // Paths come from the SDK's own list of what taps ask for.
  const post = client.post as (path: string, init: object) => Promise<unknown>;
  const send = (path: string, body: object, once?: string) =>
    inWords(() =>
      post(path, { body, ...(once === undefined ? {} : { headers: { 'idempotency-key': once } }) }),
    );
  return {
    taps: backendOver(send),
    authorize,
    configuration: (etag) => inWords(() => askConfiguration(url, authorize, etag)),
  };
}

/** By itself, since the typed client knows no 304. */
async function askConfiguration(
  url: string,
  authorize: Authorize,
  etag: string | undefined,
): Promise<Found | undefined> {
  const address = `${url}/v1/terminals/configuration`;
  const ask = async (wasRefused: boolean): Promise<Response> => {
    const proof = await authorize({ method: 'GET', url: address }, wasRefused);
    const headers = { ...proof, ...(etag === undefined ? {} : { 'if-none-match': etag }) };
    // What is kept of it is this app's own matter, not the browser's.
    const request = new Request(address, { headers, cache: 'no-store' });
    return fetchSoon(request).catch((cause: unknown) => {
      throw new SokkinNetworkError('GET', address, cause);
    });
  };
  const first = await ask(false);
  const answer = first.status === 401 ? await ask(true) : first;
  if (answer.status === 304) return undefined;
  if (!answer.ok) throw new SokkinApiError(answer.status, read.object(await answer.json(), 'the answer'));
  return { etag: answer.headers.get('etag') ?? '', text: await answer.text() };
}

/** A shop of the sandbox, or the terminal that a code is for. */
export type Enrolment = { readonly name: string; readonly category: string } | { readonly code: string };

export async function enrolHere(database: ShopDatabase, wish: Enrolment): Promise<Registered> {
  const device = (await getAbout(database, 'device')) ?? (await newDeviceKey());
  await putAbout(database, 'device', device);
  const open = createClient({ url: home(), ...CALLS });
  const { jwk } = device;
  const made = await inWords(() =>
    ('code' in wish
      ? open.post('/v1/terminals/enrolments', { body: { code: wish.code, jwk } })
      : open.post('/v1/sandbox/shops', { body: { name: wish.name, category: wish.category, jwk } })
    ).catch(whyNot),
  );
  const { merchant, terminal, account } = made;
  const registered: Registered = {
    name: merchant.name,
    category: merchant.category,
    merchant: merchant.id,
    acceptor: merchant.acceptor,
    terminal: terminal.terminal,
    ...{ account, device: made.device },
  };
  await putAbout(database, 'registered', registered);
  return registered;
}

/** What whoever typed it can do something about. */
function whyNot(cause: unknown): never {
  if (cause instanceof SokkinApiError && (cause.code === 'terminal_code_unknown' || cause.param === 'code'))
    throw new SokkinError('unknown_code', cause.message, { cause });
  if (cause instanceof SokkinApiError && cause.code === 'route_not_found')
    throw new SokkinError('no_sandbox', cause.message, { cause });
  throw cause;
}

/** What is open to anybody. */
export const openClient = () => createClient({ url: home(), ...CALLS });

export async function inWords<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof SokkinNetworkError)
      throw new SokkinError('backend_unreachable', 'The back-end cannot be reached.', { cause });
    if (cause instanceof SokkinApiError && cause.status >= 500)
      throw new SokkinError('backend_unreachable', cause.message, { cause });
    if (cause instanceof SokkinApiError) throw new SokkinError('backend_refused', cause.message, { cause });
    throw cause;
  }
}
