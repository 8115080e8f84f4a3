/**
 * The messages of an open SCP03 channel (Amendment D, sections 6.2.4 to 6.2.7): what host and card compute
 * alike. Everything here is pure: a channel goes in and a new one comes out.
 *
 * What must hold: each MAC covers the MAC of the command before it, so no command can be dropped, repeated or
 * moved; the encryption counter never repeats under one key. A channel that refused something gives no
 * channel back: whoever kept the old one would be kept from noticing that it is closed.
 */
import { assert, type Bytes, type CommandApdu, concat, equal, type ResponseApdu, u16 } from '@sokkin/codec';
import { aesCmac, pad80, unpad80, zeros } from '../mac.ts';
import type { SymmetricPort } from '../ports.ts';
import type { Scp03Mode, Scp03SessionKeys } from './keys.ts';

/** Security level, P1 of EXTERNAL AUTHENTICATE (table 7-6): bit 1 C-MAC, 2 C-DECRYPTION, 5 R-MAC, 6 R-ENCRYPTION. */
export type Scp03Level = 0x01 | 0x03 | 0x11 | 0x13 | 0x33;

export const LEVELS: readonly number[] = [0x01, 0x03, 0x11, 0x13, 0x33];

export const encryptsCommands = (level: Scp03Level): boolean => (level & 0x02) !== 0;
export const authenticatesResponses = (level: Scp03Level): boolean => (level & 0x10) !== 0;
export const encryptsResponses = (level: Scp03Level): boolean => (level & 0x20) !== 0;

/** An open channel, the same for host and card. */
export interface Scp03Channel {
  readonly keys: Scp03SessionKeys;
  readonly level: Scp03Level;
  readonly mode: Scp03Mode;
  /** Where the channel was opened, 0 to 3. No MAC covers it, so both sides hold every command to it. */
  readonly logicalChannel: number;
  /** The whole CMAC of the last command; the next one's MAC starts from it. */
  readonly chaining: Bytes;
  /** Commands since the channel opened: the number of the command under way, from 1 on. */
  readonly counter: number;
}

/** Plain data that a secured command of short length can carry. */
export function mostPlainData(level: Scp03Level, mode: Scp03Mode): number {
  const room = 255 - mode;
  // Encrypted data is whole blocks, and padding takes a byte at least.
  return encryptsCommands(level) ? Math.floor(room / 16) * 16 - 1 : room;
}

const SECURE = 0x04;

/** The class byte with secure messaging; commands of the first interindustry range (channels 0 to 3) only. */
export function isPlainClass(cla: number): boolean {
  return (cla & 0x7c) === 0;
}

export const logicalChannelOf = (cla: number): number => cla & 0x03;

export function isSecureClass(cla: number): boolean {
  return (cla & 0x7c) === SECURE;
}

/**
 * Section 6.2.4: the CMAC over chaining value, header with the final Lc, and data. The logical channel does not
 * count: its bits are zero in the MAC.
 */
export function commandMac(
  port: SymmetricPort,
  keys: Scp03SessionKeys,
  mode: Scp03Mode,
  chaining: Bytes,
  secured: Pick<CommandApdu, 'cla' | 'ins' | 'p1' | 'p2'>,
  data: Bytes,
): Bytes {
  const { cla, ins, p1, p2 } = secured;
  const header = Uint8Array.of((cla & 0x80) | SECURE, ins, p1, p2, data.length + mode);
  return aesCmac(port, keys.mac, concat(chaining, header, data));
}

/** Section 6.2.6 and 6.2.7: the first chaining block, from the command's number; responses set the top bit. */
function firstBlock(
  port: SymmetricPort,
  keys: Scp03SessionKeys,
  counter: number,
  forResponse: boolean,
): Bytes {
  const block = new Uint8Array(16);
  new DataView(block.buffer).setBigUint64(8, BigInt(counter));
  if (forResponse) block[0] = 0x80;
  return port.aesEncryptBlock(keys.enc, block);
}

/** The host's side of a command: encrypted if the level says so, with its MAC (sections 6.2.4 and 6.2.6). */
export function wrapCommand(
  port: SymmetricPort,
  channel: Scp03Channel,
  command: CommandApdu,
): { channel: Scp03Channel; command: CommandApdu } {
  assert(
    isPlainClass(command.cla) && logicalChannelOf(command.cla) === channel.logicalChannel,
    () => `class ${command.cla.toString(16)} cannot be secured in this channel`,
  );
  const most = mostPlainData(channel.level, channel.mode);
  assert(command.data.length <= most, () => `${command.data.length} bytes of data, room for ${most}`);
  const counter = channel.counter + 1;
  const cla = command.cla | SECURE;
  const isEncrypted = encryptsCommands(channel.level) && command.data.length > 0;
  const data = isEncrypted
    ? port.aesCbcEncrypt(
        channel.keys.enc,
        firstBlock(port, channel.keys, counter, false),
        pad80(command.data, 16),
      )
    : command.data;
  const mac = commandMac(port, channel.keys, channel.mode, channel.chaining, { ...command, cla }, data);
  return {
    channel: { ...channel, chaining: mac, counter },
    command: { ...command, cla, data: concat(data, mac.subarray(0, channel.mode)) },
  };
}

