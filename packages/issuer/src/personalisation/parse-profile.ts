/**
 * From the file of a profile to its form in memory (docs/spec/card-profiles.md), one reader for each part.
 *
 * What must hold: a file has one reading, and every member of it is used; what parses fits together.
 */
import {
  AIP_FLAGS,
  AUC_FLAGS,
  ascii,
  type Bytes,
  CVM_CONDITION,
  CVM_METHOD,
  type CvmCondition,
  type CvmList,
  type CvmMethod,
  type DolEntry,
  fromHex,
  type IadField,
  type IadLayout,
  JsonField,
  parseDol,
  type RiskLimits,
  TVR_FLAGS,
} from '@sokkin/codec';
import type { MasterKeyOption } from '@sokkin/crypto';
import { checkProfile } from './check-profile.ts';
import type { CardProfile, IssuerData, ProfileLists, RsaSizes } from './profile.ts';

const FORMAT = 'sokkin-card-profile-1';

/** The profile in a file's text. Fails with `bad_profile`: where, what is wrong, what is allowed. */
export function readProfile(text: string): CardProfile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return new JsonField(undefined, 'profile').refuse(`not JSON: ${String(cause)}`, 'a JSON object');
  }
  return parseProfile(json);
}

/** As `readProfile`, of what JSON.parse gives. */
export function parseProfile(json: unknown): CardProfile {
  const f = new JsonField(json, 'profile').object(
    [
      'format',
      'name',
      'application',
      'interchange',
      'lists',
      'actionCodes',
      'usage',
      'cvm',
      'issuer',
      'risk',
      'cryptogram',
      'scripts',
      'behaviour',
      'rsa',
    ],
    ['note'],
  );
  f.format.oneOf([FORMAT]);
  const application = readApplication(f.application);
  const cryptogram = readCryptogram(f.cryptogram);
  const profile: CardProfile = {
    name: f.name.text(/^[a-z0-9-]{1,40}$/, 'small letters, digits and hyphens, at most 40'),
    note: f.note?.text(/^[\s\S]*$/, 'text') ?? '',
    application: application.data,
    interchange: f.interchange.someOf(namesOf(AIP_FLAGS.bits)),
    lists: readLists(f.lists),
    actionCodes: readActionCodes(f.actionCodes),
    usage: f.usage.someOf(namesOf(AUC_FLAGS.bits)),
    cvm: readCvm(f.cvm),
    issuer: readIssuer(f.issuer),
    risk: readRisk(f.risk),
    masterKey: cryptogram.masterKey,
    control: {
      ...application.control,
      ...cryptogram.control,
      ...readScripts(f.scripts),
      ...readBehaviour(f.behaviour),
    },
    rsa: readRsa(f.rsa),
  };
  checkProfile(profile);
  return profile;
}

const namesOf = <N extends string>(table: Readonly<Record<N, unknown>>): N[] => Object.keys(table) as N[];

const PRINTABLE = '1 to 16 printable ASCII characters';
const MOST_PRIORITY = 15;
/** Tag 87, bit 8: not without the cardholder's confirmation (Book 1, 12.2.3). */
const CONFIRMATION = 0x80;

function readApplication(field: JsonField) {
  const f = field.object(
    ['aid', 'label', 'priority', 'kernel', 'languages', 'version'],
    ['preferredName', 'codeTable', 'confirmation'],
  );
  const label = ascii(f.label.text(/^[ -~]{1,16}$/, PRINTABLE));
  const confirmation = f.confirmation?.flag() ?? false;
  const languages = f.languages.list().map((l) => l.text(/^[a-z]{2}$/, 'two small letters (ISO 639-1)'));
  if (languages.length < 1 || languages.length > 4)
    f.languages.refuse(`${languages.length} do not fit`, '1 to 4 languages (Book 3, Annex A: tag 5F2D)');
  if ((f.preferredName === undefined) !== (f.codeTable === undefined))
    field.refuse('preferredName and codeTable need each other', 'both or none (Book 1, 12.2.4)');
  const preferredName =
    f.preferredName && f.codeTable
      ? {
          text: ascii(f.preferredName.text(/^[ -~]{1,16}$/, PRINTABLE)),
          codeTable: f.codeTable.whole(1, 10),
        }
      : undefined;
  const control = {
    aid: f.aid.bytes(5, 16),
    label,
    priority: f.priority.whole(0, MOST_PRIORITY) | (confirmation ? CONFIRMATION : 0),
    kernel: readKernel(f.kernel),
  };
  return { control, data: { preferredName, languages, version: f.version.bytes(2, 2) } };
}

/** Book B, 3.3.2.5: an international kernel is one byte; a domestic one is not, and has a short identifier. */
function readKernel(field: JsonField): Bytes {
  const kernel = field.bytes(0, 8);
  const [first] = kernel;
  if (first === undefined) return kernel;
  const isDomestic = (first & 0x80) !== 0;
  if (!isDomestic && (first & 0x40) !== 0)
    field.refuse('bits 8 and 7 are 01, which is reserved', '00 (international), 10, 11 (domestic)');
  if (isDomestic && (kernel.length < 3 || (first & 0x3f) === 0))
    field.refuse('a domestic kernel is not whole', '3 to 8 bytes, bits 6 to 1 of the first not zero');
  return kernel;
}

function readLists(field: JsonField): ProfileLists {
  const f = field.object(['pdol', 'cdol1', 'cdol2', 'ddol', 'drdol']);
  return {
    pdol: readDol(f.pdol),
    cdol1: readDol(f.cdol1),
    cdol2: readDol(f.cdol2),
    ddol: readDol(f.ddol),
    drdol: readDol(f.drdol),
  };
}

