/**
 * Where in the tour the visitor is. What must hold: it is kept in the browser, so that the tour can be left and taken up; a step that is
 * done leads to the next by itself.
 */
import { keep, kept } from '@sokkin/ui';
import { useEffect, useState } from 'react';
import type { NewsRoom } from '../news.ts';
import type { TourStep, Where } from './steps.ts';

const AT = 'sokkin.desk.tour';

export interface Tour {
  /** undefined: the visitor looks around without it. */
  readonly step: TourStep | undefined;
  /** Counted from 1. */
  readonly number: number;
  readonly count: number;
  /** The step that was just seen to be done. */
  readonly done: TourStep | undefined;
  /** Where a tour that was left would go on. */
  readonly left: TourStep | undefined;
  start(): void;
  resume(): void;
  next(): void;
  back(): void;
  leave(): void;
}

interface Place {
  readonly at: string;
  readonly isOn: boolean;
}

const read = (): Place => {
  const [at = '', state] = (kept(AT) ?? '').split(' ');
  return { at, isOn: state === 'on' };
};

export function useTour(steps: readonly TourStep[], news: NewsRoom, where: Where): Tour {
  const [place, setPlace] = useState(read);
  const [done, setDone] = useState<TourStep>();
  const index = steps.findIndex(({ id }) => id === place.at);
  const step = place.isOn ? steps[index] : undefined;
  const go = (next: TourStep | undefined, isOn = true) => {
    if (next === undefined) return;
    keep(AT, `${next.id} ${isOn ? 'on' : 'off'}`);
    setPlace({ at: next.id, isOn });
  };
  useEffect(() => {
    const isDone = step?.done;
    if (step === undefined || isDone === undefined) return;
    return news.hear((one) => {
      if (!isDone(one, where)) return;
      setDone(step);
      go(steps[index + 1]);
    });
  });
  return {
    ...{ step, done, number: index + 1, count: steps.length },
    left: place.isOn || index < 1 ? undefined : steps[index],
    start() {
      setDone(undefined);
      go(steps[0]);
    },
    resume: () => go(steps[index]),
    next() {
      setDone(undefined);
      go(steps[index + 1]);
    },
    back() {
      setDone(undefined);
      go(steps[index - 1]);
    },
    leave() {
      setDone(undefined);
      const isOver = index + 1 === steps.length;
      go(isOver ? steps[0] : step, false);
    },
  };
}
