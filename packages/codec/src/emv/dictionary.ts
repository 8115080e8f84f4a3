/**
 * The EMV data elements as one table: tag, name, who provides it, format, length in bytes.
 *
 * Sources: EMV 4.3 Book 3 Annex A (data elements dictionary), Book 1 section 12 (directories, FCI), Book B
 * (entry point: kernel identifier, extended selection, terminal transaction qualifiers), EMV Payment
 * Tokenisation (PAR, token requestor, last digits).
 *
 * What must hold: a tag stands here once, in order; lengths are those of the value field; a template
 * (constructed tag) has format `t` and holds other elements. Elements of one scheme only, such as the private
 * classes 9F50 to 9F7F allot, belong in a profile and not here.
 */

/**
 * b: bits or a number in binary. n: decimal digits, two a byte, leading zeros. cn: decimal digits from the
 * left, padded with F. a: letters. an: letters and digits. ans: printable characters. t: a template.
 */
export type EmvFormat = 'b' | 'n' | 'cn' | 'a' | 'an' | 'ans' | 't';
export type EmvSource = 'card' | 'terminal' | 'issuer';

export interface EmvElement {
  readonly tag: number;
  readonly name: string;
  readonly source: EmvSource;
  readonly format: EmvFormat;
  /** Bytes of the value, least and most. */
  readonly min: number;
  readonly max: number;
}

type Row = readonly [
  tag: number,
  name: string,
  source: EmvSource,
  format: EmvFormat,
  min: number,
  max?: number,
];

