/**
 * Which devices are looked at: those that the visitor chose, else those that the tour points at.
 *
 * What must hold: where the tour goes on to other devices, it is followed; where it points at none, nothing moves.
 */
import { useState } from 'react';

export interface Near {
  readonly ids: ReadonlySet<string>;
  toggle(id: string): void;
}

/** `marked`: devices of the tour's step; undefined: nobody is on a tour. */
export function useNear(marked: readonly string[] | undefined): Near {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [followed, setFollowed] = useState('');
  const step = marked?.join(' ');
  const wanted = marked === undefined || marked.length > 0 ? (step ?? '') : followed;
  if (wanted !== followed) {
    setFollowed(wanted);
    setIds(new Set(marked));
  }
  return {
    ids,
    toggle: (id) => setIds((before) => (before.has(id) ? without(before, id) : new Set([...before, id]))),
  };
}

const without = (all: ReadonlySet<string>, id: string): ReadonlySet<string> =>
  new Set([...all].filter((one) => one !== id));
