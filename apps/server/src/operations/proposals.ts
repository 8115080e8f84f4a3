/**
 * Four eyes: what one proposes takes effect when another approves it.
 *
 * What must hold: who approves is not who proposed, nor anybody who was shown the proposer's secret, nor the other way
 * round; the approval, its effect and its entry in the log are one transaction, which happens once; what is refused,
 * withdrawn or expired never takes effect.
 */
import { CENTRAL_BANK, type LedgerTx, type ProposalRow } from '@sokkin/issuer';
import { record, sameHands } from '../access/audit-log.ts';
import { mayDo, maySee, type Principal } from '../access/principal.ts';
import { type Backend, newId } from '../backend.ts';
import { Problem } from '../problems.ts';
import { emitProposal } from './events.ts';
import { KINDS, type KindName, kindNamed } from './proposal-kinds.ts';

const WEEK_MS = 7 * 86_400_000;

export type ShownStatus = ProposalRow['status'] | 'expired';

export const isExpired = (p: ProposalRow, now: Date): boolean =>
  p.status === 'waiting' && p.expiresAt.getTime() <= now.getTime();
export const statusOf = (p: ProposalRow, now: Date): ShownStatus =>
  isExpired(p, now) ? 'expired' : p.status;

export async function propose(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  what: { readonly kind: KindName; readonly subject: string; readonly body: object },
): Promise<ProposalRow> {
  await KINDS[what.kind].check(b, tx, who, what.body);
  const createdAt = b.clock();
  const id = newId(b, 'prp');
  await tx.proposals.add({
    ...what,
    id,
    institution: who.institution,
    proposedBy: who.id,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + WEEK_MS),
  });
  record(b, tx, who, 'proposal.made', id, { kind: what.kind, about: what.subject });
  const proposal = await getProposal(tx, who, id);
  await emitProposal(b, tx, proposal, 'waiting');
  return proposal;
}

export async function getProposal(tx: LedgerTx, who: Principal, id: string): Promise<ProposalRow> {
  return visible(await tx.proposals.byId(id), who, id);
}

/** `id`: what it was asked for by. */
export function visible(proposal: ProposalRow | undefined, who: Principal, id: string): ProposalRow {
  if (proposal === undefined || !maySee(who, proposal)) throw new Problem('not_found', `There is no ${id}.`);
  return proposal;
}

/** Locked, waiting, and the principal's to know of. */
async function waiting(b: Backend, tx: LedgerTx, who: Principal, id: string): Promise<ProposalRow> {
  const proposal = visible(await tx.proposals.lock(id), who, id);
  const status = statusOf(proposal, b.clock());
  if (status !== 'waiting') throw new Problem('proposal_not_waiting', `The proposal ${id} is ${status}.`);
  return proposal;
}

async function assertMayDecide(tx: LedgerTx, who: Principal, proposal: ProposalRow): Promise<void> {
  const { decide, decider } = kindNamed(proposal.kind);
  if (!mayDo(who, decide))
    throw new Problem('forbidden', `This takes the scope ${decide}, which the token does not have.`);
  const whose = decider === 'central_bank' ? CENTRAL_BANK : proposal.institution;
  if (who.institution !== whose)
    throw new Problem('forbidden', `Proposals of the kind ${proposal.kind} are decided by ${whose}.`);
  if (await sameHands(tx, who.id, proposal.proposedBy))
    throw new Problem(
      'second_person_needed',
      `${proposal.proposedBy} proposed this: it takes somebody else, whose secret ${proposal.proposedBy} was never shown.`,
    );
}

export async function approveProposal(b: Backend, tx: LedgerTx, who: Principal, id: string) {
  const proposal = await waiting(b, tx, who, id);
  await assertMayDecide(tx, who, proposal);
  const result = await kindNamed(proposal.kind).execute(b, tx, { proposal, who });
  return decided(b, tx, who, proposal, 'approved', result);
}

export async function refuseProposal(b: Backend, tx: LedgerTx, who: Principal, id: string) {
  const proposal = await waiting(b, tx, who, id);
  await assertMayDecide(tx, who, proposal);
  return decided(b, tx, who, proposal, 'refused', undefined);
}

export async function withdrawProposal(b: Backend, tx: LedgerTx, who: Principal, id: string) {
  const proposal = await waiting(b, tx, who, id);
  if (proposal.proposedBy !== who.id)
    throw new Problem('forbidden', `Only ${proposal.proposedBy}, who proposed this, can withdraw it.`);
  return decided(b, tx, who, proposal, 'withdrawn', undefined);
}

async function decided(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  proposal: ProposalRow,
  status: 'approved' | 'refused' | 'withdrawn',
  result: object | undefined,
): Promise<ProposalRow> {
  const { id, kind, subject } = proposal;
  await tx.proposals.decide(id, { status, by: who.id, at: b.clock(), result });
  record(b, tx, who, `proposal.${status}`, id, { kind, about: subject });
  // Who withdrew it is who proposed it.
  if (status !== 'withdrawn') await emitProposal(b, tx, proposal, status);
  return getProposal(tx, who, id);
}
