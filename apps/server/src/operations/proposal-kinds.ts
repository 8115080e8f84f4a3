/**
 * What takes two pairs of eyes: a table of handlers. A kind more is a line more, and a route that proposes it.
 *
 * What must hold: `check` and `execute` look at the same things, because much may change while a proposal waits; what
 * `execute` cannot do is a Problem, and leaves the proposal waiting.
 */
import type { LedgerTx, ProposalRow } from '@sokkin/issuer';
import { z } from 'zod';
import {
  type ClearingProposal,
  checkClearingPolicy,
  clearingProposal,
  setClearingPolicy,
} from '../acceptance/clearing/policy.ts';
import { actingAccount, payableAccount, purseFor } from '../access/owned.ts';
import type { Principal, Scope } from '../access/principal.ts';
import { ROLE_NAMES } from '../access/roles.ts';
import { type Backend, purseName } from '../backend.ts';
import { Problem } from '../problems.ts';
import { destroy, issue } from './accounts.ts';
import { type BlockingProposal, blockingProposal, checkBlocking, setBlocking } from './blocking.ts';
import { type ClaimsProposal, checkClaimsPolicy, claimsProposal, setClaimsPolicy } from './claims/policy.ts';
import { checkSettlement, type Settlement, settleByTwo, settlement } from './claims/settle.ts';
import { checkErasure, erase, liftHold, standingHold } from './erasure.ts';
import { checkTier, setTier } from './fleet.ts';
import { checkRevocation, revokeIssuer } from './issuer-revocation.ts';
import { changeable, setRoles } from './operators.ts';
import { checkLimits, setLimits } from './policy.ts';
import {
  type LimitsProposal,
  type SituationProposal,
  situationProposal,
  storedLimitsProposal,
} from './policy-documents.ts';
import {
  checkRetention,
  type RetentionProposal,
  retentionProposal,
  setRetention,
} from './retention-policy.ts';
import { checkSituation, setSituation } from './situation.ts';
import { checkTerminals, setTerminals } from './terminals/configuration.ts';
import { type TerminalsProposal, terminalsProposal } from './terminals/documents.ts';

export interface Approval {
  readonly proposal: ProposalRow;
  /** Who approves. */
  readonly who: Principal;
}

export interface ProposalKind<B> {
  /** What its approval does. */
  readonly says: string;
  readonly body: z.ZodType<B>;
  readonly propose: Scope;
  readonly decide: Scope;
  /** Whose own may decide: the central bank's, or those of the institution that proposes. */
  readonly decider: 'central_bank' | 'institution';
  check(b: Backend, tx: LedgerTx, who: Principal, body: B): Promise<void>;
  /** In the transaction of the approval. Gives the proposal's result. */
  execute(b: Backend, tx: LedgerTx, approval: Approval, body: B): Promise<object>;
}

const money = z.strictObject({ account: z.string(), amount: z.string().regex(/^[0-9]{1,16}$/) });
export type MoneyBody = z.infer<typeof money>;

async function after(tx: LedgerTx, { account }: MoneyBody) {
  const balance = (await tx.accounts.byId(account))?.balance ?? 0n;
  return { balance: balance.toString() };
}

const issuance: ProposalKind<MoneyBody> = {
  says: 'CBDC is issued to an account',
  body: money,
  propose: 'issuance:request',
  decide: 'proposals:decide',
  decider: 'central_bank',
  /** To whom it goes need not be the proposer's own: the central bank issues to issuers. */
  async check(_b, tx, who, { account }) {
    await payableAccount(tx, who, account);
  },
  async execute(b, tx, { proposal }, body) {
    await issue(b, tx, { id: proposal.subject, account: body.account, amount: BigInt(body.amount) });
    return after(tx, body);
  },
};

const destruction: ProposalKind<MoneyBody> = {
  ...issuance,
  says: 'CBDC of an account is taken back and destroyed',
  async check(_b, tx, who, { account }) {
    await actingAccount(tx, who, account);
  },
  async execute(b, tx, { proposal }, body) {
    await destroy(b, tx, { id: proposal.subject, account: body.account, amount: BigInt(body.amount) });
    return after(tx, body);
  },
};

const roleChange = z.strictObject({ operator: z.string(), roles: z.array(z.enum(ROLE_NAMES)) });

