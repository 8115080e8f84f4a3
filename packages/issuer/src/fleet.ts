/**
 * The life of a card or device as the back-end sees it (docs/fleet.md): in which state it is, who may move it where, and
 * what its next Grant orders.
 *
 * What must hold: the state is a function of the row and the day; what a table below does not allow is refused; a Grant
 * never ends a purse that still has value in it, or that value may still come to.
 */
import type { Epoch } from '@sokkin/codec';
import type { Lifecycle, Order } from '@sokkin/purse';
import type { FleetState } from './fleet-ports.ts';
import type { BlockReason } from './purse-ports.ts';
import type { JournalView } from './view.ts';

export interface FleetFacts {
  /** As of its last sync. */
  readonly lifecycle: Lifecycle;
  readonly isBlocked: boolean;
  /** The last day of its certificate. */
  readonly expiration: Epoch;
  readonly isRetired: boolean;
  readonly isReplaced: boolean;
}

/** What weighs more comes first: a blocked purse that has expired is expired. */
export function fleetState(facts: FleetFacts, today: Epoch): FleetState {
  if (facts.isReplaced) return 'replaced';
  if (facts.isRetired || facts.lifecycle === 'terminated') return 'retired';
  if (facts.expiration < today) return 'expired';
  if (facts.isBlocked) return 'blocked';
  return facts.lifecycle === 'blank' || facts.lifecycle === 'personalised' ? 'personalised' : 'active';
}

/** Who moves a purse. `issuer`: its clients and operators; `customer`: whose account it is; `policy`: the program. */
export type Party = 'issuer' | 'customer' | 'policy';

/** Each party blocks for its own reason, and lifts no other. Who is retired stays so. */
export const REASON_OF: Readonly<Record<Party, BlockReason>> = {
  issuer: 'operator',
  customer: 'report',
  policy: 'policy',
};

interface Rule {
  readonly from: readonly FleetState[];
  readonly by: readonly Party[];
}

/** Blocking ends nothing; the acts of the last two lines are final. */
export const ACTS = {
  activate: { from: ['personalised'], by: ['issuer', 'customer'] },
  block: { from: ['personalised', 'active', 'blocked', 'expired'], by: ['issuer', 'customer', 'policy'] },
  unblock: { from: ['blocked', 'expired'], by: ['issuer', 'customer', 'policy'] },
  // A blocked purse pays nobody, and may be in the wrong hands: its block is lifted first.
  reset_pin: { from: ['personalised', 'active', 'expired'], by: ['issuer'] },
  tier: { from: ['personalised', 'active', 'blocked'], by: ['issuer'] },
  renew: { from: ['personalised', 'active', 'blocked', 'expired'], by: ['issuer'] },
  replace: { from: ['personalised', 'active', 'blocked', 'expired'], by: ['issuer'] },
  retire: { from: ['personalised', 'active', 'blocked', 'expired'], by: ['issuer'] },
} as const satisfies Readonly<Record<string, Rule>>;
export type FleetAct = keyof typeof ACTS;

export function mayMove(act: FleetAct, state: FleetState, by: Party): boolean {
  const rule: Rule = ACTS[act];
  return rule.from.includes(state) && rule.by.includes(by);
}

/** What is still in a purse, by its proven journal. */
export type Holdings = Pick<JournalView, 'balance' | 'openTickets' | 'openPayments' | 'openApprovals'>;

/** Balance, and what left it and has not been settled: until that is known, it may come back. */
export function valueIn({ balance, openPayments, openApprovals }: Holdings): bigint {
  let value = balance;
  for (const { amount } of openPayments.values()) value += amount;
  for (const { amount } of openApprovals.values()) value += amount;
  return value;
}

export interface Standing {
  /** Somebody has blocked it, for a reason of the living: what is retired is dealt with by `isLeaving`. */
  readonly isBlocked: boolean;
  /** It waits for its holder. */
  readonly isHeld?: boolean | undefined;
  /** It was retired or replaced. */
  readonly isLeaving?: boolean | undefined;
}

/** Brings the purse to where it is wanted. */
export function orderFor(lifecycle: Lifecycle, standing: Standing, holdings: Holdings): Order {
  if (standing.isLeaving === true && lifecycle !== 'blank' && lifecycle !== 'terminated') {
    // Somebody may still pay on a ticket: blocked, it takes nothing more in, and can withdraw the ticket.
    if (valueIn(holdings) === 0n) return holdings.openTickets.size === 0 ? 'terminate' : 'block';
  }
  switch (lifecycle) {
    case 'personalised':
      if (standing.isHeld === true && !standing.isBlocked) return 'none';
      return standing.isBlocked ? 'block' : 'activate';
    case 'blocked':
      return standing.isBlocked ? 'block' : 'activate';
    case 'active':
      return standing.isBlocked ? 'block' : 'none';
    case 'blank':
    case 'terminated':
      return 'none';
  }
}
