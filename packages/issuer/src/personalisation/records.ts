/**
 * What terminals read: the records, their locator, and the answers to SELECT and GET PROCESSING OPTIONS (Book 1,
 * 11.3; Book 3, 6.5.8, 7.2 and 10.2).
 *
 * What must hold: each element stands in one record; a record fits a short answer; everything but the certificates
 * themselves is signed by them.
 */
import {
  AIP_FLAGS,
  AUC_FLAGS,
  ascii,
  assert,
  type Bytes,
  concat,
  type DataGrouping,
  DGI,
  encodeAfl,
  encodeCn,
  encodeCvmList,
  encodeDol,
  encodeFlags,
  encodeN,
  fromHex,
  TVR_FLAGS,
  tlv,
  u8,
} from '@sokkin/codec';
import type { CertifiedKey } from '@sokkin/crypto';
import type { EmvIssuer } from './emv-issuer.ts';
import { type CardOrder, expiryDay, yymmdd } from './order.ts';
import { type CardProfile, isSigned } from './profile.ts';

export interface CardRecord {
  readonly sfi: number;
  readonly number: number;
  /** Template 70 with its objects. */
  readonly record: Bytes;
}

const MOST_RECORD = 254;
const TEMPLATE = 0x70;

/** Files by what is in them (SFI 1 to 10: Book 1, 10.2.3, are governed by the books). */
const SFI = { holder: 1, application: 2, certificates: 3 } as const;

/** Objects one after the other, in as few records of a file as hold them. */
export function packRecords(sfi: number, objects: readonly Bytes[]): CardRecord[] {
  const bodies: Bytes[] = [];
  for (const object of objects) {
    const last = bodies.at(-1);
    const joined = last && concat(last, object);
    if (joined && tlv(TEMPLATE, joined).length <= MOST_RECORD) bodies[bodies.length - 1] = joined;
    else bodies.push(object);
  }
  return bodies.map((body, i) => {
    const record = tlv(TEMPLATE, body);
    assert(record.length <= MOST_RECORD, () => `record of ${record.length} bytes in file ${sfi}`);
    return { sfi, number: i + 1, record };
  });
}

/** The records that certificates cover (Book 3, 10.3): who the card is, and what terminals may do with it. */
export function signedRecords(issuer: EmvIssuer, profile: CardProfile, order: CardOrder): CardRecord[] {
  return [
    ...packRecords(SFI.holder, holderObjects(profile, order)),
    ...packRecords(SFI.application, [
      ...accountObjects(profile, order),
      ...ruleObjects(profile),
      ...listObjects(profile),
      ...(isSigned(profile) ? [tlv(0x8f, u8(issuer.ca.index)), tlv(0x9f4a, u8(0x82))] : []),
    ]),
  ];
}

function holderObjects({ issuer }: CardProfile, order: CardOrder): Bytes[] {
  const { pan, expiry, holderName } = order;
  const track2 = fromHex(padded(`${pan}d${expiry}${issuer.serviceCode}`));
  return [tlv(0x57, track2), ...(holderName === undefined ? [] : [tlv(0x5f20, ascii(holderName))])];
}

/** Half bytes filled up to whole ones with F (Book 3, Annex A: tag 57). */
const padded = (digits: string): string => (digits.length % 2 === 0 ? digits : `${digits}f`);

function accountObjects({ issuer, application }: CardProfile, order: CardOrder): Bytes[] {
  return [
    tlv(0x5a, encodeCn(order.pan)),
    tlv(0x5f24, encodeN(yymmdd(expiryDay(order)), 3)),
    tlv(0x5f25, encodeN(yymmdd(order.effective), 3)),
    tlv(0x5f28, encodeN(issuer.country, 2)),
    tlv(0x5f30, encodeN(issuer.serviceCode, 2)),
    tlv(0x5f34, encodeN(order.sequence, 1)),
    tlv(0x9f08, application.version),
    tlv(0x9f42, encodeN(issuer.currency, 2)),
    tlv(0x9f44, encodeN(String(issuer.exponent), 1)),
    ...(order.par === undefined ? [] : [tlv(0x9f24, ascii(order.par))]),
  ];
}

function ruleObjects({ cvm, usage, actionCodes }: CardProfile): Bytes[] {
  return [
    tlv(0x8e, encodeCvmList(cvm)),
    tlv(0x9f07, encodeFlags(AUC_FLAGS, usage)),
    tlv(0x9f0d, encodeFlags(TVR_FLAGS, actionCodes.default)),
    tlv(0x9f0e, encodeFlags(TVR_FLAGS, actionCodes.denial)),
    tlv(0x9f0f, encodeFlags(TVR_FLAGS, actionCodes.online)),
  ];
}

