/** In which state a purse is, and what that allows: the tables of packages/issuer/src/fleet.ts, asked with rows. */
import { parseCertificate } from '@sokkin/crypto';
import {
  type BlockReason,
  type FleetAct,
  type FleetState,
  fleetState,
  type LedgerTx,
  mayMove,
  type Party,
  type PurseRow,
} from '@sokkin/issuer';
import { type Backend, dayOf, purseName } from '../backend.ts';
import { Problem } from '../problems.ts';

export const stateOf = (b: Backend, purse: PurseRow): FleetState =>
  fleetState(
    {
      lifecycle: purse.lifecycle,
      isBlocked: purse.isBlocked,
      expiration: parseCertificate(purse.certificate).expiration,
      isRetired: purse.retiredAt !== undefined,
      isReplaced: purse.replacedBy !== undefined,
    },
    dayOf(b.clock()),
  );

const WORDS: Readonly<Record<FleetState, string>> = {
  personalised: 'has not been activated yet',
  active: 'is active',
  blocked: 'is blocked',
  expired: 'has expired',
  replaced: 'was replaced',
  retired: 'was retired',
};

/** A purse that is active may be "unblocked": it is what was asked for. */
const ALREADY: Partial<Record<FleetAct, readonly FleetState[]>> = { unblock: ['active', 'personalised'] };

export function assertMayMove(b: Backend, purse: PurseRow, act: FleetAct, by: Party = 'issuer'): void {
  const state = stateOf(b, purse);
  if (mayMove(act, state, by) || ALREADY[act]?.includes(state) === true) return;
  throw new Problem(
    'purse_act_refused',
    `The purse ${purseName(purse.id)} ${WORDS[state]}: it cannot be ${PAST[act]}.`,
  );
}

const PAST: Readonly<Record<FleetAct, string>> = {
  activate: 'activated',
  block: 'blocked',
  unblock: 'unblocked',
  reset_pin: 'given its PIN tries back',
  tier: 'given another tier',
  renew: 'renewed',
  replace: 'replaced',
  retire: 'retired',
};

const PARTIES: Readonly<Record<BlockReason, string>> = {
  operator: 'its issuer',
  report: 'a report of its customer',
  policy: 'the policy',
  retired: 'its retirement',
};

export const othersBlock = (reasons: readonly BlockReason[]): Problem =>
  new Problem(
    'blocked_by_others',
    `The purse is blocked by ${reasons.map((reason) => PARTIES[reason]).join(' and ')}, not by you.`,
  );

/** The purse, locked, so that what is looked at is still so when it is acted on. */
export async function lockPurse(tx: LedgerTx, id: string): Promise<PurseRow> {
  const purse = await tx.purses.lock(id);
  if (purse === undefined) throw new Error('Bug: a purse that was seen is there');
  return purse;
}
