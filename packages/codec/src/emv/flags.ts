/**
 * The bit fields of EMV by the names of their bits (Book 3, Annex C1, C2, C5, C6).
 *
 * What must hold: each bit has one name; bits without a name are not written, and reading passes over them.
 */
import type { Bytes } from '../bytes.ts';

/** Byte (from 0) and mask of each named bit; `length` is that of the field in bytes. */
export interface FlagTable<N extends string> {
  readonly length: number;
  readonly bits: Readonly<Record<N, readonly [byte: number, mask: number]>>;
}

const table = <N extends string>(
  length: number,
  bits: Readonly<Record<N, readonly [byte: number, mask: number]>>,
): FlagTable<N> => ({ length, bits });

/** Application interchange profile, tag 82 (C1). `onDevice` is bit 2, which the books leave to contactless kernels. */
export const AIP_FLAGS = table(2, {
  sda: [0, 0x40],
  dda: [0, 0x20],
  cardholderVerification: [0, 0x10],
  terminalRiskManagement: [0, 0x08],
  /** By EXTERNAL AUTHENTICATE; without it, by the second GENERATE AC. */
  issuerAuthentication: [0, 0x04],
  onDeviceCardholderVerification: [0, 0x02],
  cda: [0, 0x01],
  /** Book C-2, A.1: a card for that kernel in EMV mode. */
  emvMode: [1, 0x80],
});
export type AipFlag = keyof typeof AIP_FLAGS.bits;

/** Application usage control, tag 9F07 (C2). */
export const AUC_FLAGS = table(2, {
  domesticCash: [0, 0x80],
  internationalCash: [0, 0x40],
  domesticGoods: [0, 0x20],
  internationalGoods: [0, 0x10],
  domesticServices: [0, 0x08],
  internationalServices: [0, 0x04],
  atAtms: [0, 0x02],
  atOtherTerminals: [0, 0x01],
  domesticCashback: [1, 0x80],
  internationalCashback: [1, 0x40],
});
export type AucFlag = keyof typeof AUC_FLAGS.bits;

/** Terminal verification results, tag 95 (C5); issuer action codes (9F0D to 9F0F) have the same bits. */
export const TVR_FLAGS = table(5, {
  odaNotPerformed: [0, 0x80],
  sdaFailed: [0, 0x40],
  iccDataMissing: [0, 0x20],
  onExceptionFile: [0, 0x10],
  ddaFailed: [0, 0x08],
  cdaFailed: [0, 0x04],
  sdaSelected: [0, 0x02],
  versionsDiffer: [1, 0x80],
  expired: [1, 0x40],
  notYetEffective: [1, 0x20],
  serviceNotAllowed: [1, 0x10],
  newCard: [1, 0x08],
  cvmFailed: [2, 0x80],
  cvmUnknown: [2, 0x40],
  pinTryLimitExceeded: [2, 0x20],
  pinPadMissing: [2, 0x10],
  pinNotEntered: [2, 0x08],
  onlinePinEntered: [2, 0x04],
  overFloorLimit: [3, 0x80],
  overLowerOfflineLimit: [3, 0x40],
  overUpperOfflineLimit: [3, 0x20],
  randomlyOnline: [3, 0x10],
  merchantForcedOnline: [3, 0x08],
  defaultTdolUsed: [4, 0x80],
  issuerAuthenticationFailed: [4, 0x40],
  scriptFailedBeforeFinal: [4, 0x20],
  scriptFailedAfterFinal: [4, 0x10],
});
export type TvrFlag = keyof typeof TVR_FLAGS.bits;

/** Transaction status information, tag 9B (C6). */
export const TSI_FLAGS = table(2, {
  odaPerformed: [0, 0x80],
  cardholderVerificationPerformed: [0, 0x40],
  cardRiskManagementPerformed: [0, 0x20],
  issuerAuthenticationPerformed: [0, 0x10],
  terminalRiskManagementPerformed: [0, 0x08],
  scriptsProcessed: [0, 0x04],
});
export type TsiFlag = keyof typeof TSI_FLAGS.bits;

export function encodeFlags<N extends string>(flags: FlagTable<N>, set: Iterable<N>): Bytes {
  const out = new Uint8Array(flags.length);
  for (const name of set) {
    const [byte, mask] = flags.bits[name];
    out[byte] = (out[byte] ?? 0) | mask;
  }
  return out;
}

/** The names of the bits that are set; bytes that are missing count as zero. */
export function decodeFlags<N extends string>(flags: FlagTable<N>, value: Bytes): ReadonlySet<N> {
  const names = Object.keys(flags.bits) as N[];
  return new Set(
    names.filter((name) => {
      const [byte, mask] = flags.bits[name];
      return ((value[byte] ?? 0) & mask) !== 0;
    }),
  );
}
