/** Pages of the history. What must hold: answers to a filter that is not the one on the screen any more are thrown away. */
import { useEffect, useState } from 'react';
import type { Entry, HistoryFilter, Shop } from '../../shop/view.ts';

interface Pages {
  readonly key: string;
  readonly entries: readonly Entry[];
  readonly next: number | undefined;
}

export interface HistoryNow {
  /** undefined: not known yet. */
  readonly entries: readonly Entry[] | undefined;
  /** undefined: that was all. */
  readonly more: (() => void) | undefined;
}

/** `today`: whenever it changes, the first page is asked for anew. */
export function useHistory(shop: Shop, filter: HistoryFilter, today: readonly Entry[]): HistoryNow {
  const key = JSON.stringify(filter);
  const [pages, setPages] = useState<Pages>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the filter is told by its key
  useEffect(() => {
    let isWanted = true;
    void shop.history(filter).then(({ entries, next }) => {
      if (isWanted) setPages({ key, entries, next });
    });
    return () => {
      isWanted = false;
    };
  }, [shop, key, today]);
  const more = async (before: number) => {
    const page = await shop.history(filter, before);
    setPages((now) =>
      now?.key === key ? { key, entries: [...now.entries, ...page.entries], next: page.next } : now,
    );
  };
  const next = pages?.key === key ? pages.next : undefined;
  return { entries: pages?.entries, more: next === undefined ? undefined : () => void more(next) };
}
