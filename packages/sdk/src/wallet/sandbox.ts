/**
 * Customers and cards of a sandbox, for whoever shows Sokkin: in live mode institutions open accounts and personalise cards.
 *
 * What must hold: the steps are those of a real wallet and a real card; all that is made up is who asks for them.
 */
import { hex } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import {
  type ApduTransport,
  type BackendApi,
  fund,
  type Outcome,
  ok,
  provision,
  syncPurse,
} from '@sokkin/terminal';
import { createClient } from '../client.ts';
import { type DeviceIdentity, deviceAuthorize, newDeviceKey } from '../device.ts';
import * as read from '../json.ts';
import { backendOver, type Post, provisionedFrom } from './backend.ts';

export interface SandboxCustomer {
  readonly identity: DeviceIdentity;
  readonly account: string;
  /** Minor units. */
  readonly balance: bigint;
}

/** A new customer, with an account that has some money, and this program as their wallet. */
export async function openSandboxCustomer(url: string, name: string): Promise<SandboxCustomer> {
  const key = await newDeviceKey();
  const made = await createClient({ url }).post('/v1/sandbox/wallets', { body: { name, jwk: key.jwk } });
  return {
    identity: { ...key, device: made.device },
    account: made.account,
    balance: BigInt(made.balance),
  };
}

/** The back-end, as `provision` asks it to make a blank card one of the customer's. */
export const sandboxCardIssuer = (send: Post): BackendApi => ({
  ...backendOver(send),
  async provision({ account, enrolment }) {
    const body = { account, enrolment: hex(enrolment) };
    return provisionedFrom(await send('/v1/sandbox/cards', body, crypto.randomUUID()));
  },
});

export interface SandboxCardWish {
  readonly url: string;
  readonly customer: SandboxCustomer;
  readonly pin: string;
  /** Minor units that are put on it at once, from the customer's account. */
  readonly first: bigint;
}

/** A blank card becomes the customer's, with money on it. Fails with SokkinApiError, SokkinNetworkError. */
export async function makeSandboxCard(
  card: ApduTransport,
  port: CryptoPort,
  { url, customer, pin, first }: SandboxCardWish,
): Promise<Outcome<void>> {
  const client = createClient({ url, credentials: deviceAuthorize(customer.identity, { url }) });
  // Paths come from the list of what taps ask for.
  const post = client.post as (path: string, init: object) => Promise<unknown>;
  const api = sandboxCardIssuer((path, body, key) =>
    post(path, { body, ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }) }),
  );
  const root = read.certificate((await client.get('/v1/pki')).root, 'root');
  const { account } = customer;
  const born = await provision(card, port, api, { account, assurance: 'secure_element', pin, root });
  if (born.status !== 'ok' || first === 0n) return born.status === 'ok' ? ok(undefined) : born;
  const { purse, issuer } = born.value;
  const trust = { root, knownIssuers: [issuer], epoch: purse.effective };
  const wish = { account, amount: first, reference: port.randomBytes(8), key: crypto.randomUUID() };
  const verifier = { crypto: port, trust };
  const funded = await fund(card, verifier, api, wish);
  if (funded.status !== 'ok') return funded;
  // So that the books show it where it is.
  const synced = await syncPurse(card, verifier, api);
  return synced.status === 'ok' ? ok(undefined) : synced;
}
