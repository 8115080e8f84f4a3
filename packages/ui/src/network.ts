/**
 * Whether an app may use the network. The desk has a switch for it, so that its phones can be shown without one; browsers say when there is
 * none at all.
 */
import { kept } from './theme/kept.ts';

const KEY = 'sokkin.network';

export const isSwitchedOff = (): boolean => kept(KEY) === 'off';
export const isConnected = (): boolean => navigator.onLine && !isSwitchedOff();

/** Called when it changed, also by another window. */
export function onNetwork(tell: (isOnline: boolean) => void): () => void {
  const changed = () => tell(isConnected());
  // Browsers do not say when a back-end that was away is there again: whoever comes back to the page finds out.
  const names = ['online', 'offline', 'storage', 'focus'] as const;
  for (const name of names) window.addEventListener(name, changed);
  changed();
  return () => {
    for (const name of names) window.removeEventListener(name, changed);
  };
}
