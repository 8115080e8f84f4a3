/**
 * What was personalised: data for terminals, keys, and how the application behaves. Written once, as the data
 * groupings that came (docs/spec/card-application.md, section 10), and read into this form when the card starts.
 *
 * What must hold: files that read are complete and fit together, so no command meets a missing piece; each
 * refusal says what is wrong with which part.
 */
import {
  AIP_FLAGS,
  type AipFlag,
  type ApplicationControl,
  type Bytes,
  concat,
  type DataGrouping,
  DGI,
  type DolEntry,
  decodeFlags,
  decodeGroupings,
  decodeTlvs,
  dolLength,
  encodeGrouping,
  parseAfl,
  parseControl,
  parseDol,
  parseTemplate,
  Reader,
  SokkinError,
  Writer,
} from '@sokkin/codec';

export interface EmvFiles {
  readonly control: ApplicationControl;
  /** Contents of the FCI's proprietary template. */
  readonly fci: Bytes;
  /** Application interchange profile, 2 bytes. */
  readonly profile: Bytes;
  /** Application file locator. */
  readonly locator: Bytes;
  /** By SFI * 256 + record number: the whole record. */
  readonly records: ReadonlyMap<number, Bytes>;
  readonly pdol: readonly DolEntry[];
  readonly cdol1: readonly DolEntry[];
  readonly cdol2: readonly DolEntry[];
  readonly ddol: readonly DolEntry[];
  /** What RECOVER AC must show. */
  readonly drdol: readonly DolEntry[];
  readonly keys: MasterKeys;
  /** Undefined: a card that signs nothing. */
  readonly rsa: RsaFile | undefined;
}

/** The card's master keys (Book 2, A1.4). */
export interface MasterKeys {
  /** For cryptograms; empty where only limited-use keys make them. */
  readonly cryptogram: Bytes;
  readonly scriptMac: Bytes;
  readonly scriptEncipher: Bytes;
}

export interface RsaFile {
  readonly handle: Bytes;
  readonly modulus: Bytes;
}

/** In memory, in place of the groupings of the key's parts: the modulus with its length, then the port's handle. */
const DGI_KEY_HANDLE = 0x82ff;

/** Whether the interchange profile has this bit. */
export const hasProfile = ({ profile }: EmvFiles, flag: AipFlag): boolean =>
  decodeFlags(AIP_FLAGS, profile).has(flag);

const bad = (what: string): never => {
  throw new SokkinError('bad_files', `Personalisation data: ${what}.`);
};

/** The groupings as they are kept: those of the key's parts give way to its handle. */
export function encodeFiles(groupings: readonly DataGrouping[], rsa: RsaFile | undefined): Bytes {
  const kept = groupings.filter(({ dgi }) => !isOnce(dgi)).map(encodeGrouping);
  if (rsa === undefined) return concat(...kept);
  const key = new Writer().u16(rsa.modulus.length).bytes(rsa.modulus).bytes(rsa.handle).finish();
  return concat(...kept, encodeGrouping({ dgi: DGI_KEY_HANDLE, value: key }));
}

/** Groupings that are used up when they are loaded, or live in the state. */
const isOnce = (dgi: number): boolean =>
  (dgi >= DGI.rsaCoefficient && dgi <= DGI_KEY_HANDLE) ||
  dgi === DGI.pin ||
  dgi === DGI.risk ||
  dgi === DGI.limitedUseKey ||
  dgi === DGI.masterKeyChecks;

/** Throws `bad_files`, and the codes of the parsers. */
export function decodeFiles(bytes: Bytes): EmvFiles {
  const all = new Map(decodeGroupings(bytes).map(({ dgi, value }) => [dgi, value]));
  const need = (dgi: number): Bytes => all.get(dgi) ?? bad(`grouping ${dgi.toString(16)} is missing`);
  const control = parseControl(need(DGI.control));
  const { profile, locator } = parseTemplate(need(DGI.processingOptions), 'processing options', {
    profile: 0x82,
    locator: 0x94,
  });
  if (profile.length !== 2) bad('the interchange profile has 2 bytes');
  const records = new Map([...all].filter(([dgi]) => isRecord(dgi)));
  const found = elementsOf(records);
  for (const number of locatedRecords(locator)) {
    if (!records.has(number)) bad(`the file locator names record ${number.toString(16)}, which is missing`);
  }
  const fci = need(DGI.fci);
  const list = (tag: number): DolEntry[] => parseDol(found.get(tag) ?? new Uint8Array(0));
  const files: EmvFiles = {
    control,
    fci,
    profile,
    locator,
    records,
    pdol: parseDol(decodeTlvs(fci).find((t) => t.tag === 0x9f38)?.value ?? new Uint8Array(0)),
    cdol1: list(0x8c),
    cdol2: list(0x8d),
    ddol: list(0x9f49),
    drdol: list(0x9f51),
    keys: readKeys(need(DGI.masterKeys), control),
    rsa: readKeyHandle(all.get(DGI_KEY_HANDLE)),
  };
  checkLists(files);
  return files;
}

