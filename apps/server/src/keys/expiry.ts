/** How long certificates of ours still hold, and when to say so. Days are those of certificates. */
import type { Epoch } from '@sokkin/codec';
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
