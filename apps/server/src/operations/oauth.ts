/**
 * Tokens for clients: client credentials (RFC 6749, 4.4), revocation (RFC 7009).
 *
 * What must hold: an unknown client, a wrong secret, a withdrawn client and a suspended institution all get the same answer, in
 * the same time; a token has no scope that its client does not have.
 */
import type { ClientRow, LedgerTx } from '@sokkin/issuer';
import { OauthError } from '../access/oauth-error.ts';
import { isScope, type Scope } from '../access/principal.ts';
import { hashOf, isSame } from '../access/secrets.ts';
import { issueToken, scopesOf, TOKEN_SECONDS } from '../access/tokens.ts';
import type { Backend } from '../backend.ts';

export interface ShownSecret {
  readonly id: string;
  readonly secret: string;
}

export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer' | 'DPoP';
  readonly expires_in: number;
  readonly scope: string;
}

export async function clientToken(
  b: Backend,
  shown: ShownSecret,
  asked: string | undefined,
): Promise<TokenAnswer> {
  const client = await authenticClient(b, shown);
  const scopes = grantedScopes(scopesOf(client), asked);
  return b.store.write(async (tx) => ({
    access_token: await issueToken(b, tx, { client: client.id }, scopes),
    token_type: 'Bearer',
    expires_in: TOKEN_SECONDS,
    scope: [...scopes].join(' '),
  }));
}

/** Says nothing of whether there was such a token (RFC 7009, 2.2). */
export async function revokeToken(b: Backend, shown: ShownSecret, token: string): Promise<void> {
  const client = await authenticClient(b, shown);
  await b.store.write((tx) => tx.credentials.removeToken(hashOf(token), { client: client.id }));
}

async function authenticClient(b: Backend, { id, secret }: ShownSecret): Promise<ClientRow> {
  const { client, isUsable } = await b.store.read(async (tx) => {
    const found = await tx.credentials.client(id);
    return { client: found, isUsable: await isClientUsable(b, tx, found) };
  });
  const isRight = isSame(secret, client?.secretHash);
  if (client === undefined || !isRight || !isUsable)
    throw new OauthError('invalid_client', 'The client is unknown, or its secret is wrong.');
  return client;
}

async function isClientUsable(b: Backend, tx: LedgerTx, client: ClientRow | undefined): Promise<boolean> {
  const institution = await tx.institutions.byId(client?.institution ?? '');
  if (client?.status !== 'active' || institution?.status !== 'active') return false;
  return !client.isSandbox || b.mode === 'sandbox';
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
