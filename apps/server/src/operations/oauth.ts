/**
 * Tokens for clients and devices: client credentials (RFC 6749, 4.4), shown by a secret or by a signed assertion (RFC 7523);
 * revocation (RFC 7009).
 *
 * What must hold: an unknown client, a wrong secret, a withdrawn client and a suspended institution all get the same answer, in
 * the same time; a token has no scope that its client or kind of device does not have; a device's token is bound to its key.
 */
import type { ClientRow, DeviceRow, LedgerTx } from '@sokkin/issuer';
import { scopesFor } from '../access/grants.ts';
import { OauthError } from '../access/oauth-error.ts';
import { isScope, type Scope } from '../access/principal.ts';
import {
  claimedDevice,
  type OnceOnly,
  ProofError,
  spend,
  verifyAssertion,
  verifyProof,
} from '../access/proofs.ts';
import { hashOf, isSame } from '../access/secrets.ts';
import { issueToken, scopesOf, TOKEN_SECONDS } from '../access/tokens.ts';
import type { Backend } from '../backend.ts';

export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer' | 'DPoP';
  readonly expires_in: number;
  readonly scope: string;
}

/** Who asks, and what they show for it. */
export type Shown =
  | { readonly kind: 'secret'; readonly id: string; readonly secret: string }
  | { readonly kind: 'assertion'; readonly assertion: string; readonly audiences: readonly string[] };

export interface TokenRequest {
  readonly shown: Shown;
  readonly scope: string | undefined;
  /** A DPoP proof, and where it was sent. */
  readonly proof: string | undefined;
  readonly method: string;
  readonly url: string;
}

export async function giveToken(b: Backend, request: TokenRequest): Promise<TokenAnswer> {
  const { shown } = request;
  return shown.kind === 'secret' ? clientToken(b, shown, request.scope) : deviceToken(b, shown, request);
}

async function clientToken(
  b: Backend,
  shown: Extract<Shown, { kind: 'secret' }>,
  asked: string | undefined,
): Promise<TokenAnswer> {
  const client = await authenticClient(b, shown);
  const scopes = grantedScopes(scopesOf(client), asked);
  const token = await b.store.write((tx) => issueToken(b, tx, { client: client.id }, scopes));
  return answer(token, 'Bearer', scopes);
}

/** The key signs twice: that it is this device, and that it is the one to which the token shall be bound. */
async function deviceToken(
  b: Backend,
  shown: Extract<Shown, { kind: 'assertion' }>,
  { scope, proof, method, url }: TokenRequest,
): Promise<TokenAnswer> {
  const { device, assertion } = await authenticDevice(b, shown);
  if (proof === undefined) throw new OauthError('invalid_dpop_proof', 'A device sends a DPoP proof.');
  const signed = await verifyProof(b, device, proof, { method, url, token: undefined }).catch(badProof);
  const scopes = grantedScopes(scopesFor(device.kind), scope);
  const token = await b.store.write(async (tx) => {
    await spend(b, tx, assertion).catch(badClient);
    await spend(b, tx, signed).catch(badProof);
    return issueToken(b, tx, { device: device.id }, scopes);
  });
  return answer(token, 'DPoP', scopes);
}

const answer = (
  access_token: string,
  token_type: TokenAnswer['token_type'],
  scopes: ReadonlySet<Scope>,
): TokenAnswer => ({ access_token, token_type, expires_in: TOKEN_SECONDS, scope: [...scopes].join(' ') });

/** Says nothing of whether there was such a token (RFC 7009, 2.2). */
export async function revokeToken(b: Backend, shown: Shown, token: string): Promise<void> {
  if (shown.kind === 'secret') {
    const client = await authenticClient(b, shown);
    await b.store.write((tx) => tx.credentials.removeToken(hashOf(token), { client: client.id }));
    return;
  }
  const { device, assertion } = await authenticDevice(b, shown);
  await b.store.write(async (tx) => {
    await spend(b, tx, assertion).catch(badClient);
    await tx.credentials.removeToken(hashOf(token), { device: device.id });
  });
}

const UNKNOWN = 'The client is unknown, or what it shows is wrong.';

async function authenticClient(
  b: Backend,
  { id, secret }: Extract<Shown, { kind: 'secret' }>,
): Promise<ClientRow> {
  const { client, isUsable } = await b.store.read(async (tx) => {
    const found = await tx.credentials.client(id);
    return { client: found, isUsable: await isClientUsable(b, tx, found) };
  });
  const isRight = isSame(secret, client?.secretHash);
  if (client === undefined || !isRight || !isUsable) throw new OauthError('invalid_client', UNKNOWN);
  return client;
}

async function isClientUsable(b: Backend, tx: LedgerTx, client: ClientRow | undefined): Promise<boolean> {
  if (client?.status !== 'active' || !(await isActive(tx, client.institution))) return false;
  return !client.isSandbox || b.mode === 'sandbox';
}

const isActive = async (tx: LedgerTx, institution: string): Promise<boolean> =>
  (await tx.institutions.byId(institution))?.status === 'active';

async function authenticDevice(
  b: Backend,
  { assertion, audiences }: Extract<Shown, { kind: 'assertion' }>,
): Promise<{ readonly device: DeviceRow; readonly assertion: OnceOnly }> {
  try {
    const device = await b.store.read((tx) => usableDevice(tx, claimedDevice(assertion)));
    if (device === undefined) throw new OauthError('invalid_client', UNKNOWN);
    return { device, assertion: await verifyAssertion(b, device, assertion, audiences) };
  } catch (error) {
    return badClient(error);
  }
}

async function usableDevice(tx: LedgerTx, id: string): Promise<DeviceRow | undefined> {
  const device = await tx.credentials.device(id);
  if (device?.status !== 'active' || !(await isActive(tx, device.institution))) return undefined;
  return (await tx.institutions.party(device.party))?.status === 'active' ? device : undefined;
}

function badClient(error: unknown): never {
  throw error instanceof ProofError ? new OauthError('invalid_client', error.message) : error;
}
function badProof(error: unknown): never {
  throw error instanceof ProofError ? new OauthError('invalid_dpop_proof', error.message) : error;
}

/** All that there are, or those that were asked for. */
export function grantedScopes(held: ReadonlySet<Scope>, asked: string | undefined): ReadonlySet<Scope> {
  if (asked === undefined) return held;
  const names = asked.split(' ');
  const granted = names.filter(isScope).filter((scope) => held.has(scope));
  if (granted.length !== names.length)
    throw new OauthError('invalid_scope', 'A scope is unknown, or not for this client.');
  return new Set(granted);
}
