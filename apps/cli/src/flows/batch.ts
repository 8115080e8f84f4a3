/**
 * Personalising many cards, a few at a time.
 *
 * What must hold: run again, a batch goes on where it stopped, by a kill too: what is active is skipped, what was
 * begun is finished, what is not there is made. One card that fails does not stop the others; what would fail them all
 * does.
 */
import { SokkinError } from '@sokkin/codec';
import type { HttpApi } from '../api/http-api.ts';
import { listPlaces, type Place, placeOf, serialOf } from '../data/places.ts';
import { clearUnfinished } from '../data/purse-file.ts';
import type { Context } from '../io/context.ts';
import { inParallel } from '../io/parallel.ts';
import { makeBlank } from './blank.ts';
import { type PersoOrder, persoFlow } from './perso.ts';

export interface Batch {
  readonly names: readonly string[];
  /** Cards that are not there are made, of chips. */
  readonly isMaking: boolean;
  /** What is asked for, by the name of the card. */
  orderOf(name: string): PersoOrder;
  readonly jobs: number;
  isStopped(): boolean;
  /** One more card is done, skipped or failed. */
  onCard(): void;
}

export interface CardFailure {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

export interface BatchTotals {
  done: number;
  skipped: number;
  readonly failed: CardFailure[];
  seconds: number;
  /** Why it ended before its last card. */
  stoppedBy: SokkinError | undefined;
}

/** What would meet every card that is still to come. */
const FAILS_ALL: ReadonlySet<string> = new Set(['backend_unreachable', 'disk_full']);

export async function persoBatch(context: Context, api: HttpApi, batch: Batch): Promise<BatchTotals> {
  const totals: BatchTotals = { done: 0, skipped: 0, failed: [], seconds: 0, stoppedBy: undefined };
  const begun = performance.now();
  const before = new Set((await listPlaces(context, 'card')).map((place) => place.name));
  const isStopped = (): boolean => batch.isStopped() || totals.stoppedBy !== undefined;
  await inParallel(batch.names, batch.jobs, isStopped, async (name) => {
    try {
      const wasActive = await one(context, api, batch, { name, isThere: before.has(name) });
      if (wasActive) totals.skipped += 1;
      else totals.done += 1;
    } catch (error) {
      if (!(error instanceof SokkinError)) throw error;
      if (FAILS_ALL.has(error.code)) totals.stoppedBy = error;
      else totals.failed.push({ name, code: error.code, message: error.message });
    }
    batch.onCard();
  });
  totals.seconds = (performance.now() - begun) / 1000;
  return totals;
}

async function one(
  context: Context,
  api: HttpApi,
  { orderOf, isMaking }: Batch,
  { name, isThere }: { readonly name: string; readonly isThere: boolean },
): Promise<boolean> {
  const place = isMaking ? await made(context, api, name, isThere) : placeOf(context, 'card', name);
  const serial = await mustHaveSerial(place);
  return (await persoFlow(context, api, { ...orderOf(name), place, serial })).wasActive;
}

async function made(context: Context, api: HttpApi, name: string, isThere: boolean): Promise<Place> {
  if (isThere) {
    const place = placeOf(context, 'card', name);
    if (!(await clearUnfinished(context, place.purse))) return place;
  }
  return makeBlank(context, 'card', name, () => api.chip());
}

/** Fails with `no_domain`. */
export async function mustHaveSerial(place: Place): Promise<Uint8Array> {
  const serial = await serialOf(place);
  if (serial !== undefined) return serial;
  throw new SokkinError(
    'no_domain',
    `The card ${place.name} was made without keys, or elsewhere: "sokkin card personalise ${place.name}" makes a purse of it, and no payment card.`,
  );
}
