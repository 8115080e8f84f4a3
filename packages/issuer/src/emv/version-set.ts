/**
 * The cryptogram versions that an issuer has cards of under one scheme, and which of them a card's is: told by its issuer
 * application data. Across schemes that data tells nothing: the AID or the range of the PAN chooses the set.
 *
 * What must hold: no data fits two versions of a set, so nobody chooses how a cryptogram is checked by how it looks; a set where
 * that could be is refused when it is made.
 */
import { type Bytes, SokkinError } from '@sokkin/codec';
import { type CryptogramProfile, fitsShape, type IadShape } from './cryptogram-profile.ts';

export interface VersionSet {
  readonly names: readonly string[];
  /** Undefined: no version of the set has data like this. */
  of(iad: Bytes): CryptogramProfile | undefined;
}

/** Fails with `bad_profile` for two that the same data could fit, or that have one name. */
export function versionSet(profiles: readonly CryptogramProfile[]): VersionSet {
  for (const [i, one] of profiles.entries()) {
    for (const other of profiles.slice(i + 1)) {
      if (one.name === other.name || !excludeEachOther(one.iad, other.iad))
        throw new SokkinError(
          'bad_profile',
          `Cryptogram versions: issuer data could be of ${one.name} and of ${other.name}. Give them lengths or fixed bytes that differ.`,
        );
    }
  }
  return {
    names: profiles.map(({ name }) => name),
    of: (iad) => profiles.find((profile) => fitsShape(profile.iad, iad)),
  };
}

const excludeEachOther = (a: IadShape, b: IadShape): boolean =>
  a.most < b.least ||
  b.most < a.least ||
  [...a.fixed].some(([at, byte]) => (b.fixed.get(at) ?? byte) !== byte);
