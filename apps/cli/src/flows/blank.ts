/**
 * Making blank cards and phones: of a chip that its maker delivered, or without keys where no back-end is at hand.
 *
 * What must hold: the serial number is written down before the card is there, so no card with keys is without it.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FactoryKeys } from '@sokkin/card';
import { SokkinError } from '@sokkin/codec';
import type { HttpApi } from '../api/http-api.ts';
import { type Kind, keepSerial, newPlace, type Place, placeOf } from '../data/places.ts';
import { clearUnfinished, createPurseFile } from '../data/purse-file.ts';
import type { Context } from '../io/context.ts';

/** What a card can be made of. */
export type Material = FactoryKeys | undefined;

/** `deliver` is asked once the name is known to be free. */
export async function makeBlank(
  context: Context,
  kind: Kind,
  name: string,
  deliver: () => Promise<Material>,
): Promise<Place> {
  await clearUnfinished(context, placeOf(context, kind, name).purse);
  const place = await newPlace(context, kind, name);
  const chip = await deliver();
  await mkdir(dirname(place.purse), { recursive: true, mode: 0o700 });
  await keepSerial(place, chip?.diversification);
  await createPurseFile(context, place.purse, chip);
  return place;
}

/** A chip from the back-end; none, and `onNone` hears why, where it cannot be reached or gives none. */
export async function chipIfAny(api: HttpApi, onNone: (because: string) => void): Promise<Material> {
  try {
    return await api.chip();
  } catch (error) {
    if (!(error instanceof SokkinError) || !NONE.includes(error.code)) throw error;
    onNone(error.code === 'backend_refused' ? error.message : `There is no back-end at ${api.url}.`);
    return undefined;
  }
}

const NONE: readonly string[] = ['backend_unreachable', 'backend_refused'];
