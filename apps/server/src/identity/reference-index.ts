/**
 * What references are found by: a keyed hash under the key `identity_index`, which is replaced as PANs' is (../vault/pan-keys.ts).
 *
 *     ref_ and 64 hexadecimal digits     under identity_index.1
 *     ref2_, ref3_, ...                  under its later generations
 *
 * What must hold: a new key makes hashes only when every process has heard of it, and whoever looks, looks under all there are; so a
 * reference is found while the hashes of others are made anew, and nobody is added twice.
 */
import { type Bytes, hex, utf8 } from '@sokkin/codec';
import type { KeyInfo, KeyPort } from '@sokkin/issuer';
import { newestActive, parseKeyId } from '../keys/key-ids.ts';

export const IDENTITY_INDEX = 'identity_index';
/** Everybody has heard of a key of this age: they look every two seconds; the rest is room for clocks that differ. */
export const SETTLED_MS = 10_000;

export interface IndexKeys {
  /** Makes hashes. */
  readonly current: string;
  /** All there are, that one first, then from the newest on: what they found once they find again. */
  readonly all: readonly string[];
  /** The same for everybody, also for who has not heard of the newest yet. */
  readonly oldest: string;
}

const generationOf = (id: string): number => parseKeyId(id)?.generation ?? 0;

export async function indexKeysOf(keys: KeyPort, now: Date): Promise<IndexKeys> {
  const named = (await keys.list())
    .filter(({ id }) => parseKeyId(id)?.name === IDENTITY_INDEX)
    .sort((a, z) => generationOf(z.id) - generationOf(a.id));
  const isSettled = ({ createdAt }: KeyInfo) => now.getTime() - createdAt.getTime() >= SETTLED_MS;
  const active = named.filter(({ state }) => state === 'active');
  const current = newestActive(named.filter(isSettled), IDENTITY_INDEX) ?? active.at(-1)?.id;
  const oldest = named.at(-1)?.id;
  if (current === undefined || oldest === undefined)
    throw new Error('Bug: a start makes a key for references');
  const others = named.map(({ id }) => id).filter((id) => id !== current);
  return { current, all: [current, ...others], oldest };
}

/** How hashes under this key begin. */
export const prefixOf = (key: string): string => {
  const generation = generationOf(key);
  return generation === 1 ? 'ref_' : `ref${generation}_`;
};

/** It says nothing to who has not the key. */
export const referenceHash = async (
  keys: KeyPort,
  key: string,
  institution: string,
  reference: string,
): Promise<string> => prefixOf(key) + hex(await keys.mac(key, utf8(`${institution}\n${reference}`)));

/** Of a request that names somebody: a plain hash could be found by trying names. The current one first. */
export const requestMacs = async (keys: KeyPort, text: Bytes, now: Date): Promise<Bytes[]> =>
  Promise.all((await indexKeysOf(keys, now)).all.map((key) => keys.mac(key, text)));