/** A list as the books write it: tags and lengths in hexadecimal. */
function readDol(field: JsonField): DolEntry[] {
  const allowed = 'tags with their lengths in hexadecimal, such as "9F0206 9F3704"';
  const bytes = field.bytes(0, 252);
  return field.as(() => parseDol(bytes), allowed);
}

function readActionCodes(field: JsonField): CardProfile['actionCodes'] {
  const f = field.object(['denial', 'online', 'default']);
  const names = namesOf(TVR_FLAGS.bits);
  return { denial: f.denial.someOf(names), online: f.online.someOf(names), default: f.default.someOf(names) };
}

const MOST_AMOUNT = 0xffff_ffff;

function readCvm(field: JsonField): CvmList {
  const f = field.object(['x', 'y', 'rules']);
  const rules = f.rules.list().map((rule) => {
    const r = rule.object(['method', 'when', 'else']);
    return {
      method: r.method.oneOf<CvmMethod>(namesOf(CVM_METHOD)),
      condition: r.when.oneOf<CvmCondition>(namesOf(CVM_CONDITION)),
      elseNext: r.else.oneOf(['next', 'fail']) === 'next',
    };
  });
  if (rules.length < 1 || rules.length > 20) f.rules.refuse(`${rules.length} do not fit`, '1 to 20 rules');
  return { x: f.x.whole(0, MOST_AMOUNT), y: f.y.whole(0, MOST_AMOUNT), rules };
}

function readIssuer(field: JsonField): IssuerData {
  const f = field.object(['country', 'currency', 'exponent', 'serviceCode'], ['countryAlpha2']);
  return {
    country: f.country.text(/^\d{3}$/, 'three digits (ISO 3166-1)'),
    countryAlpha2: f.countryAlpha2?.text(/^[A-Z]{2}$/, 'two capital letters (ISO 3166-1)'),
    currency: f.currency.text(/^\d{3}$/, 'three digits (ISO 4217)'),
    exponent: f.exponent.whole(0, 9),
    serviceCode: f.serviceCode.text(/^\d{3}$/, 'three digits (ISO/IEC 7813)'),
  };
}

function readRisk(field: JsonField): RiskLimits {
  const f = field.object(['lowerCount', 'upperCount']);
  return { lowerCount: f.lowerCount.whole(0, 255), upperCount: f.upperCount.whole(0, 255) };
}

function readCryptogram(field: JsonField) {
  const f = field.object([
    'cipher',
    'masterKey',
    'sessionKey',
    'padding',
    'data',
    'iad',
    'version',
    'arpcMethod',
  ]);
  const control = {
    cipher: f.cipher.oneOf(['tdes', 'aes'] as const),
    sessionKey: f.sessionKey.oneOf(['common', 'none'] as const),
    padding: f.padding.oneOf(['iso2', 'zeros'] as const),
    cryptogramData: readDol(f.data),
    iad: readIad(f.iad),
    version: f.version.bytes(1, 1)[0] ?? 0,
    arpcMethod: f.arpcMethod.oneOf([1, 2] as const),
  };
  return { control, masterKey: f.masterKey.oneOf<MasterKeyOption>(['A', 'B', 'C']) };
}

const IAD_WORDS = ['version', 'keyIndex', 'offlineCount', 'keyNumber', 'debited'] as const;
const IAD_ALLOWED = `"fixed" and hexadecimal, "cvr" and its bytes (1 to 5), ${IAD_WORDS.join(', ')}`;

/** A layout in words: `["fixed 0F", "version", "cvr 5"]`. */
function readIad(field: JsonField): IadLayout {
  return field.list().map((item): IadField => {
    const text = item.text(/^.*$/, IAD_ALLOWED);
    const [, bytes] = /^fixed ((?:[0-9A-Fa-f]{2}){1,32})$/.exec(text) ?? [];
    if (bytes !== undefined) return { field: 'fixed', bytes: fromHex(bytes) };
    const [, length] = /^cvr ([1-5])$/.exec(text) ?? [];
    if (length !== undefined) return { field: 'cvr', length: Number(length) };
    const word = IAD_WORDS.find((w) => w === text);
    return word === undefined ? item.refuse(`"${text}" is not known`, IAD_ALLOWED) : { field: word };
  });
}

function readScripts(field: JsonField) {
  const f = field.object(['format', 'macLength']);
  return { scriptFormat: f.format.oneOf([1, 2] as const), scriptMacLength: f.macLength.whole(4, 8) };
}

function readBehaviour(field: JsonField) {
  const f = field.object(['showBalance', 'requireIssuerAuthentication', 'offline', 'limitedUseOnly']);
  return {
    showBalance: f.showBalance.flag(),
    requireIssuerAuthentication: f.requireIssuerAuthentication.flag(),
    offline: f.offline.flag(),
    limitedUseOnly: f.limitedUseOnly.flag(),
  };
}

function readRsa(field: JsonField): RsaSizes {
  const f = field.object(['ca', 'issuer', 'icc', 'exponent']);
  return {
    ca: readBits(f.ca),
    issuer: readBits(f.issuer),
    icc: readBits(f.icc),
    exponent: f.exponent.oneOf([3, 65537] as const),
  };
}

/** Book 2, B2.1: at most 1984 bits. Below 1024 keys are broken by whoever has a cluster. */
function readBits(field: JsonField): number {
  const bits = field.whole(1024, 1984);
  return bits % 8 === 0 ? bits : field.refuse(`${bits} bits are no whole bytes`, 'multiples of 8');
}
