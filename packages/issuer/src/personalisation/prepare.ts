/**
 * Data preparation: from a profile and an order to the groupings that make a card (EMV Card Personalization
 * Specification 1.1, section 2 and Annex A; numbers in the codec's `DGI`).
 *
 * What must hold: what comes out is whole: `validatePrepared` finds nothing. Nothing is kept, so whoever loses the
 * groupings prepares again, with another serial number.
 */
import {
  assert,
  type Bytes,
  type DataGrouping,
  DGI,
  encodeControl,
  encodeRiskLimits,
  u8,
} from '@sokkin/codec';
import {
  issueIccCertificate,
  pinBlock,
  type RsaKeyPair,
  type RsaPublicKey,
  signStaticData,
  staticDataToAuthenticate,
} from '@sokkin/crypto';
import type { PreparationPorts } from '../ports.ts';
import { cardMasterKeys, masterKeyGroupings, replenish } from './card-keys.ts';
import type { EmvIssuer } from './emv-issuer.ts';
import { type CardOrder, checkOrder, monthOf } from './order.ts';
import { type CardProfile, hasOwnKey, isSigned } from './profile.ts';
import {
  type CardCertificates,
  type CardRecord,
  certificateRecords,
  fciGrouping,
  interchangeProfile,
  processingOptions,
  recordGrouping,
  signedRecords,
} from './records.ts';

export interface PreparedCard {
  readonly groupings: readonly DataGrouping[];
  /** Undefined: a card that signs nothing. */
  readonly iccPublicKey: RsaPublicKey | undefined;
}

/** Fails with `bad_order`. Private keys are in the groupings: they leave only through a secure channel. */
export async function prepareCard(
  ports: PreparationPorts,
  issuer: EmvIssuer,
  profile: CardProfile,
  order: CardOrder,
): Promise<PreparedCard> {
  checkOrder(order, issuer, profile);
  const key = hasOwnKey(profile) ? (order.key ?? (await newKey(ports, profile))) : undefined;
  const signed = signedRecords(issuer, profile, order);
  const certificates = isSigned(profile)
    ? certificateRecords(await certify(ports, issuer, profile, order, key, signed))
    : [];
  const records = [...signed, ...certificates];
  const masterKeys = cardMasterKeys(ports.symmetric, issuer, profile, order);
  return {
    groupings: [
      ...records.map(recordGrouping),
      fciGrouping(issuer, profile),
      processingOptions(profile, records),
      { dgi: DGI.control, value: encodeControl({ ...profile.control, keyIndex: issuer.keyIndex }) },
      { dgi: DGI.risk, value: encodeRiskLimits(profile.risk) },
      ...masterKeyGroupings(ports.symmetric, profile, masterKeys),
      ...limitedUse(ports, issuer, profile, order),
      ...(key === undefined ? [] : await keyGroupings(ports, key)),
      ...(order.pin === undefined ? [] : [{ dgi: DGI.pin, value: pinBlock(order.pin) }]),
    ],
    iccPublicKey: key?.publicKey,
  };
}

const newKey = async ({ rsa }: PreparationPorts, profile: CardProfile): Promise<RsaKeyPair> =>
  rsa.generateRsaKey(profile.rsa.icc, profile.rsa.exponent);

/** Signs the records, under the key that the card then uses, or for SDA as they are. */
async function certify(
  { rsa }: PreparationPorts,
  issuer: EmvIssuer,
  profile: CardProfile,
  order: CardOrder,
  key: RsaKeyPair | undefined,
  signed: readonly CardRecord[],
): Promise<CardCertificates> {
  const covered = staticDataToAuthenticate(signed, u8(0x82), interchangeProfile(profile));
  assert(covered.verdict === 'collected', 'records that were just built read as records');
  const signer = { handle: issuer.key.handle, modulusLength: issuer.key.publicKey.modulus.length };
  const fields = { pan: order.pan, expiry: monthOf(order.expiry), serial: order.serial };
  return {
    issuer: issuer.certificate,
    icc: key && (await issueIccCertificate(rsa, signer, fields, key.publicKey, covered.data)),
    staticSignature: profile.interchange.has('sda')
      ? await signStaticData(rsa, signer, authenticationCode(order.serial), covered.data)
      : undefined,
  };
}

/** The data authentication code (tag 9F45) is the issuer's to choose: here the end of the serial number. */
const authenticationCode = (serial: Bytes): Bytes => serial.slice(1);

function limitedUse(
  { symmetric }: PreparationPorts,
  issuer: EmvIssuer,
  profile: CardProfile,
  order: CardOrder,
): DataGrouping[] {
  return order.limitedUse === undefined ? [] : replenish(symmetric, issuer, profile, order, order.limitedUse);
}

async function keyGroupings({ rsa }: PreparationPorts, key: RsaKeyPair): Promise<DataGrouping[]> {
  const { qInverse, dq, dp, q, p } = await rsa.exportRsaKey(key.handle);
  return [
    { dgi: DGI.rsaCoefficient, value: qInverse },
    { dgi: DGI.rsaExponentQ, value: dq },
    { dgi: DGI.rsaExponentP, value: dp },
    { dgi: DGI.rsaPrimeQ, value: q },
    { dgi: DGI.rsaPrimeP, value: p },
  ];
}
