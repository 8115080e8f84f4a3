/**
 * Customers and cards of a sandbox, for whoever shows Sokkin: in live mode institutions open accounts and personalise cards.
 *
 * What must hold: the steps are those of a real wallet and a real card; all that is made up is who asks for them.
 */
import { hex } from '@sokkin/codec';
import type { BackendApi } from '@sokkin/terminal';
import { createClient } from '../client.ts';
import { type DeviceIdentity, newDeviceKey } from '../device.ts';
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
