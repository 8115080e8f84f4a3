/**
 * Who is who in the data folder: cards and phones by name.
 *
 *     cards/NAME.card, cards/NAME.json      a card's memory; whose account it belongs to
 *     phones/NAME.purse, phones/NAME.phone  a phone's own purse; its mailbox and account
 *     trust.json                            root and issuers that this folder believes
 *
 * What must hold: one name means one thing; a name is a plain word, so that it can never lead out of the folder.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, fromHex, hex, nearest, SokkinError } from '@sokkin/codec';
import { UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { damaged, readJson, writeWhole } from './files.ts';
import { isOnReader } from './reader-card.ts';

export type Kind = 'card' | 'phone';
export interface Place {
  readonly name: string;
  readonly kind: Kind;
  /** The purse's memory. */
  readonly purse: string;
  /** What is known about it beside: JSON. */
  readonly about: string;
}

export function placeOf({ data }: Context, kind: Kind, name: string): Place {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/.test(name)) {
    throw new UsageError(`"${name}" is no name: use up to 40 letters, digits, - and _.`);
  }
  return kind === 'card'
    ? {
        name,
        kind,
        purse: join(data, 'cards', `${name}.card`),
        about: join(data, 'cards', `${name}.json`),
      }
    : {
        name,
        kind,
        purse: join(data, 'phones', `${name}.purse`),
        about: join(data, 'phones', `${name}.phone`),
      };
}

const SUFFIX: Readonly<Record<Kind, string>> = { card: '.card', phone: '.purse' };

export async function listPlaces(context: Context, kind: Kind): Promise<Place[]> {
  const folder = join(context.data, `${kind}s`);
  const files = await readdir(folder).catch(() => [] as string[]);
  return files
    .filter((f) => f.endsWith(SUFFIX[kind]))
    .map((f) => f.slice(0, -SUFFIX[kind].length))
    .sort()
    .map((name) => placeOf(context, kind, name));
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The card or phone of this name. */
export async function findPlace(context: Context, name: string, kind?: Kind): Promise<Place> {
  if (isOnReader(name) && kind !== 'phone') return onReader(context, name);
  const kinds: readonly Kind[] = kind === undefined ? ['card', 'phone'] : [kind];
  for (const k of kinds) {
    const place = placeOf(context, k, name);
    if (await isThere(place.purse)) return place;
  }
  const known = (await Promise.all(kinds.map((k) => listPlaces(context, k)))).flat().map((p) => p.name);
  const near = nearest(name, known);
  const hint =
    near !== undefined
      ? ` Did you mean "${near}"?`
      : known.length > 0
        ? ` There are: ${known.join(', ')}.`
        : ` There are none in ${context.data} yet.`;
  throw new SokkinError('not_found', `There is no ${kind ?? 'card or phone'} called "${name}".${hint}`);
}

const onReader = ({ data }: Context, name: string): Place => ({
  name,
  kind: 'card',
  purse: name,
  about: join(data, 'readers', 'unknown.json'),
});

/** A name that is still free, for cards and phones alike: they pay each other by name. */
export async function newPlace(context: Context, kind: Kind, name: string): Promise<Place> {
  for (const k of ['card', 'phone'] as const) {
    if (await isThere(placeOf(context, k, name).purse)) {
      throw new SokkinError('name_taken', `There is a ${k} called "${name}" already. Nothing was changed.`);
    }
  }
  return placeOf(context, kind, name);
}

/** What is known of a personalised card or phone beside its memory. */
export interface About {
  readonly account: string;
  /** The purse's id. */
  readonly purse: Bytes;
}

/** undefined: it is not personalised yet. */
export async function aboutOf(place: Place): Promise<About | undefined> {
  const about = await readJson(place.about);
  if (about === undefined) return undefined;
  const { account, purse } = about;
  if (typeof account !== 'string' || typeof purse !== 'string') return undefined;
  try {
    return { account, purse: fromHex(purse) };
  } catch (error) {
    throw damaged(place.about, error);
  }
}

export async function personalisedPlace(place: Place): Promise<About> {
  const about = await aboutOf(place);
  if (about !== undefined) return about;
  if (isOnReader(place.name))
    throw new SokkinError(
      'not_personalised',
      'Of a card on a reader no account is known here: name it by its file.',
    );
  throw new SokkinError('not_personalised', `${nameIn(place)} is blank: personalise it first.`);
}

/** Before a card is made of a chip, or without one (undefined). What stood there before was of another card. */
export async function keepSerial(place: Place, serial: Bytes | undefined): Promise<void> {
  const chip = serial === undefined ? {} : { serial: hex(serial) };
  await writeWhole(place.about, `${JSON.stringify({ name: place.name, ...chip }, null, 2)}\n`);
}

/** The serial number of its chip; undefined: it was made without keys. */
export async function serialOf(place: Place): Promise<Bytes | undefined> {
  const serial = (await readJson(place.about))?.serial;
  if (serial === undefined) return undefined;
  try {
    return fromHex(String(serial));
  } catch (error) {
    throw damaged(place.about, error);
  }
}

export async function keepAbout(place: Place, { account, purse }: About): Promise<void> {
  const before = (await readJson(place.about)) ?? {};
  const content = { ...before, name: place.name, account, purse: hex(purse) };
  await writeWhole(place.about, `${JSON.stringify(content, null, 2)}\n`);
}

/** How sentences call it. */
export const nameIn = (place: Place): string => `the ${place.kind} ${place.name}`;
