/**
 * What is kept of a sale beside the SDK's record: what was rung up, by whom, and its timeline.
 *
 * What must hold: a moment is added and never changed; a note is bounded.
 */
import type { Moment } from '../shop/view.ts';
import { isFull, type ShopDatabase, STRICT } from './database.ts';
import type { KeptNote } from './rows.ts';

const MOST_MOMENTS = 100;

export const noteOf = (database: ShopDatabase, id: string): Promise<KeptNote | undefined> =>
  database.get('notes', id);

export async function keepNote(database: ShopDatabase, note: KeptNote): Promise<void> {
  const transaction = database.transaction('notes', 'readwrite', STRICT);
  await Promise.all([transaction.store.put(note), transaction.done]);
}

/** Of what was refused before it began. */
export async function dropNote(database: ShopDatabase, id: string): Promise<void> {
  const transaction = database.transaction('notes', 'readwrite', STRICT);
  await Promise.all([transaction.store.delete(id), transaction.done]);
}

/** Without a note there is nothing to add to. The end of a sale stands in its record: a moment may be lost with the power, or for want of room. */
export async function addMoments(
  database: ShopDatabase,
  id: string,
  moments: readonly Moment[],
): Promise<void> {
  if (moments.length === 0) return;
  try {
    await append(database, id, moments);
  } catch (error) {
    if (!isFull(error)) throw error;
  }
}

async function append(database: ShopDatabase, id: string, moments: readonly Moment[]): Promise<void> {
  const transaction = database.transaction('notes', 'readwrite');
  const note = await transaction.store.get(id);
  if (note !== undefined && note.timeline.length < MOST_MOMENTS)
    await transaction.store.put({ ...note, timeline: [...note.timeline, ...moments] });
  await transaction.done;
}
