/**
 * The card profiles that this back-end makes cards of: the files of packages/issuer/profiles.
 *
 * What must hold: a file that is no profile stops the start, and says which and why; one name means one profile.
 */
import { readdir, readFile } from 'node:fs/promises';
import { SokkinError } from '@sokkin/codec';
import { type CardProfile, hasOwnKey, type IssuerRules, readIssuerRules, readProfile } from '@sokkin/issuer';
import type { RsaKind } from '../keys/rsa-pool.ts';

export async function loadProfiles(): Promise<ReadonlyMap<string, CardProfile>> {
  const folder = new URL('.', import.meta.resolve('@sokkin/issuer/profiles/white-label.json'));
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const profiles = new Map<string, CardProfile>();
  for (const file of files) {
    const profile = await read(new URL(file, folder));
    if (profiles.has(profile.name))
      throw new SokkinError('bad_profile', `${file}: another profile is called "${profile.name}", too.`);
    profiles.set(profile.name, profile);
  }
  return profiles;
}

async function read(file: URL): Promise<CardProfile> {
  const text = await readFile(file, 'utf8');
  try {
    return readProfile(text);
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    throw new SokkinError(error.code, `${file.pathname}: ${error.message}`, { cause: error });
  }
}

/** The kinds of RSA key that cards of these profiles have. */
export const ownKeysOf = (profiles: ReadonlyMap<string, CardProfile>): RsaKind[] =>
  [...profiles.values()].filter(hasOwnKey).map(({ rsa }) => ({ bits: rsa.icc, exponent: rsa.exponent }));

/** By which chip data are judged where an issuer has no rules of its own. */
export async function loadRules(): Promise<IssuerRules> {
  const file = new URL(import.meta.resolve('@sokkin/issuer/rules/default.json'));
  return readIssuerRules(await readFile(file, 'utf8'));
}
