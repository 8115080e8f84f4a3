/**
 * Offline data authentication (Book 3, 10.3; Book 2, sections 5 and 6; Book 4, 6.3.2): CDA before DDA. SDA is not
 * supported: a card that has no other method is treated as one without any.
 *
 * What must hold: pure; `authentic` only after every check of the books, in their order; a failure sets the bit of its
 * method, and missing data the bit for that besides.
 */
import {
  type AipFlag,
  type Bytes,
  type CommandApdu,
  command,
  decodeTlv,
  digitsOf,
  equal,
  parseTemplate,
  SokkinError,
} from '@sokkin/codec';
import {
  type AuthenticatedRecord,
  type CertifiedKey,
  type RsaPublicKey,
  recoverIccKey,
  recoverIssuerKey,
  staticDataToAuthenticate,
  verifyDda,
} from '@sokkin/crypto';
import type { TerminalCaKey } from '../config/types.ts';
import { TAG } from '../tags.ts';
import { dolData, type KernelData, listOf, withResults } from './data.ts';
import type { KernelEnv } from './env.ts';

export interface Authentication {
  readonly method: 'cda' | 'dda' | 'none';
  /** `authentic`, `not-performed`, or what failed: a verdict of Book 2's checks, `missing-data`, `no-ca-key`. */
  readonly verdict: string;
  /** The card's key, if its certificates hold. */
  readonly key: RsaPublicKey | undefined;
}

const NONE: Bytes = new Uint8Array(0);
const FAILED = { cda: 'cdaFailed', dda: 'ddaFailed' } as const;

/** The certificates. With CDA the cryptogram brings the rest, with DDA INTERNAL AUTHENTICATE. */
export function authenticateKeys(
  env: KernelEnv,
  data: KernelData,
  interchange: ReadonlySet<AipFlag>,
  signed: readonly AuthenticatedRecord[],
): { readonly data: KernelData; readonly authentication: Authentication } {
  const method = interchange.has('cda') ? 'cda' : interchange.has('dda') ? 'dda' : undefined;
  if (method === undefined) {
    const authentication = { method: 'none', verdict: 'not-performed', key: undefined } as const;
    return { data: withResults(data, ['odaNotPerformed']), authentication };
  }
  const keys = recoverKeys(env, data, signed);
  const checked = keys.verdict === 'authentic' ? listVerdict(env, data, method) : keys.verdict;
  const authentication: Authentication = {
    method,
    verdict: checked,
    key: checked === 'authentic' ? keys.key : undefined,
  };
  return { data: judged(data, authentication), authentication };
}

/** The bits that follow from a verdict. */
function judged(data: KernelData, { method, verdict }: Authentication): KernelData {
  if (method === 'none') return data;
  const missing = verdict === 'missing-data' ? (['iccDataMissing'] as const) : [];
  const failed = verdict === 'authentic' ? [] : [FAILED[method]];
  return withResults(data, [...missing, ...failed], ['odaPerformed']);
}

/** A signature over nothing that the terminal chose proves nothing (Book 2, 6.5.1 and 6.6). */
function listVerdict(env: KernelEnv, data: KernelData, method: 'cda' | 'dda'): string {
  const list = method === 'cda' ? listOf(data, TAG.cdol1) : challengeList(env, data);
  return list.some(({ tag, length }) => tag === TAG.unpredictableNumber && length === 4)
    ? 'authentic'
    : 'no-unpredictable-number';
}

const challengeList = (env: KernelEnv, data: KernelData) =>
  data.card.has(TAG.ddol) ? listOf(data, TAG.ddol) : env.prepared.combination.defaultDdol;

interface Keys {
  readonly verdict: string;
  readonly key: RsaPublicKey | undefined;
}
const refused = (verdict: string): Keys => ({ verdict, key: undefined });