/** Why a secured message was refused. The channel is closed with it, whichever it was. */
export type Scp03Refusal = 'not-secured' | 'bad-mac' | 'bad-padding';

export type UnwrappedCommand =
  | { readonly verdict: Scp03Refusal }
  | { readonly verdict: 'ok'; readonly channel: Scp03Channel; readonly command: CommandApdu };

/** The card's side of a command. */
export function unwrapCommand(
  port: SymmetricPort,
  channel: Scp03Channel,
  command: CommandApdu,
): UnwrappedCommand {
  const end = command.data.length - channel.mode;
  const isOurs = isSecureClass(command.cla) && logicalChannelOf(command.cla) === channel.logicalChannel;
  if (!isOurs || end < 0 || command.data.length > 255) return { verdict: 'not-secured' };
  const data = command.data.subarray(0, end);
  const mac = commandMac(port, channel.keys, channel.mode, channel.chaining, command, data);
  if (!equal(mac.subarray(0, channel.mode), command.data.subarray(end))) return { verdict: 'bad-mac' };
  const counter = channel.counter + 1;
  const plain = encryptsCommands(channel.level) ? decrypted(port, channel.keys, counter, false, data) : data;
  if (plain === undefined) return { verdict: 'bad-padding' };
  return {
    verdict: 'ok',
    channel: { ...channel, chaining: mac, counter },
    command: { ...command, cla: command.cla & ~SECURE, data: plain },
  };
}

function decrypted(
  port: SymmetricPort,
  keys: Scp03SessionKeys,
  counter: number,
  forResponse: boolean,
  data: Bytes,
): Bytes | undefined {
  if (data.length === 0) return data;
  if (data.length % 16 !== 0) return undefined;
  const plain = unpad80(port.aesCbcDecrypt(keys.enc, firstBlock(port, keys, counter, forResponse), data), 16);
  // Data that was empty is never encrypted: an empty plain text has another source.
  return plain?.length === 0 ? undefined : plain;
}

/**
 * Whether a response is protected: success and warnings are. An error is a status word alone, that anyone
 * between card and host could have made (section 6.2.5): it proves nothing.
 */
export function isProtectedStatus(sw: number): boolean {
  const sw1 = sw >>> 8;
  return sw === 0x9000 || sw1 === 0x62 || sw1 === 0x63;
}

function responseMac(port: SymmetricPort, channel: Scp03Channel, data: Bytes, sw: number): Bytes {
  const mac = aesCmac(port, channel.keys.rmac, concat(channel.chaining, data, u16(sw)));
  return mac.subarray(0, channel.mode);
}

/** The card's side of a response (sections 6.2.5 and 6.2.7). An error status goes out without its data. */
export function wrapResponse(
  port: SymmetricPort,
  channel: Scp03Channel,
  response: ResponseApdu,
): ResponseApdu {
  if (!authenticatesResponses(channel.level)) return response;
  if (!isProtectedStatus(response.sw)) return { data: zeros(0), sw: response.sw };
  const isEncrypted = encryptsResponses(channel.level) && response.data.length > 0;
  const data = isEncrypted
    ? port.aesCbcEncrypt(
        channel.keys.enc,
        firstBlock(port, channel.keys, channel.counter, true),
        pad80(response.data, 16),
      )
    : response.data;
  return { data: concat(data, responseMac(port, channel, data, response.sw)), sw: response.sw };
}

export type UnwrappedResponse =
  | { readonly verdict: Scp03Refusal }
  /** `proven` is false for what R-MAC did not cover: any response below level 11, and every error status. */
  | { readonly verdict: 'ok'; readonly proven: boolean; readonly response: ResponseApdu };

/** The host's side of the response to the command that gave this channel. */
export function unwrapResponse(
  port: SymmetricPort,
  channel: Scp03Channel,
  response: ResponseApdu,
): UnwrappedResponse {
  if (!authenticatesResponses(channel.level)) return { verdict: 'ok', proven: false, response };
  if (!isProtectedStatus(response.sw)) {
    return response.data.length === 0
      ? { verdict: 'ok', proven: false, response }
      : { verdict: 'not-secured' };
  }
  const end = response.data.length - channel.mode;
  if (end < 0) return { verdict: 'not-secured' };
  const data = response.data.subarray(0, end);
  const mac = responseMac(port, channel, data, response.sw);
  if (!equal(mac, response.data.subarray(end))) return { verdict: 'bad-mac' };
  const plain = encryptsResponses(channel.level)
    ? decrypted(port, channel.keys, channel.counter, true, data)
    : data;
  if (plain === undefined) return { verdict: 'bad-padding' };
  return { verdict: 'ok', proven: true, response: { data: plain, sw: response.sw } };
}