const operatorRoles: ProposalKind<z.infer<typeof roleChange>> = {
  says: 'an operator gets other roles',
  body: roleChange,
  propose: 'operators:write',
  decide: 'operators:write',
  decider: 'institution',
  async check(_b, tx, who, body) {
    await changeable(tx, who, body.operator);
  },
  /** Refused to whose roles they are. */
  async execute(b, tx, { who }, body) {
    const { roles } = await setRoles(b, tx, who, body.operator, body.roles);
    return { roles };
  },
};

const inquiry = z.strictObject({ purse: z.string(), reason: z.string() });

const reidentification: ProposalKind<z.infer<typeof inquiry>> = {
  says: 'who proposed it may read once who is behind a purse',
  body: inquiry,
  propose: 'identity:request',
  decide: 'proposals:decide',
  decider: 'central_bank',
  async check(_b, tx, who, { purse }) {
    if ((await purseFor(tx, who, purse, 'see')) === undefined)
      throw new Problem('purse_unknown', `There is no purse ${purseName(purse)}.`, 'purse');
  },
  // It gives a right to read, not what is to be read: whoever sees the proposal must not see that.
  execute: async () => ({}),
};

const policyChange: ProposalKind<LimitsProposal> = {
  says: 'other limits are in force: the next Grants give them',
  body: storedLimitsProposal,
  propose: 'policy:request',
  decide: 'proposals:decide',
  decider: 'central_bank',
  check: (_b, tx, _who, body) => checkLimits(tx, body),
  execute: (b, tx, { proposal }, body) => setLimits(b, tx, proposal.id, body),
};

const claimsPolicyChange: ProposalKind<ClaimsProposal> = {
  ...{ propose: 'policy:request', decide: 'proposals:decide', decider: 'central_bank' },
  says: 'lost and expired purses are refunded by other dates and amounts',
  body: claimsProposal,
  check: (_b, tx, _who, body) => checkClaimsPolicy(tx, body),
  execute: (b, tx, { proposal }, body) => setClaimsPolicy(b, tx, proposal.id, body),
};

const clearingPolicyChange: ProposalKind<ClearingProposal> = {
  ...{ propose: 'policy:request', decide: 'proposals:decide', decider: 'central_bank' },
  says: 'offline approvals of shops are cleared by other rules, and others stand for what is denied',
  body: clearingProposal,
  check: (_b, tx, _who, body) => checkClearingPolicy(tx, body),
  execute: (b, tx, { proposal }, body) => setClearingPolicy(b, tx, proposal.id, body),
};

const terminalsPolicyChange: ProposalKind<TerminalsProposal> = {
  ...{ propose: 'policy:request', decide: 'proposals:decide', decider: 'central_bank' },
  says: 'terminals of shops get another configuration: cards, limits, rules',
  body: terminalsProposal,
  check: (b, tx, _who, body) => checkTerminals(b, tx, body),
  execute: (b, tx, { proposal }, body) => setTerminals(b, tx, proposal.id, body),
};

const claimSettlement: ProposalKind<Settlement> = {
  ...{ propose: 'claims:settle', decide: 'claims:decide', decider: 'institution' },
  says: 'a lost purse is refunded before its date',
  body: settlement,
  check: (_b, tx, who, body) => checkSettlement(tx, who, body),
  execute: (b, tx, { who }, body) => settleByTwo(b, tx, who, body),
};

const tierChange = z.strictObject({ purse: z.string(), tier: z.int().min(0).max(255) });

const purseTier: ProposalKind<z.infer<typeof tierChange>> = {
  says: 'a purse gets a larger tier: its next Grant gives the limits of that',
  body: tierChange,
  propose: 'purses:write',
  decide: 'purses:write',
  decider: 'institution',
  async check(b, tx, who, body) {
    await checkTier(b, tx, who, body);
  },
  async execute(b, tx, { who }, body) {
    await setTier(b, tx, who, body);
    return { tier: body.tier };
  },
};

const revocation = z.strictObject({ issuer: z.string(), reason: z.string() });

