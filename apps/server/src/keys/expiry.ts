/** How long certificates of ours still hold, and when to say so. Days are those of certificates. */
import type { Epoch } from '@sokkin/codec';
import type { KeyInfo } from '@sokkin/issuer';
import { newestActive, parseKeyId } from './key-ids.ts';
import type { Pki, Signer } from './pki.ts';

/** Most urgent first. */
const WARN_DAYS = [7, 30, 90] as const;
export type ExpiryWarning = 'expired' | '7_days' | '30_days' | '90_days';

export const daysLeft = ({ certificate }: Signer, today: Epoch): number => certificate.expiration - today;

export function expiryWarning(days: number): ExpiryWarning | undefined {
  if (days < 0) return 'expired';
  const within = WARN_DAYS.find((limit) => days <= limit);
  return within && `${within}_days`;
}

/** Certificates that are in use: an expired one of those stops something. */
export const signersInUse = (pki: Pki): Signer[] =>
  pki.lines.flatMap((line) =>
    line.isCurrent ? [line.issuer, line.authority, line.issuerPurse] : [line.authority, line.issuerPurse],
  );

/** A sentence for each that is soon over. */
export function expirySentences(pki: Pki, today: Epoch): ReadonlyMap<string, string> {
  const sentences = new Map<string, string>();
  for (const signer of signersInUse(pki)) {
    const days = daysLeft(signer, today);
    const warning = expiryWarning(days);
    if (warning === undefined) continue;
    const what = days < 0 ? `has expired ${-days} days ago` : `expires in ${days} days`;
    const how = signer.key.startsWith('issuer/') ? 'rotate its key' : 'renew it, or rotate its key';
    sentences.set(`${signer.key} ${warning}`, `The certificate of the key ${signer.key} ${what}: ${how}.`);
  }
  return sentences;
}

/**
 * Keys without a certificate that so much is made with that they are replaced by the calendar: within this many days. A random nonce of 12
 * bytes serves 2^32 envelopes (NIST SP 800-38D, 8.3), which no year sees.
 */
const REPLACE_WITHIN: ReadonlyMap<string, number> = new Map([
  ['pan', 365],
  ['pan_index', 365],
]);
const MS_PER_DAY = 86_400_000;

/** Days until a key that is in use is due to be replaced; undefined: the calendar does not say. */
export function daysToReplace(listed: readonly KeyInfo[], info: KeyInfo, now: Date): number | undefined {
  const name = parseKeyId(info.id)?.name ?? '';
  const within = REPLACE_WITHIN.get(name);
  if (within === undefined || newestActive(listed, name) !== info.id) return undefined;
  return Math.ceil((info.createdAt.getTime() - now.getTime()) / MS_PER_DAY) + within;
}

/** A sentence for each that is soon due. */
export function replacementSentences(listed: readonly KeyInfo[], now: Date): ReadonlyMap<string, string> {
  const sentences = new Map<string, string>();
  for (const info of listed) {
    const days = daysToReplace(listed, info, now);
    const warning = days === undefined ? undefined : expiryWarning(days);
    if (days === undefined || warning === undefined) continue;
    const when =
      days < 0 ? `was due to be replaced ${-days} days ago` : `is due to be replaced in ${days} days`;
    sentences.set(`${info.id} ${warning}`, `The key ${info.id} ${when}: rotate it.`);
  }
  return sentences;
}
