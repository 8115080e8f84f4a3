/** The card profiles that this back-end makes cards of: files of packages/issuer. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type CardProfile, readProfile } from '@sokkin/issuer';

export const PROFILE_NAMES = ['white-label', 'white-label-aes', 'jcb-shaped', 'phone'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

const read = new Map<ProfileName, Promise<CardProfile>>();

export function profileOf(name: ProfileName): Promise<CardProfile> {
  let profile = read.get(name);
  if (profile === undefined) {
    const path = fileURLToPath(import.meta.resolve(`@sokkin/issuer/profiles/${name}.json`));
    profile = readFile(path, 'utf8').then(readProfile);
    read.set(name, profile);
  }
  return profile;
}
