/** Who works in the shop, and the hashes of their PINs. What must hold: no PIN is ever kept, only what `pins.ts` makes of it. */

import type { PinHash } from '../shop/pins.ts';
import type { Role } from '../shop/roles.ts';
import { type ShopDatabase, STRICT } from './database.ts';

export interface KeptStaff {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly pin: PinHash;
  /** Wrong PINs in a row. */
  readonly wrong: number;
  /** Milliseconds since 1970: no PIN is looked at before. */
  readonly waitsUntil: number;
  /** When they were taken on. */
  readonly since: number;
}

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
