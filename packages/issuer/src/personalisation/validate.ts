/**
 * Prepared cards are looked at once more before they are loaded, as a terminal and the card itself would: the
 * certificates are recovered, the static data is hashed, keys and check values are compared.
 *
 * What must hold: it shares nothing with `prepareCard` but the layouts of the books; the first thing that does not fit
 * is told, with its place. Whatever bytes the groupings hold, it answers and never throws.
 */
import {
  type AflEntry,
  AIP_FLAGS,
  type AipFlag,
  type ApplicationControl,
  type Bytes,
  concat,
  type DataGrouping,
  DGI,
  decodeFlags,
  decodeTlv,
  decodeTlvs,
  digitsOf,
  type Epoch,
  equal,
  hex,
  parseAfl,
  parseControl,
  parseCvmList,
  parseDol,
  parseLimitedUseKey,
  parseRiskLimits,
  parseTemplate,
  SokkinError,
} from '@sokkin/codec';
import {
  type AuthenticatedRecord,
  type CaPublicKey,
  type CertifiedKey,
  keyCheckValue,
  pinOfBlock,
  type RsaKeyParts,
  type RsaPublicKey,
  recoverIccKey,
  recoverIssuerKey,
  staticDataToAuthenticate,
  verifyStaticData,
} from '@sokkin/crypto';
import type { PreparationPorts } from '../ports.ts';
import { dayOf } from './order.ts';

export type PreparedVerdict =
  | { readonly verdict: 'sound'; readonly iccPublicKey: RsaPublicKey | undefined }
  /** `where`: a grouping in hexadecimal, or a tag. */
  | { readonly verdict: 'unsound'; readonly where: string; readonly problem: string };

/** `today` is the day of loading: certificates must hold then. */
export async function validatePrepared(
  ports: PreparationPorts,
  ca: CaPublicKey,
  groupings: readonly DataGrouping[],
  today: Epoch,
): Promise<PreparedVerdict> {
  try {
    const card = readCard(groupings);
    checkControl(card);
    checkHolder(card);
    checkMasterKeys(ports, card);
    checkPin(card);
    const iccPublicKey = authenticate(ports, ca, card, today);
    await checkOwnKey(ports, card, iccPublicKey);
    return { verdict: 'sound', iccPublicKey };
  } catch (error) {
    if (error instanceof Unsound) return { verdict: 'unsound', where: error.where, problem: error.message };
    if (error instanceof SokkinError)
      return { verdict: 'unsound', where: 'encoding', problem: error.message };
    throw error;
  }
}

/** Ends the validation; never leaves this file. */
class Unsound extends SokkinError<'unsound'> {
  readonly where: string;
  constructor(where: string, problem: string) {
    super('unsound', problem);
    this.where = where;
  }
}

const unsound = (where: string | number, problem: string): never => {
  throw new Unsound(typeof where === 'number' ? where.toString(16).toUpperCase() : where, problem);
};

/** The card as a terminal comes to see it, and what it does not see. */
interface SeenCard {
  readonly all: ReadonlyMap<number, Bytes>;
  readonly control: ApplicationControl;
  readonly profile: Bytes;
  readonly features: ReadonlySet<AipFlag>;
  /** All elements of the records, by tag. */
  readonly elements: ReadonlyMap<number, Bytes>;
  /** The records that the locator marks, in its order. */
  readonly signed: readonly AuthenticatedRecord[];
  readonly fci: ReadonlyMap<number, Bytes>;
}

function readCard(groupings: readonly DataGrouping[]): SeenCard {
  const all = new Map<number, Bytes>();
  for (const { dgi, value } of groupings) {
    if (all.has(dgi)) unsound(dgi, 'it stands here twice');
    all.set(dgi, value);
  }
  const options = parseTemplate(grouping(all, DGI.processingOptions), 'processing options', {
    profile: 0x82,
    locator: 0x94,
  });
  if (options.profile.length !== 2) unsound(DGI.processingOptions, 'the interchange profile has 2 bytes');
  const entries = parseAfl(options.locator);
  checkRecordsLocated(all, entries);
  return {
    all,
    control: parseControl(grouping(all, DGI.control)),
    profile: options.profile,
    features: decodeFlags(AIP_FLAGS, options.profile),
    elements: readElements(all),
    signed: entries.flatMap(({ sfi, first, authenticated }) =>
      Array.from({ length: authenticated }, (_, i) => ({
        sfi,
        record: grouping(all, (sfi << 8) | (first + i)),
      })),
    ),
    fci: byTag(grouping(all, DGI.fci)),
  };
}

