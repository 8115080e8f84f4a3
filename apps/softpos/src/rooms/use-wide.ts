/** Whether there is room for two things side by side: as the styles have it. */
import { useSyncExternalStore } from 'react';

const wide = window.matchMedia('(min-width: 60rem)');
const subscribe = (listener: () => void) => {
  wide.addEventListener('change', listener);
  return () => wide.removeEventListener('change', listener);
};

export const useWide = (): boolean => useSyncExternalStore(subscribe, () => wide.matches);
