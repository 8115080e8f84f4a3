/**
 * What the parts of a profile must agree on (Book 2, 6.6; Book 3, 5.4, 10.5 and 10.9), so that a card of it can
 * work with every terminal and with its own issuer.
 *
 * What must hold: whatever passes here prepares, and what was prepared validates.
 */
import { CVR_TAG, type DolEntry, dolLength, emvElement, iadLength, JsonField } from '@sokkin/codec';
import { type CardProfile, hasOfflinePin, hasOwnKey, isSigned, type ProfileLists } from './profile.ts';

/** What every decision of the card needs: amount, currency, type, and a number that tells transactions apart. */
const TRANSACTION = [
  [0x9f02, 6],
  [0x5f2a, 2],
  [0x9c, 1],
  [0x9f37, 4],
] as const;
const UNPREDICTABLE_NUMBER = 0x9f37;
const ISSUER_AUTHENTICATION = 0x91;
const RESPONSE_CODE = 0x8a;
/** Elements of cryptogram data that the card has itself: interchange profile, ATC, IAD, verification results. */
const CARD_DATA: ReadonlySet<number> = new Set([0x82, 0x9f36, 0x9f10, CVR_TAG]);

/** The first thing that does not fit is refused, with `bad_profile`. */
export function checkProfile(profile: CardProfile): void {
  for (const name of LISTS) checkList(name, profile.lists[name]);
  checkTransactionLists(profile);
  checkIssuerAuthentication(profile);
  checkCryptogram(profile);
  checkVerification(profile);
  checkKeys(profile);
}

const refuse = (where: string, wrong: string, allowed: string): never =>
  new JsonField(undefined, `profile.${where}`).refuse(wrong, allowed);

const LISTS = ['pdol', 'cdol1', 'cdol2', 'ddol', 'drdol'] as const satisfies (keyof ProfileLists)[];
const hexTag = (tag: number): string => tag.toString(16).toUpperCase();
const asks = (list: readonly DolEntry[], tag: number, length?: number): boolean =>
  list.some((e) => e.tag === tag && (length === undefined || e.length === length));

function checkList(name: keyof ProfileLists, list: readonly DolEntry[]): void {
  const where = `lists.${name}`;
  const seen = new Set<number>();
  for (const { tag, length } of list) {
    if (seen.has(tag)) refuse(where, `${hexTag(tag)} stands here twice`, 'each tag once');
    seen.add(tag);
    const element = emvElement(tag);
    if (element === undefined) continue;
    if (length < element.min || length > element.max)
      refuse(
        where,
        `${hexTag(tag)} (${element.name}) with ${length} bytes`,
        `${element.min} to ${element.max}`,
      );
    // Book 3, 5.4: before GET PROCESSING OPTIONS the terminal has nothing but its own data.
    if (name === 'pdol' && element.source !== 'terminal')
      refuse(where, `${hexTag(tag)} (${element.name}) is not the terminal's`, 'data of the terminal');
  }
}

function checkTransactionLists({ lists, interchange }: CardProfile): void {
  for (const [tag, length] of TRANSACTION) {
    if (!asks(lists.cdol1, tag, length))
      refuse('lists.cdol1', `${hexTag(tag)} is missing`, `a list that has it, with ${length} bytes`);
  }
  if (!asks(lists.cdol2, RESPONSE_CODE, 2))
    refuse('lists.cdol2', '8A is missing', 'a list that has it, with 2 bytes');
  if (interchange.has('cda') && !asks(lists.cdol2, UNPREDICTABLE_NUMBER, 4))
    refuse('lists.cdol2', '9F37 is missing', 'a list that has it: CDA signs it (Book 2, 6.6)');
  if (interchange.has('dda') && !asks(lists.ddol, UNPREDICTABLE_NUMBER, 4))
    refuse('lists.ddol', '9F37 is missing', 'a list that has it: DDA signs it (Book 2, 6.5)');
  for (const { tag } of lists.drdol) {
    if (!asks([...lists.pdol, ...lists.cdol1], tag))
      refuse('lists.drdol', `${hexTag(tag)} was never shown to the card`, 'tags of pdol and cdol1');
  }
  if (lists.drdol.length > 0 && dolLength(lists.drdol) < 4)
    refuse('lists.drdol', 'too short to tell transactions apart', 'none, or 4 bytes of data at least');
}

/** Book 3, 10.9: by EXTERNAL AUTHENTICATE or with the second GENERATE AC, not by both. */
function checkIssuerAuthentication({ interchange, lists, control }: CardProfile): void {
  const byCommand = interchange.has('issuerAuthentication');
  const inCdol2 = asks(lists.cdol2, ISSUER_AUTHENTICATION);
  if (byCommand && inCdol2)
    refuse(
      'lists.cdol2',
      '91, and issuerAuthentication in interchange',
      'one of them: a card authenticates once',
    );
  if (control.requireIssuerAuthentication && !byCommand && !inCdol2)
    refuse(
      'behaviour.requireIssuerAuthentication',
      'there is no way for it',
      'issuerAuthentication in interchange, or 91 in lists.cdol2',
    );
  const least = control.arpcMethod === 1 ? 10 : 8;
  const entry = lists.cdol2.find((e) => e.tag === ISSUER_AUTHENTICATION);
  if (entry && (entry.length < least || (control.arpcMethod === 1 && entry.length > least)))
    refuse(
      'lists.cdol2',
      `91 with ${entry.length} bytes`,
      `${least} bytes for ARPC method ${control.arpcMethod}`,
    );
}

