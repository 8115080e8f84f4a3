/**
 * The terminal's till (what it has asked its acquirer) in a browser.
 *
 * What must hold: what `save` was given is on disk when it returns, and as one change; only entries that changed are written, so that the
 * last sale of a day costs what the first one does; entries of closed days stay, since refunds name their payment as it was sent.
 */
import { decodeIso, encodeIso, type IsoProfile } from '@sokkin/codec';
import type { TillEntry, TillState } from '@sokkin/terminal';
import { getAbout, type ShopDatabase, STRICT } from './database.ts';
import type { KeptEntry } from './rows.ts';

export interface TillStore {
  readonly state: TillState;
  save(state: TillState): Promise<void>;
  /** The one that goes by this name, in any day. */
  named(name: string): Promise<TillEntry | undefined>;
}

export async function openTillStore(database: ShopDatabase, profile: IsoProfile): Promise<TillStore> {
  const { stan, batch } = (await getAbout(database, 'till')) ?? { stan: 0, batch: 1 };
  const rows = await database.getAll('till', IDBKeyRange.bound([batch], [batch, []]));
  const entries = rows.map((row) => entryOf(row, profile)).sort((a, b) => (a.local < b.local ? -1 : 1));
  const state: TillState = { stan, batch, entries };
  let kept = new Set(entries);
  let keptBatch = batch;
  return {
    state,
    async save(next) {
      const transaction = database.transaction(['about', 'till'], 'readwrite', STRICT);
      const table = transaction.objectStore('till');
      const isNewBatch = next.batch !== keptBatch;
      const fresh = isNewBatch ? next.entries : next.entries.filter((entry) => !kept.has(entry));
      // What goes over into the next day is in one of them only.
      const moved = isNewBatch
        ? next.entries.map(({ reference, kind }) => table.delete([keptBatch, reference, kind]))
        : [];
      await Promise.all([
        ...moved,
        ...fresh.map((entry) => table.put(rowOf(entry, next.batch, profile))),
        transaction.objectStore('about').put({ stan: next.stan, batch: next.batch }, 'till'),
        transaction.done,
      ]);
      kept = new Set(next.entries);
      keptBatch = next.batch;
    },
    async named(name) {
      const row = await database.getFromIndex('till', 'name', name);
      return row === undefined ? undefined : entryOf(row, profile);
    },
  };
}

function rowOf(entry: TillEntry, batch: number, profile: IsoProfile): KeptEntry {
  const { undo, name, ...rest } = entry;
  const message = encodeIso(profile, entry.message);
  const back = undo && { ...undo, message: encodeIso(profile, undo.message) };
  // An index holds no row in which its member is undefined.
  return { ...rest, ...(name !== undefined && { name }), batch, message, undo: back };
}

function entryOf({ batch: _, ...row }: KeptEntry, profile: IsoProfile): TillEntry {
  const undo = row.undo && { ...row.undo, message: decodeIso(profile, row.undo.message) };
  return { ...row, message: decodeIso(profile, row.message), undo };
}
