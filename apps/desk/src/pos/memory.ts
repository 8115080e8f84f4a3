/**
 * What the terminal keeps over a closed page: who it is, its till, its torn log, in IndexedDB.
 *
 * What must hold: whatever was given to `put` is on disk when it resolves; what is read was written by this version.
 */
import { type DeviceIdentity, newDeviceKey } from '@sokkin/sdk';
import { EMPTY_TILL, type TillState, type TornLog } from '@sokkin/terminal';
import { type IDBPDatabase, openDB } from 'idb';

interface Memory {
  /** The key of this terminal, before it is anybody's. */
  readonly key: Omit<DeviceIdentity, 'device'>;
  readonly identity: DeviceIdentity;
  readonly till: TillState;
  readonly torn: TornLog;
  /** The configuration as it came last, with its ETag. */
  readonly configuration: { readonly tag: string; readonly document: unknown };
}

const STORE = 'pos';

export class PosMemory {
  readonly #database: IDBPDatabase;
  private constructor(database: IDBPDatabase) {
    this.#database = database;
  }

  static async open(place: string): Promise<PosMemory> {
    return new PosMemory(
      await openDB(`sokkin-pos-${place}`, 1, {
        upgrade(fresh) {
          fresh.createObjectStore(STORE);
        },
      }),
    );
  }

  get<K extends keyof Memory>(what: K): Promise<Memory[K] | undefined> {
    return this.#database.get(STORE, what);
  }

  async put<K extends keyof Memory>(what: K, value: Memory[K]): Promise<void> {
    const transaction = this.#database.transaction(STORE, 'readwrite', { durability: 'strict' });
    await Promise.all([transaction.store.put(value, what), transaction.done]);
  }

  /** Made once; a page that was closed in between asks with the same. */
  async key(): Promise<Memory['key']> {
    const kept = await this.get('key');
    if (kept !== undefined) return kept;
    const fresh = await newDeviceKey();
    await this.put('key', fresh);
    return fresh;
  }

  async till(): Promise<TillState> {
    return (await this.get('till')) ?? EMPTY_TILL;
  }

  close(): void {
    this.#database.close();
  }
}
