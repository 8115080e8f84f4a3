/**
 * Giving a purse its PIN tries back (docs/fleet.md).
 *
 * What must hold: every Grant says so from when it was asked for until the purse's journal proves that one took effect; one
 * asking takes effect once on an honest purse, whichever of those Grants reach it, and however late.
 *
 * A purse gives the tries back only by the first Grant that it applies after what that Grant acknowledges
 * (docs/spec/protocol.md, section 6.6). All Grants that it can have applied since its last proven entry acknowledge no later
 * entry than that one; so the first of them alone decides.
 */
import type { Grant } from '@sokkin/purse';

export interface PinReset {
  readonly askedAt: Date;
  /** Who, as in the log. */
  readonly askedBy: string;
  /** The first Grant that says so and can still take effect. */
  readonly firstGrant: number | undefined;
  /** When the journal proved that it took effect. */
  readonly givenAt: Date | undefined;
}

/** `carry`: the next Grant says so; `isFirst`: those before it cannot take effect any more. */
export type PinResetWord =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'given' }
  | { readonly kind: 'carry'; readonly isFirst: boolean };

/** `applied`: the first Grant that the journal says was applied, in the entries that were just proven. */
export function pinResetWord(
  reset: PinReset | undefined,
  applied: Pick<Grant, 'grantNo' | 'resetPinTries'> | undefined,
): PinResetWord {
  if (reset === undefined || reset.givenAt !== undefined) return { kind: 'nothing' };
  const { firstGrant } = reset;
  if (firstGrant === undefined) return { kind: 'carry', isFirst: true };
  if (applied === undefined) return { kind: 'carry', isFirst: false };
  if (applied.resetPinTries && applied.grantNo >= firstGrant) return { kind: 'given' };
  // Another came first: what was said before is void.
  return { kind: 'carry', isFirst: true };
}
