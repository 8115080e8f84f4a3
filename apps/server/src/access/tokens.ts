/**
 * Access tokens: opaque, random, kept by their hash (docs/adr/0007-opaque-tokens.md).
 *
 * What must hold: who is withdrawn, suspended, blocked or closed is believed for BELIEVED_MS at the most, in every server
 * process; a token that is used all the time costs neither a query nor a hash until then; who sends ever new tokens cannot fill
 * our memory; one that was given by a clock that was ahead is not believed once the clock is right.
 */
import { LruMap } from '@sokkin/crypto';
import type { Bearer, LedgerTx, NewToken } from '@sokkin/issuer';
import type { Backend } from '../backend.ts';
import { ALL_SCOPES, isScope, type Principal, type Reach, type Scope } from './principal.ts';
import { hashOf, isSecret, newSecret } from './secrets.ts';

export const TOKEN_SECONDS = 3600;
/** How long we believe what the database said of a token. */
export const BELIEVED_MS = 5_000;
/** By how much the clocks of processes may differ. */
const SKEW_MS = 60_000;
const MOST_KEPT = 10_000;

/** What a token lets its bearer be. */
export interface Believed {
  readonly principal: Principal;
  /** The key that the token is bound to; undefined: to none. */
  readonly jkt: string | undefined;
  readonly expiresAt: number;
}

interface Kept {
  readonly readAt: number;
  /** Of those who ask at once, one reads. */
  readonly answer: Promise<Believed | undefined>;
}

export class AccessTokens {
  readonly #kept = new LruMap<Kept>(MOST_KEPT);

  constructor(readonly b: Backend) {}

  /** Who shows this token, or undefined. */
  async bearer(token: string): Promise<Believed | undefined> {
    const now = this.b.clock().getTime();
    const kept = this.#kept.get(token);
    const age = kept === undefined ? -1 : now - kept.readAt;
    // A clock that was set back makes nothing younger.
    const answer = kept !== undefined && age >= 0 && age < BELIEVED_MS ? kept.answer : this.#read(token, now);
    const believed = await answer;
    if (believed === undefined) return undefined;
    const left = believed.expiresAt - now;
    return left > 0 && left <= TOKEN_SECONDS * 1000 + SKEW_MS ? believed : undefined;
  }

  /** Of this process; others forget within BELIEVED_MS. */
  forget(token: string): void {
    this.#kept.delete(token);
  }

  #read(token: string, now: number): Promise<Believed | undefined> {
    if (!isSecret(token, 'sat')) return Promise.resolve(undefined);
    const answer = this.b.store
      .read((tx) => tx.credentials.bearerOf(hashOf(token), new Date(now)))
      .then((found) => found && believe(this.b, found));
    this.#kept.set(token, { readAt: now, answer });
    // What is not there, or could not be asked for, is not kept: it may be there a moment later.
    answer.then(
      (found) => found ?? this.forget(token),
      () => this.forget(token),
    );
    return answer;
  }
}

/** A new token. */
export async function issueToken(
  b: Backend,
  tx: LedgerTx,
  bearer: NewToken['bearer'],
  scopes: Iterable<Scope>,
): Promise<string> {
  const token = newSecret(b.crypto, 'sat');
  const now = b.clock();
  const expiresAt = new Date(now.getTime() + TOKEN_SECONDS * 1000);
  await tx.credentials.addToken({ hash: hashOf(token), bearer, scopes: [...scopes], expiresAt }, now);
  return token;
}

function believe(b: Backend, bearer: Bearer): Believed | undefined {
  if (bearer.isSandbox && b.mode !== 'sandbox') return undefined;
  const { kind, id, institution, party, jkt, expiresAt } = bearer;
  return {
    principal: {
      kind: kind === 'client' ? 'institution' : 'device',
      id,
      institution,
      reach: reachOf(bearer),
      party,
      scopes: new Set(bearer.scopes.filter(isScope)),
    },
    jkt,
    expiresAt: expiresAt.getTime(),
  };
}

function reachOf({ kind, isSandbox, institutionKind }: Bearer): Reach {
  if (isSandbox) return 'all';
  return kind === 'client' && institutionKind === 'central_bank' ? 'sees_all' : 'own';
}

/** What a client may ask a token for. The sandbox's may do all that this version knows. */
export const scopesOf = (client: { isSandbox: boolean; scopes: readonly string[] }): ReadonlySet<Scope> =>
  client.isSandbox ? ALL_SCOPES : new Set(client.scopes.filter(isScope));
