/**
 * Private keys of this browser. What must hold: a key is kept before anybody learns its public half, cannot be read by any program (not extractable),
 * and is found again by its name after the browser was closed.
 */
import { openDB } from 'idb';
import { written } from './durable.ts';

export interface KeyShelf {
  get(name: string): Promise<CryptoKey | undefined>;
  put(name: string, key: CryptoKey): Promise<void>;
}

/** For as long as the page lives. */
export function shelfInMemory(): KeyShelf {
  const keys = new Map<string, CryptoKey>();
  return {
    get: async (name) => keys.get(name),
    put: async (name, key) => {
      keys.set(name, key);
    },
  };
}

const STORE = 'keys';

/** In a database of this origin. A browser stores the key itself, not its octets. */
export async function shelfInDatabase(name: string): Promise<KeyShelf & { close(): void }> {
  const database = await openDB(name, 1, {
    upgrade: (fresh) => void fresh.createObjectStore(STORE),
  });
  return {
    get: (key) => database.get(STORE, key),
    async put(key, value) {
      const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
      await written(transaction, [transaction.store.put(value, key)]);
    },
    close: () => database.close(),
  };
}
