/**
 * Offline data authentication (Book 3, 10.3; Book 2, sections 5 and 6): CDA before DDA before SDA, as both sides have it.
 *
 * What must hold: a card is authentic only after every check of the books; each failure sets the bit of its method.
 */
import {
  type AipFlag,
  type Bytes,
  command,
  decodeTlv,
  digitsOf,
  equal,
  parseDol,
  parseTemplate,
  SW,
} from '@sokkin/codec';
import {
  type AuthenticatedRecord,
  type CertifiedKey,
  type RsaPublicKey,
  recoverIccKey,
  recoverIssuerKey,
  staticDataToAuthenticate,
  verifyDda,
  verifyStaticData,
} from '@sokkin/crypto';
import type { Initiated } from './read.ts';
import { ask, dolData, type Session } from './session.ts';
import type { OdaMethod, OdaResult } from './types.ts';
import { strictly, violated } from './violation.ts';

export interface Authentication {
  readonly result: OdaResult;
  /** The card's key, if its certificate holds: for CDA and enciphered PINs. */
  readonly key: RsaPublicKey | undefined;
}

const FAILED = { sda: 'sdaFailed', dda: 'ddaFailed', cda: 'cdaFailed' } as const;
const METHODS: readonly OdaMethod[] = ['cda', 'dda', 'sda'];

/** With CDA the verdict here is on the certificates: the cryptogram brings the rest. */
export async function authenticate(
  session: Session,
  { interchange, profile }: Initiated,
  signed: readonly AuthenticatedRecord[],
): Promise<Authentication> {
  const method = methodOf(session, interchange);
  if (method === undefined) {
    session.tvr.add('odaNotPerformed');
    return { result: { method: 'none', verdict: 'not-performed' }, key: undefined };
  }
  session.tsi.add('odaPerformed');
  if (method === 'sda') session.tvr.add('sdaSelected');
  const keys = recoverKeys(session, signed, profile, method);
  const verdict =
    keys.verdict === 'authentic' && method === 'dda' ? await dda(session, keys.key) : keys.verdict;
  if (verdict === 'missing-data') session.tvr.add('iccDataMissing');
  if (verdict !== 'authentic') session.tvr.add(FAILED[method]);
  return { result: { method, verdict }, key: keys.verdict === 'authentic' ? keys.key : undefined };
}

function methodOf({ setup }: Session, interchange: ReadonlySet<AipFlag>): OdaMethod | undefined {
  return METHODS.find((m) => interchange.has(m) && (setup.oda?.has(m) ?? true));
}

type Keys =
  | { readonly verdict: 'authentic'; readonly key: RsaPublicKey | undefined }
  | { readonly verdict: Exclude<string, 'authentic'>; readonly key?: undefined };

/** Book 2, 5.2 to 5.4, 6.2 to 6.4. */
function recoverKeys(
  { setup, card, own }: Session,
  signed: readonly AuthenticatedRecord[],
  profile: Bytes,
  method: OdaMethod,
): Keys {
  const [index, issuerCertificate] = [card.get(0x8f), certified(card, 0x90, 0x92, 0x9f32)];
  if (index === undefined || issuerCertificate === undefined) return { verdict: 'missing-data' };
  const rid = (own.get(0x9f06) ?? new Uint8Array(0)).subarray(0, 5);
  const ca = setup.caKeys.find((k) => k.index === index[0] && equal(k.rid, rid));
  if (ca === undefined) return { verdict: 'no-ca-key' };
  const pan = digitsOf(card.get(0x5a) ?? new Uint8Array(0));
  const context = { pan, today: setup.today };
  const issuer = recoverIssuerKey(setup.rsa, ca, issuerCertificate, context);
  if (issuer.verdict !== 'authentic') return { verdict: `issuer certificate: ${issuer.verdict}` };
  const covered = staticDataToAuthenticate(signed, card.get(0x9f4a), profile);
  if (covered.verdict !== 'collected') return { verdict: covered.verdict };
  if (method === 'sda') return sda(setup.rsa, issuer.key, card, covered.data);
  const iccCertificate = certified(card, 0x9f46, 0x9f48, 0x9f47);
  if (iccCertificate === undefined) return { verdict: 'missing-data' };
  const icc = recoverIccKey(setup.rsa, issuer.key, iccCertificate, covered.data, context);
  return icc.verdict === 'authentic'
    ? { verdict: 'authentic', key: icc.key }
    : { verdict: `card certificate: ${icc.verdict}` };
}

function sda(
  rsa: Session['setup']['rsa'],
  issuerKey: RsaPublicKey,
  card: Session['card'],
  data: Bytes,
): Keys {
  const signature = card.get(0x93);
  if (signature === undefined) return { verdict: 'missing-data' };
  const found = verifyStaticData(rsa, issuerKey, signature, data);
  if (found.verdict !== 'authentic') return { verdict: found.verdict };
  card.set(0x9f45, found.dataAuthenticationCode);
  return { verdict: 'authentic', key: undefined };
}

function certified(
  card: Session['card'],
  certificate: number,
  remainder: number,
  exponent: number,
): CertifiedKey | undefined {
  const [c, e] = [card.get(certificate), card.get(exponent)];
  return c && e
    ? { certificate: c, remainder: card.get(remainder) ?? new Uint8Array(0), exponent: e }
    : undefined;
}

const DEFAULT_DDOL = Uint8Array.of(0x9f, 0x37, 0x04);

/** INTERNAL AUTHENTICATE (Book 3, 6.5.9; Book 2, 6.5). */
async function dda(session: Session, key: RsaPublicKey | undefined): Promise<string> {
  const list = strictly('Book 3, 5.4', () => parseDol(session.card.get(0x9f49) ?? DEFAULT_DDOL));
  if (!list.some(({ tag }) => tag === 0x9f37)) return 'no-unpredictable-number';
  const challenge = dolData(session, list);
  const { sw, data } = await ask(session, command(0x00, 0x88, 0, 0, challenge, 256));
  if (sw !== SW.ok || key === undefined) return 'no-signature';
  const found = verifyDda(session.setup.rsa, key, signatureIn(data), challenge);
  if (found.verdict === 'authentic') session.card.set(0x9f4c, found.dynamicNumber);
  return found.verdict;
}

function signatureIn(data: Bytes): Bytes {
  const section = 'Book 3, 6.5.9.4';
  const answer = strictly(section, () => decodeTlv(data, { padding: true }));
  if (answer.tag === 0x80) return answer.value;
  if (answer.tag !== 0x77) return violated(section, 'the answer is neither template 80 nor 77');
  return strictly(section, () => parseTemplate(answer.value, 'signature', { signature: 0x9f4b })).signature;
}