/** Tag of the DRDOL, as Book C-2 names it. */
const DRDOL = 0x9f51;

function listObjects({ lists }: CardProfile): Bytes[] {
  const { cdol1, cdol2, ddol, drdol } = lists;
  const optional = [
    [0x9f49, ddol],
    [DRDOL, drdol],
  ] as const;
  return [
    tlv(0x8c, encodeDol(cdol1)),
    tlv(0x8d, encodeDol(cdol2)),
    ...optional.flatMap(([tag, list]) => (list.length === 0 ? [] : [tlv(tag, encodeDol(list))])),
  ];
}

/** The certificates, each with what stands beside it (Book 2, 6.4, table 12). */
export interface CardCertificates {
  readonly issuer: CertifiedKey;
  readonly icc: CertifiedKey | undefined;
  /** Tag 93, for SDA. */
  readonly staticSignature: Bytes | undefined;
}

export function certificateRecords({ issuer, icc, staticSignature }: CardCertificates): CardRecord[] {
  return packRecords(SFI.certificates, [
    tlv(0x90, issuer.certificate),
    ...withRemainder(0x92, issuer.remainder),
    tlv(0x9f32, issuer.exponent),
    ...(icc === undefined ? [] : [tlv(0x9f47, icc.exponent), ...withRemainder(0x9f48, icc.remainder)]),
    ...(icc === undefined ? [] : [tlv(0x9f46, icc.certificate)]),
    ...(staticSignature === undefined ? [] : [tlv(0x93, staticSignature)]),
  ]);
}

/** A remainder that is empty is left out (Book 2, table 12: "present if"). */
const withRemainder = (tag: number, remainder: Bytes): Bytes[] =>
  remainder.length === 0 ? [] : [tlv(tag, remainder)];

/** The locator: one entry a file; files of certificates are not signed. */
export function locatorOf(records: readonly CardRecord[]): Bytes {
  const files = [...new Set(records.map(({ sfi }) => sfi))];
  return encodeAfl(
    files.map((sfi) => {
      const last = records.filter((r) => r.sfi === sfi).length;
      return { sfi, first: 1, last, authenticated: sfi === SFI.certificates ? 0 : last };
    }),
  );
}

export const recordGrouping = ({ sfi, number, record }: CardRecord): DataGrouping => ({
  dgi: (sfi << 8) | number,
  value: record,
});

/** Tag 82. */
export const interchangeProfile = ({ interchange }: CardProfile): Bytes =>
  encodeFlags(AIP_FLAGS, interchange);

export function processingOptions(profile: CardProfile, records: readonly CardRecord[]): DataGrouping {
  const value = concat(tlv(0x82, interchangeProfile(profile)), tlv(0x94, locatorOf(records)));
  return { dgi: DGI.processingOptions, value };
}

/** What stands in template A5 of the answer to SELECT (Book 1, 11.3.4, table 45). */
export function fciGrouping(
  issuer: EmvIssuer,
  { application, control, lists, issuer: at }: CardProfile,
): DataGrouping {
  const { preferredName, languages } = application;
  const value = concat(
    tlv(0x50, control.label),
    tlv(0x87, u8(control.priority)),
    ...(lists.pdol.length === 0 ? [] : [tlv(0x9f38, encodeDol(lists.pdol))]),
    tlv(0x5f2d, ascii(languages.join(''))),
    ...(preferredName ? [tlv(0x9f11, u8(preferredName.codeTable)), tlv(0x9f12, preferredName.text)] : []),
    ...discretionary(issuer, at.countryAlpha2),
  );
  return { dgi: DGI.fci, value };
}

/** BF0C: the issuer's identifier (6 digits: tag 42; others: 9F0C) and country, where selection goes by issuer. */
function discretionary({ identifier }: EmvIssuer, country: string | undefined): Bytes[] {
  if (country === undefined) return [];
  const number = identifier.length === 6 ? [tlv(0x42, encodeN(identifier, 3))] : [];
  const extended = identifier.length === 8 ? [tlv(0x9f0c, encodeN(identifier, 4))] : [];
  return [tlv(0xbf0c, tlv(0x5f55, ascii(country)), ...number, ...extended)];
}
