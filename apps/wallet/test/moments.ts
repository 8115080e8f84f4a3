/**
 * Moments at which a browser is killed: after some time, or frozen at a write of IndexedDB, so that the same moment comes again with the same seed.
 *
 * What must hold: at a frozen moment nothing goes on in the page or worker that it is set in, until the kill.
 */
import type { Page, Worker } from 'playwright-core';

export type Moment =
  | { readonly after: 'time'; readonly ms: number }
  /** The write of this number in this place: before it is asked for, or on disk and nobody has heard of it. */
  | {
      readonly after: 'write';
      readonly place: string;
      readonly no: number;
      readonly when: 'before' | 'done';
    };

export const inWords = (moment: Moment): string =>
  moment.after === 'time'
    ? `after ${moment.ms} ms`
    : `${moment.when === 'before' ? 'before' : 'after'} write ${moment.no} of ${moment.place}`;

/** The same sequence for the same seed (mulberry32). */
export function drawing(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A page, or the worker with its purse. */
export type Place = Pick<Worker, 'evaluate'>;

const FROZEN = 'sokkin-test: frozen';

/** Resolves when the moment has come. */
export async function momentIn(
  page: Page,
  place: Place,
  moment: Moment,
): Promise<{ readonly came: Promise<void> }> {
  if (moment.after === 'time') return { came: new Promise((resolve) => setTimeout(resolve, moment.ms)) };
  const came = new Promise<void>((resolve) => {
    page.on('console', (message) => message.text() === FROZEN && resolve());
  });
  const { no, when } = moment;
  await place.evaluate(`(() => {
    const put = IDBObjectStore.prototype.put;
    const freeze = () => { console.log('${FROZEN}'); for (;;); };
    let count = 0;
    IDBObjectStore.prototype.put = function (...row) {
      count += 1;
      if (count === ${no} && '${when}' === 'before') freeze();
      if (count === ${no}) this.transaction.addEventListener('complete', freeze, { capture: true });
      return put.apply(this, row);
    };
  })()`);
  return { came };
}
