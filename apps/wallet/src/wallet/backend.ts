/**
 * This wallet at the back-end: its own key authorises every call.
 *
 * What must hold: whatever fails is said as in-words.ts says it.
 */
import { type Bytes, SokkinError } from '@sokkin/codec';
import { type CryptoPort, verifyLink, verifyRoot } from '@sokkin/crypto';
import { createClient, type DeviceIdentity, deviceAuthorize, newDeviceKey } from '@sokkin/sdk';
import * as read from '@sokkin/sdk/json';
import { backendOver, sandboxCardIssuer } from '@sokkin/sdk/wallet';
import type { BackendApi } from '@sokkin/terminal';
import type { WalletStore } from '../keep/store.ts';
import { type CardBank, cardBank } from './cards/bank.ts';
import { inWords } from './in-words.ts';
import { isSwitchedOff } from './network.ts';
import { type OwnApi, ownApi } from './own-backend.ts';
import { bankNow, hearTime } from './time.ts';

export interface WalletBackend {
  readonly taps: BackendApi;
  readonly cards: CardBank;
  readonly own: OwnApi;
  onlineBalance(account: string): Promise<bigint>;
  /** A POST as this device; `key`: so that it may be repeated. */
  ask(path: string, body: object, key?: string): Promise<unknown>;
}

/** The server that this page came from. */
export const home = (): string => location.origin;

/** Few and short: a person waits, and may ask again. */
const RETRY = { attempts: 2 };
const PATIENCE_MS = 8_000;
const fetchSoon = async (request: Request): Promise<Response> => {
  if (isSwitchedOff()) throw new TypeError('The network is switched off.');
  return hearTime(await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) }));
};
/** Of every client here. */
export const CALLS = { retry: RETRY, fetch: fetchSoon };

export function walletBackend(identity: DeviceIdentity): WalletBackend {
  const url = home();
  const client = createClient({
    url,
    credentials: deviceAuthorize(identity, { url, fetch: fetchSoon, now: bankNow }),
    ...CALLS,
  });
  // Paths come from the SDK's own list of what taps ask for.
  const post = client.post as (path: string, init: object) => Promise<unknown>;
  const send = (path: string, body: object, key?: string) =>
    inWords(() =>
      post(path, { body, ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }) }),
    );
  return {
    taps: backendOver(send),
    ask: send,
    cards: cardBank({ client, issuer: sandboxCardIssuer(send), inWords }),
    own: ownApi(client),
    async onlineBalance(account) {
      const path = { id: account };
      const found = await inWords(() => client.get('/v1/accounts/{id}', { params: { path } }));
      return BigInt(found.balance);
    },
  };
}

/** Registers this browser as a wallet of a new customer of the sandbox. */
export async function openAccount(
  store: WalletStore,
  name: string,
): Promise<{ readonly identity: DeviceIdentity; readonly account: string }> {
  // Of its own each time: where the answer was lost, the back-end has the key of before as another customer's.
  const device = await newDeviceKey();
  await store.put('device', device);
  const open = createClient({ url: home(), ...CALLS });
  const { jwk } = device;
  const made = await inWords(() => open.post('/v1/sandbox/wallets', { body: { name, jwk } }));
  await store.put('registered', { name, account: made.account, device: made.device });
  await store.put('online', { balance: made.balance, at: new Date().toISOString() });
  return { identity: { device: made.device, jwk, key: device.key }, account: made.account };
}

/** With a code, this browser becomes one more wallet of who had it made; one that was given up before is a new one of the same account. */
export async function joinAccount(store: WalletStore, name: string, code: string): Promise<void> {
  const before = await store.get('registered');
  const device = await newDeviceKey();
  const { jwk, key } = device;
  const open = createClient({ url: home(), ...CALLS });
  const made = await inWords(() => open.post('/v1/device-codes', { body: { code, jwk } }));
  if (made.account === null)
    throw new SokkinError('no_account', 'The customer of this code has no account: ask the bank.');
  if (before !== undefined && before.account !== made.account)
    throw new SokkinError('other_account', 'This code is of another account than the purse in this phone.');
  await store.put('device', device);
  await store.put('registered', { name, account: made.account, device: made.device });
  const balance = await walletBackend({ device: made.device, jwk, key }).onlineBalance(made.account);
  await store.put('online', { balance: balance.toString(), at: new Date(bankNow()).toISOString() });
}

/** Root and issuers, as the back-end shows them: pinned at the first time. */
export async function pinTrust(store: WalletStore, crypto: CryptoPort): Promise<void> {
  const shown = await inWords(() => createClient({ url: home(), ...CALLS }).get('/v1/pki'));
  const root = read.certificate(shown.root, 'root');
  if ((await verifyRoot(crypto, root)) !== 'ok')
    throw new SokkinError('bad_root', 'The root certificate of the back-end does not sign itself.');
  const issuers: Bytes[] = [];
  for (const [n, { certificate }] of shown.issuers.entries()) {
    const issuer = read.certificate(certificate, `issuers[${n}]`);
    if ((await verifyLink(crypto, root, issuer, { epoch: undefined })) === 'ok') issuers.push(issuer.bytes);
  }
  await store.put('believed', { root: root.bytes, issuers });
}