const ROWS: readonly Row[] = [
  [0x42, 'Issuer Identification Number', 'card', 'n', 3],
  [0x4f, 'Application Dedicated File Name', 'card', 'b', 5, 16],
  [0x50, 'Application Label', 'card', 'ans', 1, 16],
  [0x57, 'Track 2 Equivalent Data', 'card', 'b', 1, 19],
  [0x5a, 'Application Primary Account Number', 'card', 'cn', 1, 10],
  [0x61, 'Application Template', 'card', 't', 0, 252],
  [0x6f, 'File Control Information Template', 'card', 't', 0, 252],
  [0x70, 'READ RECORD Response Message Template', 'card', 't', 0, 252],
  [0x71, 'Issuer Script Template 1', 'issuer', 't', 0, 127],
  [0x72, 'Issuer Script Template 2', 'issuer', 't', 0, 127],
  [0x73, 'Directory Discretionary Template', 'card', 't', 0, 252],
  [0x77, 'Response Message Template Format 2', 'card', 't', 0, 253],
  [0x80, 'Response Message Template Format 1', 'card', 'b', 0, 253],
  [0x81, 'Amount, Authorised (Binary)', 'terminal', 'b', 4],
  [0x82, 'Application Interchange Profile', 'card', 'b', 2],
  [0x83, 'Command Template', 'terminal', 'b', 0, 252],
  [0x84, 'Dedicated File Name', 'card', 'b', 5, 16],
  [0x86, 'Issuer Script Command', 'issuer', 'b', 1, 261],
  [0x87, 'Application Priority Indicator', 'card', 'b', 1],
  [0x88, 'Short File Identifier', 'card', 'b', 1],
  [0x89, 'Authorisation Code', 'issuer', 'an', 6],
  [0x8a, 'Authorisation Response Code', 'issuer', 'an', 2],
  [0x8c, 'Card Risk Management Data Object List 1', 'card', 'b', 1, 252],
  [0x8d, 'Card Risk Management Data Object List 2', 'card', 'b', 1, 252],
  [0x8e, 'Cardholder Verification Method List', 'card', 'b', 10, 252],
  [0x8f, 'Certification Authority Public Key Index', 'card', 'b', 1],
  [0x90, 'Issuer Public Key Certificate', 'card', 'b', 1, 248],
  [0x91, 'Issuer Authentication Data', 'issuer', 'b', 8, 16],
  [0x92, 'Issuer Public Key Remainder', 'card', 'b', 0, 248],
  [0x93, 'Signed Static Application Data', 'card', 'b', 1, 248],
  [0x94, 'Application File Locator', 'card', 'b', 4, 252],
  [0x95, 'Terminal Verification Results', 'terminal', 'b', 5],
  [0x97, 'Transaction Certificate Data Object List', 'card', 'b', 0, 252],
  [0x98, 'Transaction Certificate Hash Value', 'terminal', 'b', 20],
  [0x99, 'Transaction Personal Identification Number Data', 'terminal', 'b', 1, 252],
  [0x9a, 'Transaction Date', 'terminal', 'n', 3],
  [0x9b, 'Transaction Status Information', 'terminal', 'b', 2],
  [0x9c, 'Transaction Type', 'terminal', 'n', 1],
  [0x9d, 'Directory Definition File Name', 'card', 'b', 5, 16],
  [0xa5, 'File Control Information Proprietary Template', 'card', 't', 0, 252],
  [0x5f20, 'Cardholder Name', 'card', 'ans', 2, 26],
  [0x5f24, 'Application Expiration Date', 'card', 'n', 3],
  [0x5f25, 'Application Effective Date', 'card', 'n', 3],
  [0x5f28, 'Issuer Country Code', 'card', 'n', 2],
  [0x5f2a, 'Transaction Currency Code', 'terminal', 'n', 2],
  [0x5f2d, 'Language Preference', 'card', 'an', 2, 8],
  [0x5f30, 'Service Code', 'card', 'n', 2],
  [0x5f34, 'Application Primary Account Number Sequence Number', 'card', 'n', 1],
  [0x5f36, 'Transaction Currency Exponent', 'terminal', 'n', 1],
  [0x5f50, 'Issuer URL', 'card', 'ans', 0, 252],
  [0x5f53, 'International Bank Account Number', 'card', 'b', 1, 34],
  [0x5f54, 'Bank Identifier Code', 'card', 'b', 8, 11],
  [0x5f55, 'Issuer Country Code (alpha2 format)', 'card', 'a', 2],
  [0x5f56, 'Issuer Country Code (alpha3 format)', 'card', 'a', 3],
  [0x5f57, 'Account Type', 'terminal', 'n', 1],
  [0x9f01, 'Acquirer Identifier', 'terminal', 'n', 6],
  [0x9f02, 'Amount, Authorised (Numeric)', 'terminal', 'n', 6],
  [0x9f03, 'Amount, Other (Numeric)', 'terminal', 'n', 6],
  [0x9f04, 'Amount, Other (Binary)', 'terminal', 'b', 4],
  [0x9f05, 'Application Discretionary Data', 'card', 'b', 1, 32],
  [0x9f06, 'Application Identifier (terminal)', 'terminal', 'b', 5, 16],
  [0x9f07, 'Application Usage Control', 'card', 'b', 2],
  [0x9f08, 'Application Version Number (card)', 'card', 'b', 2],
  [0x9f09, 'Application Version Number (terminal)', 'terminal', 'b', 2],
  [0x9f0a, 'Application Selection Registered Proprietary Data', 'card', 'b', 0, 252],
  [0x9f0b, 'Cardholder Name Extended', 'card', 'ans', 27, 45],
  [0x9f0c, 'Issuer Identification Number Extended', 'card', 'n', 3, 4],
  [0x9f0d, 'Issuer Action Code - Default', 'card', 'b', 5],
  [0x9f0e, 'Issuer Action Code - Denial', 'card', 'b', 5],
  [0x9f0f, 'Issuer Action Code - Online', 'card', 'b', 5],
  [0x9f10, 'Issuer Application Data', 'card', 'b', 0, 32],
  [0x9f11, 'Issuer Code Table Index', 'card', 'n', 1],
  [0x9f12, 'Application Preferred Name', 'card', 'ans', 1, 16],
  [0x9f13, 'Last Online Application Transaction Counter Register', 'card', 'b', 2],
  [0x9f14, 'Lower Consecutive Offline Limit', 'card', 'b', 1],
  [0x9f15, 'Merchant Category Code', 'terminal', 'n', 2],
  [0x9f16, 'Merchant Identifier', 'terminal', 'ans', 15],
  [0x9f17, 'Personal Identification Number Try Counter', 'card', 'b', 1],
  [0x9f18, 'Issuer Script Identifier', 'issuer', 'b', 4],
  [0x9f19, 'Token Requestor ID', 'card', 'n', 6],
  [0x9f1a, 'Terminal Country Code', 'terminal', 'n', 2],
  [0x9f1b, 'Terminal Floor Limit', 'terminal', 'b', 4],
  [0x9f1c, 'Terminal Identification', 'terminal', 'an', 8],
  [0x9f1d, 'Terminal Risk Management Data', 'terminal', 'b', 1, 8],
  [0x9f1e, 'Interface Device Serial Number', 'terminal', 'an', 8],
  [0x9f1f, 'Track 1 Discretionary Data', 'card', 'ans', 0, 252],
  [0x9f20, 'Track 2 Discretionary Data', 'card', 'cn', 0, 252],
  [0x9f21, 'Transaction Time', 'terminal', 'n', 3],
  [0x9f22, 'Certification Authority Public Key Index (terminal)', 'terminal', 'b', 1],
  [0x9f23, 'Upper Consecutive Offline Limit', 'card', 'b', 1],
  [0x9f24, 'Payment Account Reference', 'card', 'an', 29],
  [0x9f25, 'Last 4 Digits of PAN', 'card', 'n', 2],
  [0x9f26, 'Application Cryptogram', 'card', 'b', 8],
  [0x9f27, 'Cryptogram Information Data', 'card', 'b', 1],
  [0x9f29, 'Extended Selection', 'card', 'b', 1, 8],
  [0x9f2a, 'Kernel Identifier', 'card', 'b', 1, 8],
  [0x9f2d, 'ICC PIN Encipherment Public Key Certificate', 'card', 'b', 1, 248],
  [0x9f2e, 'ICC PIN Encipherment Public Key Exponent', 'card', 'b', 1, 3],
  [0x9f2f, 'ICC PIN Encipherment Public Key Remainder', 'card', 'b', 0, 248],
  [0x9f32, 'Issuer Public Key Exponent', 'card', 'b', 1, 3],
  [0x9f33, 'Terminal Capabilities', 'terminal', 'b', 3],
  [0x9f34, 'Cardholder Verification Method Results', 'terminal', 'b', 3],
  [0x9f35, 'Terminal Type', 'terminal', 'n', 1],
  [0x9f36, 'Application Transaction Counter', 'card', 'b', 2],
  [0x9f37, 'Unpredictable Number', 'terminal', 'b', 4],
  [0x9f38, 'Processing Options Data Object List', 'card', 'b', 0, 252],
  [0x9f39, 'Point-of-Service Entry Mode', 'terminal', 'n', 1],
  [0x9f3a, 'Amount, Reference Currency', 'terminal', 'b', 4],
  [0x9f3b, 'Application Reference Currency', 'card', 'n', 2, 8],
  [0x9f3c, 'Transaction Reference Currency Code', 'terminal', 'n', 2],
  [0x9f3d, 'Transaction Reference Currency Exponent', 'terminal', 'n', 1],
  [0x9f40, 'Additional Terminal Capabilities', 'terminal', 'b', 5],
  [0x9f41, 'Transaction Sequence Counter', 'terminal', 'n', 2, 4],
  [0x9f42, 'Application Currency Code', 'card', 'n', 2],
  [0x9f43, 'Application Reference Currency Exponent', 'card', 'n', 1, 4],
  [0x9f44, 'Application Currency Exponent', 'card', 'n', 1],
  [0x9f45, 'Data Authentication Code', 'card', 'b', 2],
  [0x9f46, 'ICC Public Key Certificate', 'card', 'b', 1, 248],
  [0x9f47, 'ICC Public Key Exponent', 'card', 'b', 1, 3],
  [0x9f48, 'ICC Public Key Remainder', 'card', 'b', 0, 248],
  [0x9f49, 'Dynamic Data Authentication Data Object List', 'card', 'b', 0, 252],
  [0x9f4a, 'Static Data Authentication Tag List', 'card', 'b', 0, 252],
  [0x9f4b, 'Signed Dynamic Application Data', 'card', 'b', 1, 248],
  [0x9f4c, 'ICC Dynamic Number', 'card', 'b', 2, 8],
  [0x9f4d, 'Log Entry', 'card', 'b', 2],
  [0x9f4e, 'Merchant Name and Location', 'terminal', 'ans', 0, 252],
  [0x9f4f, 'Log Format', 'card', 'b', 0, 252],
  [0x9f66, 'Terminal Transaction Qualifiers', 'terminal', 'b', 4],
  [0xbf0c, 'FCI Issuer Discretionary Data', 'card', 't', 0, 222],
];

/** Every element, by tag. */
export const EMV_DICTIONARY: ReadonlyMap<number, EmvElement> = new Map(
  ROWS.map(([tag, name, source, format, min, max = min]) => [tag, { tag, name, source, format, min, max }]),
);

/** The element with this tag, or undefined: cards carry tags of their scheme and issuer besides. */
export function emvElement(tag: number): EmvElement | undefined {
  return EMV_DICTIONARY.get(tag);
}
