/**
 * Static data to be authenticated (Book 3, section 10.3), and its signature for cards that cannot sign
 * themselves (SDA; Book 2, sections 5.2 and 5.4; tag 93).
 *
 * What must hold: the bytes are those of the card, in the order of its file locator, never encoded anew; the
 * tag list may name the interchange profile (82) and nothing else.
 */
import { assert, type Bytes, concat, decodeTlv, parseTagList, SokkinError } from '@sokkin/codec';
import type { RsaPublicKey } from '../../ports.ts';
import {
  HASH_SHA1,
  isHashed,
  padBb,
  type RecoveryFailure,
  type RsaSigner,
  type RsaVerifier,
  recover,
  recoverableLength,
  SIGNED_FORMAT,
  sign,
} from './recoverable.ts';

/** A record that the file locator marks for offline data authentication, as READ RECORD answered it. */
export interface AuthenticatedRecord {
  /** Short file identifier, 1 to 30. */
  readonly sfi: number;
  readonly record: Bytes;
}

export type StaticData =
  | { readonly verdict: 'collected'; readonly data: Bytes }
  | { readonly verdict: 'bad-record' | 'bad-tag-list' };

const RECORD_TEMPLATE = 0x70;
const INTERCHANGE_PROFILE = 0x82;

/**
 * The records one after the other, then the interchange profile if the tag list (tag 9F4A) asks for it. Of a
 * record in SFI 1 to 10 the value of its template counts; of one in SFI 11 to 30, all of it.
 */
export function staticDataToAuthenticate(
  records: readonly AuthenticatedRecord[],
  tagList: Bytes | undefined,
  interchangeProfile: Bytes,
): StaticData {
  const parts: Bytes[] = [];
  for (const { sfi, record } of records) {
    const part = sfi <= 10 ? templateValue(record) : record;
    if (part === undefined) return { verdict: 'bad-record' };
    parts.push(part);
  }
  if (tagList === undefined || tagList.length === 0) return { verdict: 'collected', data: concat(...parts) };
  if (!isProfileOnly(tagList)) return { verdict: 'bad-tag-list' };
  return { verdict: 'collected', data: concat(...parts, interchangeProfile) };
}

function templateValue(record: Bytes): Bytes | undefined {
  const template = refusedAsUndefined(() => decodeTlv(record, { padding: true }));
  return template?.tag === RECORD_TEMPLATE ? template.value : undefined;
}

function isProfileOnly(tagList: Bytes): boolean {
  const tags = refusedAsUndefined(() => parseTagList(tagList));
  return tags?.length === 1 && tags[0] === INTERCHANGE_PROFILE;
}

function refusedAsUndefined<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}

/** Signs static data for tag 93: format, hash algorithm, 2 bytes of data authentication code, filling. */
export async function signStaticData(
  rsa: RsaSigner,
  issuer: { readonly handle: Bytes; readonly modulusLength: number },
  dataAuthenticationCode: Bytes,
  staticData: Bytes,
): Promise<Bytes> {
  assert(dataAuthenticationCode.length === 2, 'a data authentication code has 2 bytes');
  const head = Uint8Array.of(SIGNED_FORMAT.staticData, HASH_SHA1);
  const data = padBb(recoverableLength(issuer.modulusLength), head, dataAuthenticationCode);
  return sign(rsa, issuer.handle, data, staticData);
}

export type StaticVerdict =
  | { readonly verdict: RecoveryFailure | 'unknown-hash' | 'bad-hash' }
  /** The code becomes tag 9F45 of the terminal. */
  | { readonly verdict: 'authentic'; readonly dataAuthenticationCode: Bytes };

/** The checks of section 5.4, in its order. */
export function verifyStaticData(
  rsa: RsaVerifier,
  issuerKey: RsaPublicKey,
  signature: Bytes,
  staticData: Bytes,
): StaticVerdict {
  const recovery = recover(rsa, issuerKey, signature, SIGNED_FORMAT.staticData);
  if (recovery.verdict !== 'recovered') return recovery;
  const { data, hash } = recovery;
  if (data[1] !== HASH_SHA1) return { verdict: 'unknown-hash' };
  if (!isHashed(hash, data, staticData)) return { verdict: 'bad-hash' };
  return { verdict: 'authentic', dataAuthenticationCode: data.slice(2, 4) };
}
