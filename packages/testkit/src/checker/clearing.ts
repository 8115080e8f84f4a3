/**
 * The back-end's part in EMV approvals: it pays the shop for a TC that is presented, or cancels an approval once its
 * time to be presented is over; the purse's next Grants say which (docs/spec/protocol.md, section 10).
 *
 * What must hold: it decides about each approval once. So a TC is paid once at most, and never after its approval was
 * cancelled.
 */
import type { Resolution } from '@sokkin/purse';
import type { Backend } from './situation.ts';

/** A TC is presented. `undefined`: it was decided on before. */
export function clear(b: Backend, fateKey: string): Backend | undefined {
  return decideOnce(b, fateKey, 'cleared');
}

/** The time to present it is over; known of from the purse's journal. `undefined`: it was decided on before. */
export function expire(b: Backend, fateKey: string): Backend | undefined {
  return decideOnce(b, fateKey, 'cancelled');
}

function decideOnce(b: Backend, fateKey: string, fate: 'cleared' | 'cancelled'): Backend | undefined {
  return b.fates.has(fateKey) ? undefined : { ...b, fates: new Map([...b.fates, [fateKey, fate]]) };
}

/** What the next Grant of this purse says about its open approvals. */
export function approvalResolutions(b: Backend, purse: number): Resolution[] {
  return [...b.approvals].flatMap(([key, { fateKey }]): Resolution[] => {
    const [owner, no] = key.split(':').map(Number);
    const fate = b.fates.get(fateKey);
    if (owner !== purse || no === undefined || fate === undefined) return [];
    return [{ paymentNo: no, outcome: fate === 'cleared' ? 'credited' : 'cancelled' }];
  });
}
