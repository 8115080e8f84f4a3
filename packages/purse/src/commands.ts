/**
 * The instructions of the purse applet (docs/spec/card-application.md, section 4): known to both sides of the
 * reader, implemented by neither here.
 */
import { type Bytes, fromHex } from '@sokkin/codec';

/** Proprietary application identifier (ISO/IEC 7816-4, 12.3.4: F + unregistered): F0 'SOKKIN' 01. */
export const PURSE_AID: Bytes = fromHex('f0534f4b4b494e01');

export const INS = {
  verify: 0x20,
  changeReferenceData: 0x24,
  generateKey: 0x46,
  select: 0xa4,
  getResponse: 0xc0,
  getData: 0xca,
  storeData: 0xe2,
  issueTicket: 0x10,
  voidTicket: 0x12,
  pay: 0x50,
  reissue: 0x52,
  settle: 0x54,
  credit: 0x60,
  cancel: 0x62,
  statement: 0x70,
  applyGrant: 0x72,
  readJournal: 0x74,
} as const;
export type Instruction = keyof typeof INS;

export const CLA = { interindustry: 0x00, purse: 0x80 } as const;

/** Application version, lifecycle and the longest command data it takes, in the FCI under tag C0. */
export const APPLICATION_VERSION = 1;
/** Bytes of command data, chained or extended. */
export const MAX_COMMAND_DATA = 1024;
