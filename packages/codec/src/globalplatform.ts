/**
 * What both sides of a card's security domain know (GlobalPlatform Card Specification 2.3, GPCS): its commands,
 * lifecycle codes, and the data of INSTALL.
 *
 * What must hold: what is written reads back; a field that this card has no use for is empty, or refused.
 */
import { type Bytes, concat, fromHex, u8 } from './bytes.ts';
import { assert, fail } from './errors.ts';
import { Reader } from './reader.ts';

/** The issuer security domain (GPCS, H.1.3). */
export const DOMAIN_AID: Bytes = fromHex('a000000151000000');

/** Instructions in the order of GPCS, 11.1. */
export const DOMAIN_INS = {
  externalAuthenticate: 0x82,
  getData: 0xca,
  getStatus: 0xf2,
  initializeUpdate: 0x50,
  install: 0xe6,
  setStatus: 0xf0,
  storeData: 0xe2,
} as const;

/** Lifecycle of the whole card (GPCS, 5.1.1 and table 11-6). */
export const CARD_LIFECYCLE = { initialized: 0x07, secured: 0x0f, locked: 0x7f } as const;
export type CardLifecycle = keyof typeof CARD_LIFECYCLE;

/** The state behind a code, or undefined. */
export function cardLifecycleOf(code: number): CardLifecycle | undefined {
  const names = Object.keys(CARD_LIFECYCLE) as CardLifecycle[];
  return names.find((name) => CARD_LIFECYCLE[name] === code);
}

/** P1 of SET STATUS and GET STATUS: what they are about (GPCS, tables 11-33 and 11-86). */
export const STATUS_OF = { domain: 0x80, applications: 0x40, loadFiles: 0x20, modules: 0x10 } as const;

/** P1 of INSTALL [for personalization] (GPCS, table 11-42). */
export const FOR_PERSONALIZATION = 0x20;

/** Bits of P1 of STORE DATA (GPCS, table 11-89). */
export const STORE_DATA_P1 = {
  lastBlock: 0x80,
  /** Which data is encrypted under the data key, its identifier says (EMV Card Personalization Specification). */
  encryptedByIdentifier: 0x20,
  groupings: 0x08,
  mayAnswer: 0x01,
} as const;

/** Data of INSTALL [for personalization] (GPCS, 11.5.2.3.6): all fields are empty but the application's AID. */
export function encodeInstallForPersonalization(aid: Bytes): Bytes {
  assert(aid.length >= 5 && aid.length <= 16, () => `AID of ${aid.length} bytes`);
  return concat(u8(0), u8(0), u8(aid.length), aid, u8(0), u8(0), u8(0));
}

/** The AID in the data of INSTALL [for personalization]; `bad_value` if another field is there. */
export function parseInstallForPersonalization(data: Bytes): Bytes {
  const r = new Reader(data, 'INSTALL [for personalization]');
  const before = [r.u8(), r.u8()];
  const aid = r.take(r.u8());
  const after = [r.u8(), r.u8(), r.u8()];
  r.end();
  if ([...before, ...after].some((length) => length !== 0) || aid.length < 5 || aid.length > 16)
    fail('bad_value', 'INSTALL [for personalization]: one AID and nothing else is expected');
  return aid;
}
