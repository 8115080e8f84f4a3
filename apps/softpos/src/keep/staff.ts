/** Who works in the shop, and the hashes of their PINs. What must hold: no PIN is ever kept, only what `pins.ts` makes of it. */

import { type ShopDatabase, STRICT } from './database.ts';
import type { KeptStaff } from './rows.ts';

export async function allStaff(database: ShopDatabase): Promise<KeptStaff[]> {
  const all = await database.getAll('staff');
  return all.sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1));
}

export async function keepStaff(database: ShopDatabase, staff: KeptStaff): Promise<void> {
  const transaction = database.transaction('staff', 'readwrite', STRICT);
  await Promise.all([transaction.store.put(staff), transaction.done]);
}

export async function dropStaff(database: ShopDatabase, id: string): Promise<void> {
  const transaction = database.transaction('staff', 'readwrite', STRICT);
  await Promise.all([transaction.store.delete(id), transaction.done]);
}
