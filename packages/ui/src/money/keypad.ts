/**
 * Typing an amount on a keypad. What must hold: what was typed is what is shown; nothing that would be above the most is taken, and who typed it is told;
 * digits shift in from the right, as on a till, so that no point is ever typed.
 */
export const KEYS = ['7', '8', '9', '4', '5', '6', '1', '2', '3', '00', '0', 'back'] as const;
export type Key = (typeof KEYS)[number] | 'clear';

export interface Typed {
  /** Minor units. */
  readonly amount: bigint;
  /** True: the last key was not taken, because the amount would be above the most. */
  readonly refused: boolean;
}
export const NOTHING_TYPED: Typed = { amount: 0n, refused: false };

export function press({ amount }: Typed, key: Key, most: bigint): Typed {
  switch (key) {
    case 'clear':
      return NOTHING_TYPED;
    case 'back':
      return { amount: amount / 10n, refused: false };
    case '00':
      return taken(amount, amount * 100n, most);
    default:
      return taken(amount, amount * 10n + BigInt(key), most);
  }
}

const taken = (before: bigint, after: bigint, most: bigint): Typed =>
  after <= most ? { amount: after, refused: false } : { amount: before, refused: true };

/** A key of a keyboard; undefined: none of ours. */
export function keyOf(pressed: string): Key | undefined {
  if (/^[0-9]$/.test(pressed)) return pressed as Key;
  if (pressed === 'Backspace') return 'back';
  if (pressed === 'Delete' || pressed === 'Escape') return 'clear';
  return undefined;
}
