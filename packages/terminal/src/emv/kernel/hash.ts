/**
 * The transaction certificate hash value, tag 98, for a card whose CDOL1 asks for it (Book 3, 9.2.2; Book 2, B3.1).
 *
 * What must hold: pure; the list is the card's (97), else the terminal's, else empty; that it was not the card's is told.
 */
import { sha1 } from '@sokkin/crypto';
import { TAG } from '../tags.ts';
import { dolData, type KernelData, listOf, withOwn, withResults } from './data.ts';
import type { KernelEnv } from './env.ts';

const isWanted = (data: KernelData): boolean =>
  listOf(data, TAG.cdol1).some(({ tag }) => tag === TAG.certificateHash);

/** The bit for it, before action analysis. */
export const noteTdol = (data: KernelData): KernelData =>
  isWanted(data) && !data.card.has(TAG.tdol) ? withResults(data, ['defaultTdolUsed']) : data;

/** The value, when everything that it covers stands. */
export function withCertificateHash(env: KernelEnv, data: KernelData): KernelData {
  if (!isWanted(data)) return data;
  const list = data.card.has(TAG.tdol) ? listOf(data, TAG.tdol) : env.prepared.combination.defaultTdol;
  return withOwn(data, [[TAG.certificateHash, sha1(dolData(data, list ?? []))]]);
}
