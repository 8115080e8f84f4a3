/**
 * A wallet for whoever asks, in a sandbox: customer, account with some money, device. In live mode an institution does this, after
 * it has seen who asks.
 *
 * What must hold: only in a sandbox; every step is the one that institutions take, with the same entries in the log.
 */
import { hex } from '@sokkin/codec';
import { FIRST_ISSUER, type LedgerTx } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import type { PublicJwk } from '../access/device-key.ts';
import { ALL_SCOPES, type Principal } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import { createAccount, issue } from './accounts.ts';
import { registerDevice } from './devices.ts';
import { addParty } from './institutions.ts';

/** Yen. */
const WELCOME = 50_000n;

/** The first issuer, at its counter. */
const COUNTER: Principal = {
  kind: 'operator',
  id: 'sandbox',
  institution: FIRST_ISSUER,
  reach: 'own',
  scopes: ALL_SCOPES,
};

export interface SandboxWallet {
  readonly party: string;
  readonly account: string;
  readonly device: string;
  /** Minor units. */
  readonly balance: bigint;
}

export async function openSandboxWallet(
  b: Backend,
  tx: LedgerTx,
  { name, jwk }: { readonly name: string; readonly jwk: PublicJwk },
): Promise<SandboxWallet> {
  const reference = `sandbox-${hex(b.crypto.randomBytes(12))}`;
  const { id: party } = await addParty(b, tx, COUNTER, {
    institution: undefined,
    reference,
    person: undefined,
  });
  const { id: account } = await createAccount(b, tx, COUNTER, {
    ...{ name, institution: undefined, party, isAnonymous: false },
  });
  const { id: device } = await registerDevice(b, tx, COUNTER, { kind: 'wallet', party, jwk });
  const id = newId(b, 'iss');
  await issue(b, tx, { id, account, amount: WELCOME });
  record(b, tx, COUNTER, 'sandbox.wallet_opened', device, { account, issuance: id });
  return { party, account, device, balance: WELCOME };
}
