/** Where this browser remembers that amounts are hidden. */
export const HIDDEN = 'sokkin.wallet.hidden';
