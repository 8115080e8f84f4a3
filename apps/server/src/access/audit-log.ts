/**
 * The log of privileged acts, as operations use it.
 *
 * What must hold: an act and its entry are one transaction; an entry holds ids, numbers and words of the program, never
 * a secret, nor a name or reference that says who a person is.
 */
import {
  CENTRAL_BANK,
  canonicalDetails,
  FIRST_ISSUER,
  type LedgerTx,
  type LogDetails,
  logHeadBody,
} from '@sokkin/issuer';
import { type Backend, lineFor } from '../backend.ts';
import { ALL_SCOPES, type Principal } from './principal.ts';

/** The server itself, at its start. */
export const SYSTEM: Principal = {
  kind: 'operator',
  id: 'system',
  institution: CENTRAL_BANK,
  reach: 'sees_all',
  scopes: ALL_SCOPES,
};

/** Of acts that showed their actor a secret: whoever did one may act as the subject. */
export const SECRET_WAS_SHOWN = ['client.created', 'client.rotated'] as const;

/**
 * Writes down who did what to what. The entry is chained when `tx` commits; `action` is like `proposal.approved`.
 */
export function record(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  action: string,
  subject: string,
  details: LogDetails = {},
): void {
  const { id: actor, institution } = who;
  tx.log.add({ at: b.clock(), actor, institution, action, subject, details: canonicalDetails(details) });
}

/** The head of the log at this moment, signed, for anybody to keep. */
export async function signedHead(b: Backend) {
  const head = await b.store.read((tx) => tx.log.head());
  const at = b.clock();
  const { authority, issuer } = lineFor(b, FIRST_ISSUER);
  const signature = await b.keys.sign(authority.key, logHeadBody(head, at));
  const chain = { authority: authority.certificate.bytes, issuer: issuer.certificate.bytes };
  return { ...head, at, signature, ...chain };
}

/** Those behind a principal: itself, whoever was ever shown its secret, and those behind these in turn. */
async function handsOf(tx: LedgerTx, principal: string): Promise<Set<string>> {
  const hands = new Set([principal]);
  // A set is walked in the order of its making, with what joins it on the way.
  for (const hand of hands)
    for (const action of SECRET_WAS_SHOWN) {
      const shown = await tx.log.list({ limit: 1000, after: 0n, action, subject: hand });
      for (const entry of shown) if (entry.actor !== SYSTEM.id) hands.add(entry.actor);
    }
  return hands;
}

/** Whether one person could be behind both, as far as the log tells. */
export async function sameHands(tx: LedgerTx, one: string, other: string): Promise<boolean> {
  const hands = await handsOf(tx, one);
  for (const hand of await handsOf(tx, other)) if (hands.has(hand)) return true;
  return false;
}
