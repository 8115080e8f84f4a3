/**
 * What anybody may read of the security domain: the answer to SELECT, and GET DATA (GPCS 2.3, 11.3, 11.9 and H.2).
 *
 * What must hold: nothing of it is secret, and nothing of it changes but the lifecycle in the status word of SELECT.
 */
import { type Bytes, DOMAIN_AID, fromHex, type ResponseApdu, SW, tlv, u8 } from '@sokkin/codec';
import { SCP03, scp03Options } from '@sokkin/crypto';
import { failed, ok } from '../applet.ts';
import { DOMAIN_MODE, type DomainState } from './state.ts';

/** Tags of GET DATA. */
const CARD_DATA = 0x66;
const KEY_INFORMATION = 0xe0;
const CARD_IMAGE_NUMBER = 0x45;
const DIVERSIFICATION = 0xcf;
const RECOGNITION = 0x73;

const OBJECT_IDENTIFIER = 0x06;
const LONGEST_COMMAND_DATA = 0xff;
/** Key type (GPCS, table 11-16). */
const AES = 0x88;
/** {iso(1) member-body(2) country-USA(840) globalPlatform(114283)} and what follows it (GPCS, H.2). */
const globalPlatform = (suffix: string): Bytes => tlv(OBJECT_IDENTIFIER, fromHex(`2a864886fc6b${suffix}`));

/** Card recognition data: card management by GPCS 2.3, over SCP03 with these options. */
const RECOGNITION_DATA = tlv(
  RECOGNITION,
  globalPlatform('01'),
  tlv(0x60, globalPlatform('020203')),
  tlv(0x63, globalPlatform('03')),
  tlv(
    0x64,
    tlv(OBJECT_IDENTIFIER, fromHex('2a864886fc6b04'), u8(SCP03), u8(scp03Options(DOMAIN_MODE, true))),
  ),
);

/** SELECT (GPCS, 11.9.3.1): a locked card says so in its status word. */
export function domainFci({ lifecycle }: DomainState): ResponseApdu {
  const longest = tlv(0x9f65, u8(LONGEST_COMMAND_DATA));
  const data = tlv(0x6f, tlv(0x84, DOMAIN_AID), tlv(0xa5, RECOGNITION_DATA, longest));
  return { data, sw: lifecycle === 'locked' ? SW.fileDeactivated : SW.ok };
}

/** GET DATA (GPCS, 11.3). */
export function domainData({ diversification, keys }: DomainState, tag: number): ResponseApdu {
  switch (tag) {
    case CARD_DATA:
      return ok(tlv(tag, RECOGNITION_DATA));
    case KEY_INFORMATION:
      return ok(tlv(tag, ...[1, 2, 3].map((id) => keyInformation(id, keys.version, keys.enc.length))));
    case CARD_IMAGE_NUMBER:
    case DIVERSIFICATION:
      return ok(tlv(tag, diversification));
    default:
      return failed(SW.referencedDataNotFound);
  }
}

const keyInformation = (id: number, version: number, length: number): Bytes =>
  tlv(0xc0, Uint8Array.of(id, version, AES, length));