const issuerRevocation: ProposalKind<z.infer<typeof revocation>> = {
  says: 'nobody who carries the block list believes purses of this issuer any more',
  body: revocation,
  propose: 'keys:write',
  decide: 'proposals:decide',
  decider: 'central_bank',
  check: (b, tx, _who, body) => checkRevocation(b, tx, body),
  execute: (b, tx, { proposal, who }, body) => revokeIssuer(b, tx, who, proposal.id, body),
};

const blockingChange: ProposalKind<BlockingProposal> = {
  says: 'other alerts block their purse at once',
  body: blockingProposal,
  propose: 'policy:request',
  decide: 'proposals:decide',
  decider: 'central_bank',
  check: (_b, tx, _who, body) => checkBlocking(tx, body),
  execute: (b, tx, { proposal }, body) => setBlocking(b, tx, proposal.id, body),
};

const situationChange: ProposalKind<SituationProposal> = {
  ...{ propose: 'policy:request', decide: 'proposals:decide', decider: 'central_bank' },
  says: 'another situation is in force: the next Grants give its limits',
  body: situationProposal,
  check: (b, tx, _who, body) => checkSituation(b, tx, body),
  execute: (b, tx, { proposal, who }, body) => setSituation(b, tx, who, proposal.id, body),
};

const retentionChange: ProposalKind<RetentionProposal> = {
  ...{ propose: 'policy:request', decide: 'proposals:decide', decider: 'central_bank' },
  says: 'other periods are in force: what is older is removed',
  body: retentionProposal,
  check: (_b, tx, _who, body) => checkRetention(tx, body),
  execute: (b, tx, { proposal }, body) => setRetention(b, tx, proposal.id, body),
};

const erasureBody = z.strictObject({ party: z.string() });

const erasure: ProposalKind<z.infer<typeof erasureBody>> = {
  ...{ propose: 'institutions:write', decide: 'proposals:decide', decider: 'central_bank' },
  says: 'nobody can read any more who this customer or merchant was',
  body: erasureBody,
  check: (_b, tx, who, { party }) => checkErasure(tx, who, party),
  async execute(b, tx, { who }, { party }) {
    await erase(b, tx, who, party);
    return {};
  },
};

const liftBody = z.strictObject({ hold: z.string() });

const holdLift: ProposalKind<z.infer<typeof liftBody>> = {
  ...{ propose: 'identity:request', decide: 'proposals:decide', decider: 'central_bank' },
  says: 'the legal hold does not keep the identity from being erased any more',
  body: liftBody,
  async check(_b, tx, who, { hold }) {
    await standingHold(tx, who, hold);
  },
  async execute(b, tx, { who }, { hold }) {
    await liftHold(b, tx, who, hold);
    return {};
  },
};

/** A handler with its type of body hidden: the body is parsed before it is used. */
export interface AnyKind extends Omit<ProposalKind<unknown>, 'body' | 'check' | 'execute'> {
  check(b: Backend, tx: LedgerTx, who: Principal, body: unknown): Promise<void>;
  execute(b: Backend, tx: LedgerTx, approval: Approval): Promise<object>;
}

const kind = <B>(k: ProposalKind<B>): AnyKind => ({
  ...k,
  check: (b, tx, who, body) => k.check(b, tx, who, k.body.parse(body)),
  execute: (b, tx, approval) => k.execute(b, tx, approval, k.body.parse(approval.proposal.body)),
});

export const KINDS = {
  issuance: kind(issuance),
  destruction: kind(destruction),
  reidentification: kind(reidentification),
  limits_policy: kind(policyChange),
  blocking_policy: kind(blockingChange),
  situation: kind(situationChange),
  retention_policy: kind(retentionChange),
  erasure: kind(erasure),
  hold_lift: kind(holdLift),
  operator_roles: kind(operatorRoles),
  claims_policy: kind(claimsPolicyChange),
  clearing_policy: kind(clearingPolicyChange),
  terminals_policy: kind(terminalsPolicyChange),
  claim_settlement: kind(claimSettlement),
  purse_tier: kind(purseTier),
  issuer_revocation: kind(issuerRevocation),
} as const satisfies Readonly<Record<string, AnyKind>>;
export type KindName = keyof typeof KINDS;

export function kindNamed(name: string): AnyKind {
  for (const [known, handler] of Object.entries(KINDS)) if (known === name) return handler;
  throw new Problem(
    'internal_error',
    `No handler for proposals of the kind ${name}: start the newer program.`,
  );
}
