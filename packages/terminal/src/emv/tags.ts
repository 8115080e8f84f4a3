/**
 * The data elements that entry point and kernel name themselves (Book 3, Annex A; Book B, Annex A).
 *
 * What must hold: a number stands here once; everything else that a card carries is known by its tag alone.
 */
export const TAG = {
  // Selection
  fci: 0x6f,
  dfName: 0x84,
  proprietary: 0xa5,
  discretionary: 0xbf0c,
  entry: 0x61,
  adfName: 0x4f,
  priority: 0x87,
  extendedSelection: 0x9f29,
  kernel: 0x9f2a,
  languages: 0x5f2d,
  pdol: 0x9f38,
  // What the card is and lets be done with it
  interchange: 0x82,
  locator: 0x94,
  pan: 0x5a,
  sequence: 0x5f34,
  expiry: 0x5f24,
  effective: 0x5f25,
  issuerCountry: 0x5f28,
  applicationCurrency: 0x9f42,
  usage: 0x9f07,
  cardVersion: 0x9f08,
  cvmList: 0x8e,
  cdol1: 0x8c,
  ddol: 0x9f49,
  tdol: 0x97,
  /** What RECOVER AC asks for, as Book C-2 names it; card-application.md, 11.5. */
  drdol: 0x9f51,
  actionDefault: 0x9f0d,
  actionDenial: 0x9f0e,
  actionOnline: 0x9f0f,
  // Its keys
  caIndex: 0x8f,
  issuerCertificate: 0x90,
  issuerRemainder: 0x92,
  issuerExponent: 0x9f32,
  cardCertificate: 0x9f46,
  cardRemainder: 0x9f48,
  cardExponent: 0x9f47,
  staticTagList: 0x9f4a,
  signature: 0x9f4b,
  dynamicNumber: 0x9f4c,
  // Its word
  cryptogram: 0x9f26,
  information: 0x9f27,
  atc: 0x9f36,
  issuerData: 0x9f10,
  // The terminal's
  amount: 0x9f02,
  amountOther: 0x9f03,
  currency: 0x5f2a,
  currencyExponent: 0x5f36,
  country: 0x9f1a,
  date: 0x9a,
  time: 0x9f21,
  type: 0x9c,
  unpredictableNumber: 0x9f37,
  results: 0x95,
  status: 0x9b,
  cvmResults: 0x9f34,
  terminalType: 0x9f35,
  capabilities: 0x9f33,
  additionalCapabilities: 0x9f40,
  deviceSerial: 0x9f1e,
  terminalId: 0x9f1c,
  merchantId: 0x9f16,
  merchantCategory: 0x9f15,
  merchantName: 0x9f4e,
  terminalVersion: 0x9f09,
  terminalAid: 0x9f06,
  floorLimit: 0x9f1b,
  qualifiers: 0x9f66,
  certificateHash: 0x98,
} as const;

/** As people read a tag: 9F02. */
export const tagText = (tag: number): string => tag.toString(16).toUpperCase();