const grouping = (all: ReadonlyMap<number, Bytes>, dgi: number): Bytes =>
  all.get(dgi) ?? unsound(dgi, 'it is missing');

const byTag = (objects: Bytes): ReadonlyMap<number, Bytes> =>
  new Map(decodeTlvs(objects).map(({ tag, value }) => [tag, value]));

const isRecord = (dgi: number): boolean => dgi >> 8 >= 1 && dgi >> 8 <= 30 && (dgi & 0xff) !== 0;

/** Every record is located once, and every located one is there. */
function checkRecordsLocated(all: ReadonlyMap<number, Bytes>, entries: readonly AflEntry[]): void {
  const located = entries.flatMap(({ sfi, first, last }) =>
    Array.from({ length: last - first + 1 }, (_, i) => (sfi << 8) | (first + i)),
  );
  if (new Set(located).size !== located.length) unsound(0x94, 'it locates a record twice');
  for (const dgi of located) grouping(all, dgi);
  for (const dgi of all.keys()) {
    if (isRecord(dgi) && !located.includes(dgi)) unsound(dgi, 'no terminal is told of this record');
  }
}

const MOST_RECORD = 254;

/** Book 3, 10.2: an element that stands in two records ends the transaction. */
function readElements(all: ReadonlyMap<number, Bytes>): ReadonlyMap<number, Bytes> {
  const elements = new Map<number, Bytes>();
  for (const [dgi, record] of all) {
    if (!isRecord(dgi)) continue;
    if (record.length > MOST_RECORD) unsound(dgi, `${record.length} bytes fit no short answer`);
    const template = decodeTlv(record);
    if (template.tag !== 0x70) unsound(dgi, 'it is no template 70');
    for (const { tag, value } of decodeTlvs(template.value)) {
      if (elements.has(tag)) unsound(tag, 'it stands in two records');
      elements.set(tag, value);
    }
  }
  return elements;
}

const element = ({ elements }: SeenCard, tag: number): Bytes =>
  elements.get(tag) ?? unsound(tag, 'no record has it');

/** What the card says of itself in two places is the same; lists read, and are there (Book 3, 7.2, table 31). */
function checkControl(card: SeenCard): void {
  const { control, fci, all } = card;
  parseRiskLimits(grouping(all, DGI.risk));
  if (!equal(fci.get(0x50) ?? unsound(0x50, 'the FCI has none'), control.label))
    unsound(0x50, 'the label of the FCI is not that of the control');
  const priority = fci.get(0x87);
  if (priority !== undefined && priority[0] !== control.priority)
    unsound(0x87, 'the priority of the FCI is not that of the control');
  parseDol(fci.get(0x9f38) ?? new Uint8Array(0));
  for (const tag of [0x8c, 0x8d]) parseDol(element(card, tag));
  parseCvmList(element(card, 0x8e));
}

/** Track 2 tells the PAN and expiry of the other elements (Book 3, Annex A: tag 57). */
function checkHolder(card: SeenCard): void {
  const pan = digitsOf(element(card, 0x5a));
  const expiry = hex(element(card, 0x5f24));
  const track2 = hex(element(card, 0x57));
  if (!track2.startsWith(`${pan}d${expiry.slice(0, 4)}`))
    unsound(0x57, 'track 2 tells another PAN or expiry');
  const effective = card.elements.get(0x5f25);
  if (effective !== undefined && dayOf(hex(effective)) > dayOf(expiry))
    unsound(0x5f25, 'the card is expired before it is effective');
}

const CHECK_BYTES = 3;

