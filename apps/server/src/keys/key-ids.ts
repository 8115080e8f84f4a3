/**
 * What keys are called. What must hold: an id is one key for ever; the newest generation of a name is the one in use.
 *
 *     root.1    vault.2    issuer/ins_first_issuer.1    authority/ins_first_issuer.3    issuer_purse/ins_first_issuer.1
 */
import { SokkinError } from '@sokkin/codec';
import type { KeyInfo } from '@sokkin/issuer';

const ID = /^([a-z0-9_]{1,40}(?:\/[a-z0-9_]{1,60})?)\.([1-9][0-9]{0,5})$/;
export const MAX_KEY_ID = 110;

export interface KeyName {
  readonly name: string;
  readonly generation: number;
}

export function parseKeyId(id: string): KeyName | undefined {
  const [, name, generation] = ID.exec(id) ?? [];
  return name === undefined ? undefined : { name, generation: Number(generation) };
}

export const keyId = (name: string, generation: number): string => `${name}.${generation}`;

/** The next generation of a name. */
export function nextKeyId(keys: readonly KeyInfo[], name: string): string {
  let newest = 0;
  for (const { id } of keys) {
    const parsed = parseKeyId(id);
    if (parsed?.name === name) newest = Math.max(newest, parsed.generation);
  }
  return keyId(name, newest + 1);
}

/** The key of this name that new things are made with. */
export function newestActive(keys: readonly KeyInfo[], name: string): string | undefined {
  let found: KeyName | undefined;
  for (const { id, state } of keys) {
    const parsed = parseKeyId(id);
    if (parsed?.name !== name || state !== 'active') continue;
    if (found === undefined || parsed.generation > found.generation) found = parsed;
  }
  return found && keyId(found.name, found.generation);
}

export function assertKeyId(id: string): void {
  if (parseKeyId(id) === undefined) throw new Error(`Bug: ${id} is not the id of a key`);
}

export const keyUnknown = (id: string): SokkinError =>
  new SokkinError('key_unknown', `There is no key ${id}: it was never made here, or was destroyed.`);
export const keyExists = (id: string): SokkinError =>
  new SokkinError('key_exists', `The key ${id} is there already, and keys are never overwritten.`);
export const keyRetired = (id: string): SokkinError =>
  new SokkinError('key_retired', `The key ${id} is retired: it makes nothing new.`);
export const keyActive = (id: string): SokkinError =>
  new SokkinError('key_active', `The key ${id} is in use: retire it before it is destroyed.`);
export const keyWrongKind = (id: string, kind: string): SokkinError =>
  new SokkinError('key_wrong_kind', `The key ${id} is a ${kind} key, which does not do this.`);
