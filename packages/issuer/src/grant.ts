/**
 * The next Grant of a purse (docs/spec/protocol.md, section 4.9).
 *
 * What must hold: it acknowledges exactly what the purse has proven; it settles only what is final; and a
 * purse that loses it is no worse off, because the next one says it again.
 */
import { assert, type Bytes, type Epoch } from '@sokkin/codec';
import { type Grant, type Limits, MAX_BLOCKED, MAX_RESOLUTIONS, type Resolution } from '@sokkin/purse';
import { orderFor, type Standing } from './fleet.ts';
import type { JournalView } from './view.ts';

export interface GrantInput extends Standing {
  readonly authority: Bytes;
  /** The purse as it has just proven itself. */
  readonly view: JournalView;
  /** Number of the newest Grant that was ever issued to it. */
  readonly issuedGrantNo: number;
  readonly nonce: Bytes;
  readonly epoch: Epoch;
  readonly limits: Limits;
  /** Its issuer gives the PIN its tries back. */
  readonly givesPinTries?: boolean | undefined;
  readonly resolutions: readonly Resolution[];
  /** Purses that are not to be paid or believed, most urgent first. */
  readonly blocked: readonly Bytes[];
}

export function composeGrant(input: GrantInput): Grant {
  const { view, resolutions } = input;
  assert(resolutions.length <= MAX_RESOLUTIONS, 'a Grant carries a bounded number of settlements');
  return {
    authority: input.authority,
    purse: view.purse,
    grantNo: Math.max(input.issuedGrantNo, view.grantNo) + 1,
    ackSeq: view.seq,
    ackHead: view.head,
    order: orderFor(view.lifecycle, input, view),
    // A blocked purse may be in the wrong hands, and one that leaves needs no PIN.
    resetPinTries: input.givesPinTries === true && !input.isBlocked && input.isLeaving !== true,
    epoch: input.epoch,
    nonce: input.nonce,
    limits: input.limits,
    resolutions,
    blocked: input.blocked.slice(0, MAX_BLOCKED),
  };
}
