/**
 * Terminal risk management (Book 3, 10.6; Book 4, 6.3.5): exception file, floor limit, random selection, and the
 * merchant's own wish (Book 4, 6.5.1).
 *
 * What must hold: pure; done for every card, also for one that does not ask for it (Book 3, 10.6 allows that). Velocity
 * checking (10.6.3) is not done without contacts: it would take two more commands of every tap.
 */
import { digitsOf, encodeN, equal, type TvrFlag } from '@sokkin/codec';
import type { RandomSelection } from '../config/types.ts';
import { TAG } from '../tags.ts';
import { type KernelData, withResults } from './data.ts';
import type { KernelEnv } from './env.ts';

export function manageRisk(env: KernelEnv, data: KernelData): KernelData {
  const { combination, indicators } = env.prepared;
  const { transaction } = env;
  const found: TvrFlag[] = [];
  if (isOnExceptionFile(env, data)) found.push('onExceptionFile');
  if (transaction.forceOnline) found.push('merchantForcedOnline');
  // 10.6.1
  if (indicators.overFloorLimit) found.push('overFloorLimit');
  else if (isSelected(combination.randomSelection, combination.floorLimit, transaction.amount, env.lot))
    found.push('randomlyOnline');
  return withResults(data, found, ['terminalRiskManagementPerformed']);
}

function isOnExceptionFile({ config }: KernelEnv, { card }: KernelData): boolean {
  const pan = digitsOf(card.get(TAG.pan) ?? new Uint8Array(0));
  const own = card.get(TAG.sequence);
  return config.exceptions.some(
    ({ pan: listed, sequence }) =>
      listed === pan && (sequence === undefined || (own !== undefined && equal(encodeN(sequence, 1), own))),
  );
}

/** 10.6.2: below the threshold by the target, from there to the floor limit by more and more, up to the maximum. */
export function isSelected(
  selection: RandomSelection | undefined,
  floorLimit: bigint | undefined,
  amount: bigint,
  lot: number,
): boolean {
  if (selection === undefined || floorLimit === undefined || amount >= floorLimit) return false;
  const { threshold, target, maximum } = selection;
  if (amount < threshold) return lot <= target;
  const share = Number(amount - threshold) / Number(floorLimit - threshold);
  return lot <= (maximum - target) * share + target;
}
