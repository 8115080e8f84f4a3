/** Policies in their versions. What must hold: a new version follows the one that its maker saw, or is not made. */
import type { LedgerTx, PolicyVersion } from '@sokkin/issuer';
import type { Backend } from '../backend.ts';
import { Problem } from '../problems.ts';

export async function policyInForce(tx: LedgerTx, name: string): Promise<PolicyVersion> {
  const version = await tx.policies.current(name);
  if (version === undefined) throw new Error(`Bug: the database has no policy ${name}`);
  return version;
}

/** Whoever changes a policy has seen what is in force. */
export async function assertFollows(
  tx: LedgerTx,
  name: string,
  from_version: number,
): Promise<PolicyVersion> {
  const current = await policyInForce(tx, name);
  if (current.version === from_version) return current;
  throw new Problem(
    'policy_outdated',
    `Version ${current.version} is in force, not ${from_version}.`,
    'from_version',
  );
}

export interface NextVersion {
  readonly name: string;
  /** The version that it follows. */
  readonly from: number;
  readonly document: object;
  readonly proposal?: string | undefined;
}

export async function addVersion(
  b: Backend,
  tx: LedgerTx,
  { name, from, document, proposal }: NextVersion,
): Promise<{ version: number }> {
  const version = from + 1;
  if (await tx.policies.add({ name, version, document, proposal, createdAt: b.clock() })) return { version };
  throw new Problem('policy_outdated', `Version ${version} is in force already.`, 'from_version');
}
