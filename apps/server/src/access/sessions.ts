/**
 * How operators get in: name and password for a session token.
 *
 * What must hold: of a token only the SHA-256 is kept; a session ends after 8 hours, after 30 minutes without use, and
 * when its operator is dismissed; after 5 attempts in 15 minutes a name waits, and what is answered, and how fast, does
 * not tell whether there is such an operator.
 */
import { utf8 } from '@sokkin/codec';
import { sha256 } from '@sokkin/crypto';
import { CENTRAL_BANK, type InstitutionKind, type OperatorRow } from '@sokkin/issuer';
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';
import { record, SYSTEM } from './audit-log.ts';
import { isPassword } from './passwords.ts';
import type { Principal } from './principal.ts';
import { operatorScopes } from './roles.ts';

const MINUTE_MS = 60_000;
const SESSION_MS = 8 * 60 * MINUTE_MS;
const IDLE_MS = 30 * MINUTE_MS;
/** How exactly the last use is kept: a session may end that much early. */
const TOUCH_MS = MINUTE_MS;
const ATTEMPTS = 5;
const WINDOW_MS = 15 * MINUTE_MS;

export const SESSION_TOKEN = /^sop_[A-Za-z0-9_-]{43}$/;
const hashOf = (token: string) => sha256(utf8(token));

/** A role gives no more than an institution of this kind may hold. */
export const principalOf = ({ id, institution, roles }: OperatorRow, kind: InstitutionKind): Principal => ({
  kind: 'operator',
  id,
  institution,
  reach: institution === CENTRAL_BANK ? 'sees_all' : 'own',
  scopes: operatorScopes(roles, kind),
});

/** A name that must wait, and for how long. */
export class Locked extends Problem {
  readonly seconds: number;
  constructor(seconds: number) {
    super('login_locked', `There were ${ATTEMPTS} attempts: wait ${seconds} s before the next.`, 'name', {
      retry_after: seconds,
    });
    this.seconds = seconds;
  }
}

export async function beginSession(b: Backend, name: string, password: string) {
  const nameHash = sha256(utf8(name));
  const kept = await b.store.write(async (tx) => {
    const at = b.clock();
    const since = new Date(at.getTime() - WINDOW_MS);
    const oldest = await tx.operators.attempt(nameHash, { most: ATTEMPTS, since, at });
    if (oldest !== undefined) throw new Locked(secondsUntil(oldest.getTime() + WINDOW_MS, at));
    return (await tx.operators.byName(name))?.password;
  });
  if (!(await isPassword(password, kept)))
    throw new Problem('login_failed', 'There is no operator with this name and password.');
  const token = `sop_${Buffer.from(b.crypto.randomBytes(32)).toString('base64url')}`;
  return b.store.write(async (tx) => {
    const operator = await tx.operators.byName(name);
    // Dismissed, or given another password, while this one was looked at.
    if (operator === undefined || operator.password !== kept)
      throw new Problem('login_failed', 'There is no operator with this name and password.');
    const at = b.clock();
    const expiresAt = new Date(at.getTime() + SESSION_MS);
    await tx.operators.forgetAttempts(nameHash);
    await tx.operators.addSession(hashOf(token), operator.id, at, expiresAt);
    const institution = await tx.institutions.byId(operator.institution);
    if (institution?.status !== 'active')
      throw new Problem('login_failed', 'There is no operator with this name and password.');
    const who = principalOf(operator, institution.kind);
    record(b, tx, who, 'session.begun', operator.id);
    return { token, operator, scopes: who.scopes, expiresAt };
  });
}

const secondsUntil = (time: number, now: Date): number =>
  Math.max(1, Math.ceil((time - now.getTime()) / 1000));

/** Who a session token speaks for; undefined: nobody, or nobody any more. */
export async function operatorSession(b: Backend, token: string): Promise<Principal | undefined> {
  if (!SESSION_TOKEN.test(token)) return undefined;
  const now = b.clock();
  const hash = hashOf(token);
  const found = await b.store.read((tx) => tx.operators.session(hash, now));
  // A use that lies ahead is of a clock that was wrong: it is no reason to believe the session for longer.
  if (found === undefined || Math.abs(now.getTime() - found.usedAt.getTime()) >= IDLE_MS) return undefined;
  if (now.getTime() - found.usedAt.getTime() >= TOUCH_MS)
    await b.store.write((tx) => tx.operators.touchSession(hash, now));
  return principalOf(found.operator, found.kind);
}

/** Ends it, if there is one. */
export async function endSession(b: Backend, token: string): Promise<void> {
  await b.store.write(async (tx) => {
    const id = await tx.operators.endSession(hashOf(token));
    const operator = id === undefined ? undefined : await tx.operators.byId(id);
    if (operator === undefined) return;
    const who = { ...SYSTEM, id: operator.id, institution: operator.institution };
    record(b, tx, who, 'session.ended', operator.id);
  });
}
