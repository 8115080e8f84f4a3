/** @sokkin/codec: bytes, BER-TLV, APDUs, status words, dates, amounts, ISO 8583. Depends on nothing. */

export { amountBytes, formatAmount, MAX_AMOUNT, parseAmount, readAmount, writeAmount } from './amount.ts';
export type { CommandApdu, ResponseApdu } from './apdu.ts';
export { chain, command, decodeCommand, decodeResponse, encodeCommand, encodeResponse } from './apdu.ts';
export type { Bytes } from './bytes.ts';
export { allocate, compare, concat, equal, fromHex, hex, u8, u16, u32, u64 } from './bytes.ts';
export type { Epoch } from './date.ts';
export { decodeDate, encodeDate, epochOfIso, isoOfEpoch } from './date.ts';
export type { AflEntry } from './emv/afl.ts';
export { encodeAfl, parseAfl } from './emv/afl.ts';
export type { ChipData } from './emv/chip-data.ts';
export { chipDataOf, elementsOfChipData } from './emv/chip-data.ts';
export type { ApplicationControl, LimitedUseKey, RiskLimits } from './emv/control.ts';
export {
  CVR_TAG,
  encodeControl,
  encodeLimitedUseKey,
  encodeRiskLimits,
  parseControl,
  parseLimitedUseKey,
  parseRiskLimits,
} from './emv/control.ts';
export type { CardStatusUpdate, CsuFlag } from './emv/csu.ts';
export { CSU_LENGTH, decodeCsu, encodeCsu } from './emv/csu.ts';
export type { CvmCondition, CvmList, CvmMethod, CvmRule } from './emv/cvm-list.ts';
export { CVM_CONDITION, CVM_METHOD, cvmRuleBytes, encodeCvmList, parseCvmList } from './emv/cvm-list.ts';
export type { CardVerificationResults, CryptogramType, CvrBit } from './emv/cvr.ts';
export { CRYPTOGRAM, CVR_BITS, CVR_LENGTH, decodeCvr, encodeCvr } from './emv/cvr.ts';
export type { De55, De55Table, De55Use } from './emv/de55.ts';
export { DE55_TABLES, de55OfObjects, readDe55, selectDe55, writeDe55 } from './emv/de55.ts';
export type { EmvElement, EmvFormat, EmvSource } from './emv/dictionary.ts';
export { EMV_DICTIONARY, emvElement } from './emv/dictionary.ts';
export { digitsOf, encodeCn, encodeN } from './emv/digits.ts';
export type { DolEntry } from './emv/dol.ts';
export { buildDolData, dolLength, encodeDol, parseDol, parseTagList, splitDolData } from './emv/dol.ts';
export type { AipFlag, AucFlag, FlagTable, TsiFlag, TvrFlag } from './emv/flags.ts';
export { AIP_FLAGS, AUC_FLAGS, decodeFlags, encodeFlags, TSI_FLAGS, TVR_FLAGS } from './emv/flags.ts';
export type { DataGrouping } from './emv/groupings.ts';
export {
  DGI,
  decodeGroupings,
  EMV_MODULE_AID,
  encodeGrouping,
  isSecretGrouping,
  readGrouping,
} from './emv/groupings.ts';
export type { IadField, IadLayout, IadValues } from './emv/iad.ts';
export { decodeIad, encodeIad, encodeIadLayout, iadLength, parseIadLayout } from './emv/iad.ts';
export type { CodecCode } from './errors.ts';
export { assert, SokkinError } from './errors.ts';
export type { CardLifecycle } from './globalplatform.ts';
export {
  CARD_LIFECYCLE,
  cardLifecycleOf,
  DOMAIN_AID,
  DOMAIN_INS,
  encodeInstallForPersonalization,
  FOR_PERSONALIZATION,
  parseInstallForPersonalization,
  STATUS_OF,
  STORE_DATA_P1,
} from './globalplatform.ts';
export type { IsoCode1987, IsoCode1993, IsoOutcome, IsoResponseCode } from './iso8583/codes.ts';
export { ISO_RESPONSE_CODES } from './iso8583/codes.ts';
export type { IsoElement } from './iso8583/dictionary.ts';
export { ISO_DICTIONARY } from './iso8583/dictionary.ts';
export type { IsoCode, IsoPlace } from './iso8583/error.ts';
export { IsoError } from './iso8583/error.ts';
export type { Frames } from './iso8583/framer.ts';
export { frameIso, IsoFramer } from './iso8583/framer.ts';
export type { BrokenIso, DissectedIso, IsoPiece } from './iso8583/iso-codec.ts';
export { decodeIso, dissectIso, encodeIso, tryDecodeIso } from './iso8583/iso-codec.ts';
export type { MacFunction } from './iso8583/mac.ts';
export { checkIsoMac, isoMacInput, withIsoMac } from './iso8583/mac.ts';
export type { IsoMessage, IsoTlv, IsoValue, SignedAmount } from './iso8583/message.ts';
export { amountOf, bytesOf, isoMessage, textOf, tlvsOf } from './iso8583/message.ts';
export type { IsoVersion, Mti, MtiClass, MtiFunction, MtiOrigin } from './iso8583/mti.ts';
export { firstTime, formatMti, isRepeat, parseMti, responseMti } from './iso8583/mti.ts';
export type { IsoKind, IsoNotation } from './iso8583/notation.ts';
export type {
  IsoContent,
  IsoFormat,
  IsoFraming,
  IsoHeader,
  IsoPrefix,
  IsoProfile,
} from './iso8583/profile.ts';
export { parseIsoProfile, readIsoProfile } from './iso8583/read-profile.ts';
export { isoMatchingKey, respondIso } from './iso8583/reply.ts';
export { ECHOED, MATCHED } from './iso8583/reply-fields.ts';
export { JsonField } from './json-field.ts';
export type { NdefLimits, NdefRecord, Tnf } from './ndef.ts';
export { decodeNdef, encodeNdef, TNF } from './ndef.ts';
export { nearest } from './nearest.ts';
export { Reader, Writer } from './reader.ts';
export { describeSw, SW } from './sw.ts';
export type { Template } from './template.ts';
export { parseTemplate, templateReader } from './template.ts';
export { ascii, fromAscii, fromUtf8, utf8 } from './text.ts';
export type { Tlv, TlvLimits } from './tlv.ts';
export { decodeTlv, decodeTlvs, tlv } from './tlv.ts';