function checkMasterKeys({ symmetric }: PreparationPorts, { all, control }: SeenCard): void {
  const { cipher, limitedUseOnly } = control;
  const keys = grouping(all, DGI.masterKeys);
  const checks = grouping(all, DGI.masterKeyChecks);
  const count = limitedUseOnly ? 2 : 3;
  const length = keys.length / count;
  if (!keyLengths(cipher).includes(length)) unsound(DGI.masterKeys, `${count} keys of one length are due`);
  const cut = Array.from({ length: count }, (_, i) => keys.subarray(i * length, (i + 1) * length));
  const expected = concat(...cut.map((key) => keyCheckValue(symmetric, cipher, key, CHECK_BYTES)));
  if (!equal(expected, checks)) unsound(DGI.masterKeyChecks, 'a key has another check value');
  const limited = all.get(DGI.limitedUseKey);
  if ((limited !== undefined) !== limitedUseOnly)
    unsound(DGI.limitedUseKey, limitedUseOnly ? 'it is missing' : 'this card has a master key');
  if (limited !== undefined && !keyLengths(cipher).includes(parseLimitedUseKey(limited).key.length))
    unsound(DGI.limitedUseKey, 'the key has another length than its cipher');
}

const keyLengths = (cipher: ApplicationControl['cipher']): readonly number[] =>
  cipher === 'tdes' ? [16] : [16, 24, 32];

function checkPin({ all }: SeenCard): void {
  const block = all.get(DGI.pin);
  if (block !== undefined && pinOfBlock(block) === undefined) unsound(DGI.pin, 'it is no format 2 PIN block');
}

/** Book 2, sections 5 and 6, as the terminal does it; the card's key, if it has one. */
function authenticate(
  { rsa }: PreparationPorts,
  ca: CaPublicKey,
  card: SeenCard,
  today: Epoch,
): RsaPublicKey | undefined {
  const { features, profile, signed, elements, control } = card;
  const signs = features.has('dda') || features.has('cda');
  if (!signs && !features.has('sda')) return undefined;
  if (!equal(control.aid.subarray(0, 5), ca.rid)) unsound(0x4f, 'the AID is of another RID than the CA key');
  if (element(card, 0x8f)[0] !== ca.index) unsound(0x8f, 'it names another CA key');
  const context = { pan: digitsOf(element(card, 0x5a)), today };
  const issuer = recoverIssuerKey(rsa, ca, certified(card, 0x90, 0x92, 0x9f32), context);
  if (issuer.verdict !== 'authentic') return unsound(0x90, issuer.verdict);
  const covered = staticDataToAuthenticate(signed, elements.get(0x9f4a), profile);
  if (covered.verdict !== 'collected') return unsound(0x9f4a, covered.verdict);
  if (features.has('sda')) {
    const { verdict } = verifyStaticData(rsa, issuer.key, element(card, 0x93), covered.data);
    if (verdict !== 'authentic') unsound(0x93, verdict);
  }
  if (!signs) return undefined;
  const icc = recoverIccKey(rsa, issuer.key, certified(card, 0x9f46, 0x9f48, 0x9f47), covered.data, context);
  if (icc.verdict !== 'authentic') return unsound(0x9f46, icc.verdict);
  const expiry = hex(element(card, 0x5f24)).slice(0, 4);
  if (icc.fields.expiry !== expiry.slice(2) + expiry.slice(0, 2))
    unsound(0x9f46, 'the certificate expires in another month than the card');
  return icc.key;
}

const certified = (
  card: SeenCard,
  certificate: number,
  remainder: number,
  exponent: number,
): CertifiedKey => ({
  certificate: element(card, certificate),
  remainder: card.elements.get(remainder) ?? new Uint8Array(0),
  exponent: element(card, exponent),
});

/** The private key that is loaded is the one that was certified. */
async function checkOwnKey(
  { rsa }: PreparationPorts,
  { all }: SeenCard,
  key: RsaPublicKey | undefined,
): Promise<void> {
  if (key === undefined) return;
  const parts: RsaKeyParts = {
    qInverse: grouping(all, DGI.rsaCoefficient),
    dq: grouping(all, DGI.rsaExponentQ),
    dp: grouping(all, DGI.rsaExponentP),
    q: grouping(all, DGI.rsaPrimeQ),
    p: grouping(all, DGI.rsaPrimeP),
    exponent: hex(key.exponent) === '03' ? 3 : 65537,
  };
  const own = await rsa.importRsaKey(parts);
  if (own === undefined) return unsound(DGI.rsaPrimeP, 'the parts of the key do not belong together');
  if (!equal(own.publicKey.modulus, key.modulus))
    unsound(DGI.rsaPrimeP, 'the key is not the one that was certified');
}
