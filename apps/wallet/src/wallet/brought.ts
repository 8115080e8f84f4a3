/**
 * What the address of the page brought along: a request, a contact, a code.
 *
 * What must hold: it is taken once, and taken out of the address, so that a reload does not bring it again; what cannot be read is nothing.
 */
import { useEffect, useState } from 'react';
import { type Link, readLink } from './links.ts';

function look(): Link | undefined {
  if (location.hash.length < 2) return undefined;
  try {
    return readLink(location.hash);
  } catch {
    return undefined;
  }
}

export function useBrought(): readonly [brought: Link | undefined, taken: () => void] {
  const [brought, setBrought] = useState(look);
  useEffect(() => {
    const changed = () => setBrought(look());
    window.addEventListener('hashchange', changed);
    return () => window.removeEventListener('hashchange', changed);
  }, []);
  const taken = () => {
    history.replaceState(null, '', location.pathname + location.search);
    setBrought(undefined);
  };
  return [brought, taken];
}