/** Book 2, 6.2 to 6.4. */
function recoverKeys(
  { rsa, config, time }: KernelEnv,
  { card, own }: KernelData,
  signed: readonly AuthenticatedRecord[],
): Keys {
  const index = card.get(TAG.caIndex)?.[0];
  const issuerPart = certified(card, TAG.issuerCertificate, TAG.issuerRemainder, TAG.issuerExponent);
  const cardPart = certified(card, TAG.cardCertificate, TAG.cardRemainder, TAG.cardExponent);
  // Book 3, 10.3 and table 30
  if (index === undefined || issuerPart === undefined || cardPart === undefined)
    return refused('missing-data');
  const rid = (own.get(TAG.terminalAid) ?? NONE).subarray(0, 5);
  const ca = config.caKeys.find((k) => k.index === index && equal(k.rid, rid) && isInForce(k, time.today));
  if (ca === undefined) return refused('no-ca-key');
  const isRevoked = (_: unknown, serial: Bytes): boolean =>
    config.revoked.some((r) => r.index === index && equal(r.rid, rid) && equal(r.serial, serial));
  const context = { pan: digitsOf(card.get(TAG.pan) ?? NONE), today: time.today, isRevoked };
  const issuer = recoverIssuerKey(rsa, ca, issuerPart, context);
  if (issuer.verdict !== 'authentic') return refused(`issuer certificate: ${issuer.verdict}`);
  const profile = card.get(TAG.interchange) ?? NONE;
  const covered = staticDataToAuthenticate(signed, card.get(TAG.staticTagList), profile);
  if (covered.verdict !== 'collected') return refused(covered.verdict);
  const found = recoverIccKey(rsa, issuer.key, cardPart, covered.data, context);
  if (found.verdict !== 'authentic') return refused(`card certificate: ${found.verdict}`);
  return { verdict: 'authentic', key: found.key };
}

const isInForce = ({ expires }: TerminalCaKey, today: number): boolean =>
  expires === undefined || today <= expires;

function certified(
  card: KernelData['card'],
  certificate: number,
  remainder: number,
  exponent: number,
): CertifiedKey | undefined {
  const [c, e] = [card.get(certificate), card.get(exponent)];
  return c && e ? { certificate: c, remainder: card.get(remainder) ?? NONE, exponent: e } : undefined;
}

/** INTERNAL AUTHENTICATE (Book 3, 6.5.9), and what the signature must cover. */
export function internalAuthenticate(
  env: KernelEnv,
  data: KernelData,
): { readonly apdu: CommandApdu; readonly challenge: Bytes } {
  const challenge = dolData(data, challengeList(env, data));
  return { apdu: command(0x00, 0x88, 0x00, 0x00, challenge, 256), challenge };
}

/** The answer to it; undefined: the card gave another status word (Book 2, 6.5: DDA has failed). */
export function judgeDda(
  { rsa }: KernelEnv,
  data: KernelData,
  key: RsaPublicKey,
  challenge: Bytes,
  answer: Bytes | undefined,
): { readonly data: KernelData; readonly authentication: Authentication } {
  const signature = answer === undefined ? undefined : signatureIn(answer);
  if (signature === undefined) {
    const authentication = { method: 'dda', verdict: 'no-signature', key: undefined } as const;
    return { data: judged(data, authentication), authentication };
  }
  const found = verifyDda(rsa, key, signature, challenge);
  const authentication = { method: 'dda', verdict: found.verdict, key: undefined } as const;
  if (found.verdict !== 'authentic') return { data: judged(data, authentication), authentication };
  const card = new Map([...data.card, [TAG.dynamicNumber, found.dynamicNumber]]);
  return { data: judged({ ...data, card }, authentication), authentication };
}

/** Book 3, 6.5.9.4: template 80, or 77 with the signature in it. What is neither holds no signature. */
function signatureIn(answer: Bytes): Bytes | undefined {
  try {
    const { tag, value } = decodeTlv(answer, { padding: true });
    if (tag === 0x80) return value;
    return tag === 0x77
      ? parseTemplate(value, 'signature', { signature: TAG.signature }).signature
      : undefined;
  } catch (error) {
    if (error instanceof SokkinError) return undefined;
    throw error;
  }
}