function checkCryptogram({ lists, control, masterKey }: CardProfile): void {
  const shown = [...lists.pdol, ...lists.cdol1];
  for (const { tag, length } of control.cryptogramData) {
    if (CARD_DATA.has(tag)) continue;
    if (!asks(shown, tag, length))
      refuse(
        'cryptogram.data',
        `${hexTag(tag)} with ${length} bytes is unknown to the card`,
        'data of pdol and cdol1',
      );
  }
  if (!asks(control.cryptogramData, UNPREDICTABLE_NUMBER))
    refuse('cryptogram.data', '9F37 is missing', 'data that has it: without, cryptograms repeat');
  if (!asks(control.cryptogramData, 0x9f36))
    refuse('cryptogram.data', '9F36 is missing', 'data that has it: the counter binds the cryptogram');
  checkIad(control);
  const isAes = control.cipher === 'aes';
  if (isAes !== (masterKey === 'C'))
    refuse('cryptogram.masterKey', `${masterKey} is not for ${control.cipher}`, isAes ? 'C' : 'A, B');
  if (isAes && control.padding !== 'iso2')
    refuse('cryptogram.padding', 'AES-CMAC pads by itself', 'iso2 under aes');
}

const MOST_IAD = 32;

function checkIad({ iad, cryptogramData, limitedUseOnly }: CardProfile['control']): void {
  const length = iadLength(iad);
  if (length < 1 || length > MOST_IAD) refuse('cryptogram.iad', `${length} bytes`, '1 to 32 bytes');
  const twice = iad.find((f, i) => f.field !== 'fixed' && iad.findIndex((g) => g.field === f.field) !== i);
  if (twice) refuse('cryptogram.iad', `${twice.field} stands here twice`, 'each field but fixed bytes once');
  const entry = cryptogramData.find((e) => e.tag === 0x9f10);
  if (entry && entry.length !== length)
    refuse('cryptogram.data', `9F10 with ${entry.length} bytes`, `${length}, as the layout in iad has`);
  const covered = cryptogramData.find((e) => e.tag === CVR_TAG)?.length ?? 0;
  const told = iad.find((f) => f.field === 'cvr');
  if (covered > (told?.length ?? 0))
    refuse(
      'cryptogram.iad',
      `the cryptogram covers ${covered} bytes of CVR that it does not tell`,
      `cvr ${covered}`,
    );
  // The key index and the number of the key choose the key, so the cryptogram is wrong if they are; these are not so.
  const loose = iad.find((f) => f.field === 'debited' || f.field === 'offlineCount');
  if (loose && !entry)
    refuse('cryptogram.iad', `${loose.field} is not covered`, '9F10 in cryptogram.data, or no such field');
  if (limitedUseOnly && !iad.some((f) => f.field === 'keyNumber'))
    refuse('cryptogram.iad', 'the issuer could not tell which limited-use key it was', 'keyNumber');
}

function checkVerification(profile: CardProfile): void {
  const usesKey = profile.cvm.rules.some(
    ({ method }) => method === 'offlinePinEnciphered' || method === 'offlinePinEncipheredAndSignature',
  );
  if (usesKey && !hasOwnKey(profile))
    refuse('cvm.rules', 'an enciphered PIN, and the card has no key', 'dda or cda in interchange');
  if (profile.interchange.has('onDeviceCardholderVerification') && hasOfflinePin(profile))
    refuse('cvm.rules', 'a PIN in the chip of a device that verifies by itself', 'no offlinePin methods');
  if (profile.risk.lowerCount > profile.risk.upperCount)
    refuse('risk.lowerCount', 'above upperCount', `0 to ${profile.risk.upperCount}`);
}

/** Bytes of a record and of an answer that are not the certificate or the signature in it. */
const RECORD_FRAME = 7;
const MOST_RECORD = 254;
const CDA_FRAME = 3 + 4 + 5 + (3 + MOST_IAD) + 5;
const MOST_ANSWER = 256;

/** Book 2, 6.1: each key signs one that is no longer. Records and answers fit short APDUs. */
function checkKeys(profile: CardProfile): void {
  const { ca, issuer, icc } = profile.rsa;
  if (issuer > ca) refuse('rsa.issuer', `longer than the key that certifies it`, `at most ${ca}`);
  if (icc > issuer) refuse('rsa.icc', 'longer than the key that certifies it', `at most ${issuer}`);
  if (!isSigned(profile)) return;
  // Tag 90 takes 6 bytes beside the certificate, 9F46 takes 7, both with the template.
  if (ca / 8 + RECORD_FRAME - 1 > MOST_RECORD)
    refuse('rsa.ca', 'its certificate fits no record', 'at most 1984');
  if (issuer / 8 + RECORD_FRAME > MOST_RECORD)
    refuse('rsa.issuer', 'its certificate fits no record', 'at most 1976');
  if (icc / 8 + CDA_FRAME > MOST_ANSWER)
    refuse('rsa.icc', 'its signature fits no short answer', `at most ${(MOST_ANSWER - CDA_FRAME) * 8}`);
}
