/**
 * Who works in the shop: signing in, taking on, letting go.
 *
 * What must hold: there is always a manager; a wrong PIN is written down before anybody hears that it was wrong, so that a reload gives no new tries.
 */

import type { ShopDatabase } from '../keep/database.ts';
import type { KeptStaff } from '../keep/rows.ts';
import { allStaff, dropStaff, keepStaff } from '../keep/staff.ts';
import { no, ok, okWith } from './done.ts';
import { hashPin, isPin, isPinOf, waitAfter } from './pins.ts';
import type { Role } from './roles.ts';
import type { Done, NewStaff, StaffShown } from './view.ts';

const MOST_NAME = 40;
const MOST_STAFF = 200;

export interface StaffBook {
  all(): Promise<readonly StaffShown[]>;
  signIn(id: string, pin: string): Promise<Done<StaffShown>>;
  /** Without a look at the PIN: after a reload of the tab in which somebody was signed in. */
  one(id: string): Promise<StaffShown | undefined>;
  add(wish: NewStaff & { readonly role: Role }): Promise<Done<StaffShown>>;
  change(
    id: string,
    change: { readonly name?: string; readonly role?: Role; readonly pin?: string },
  ): Promise<Done>;
  remove(id: string): Promise<Done>;
}

export function staffBook(database: ShopDatabase, clock: () => number): StaffBook {
  const find = async (id: string) => (await allStaff(database)).find((one) => one.id === id);
  const shown = ({ id, name, role, waitsUntil }: KeptStaff): StaffShown => ({
    ...{ id, name, role },
    waitsUntil: waitsUntil > clock() ? waitsUntil : undefined,
  });
  const isLastManager = async (id: string): Promise<boolean> =>
    (await allStaff(database)).every((one) => one.id === id || one.role !== 'manager');
  return {
    all: async () => (await allStaff(database)).map(shown),
    async one(id) {
      const found = await find(id);
      return found && shown(found);
    },
    async signIn(id, pin) {
      const found = await find(id);
      if (found === undefined) return no('unknown', 'Nobody of this shop is meant.');
      if (found.waitsUntil > clock()) return no('wait', 'Too many wrong PINs: wait before the next try.');
      if (isPin(pin) && (await isPinOf(found.pin, pin))) {
        const cleared = { ...found, wrong: 0, waitsUntil: 0 };
        if (found.wrong > 0) await keepStaff(database, cleared);
        return okWith(shown(cleared));
      }
      const wrong = found.wrong + 1;
      await keepStaff(database, { ...found, wrong, waitsUntil: waitAfter(wrong, clock()) });
      return no('wrong_pin', 'The PIN is wrong.');
    },
    async add({ name, pin, role }) {
      const bad = wrongWith(name, pin);
      if (bad !== undefined) return bad;
      if ((await allStaff(database)).length >= MOST_STAFF)
        return no('bad_name', `A shop has at most ${MOST_STAFF} people here.`);
      const made: KeptStaff = {
        ...{ id: crypto.randomUUID(), name: name.trim(), role, pin: await hashPin(pin) },
        ...{ wrong: 0, waitsUntil: 0, since: clock() },
      };
      await keepStaff(database, made);
      return okWith(shown(made));
    },
    async change(id, { name, role, pin }) {
      const found = await find(id);
      if (found === undefined) return no('unknown', 'Nobody of this shop is meant.');
      const bad = wrongWith(name ?? found.name, pin);
      if (bad !== undefined) return bad;
      if (role === 'cashier' && (await isLastManager(id)))
        return no('last_manager', 'A shop needs a manager: make somebody else one first.');
      const fresh = pin === undefined ? {} : { pin: await hashPin(pin), wrong: 0, waitsUntil: 0 };
      await keepStaff(database, {
        ...found,
        name: (name ?? found.name).trim(),
        role: role ?? found.role,
        ...fresh,
      });
      return ok;
    },
    async remove(id) {
      if (await isLastManager(id))
        return no('last_manager', 'A shop needs a manager: make somebody else one first.');
      await dropStaff(database, id);
      return ok;
    },
  };
}

function wrongWith(name: string, pin: string | undefined): ReturnType<typeof no> | undefined {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > MOST_NAME)
    return no('bad_name', `A name has 1 to ${MOST_NAME} characters.`);
  return pin === undefined || isPin(pin) ? undefined : no('bad_pin', 'A PIN has 4 to 8 digits.');
}