const isRecord = (dgi: number): boolean => dgi >> 8 >= 1 && dgi >> 8 <= 30 && (dgi & 0xff) !== 0;

/** The elements in all records; SFI 1 to 10 hold templates 70 (Book 3, 5.3.2.2). */
function elementsOf(records: ReadonlyMap<number, Bytes>): Map<number, Bytes> {
  const found = new Map<number, Bytes>();
  for (const [number, record] of records) {
    const [template, more] = decodeTlvs(record);
    if (template?.tag !== 0x70 || more !== undefined) bad(`record ${number.toString(16)} is no template 70`);
    if (record.length > 254) bad(`record ${number.toString(16)} has ${record.length} bytes, 254 fit`);
    for (const { tag, value } of decodeTlvs(template?.value ?? record)) {
      if (found.has(tag)) bad(`tag ${tag.toString(16)} stands in two records`);
      found.set(tag, value);
    }
  }
  return found;
}

/** SFI * 256 + number of each record that the file locator names. */
const locatedRecords = (locator: Bytes): number[] =>
  parseAfl(locator).flatMap(({ sfi, first, last }) =>
    Array.from({ length: last - first + 1 }, (_, i) => (sfi << 8) | (first + i)),
  );

function readKeys(value: Bytes, { cipher, limitedUseOnly }: ApplicationControl): MasterKeys {
  const count = limitedUseOnly ? 2 : 3;
  const length = value.length / count;
  const allowed = cipher === 'tdes' ? [16] : [16, 24, 32];
  if (!allowed.includes(length)) bad(`${count} master keys of one length are due, not ${value.length} bytes`);
  const at = (i: number) => value.slice(i * length, (i + 1) * length);
  const first = limitedUseOnly ? 0 : 1;
  return {
    cryptogram: limitedUseOnly ? new Uint8Array(0) : at(0),
    scriptMac: at(first),
    scriptEncipher: at(first + 1),
  };
}

function readKeyHandle(value: Bytes | undefined): RsaFile | undefined {
  if (value === undefined) return undefined;
  const r = new Reader(value, 'key of the card');
  const modulus = r.take(r.u16()).slice();
  return { modulus, handle: r.rest().slice() };
}

/** What the commands rely on: the transaction that the card decides about must be in the lists. */
function checkLists(files: EmvFiles): void {
  const { control, cdol1, cdol2, pdol, ddol, drdol, rsa } = files;
  const known = new Set([...pdol, ...cdol1].map(({ tag }) => tag));
  for (const [tag, length] of NEEDED) {
    if (!cdol1.some((e) => e.tag === tag && e.length === length))
      bad(`CDOL1 lacks ${tag.toString(16)} with ${length} bytes`);
  }
  if (!cdol2.some((e) => e.tag === 0x8a && e.length === 2)) bad('CDOL2 lacks 8a with 2 bytes');
  const signs = hasProfile(files, 'dda') || hasProfile(files, 'cda');
  if (signs && rsa === undefined) bad('the interchange profile promises signatures, and there is no key');
  if (hasProfile(files, 'dda') && !ddol.some((e) => e.tag === UNPREDICTABLE_NUMBER))
    bad('the DDOL lacks 9f37');
  for (const { tag } of control.cryptogramData) {
    if (!known.has(tag) && !OWN_TAGS.has(tag)) bad(`cryptograms cover ${tag.toString(16)}, which is nowhere`);
  }
  for (const { tag } of drdol)
    if (!known.has(tag)) bad(`the DRDOL names ${tag.toString(16)}, which is nowhere`);
  if (drdol.length > 0 && dolLength(drdol) < 4) bad('the DRDOL is too short to tell transactions apart');
}

export const AMOUNT = 0x9f02;
export const AMOUNT_OTHER = 0x9f03;
export const CURRENCY = 0x5f2a;
export const TRANSACTION_TYPE = 0x9c;
export const UNPREDICTABLE_NUMBER = 0x9f37;
export const TERMINAL_TYPE = 0x9f35;
export const RESPONSE_CODE = 0x8a;
export const ISSUER_AUTHENTICATION = 0x91;

const NEEDED = [
  [AMOUNT, 6],
  [CURRENCY, 2],
  [TRANSACTION_TYPE, 1],
  [UNPREDICTABLE_NUMBER, 4],
] as const;

/** Elements of cryptogram data that the card has itself: profile, counter, issuer data, verification results. */
const OWN_TAGS: ReadonlySet<number> = new Set([0x82, 0x9f36, 0x9f10, 0xdf01]);
